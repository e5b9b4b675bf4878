"""The installed `aio tail`: what GNU tail cannot do."""

from __future__ import annotations

import gzip
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.test_tail import WAIT_S, append, read_until
from tests.support.backends import BACKEND_PARAMS
from tests.support.program import Program
from tests.support.resources import DEAD_PID, is_asleep, open_fds, wait_until
from tests.support.strace import injecting

LOG = b"INFO one\nDEBUG two\nERROR three\nINFO four\n"


@pytest.fixture
def log(aio):
    path = aio.cwd / "log"
    path.write_bytes(LOG)
    return path


@pytest.mark.parametrize(
    ("args", "shown"),
    [
        (("--grep=INFO",), b"INFO one\nINFO four\n"),
        (("--grep=one", "--grep", "^E"), b"INFO one\nERROR three\n"),
        (("--grep-not=DEBUG|ERROR",), b"INFO one\nINFO four\n"),
        (("--grep-not=DEBUG", "--grep-not=ERROR", "--grep=o$|four"), b"INFO four\n"),
        (("--grep=INFO", "-n2"), b"INFO four\n"),
        (("--prefix", "--grep=E$|three"), b"log: ERROR three\n"),
        (("--prefix={path}|{dir}|{name} {{}}> ", "-n1"), b"log|.|log {}> INFO four\n"),
        (("--prefix=", "-n1"), b"INFO four\n"),
        (("--highlight=[A-Z]+", "-n1"), b"INFO four\n"),
        (("--highlight=[A-Z]+", "--color=always", "-n1"), b"\x1b[1;31mINFO\x1b[0m four\n"),
        (("--prefix", "--color=always", "-n1"), b"\x1b[36mlog: \x1b[0mINFO four\n"),
        (("--grep=INFO", "--backend=thread"), b"INFO one\nINFO four\n"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_lines_are_chosen_and_decorated(aio, log, args, shown):
    assert aio("tail", *args, "log").outcome() == (0, shown, b"")
    assert aio("tail", *(args if "dir" not in args[0] else ()), stdin=LOG).status == 0


def test_several_files_have_prefixes_and_no_headers_and_unended_lines_end_before_others(aio):
    (aio.cwd / "a").write_bytes(b"1\n2")
    (aio.cwd / "b").write_bytes(b"3\n")
    assert aio("tail", "--prefix", "a", "b").stdout == b"a: 1\na: 2\nb: 3\n"
    assert aio("tail", "--grep=[23]", "a", "b").stdout == b"==> a <==\n2\n==> b <==\n3\n"


def test_records_that_end_with_nul_are_lines(aio):
    (aio.cwd / "z").write_bytes(b"a\nb\0c\nd\0")
    assert aio("tail", "-z", "--grep=(?m)^d$", "--prefix=>", "z").stdout == b">c\nd\0"


def test_a_prefix_cannot_steer_a_terminal(aio):
    (aio.cwd / "\x1b[2Jx").write_bytes(b"1\n")
    assert aio("tail", "--prefix", b"\x1b[2Jx").stdout == b"''$'\\033''[2Jx': 1\n"


def test_time_in_a_prefix_is_local_and_has_milliseconds(aio, log):
    out = aio("tail", "--prefix={time} ", "-n1", "log", env={"TZ": "UTC"}).stdout
    assert re.fullmatch(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3} INFO four\n", out)


@pytest.mark.parametrize(
    ("args", "status", "shown"),
    [
        (("--until=DEBUG",), 0, b"INFO one\nDEBUG two\n"),
        (("--fail-on=DEBUG",), 5, b"INFO one\nDEBUG two\n"),
        (("--until=three", "--fail-on=two"), 5, b"INFO one\nDEBUG two\n"),
        (("--until=two", "--fail-on=three"), 0, b"INFO one\nDEBUG two\n"),
        (("--until=two", "--fail-on=DEBUG"), 5, b"INFO one\nDEBUG two\n"),
        (("--until=ERROR", "--grep=INFO"), 0, b"INFO one\n"),
        (("--until=nothing",), 1, LOG),
        (("--fail-on=nothing",), 0, LOG),
        (("-f", "--until=four"), 0, LOG),
        (("-F", "--until=four"), 0, LOG),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_a_line_may_be_the_last(aio, log, args, status, shown):
    assert aio("tail", *args, "log").outcome() == (status, shown, b"")


def test_a_missing_file_is_no_failure_where_the_last_line_comes_from_another(aio, log):
    result = aio("tail", "-F", "--until=four", "missing", "log")
    assert (result.status, result.stdout) == (0, b"==> log <==\n" + LOG)


# The program with a clock that a test sets, and an alarm that a test rings.
TIMED = """
import signal, sys
from types import SimpleNamespace
from aiocli.__main__ import main
from aiocli.commands import _tail_limits

class Clock:
    def monotonic():
        with open("clock") as file:
            return float(file.read())

_tail_limits.time = Clock
_tail_limits.signal = SimpleNamespace(**vars(signal) | {"setitimer": lambda *timer: None})
sys.argv[0] = "aio"
main()
"""


class Timed:
    """`aio tail` of a file that it follows, in a time of its own."""

    def __init__(self, log, args):
        self.log = log
        self.set_clock(0)
        self.process = Program(log.parent, Path(sys.executable)).start("-c", TIMED, "tail", "-n1", *args, "log")
        assert read_until(self.process.stdout.fileno(), b"four\n") == b"INFO four\n"  # it has found the end
        wait_for_watch(self.process)
        wait_until(lambda: is_asleep(self.process.pid))

    def set_clock(self, seconds):
        new = self.log.with_name("new clock")
        new.write_text(str(seconds))
        new.rename(self.log.with_name("clock"))

    def ring_at(self, seconds):
        self.set_clock(seconds)
        self.process.send_signal(signal.SIGALRM)

    def goes_on(self):
        append(self.log, b"x\n")
        return read_until(self.process.stdout.fileno(), b"x\n") == b"x\n"

    def end(self):
        with self.process:
            return self.process.wait(WAIT_S), self.process.stderr.read()


@pytest.mark.parametrize(
    ("args", "too_early", "status", "said"),
    [
        (("--timeout=50ms", "-f"), 0.049, 3, b"aio tail: timed out after 0.05 s\n"),
        (("--timeout=0", "-f"), None, 3, b"aio tail: timed out after 0 s\n"),
        (("--idle-timeout=.05", "-f"), 0.049, 4, b"aio tail: nothing new for 0.05 s\n"),
        (("--idle-timeout=9d", "--timeout=.00001h", "-F"), 0.035, 3, b"aio tail: timed out after 0.036 s\n"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_time_ends(log, args, too_early, status, said):
    tail = Timed(log, args)
    if too_early is not None:
        tail.ring_at(too_early)
        assert tail.goes_on()
    tail.ring_at(1)
    assert tail.end() == (status, said)


def test_what_comes_in_time_puts_the_end_off(log):
    tail = Timed(log, ("--idle-timeout=1", "-f"))
    for seconds in (0.9, 1.8, 2.7):
        tail.set_clock(seconds)
        assert tail.goes_on()
        tail.ring_at(seconds + 0.8)
        assert tail.goes_on()
    tail.ring_at(4.6)
    assert tail.end() == (4, b"aio tail: nothing new for 1 s\n")


@pytest.mark.parametrize(
    ("option", "status"), [("--timeout=.1", 3), ("--timeout=.00001h", 3), ("--idle-timeout=.1", 4)]
)
def test_time_ends_in_front_of_a_fifo_that_nobody_writes(aio, option, status):
    os.mkfifo(aio.cwd / "fifo")
    assert aio("tail", option, "fifo").status == status


def test_time_ends_while_a_pipe_is_silent_and_while_nobody_reads(aio):
    reading, writing = os.pipe()
    try:
        assert aio("tail", "--timeout=.1", stdin=reading).status == 3
        with open("/dev/zero", "rb") as zeros:
            process = aio.start("tail", "-n+1", "--timeout=.3", stdin=zeros)
            assert process.wait(WAIT_S) == 3
            process.communicate()
    finally:
        os.close(reading)
        os.close(writing)


@pytest.mark.parametrize(
    "command", ["--grep=(", "--until=[", "--prefix={x}", "--prefix={", "--timeout=1w", "--timeout="]
)
def test_wrong_values_are_refused(aio, log, command):
    result = aio("tail", command, "log")
    assert (result.status, result.stdout) == (1, b"")
    assert result.stderr.startswith(b"aio tail: invalid ")


def test_hostile_lines_hold_nothing_up_and_are_shown(aio, log):
    hard = b"a" * 60 + b"!\n"
    log.write_bytes(100 * hard + b"aaa\nb\n")
    result = aio("tail", "-n200", "--grep=^(a+)+$", "log")
    assert (result.status, result.stdout) == (0, 100 * hard + b"aaa\n")
    assert result.stderr == b"aio tail: warning: --grep '^(a+)+$' takes too long for some lines; they are shown\n"


@pytest.mark.slow
def test_a_line_without_end_takes_no_memory(aio, log):
    limit = 300 << 20
    script = f"ulimit -v {limit >> 10}; head -c 500000000 /dev/zero | {aio.path} tail -n +1 --grep-not=x | wc -c"
    result = Program(aio.cwd, Path("/bin/bash"))("-c", script)
    assert result.outcome() == (0, b"500000000\n", b"")


def test_lines_are_looked_at_when_they_are_whole(aio, log):
    with aio.start("tail", "-n0", "-f", "--grep=ab", "log") as process:
        wait_for_watch(process)
        append(log, b"xa")
        append(log, b"b\nno\nab")
        assert read_until(process.stdout.fileno(), b"\n") == b"xab\n"
        append(log, b"c\n")
        assert read_until(process.stdout.fileno(), b"\n") == b"abc\n"
        process.terminate()


@pytest.mark.parametrize("backend", BACKEND_PARAMS)
def test_what_is_appended_comes_through_a_named_backend(aio, log, backend):
    with aio.start("tail", "-n1", "-f", f"--backend={backend}", "log") as process:
        fd = process.stdout.fileno()
        assert read_until(fd, b"\n") == b"INFO four\n"
        wait_for_watch(process)
        append(log, b"five\n")
        assert read_until(fd, b"\n") == b"five\n"
        process.send_signal(signal.SIGINT)
        assert (process.wait(WAIT_S), process.stderr.read()) == (-signal.SIGINT, b"")


def wait_for_watch(process):
    """Wait until a file is watched: with -f, what it has gained so far is known then; -F watches its name before."""
    wait_until(lambda: any("inotify" in link for link in open_fds(process.pid).values()))


def test_patterns_and_directories_take_in_new_files(aio):
    (aio.cwd / "logs").mkdir()
    (aio.cwd / "logs" / "b.log").write_bytes(b"2\n")
    (aio.cwd / "logs" / "a.log").write_bytes(b"1\n")
    (aio.cwd / "logs" / "c.txt").write_bytes(b"no\n")
    for operand in ("logs/*.log", "logs"):
        with aio.start("tail", "-F", "--prefix", "--grep-not=no", operand) as process:
            fd = process.stdout.fileno()
            assert read_until(fd, b"2\n") == b"a.log: 1\nb.log: 2\n"
            new = aio.cwd / "logs" / f"{len(operand)}.log"
            new.write_bytes(b"3\n")
            assert read_until(fd, b"3\n") == f"{new.name}: 3\n".encode()
            process.terminate()
        new.unlink()


def test_more_files_than_descriptors_are_followed_as_far_as_they_go(aio):
    for number in range(60):
        (aio.cwd / f"{number}.log").write_bytes(b"old\n")
    last = aio.cwd / "9.log"  # the last in the order of names
    few = aio.start("tail", "-F", "--prefix", "*.log", prefix=("prlimit", "--nofile=50:50"))
    with few as process:
        while b"Too many open files" not in (line := process.stderr.readline()):
            assert line
        wait_for_watch(process)
        append(aio.cwd / "0.log", b"new\n")
        while (line := process.stdout.readline()) != b"0.log: new\n":
            assert line
        process.terminate()
        assert b"Traceback" not in process.stderr.read()
    append(last, b"end\n")
    result = aio("tail", "-F", "--prefix", "--until=end", "*.log", prefix=("prlimit", "--nofile=50:200"))
    assert (result.status, result.stdout.count(b"old\n"), result.stderr) == (0, 60, b"")


def test_a_file_whose_name_is_a_pattern_is_that_file(aio):
    (aio.cwd / "*.log").write_bytes(b"star\n")
    (aio.cwd / "a.log").write_bytes(b"other\n")
    assert aio("tail", "-F", "--until=.", "*.log").stdout == b"star\n"
    assert aio("tail", "*.txt").stderr == b"aio tail: cannot open '*.txt' for reading: No such file or directory\n"


def test_gnus_name_takes_in_patterns_but_no_directories(aio, log):
    tail = aio.link("tail")
    assert tail("-F", "-q", "--grep=INFO", "--until=four", "l*").stdout == b"INFO one\nINFO four\n"
    (aio.cwd / "d").mkdir()
    assert tail("-F", f"--pid={DEAD_PID}", "d").stderr.startswith(b"tail: error reading 'd': Is a directory\n")


def test_a_partial_line_ends_where_another_file_has_its_name(aio):
    log = aio.cwd / "log"
    log.write_bytes(b"1\n2")
    with aio.start("tail", "-F", "--prefix=>", "log") as process:
        fd = process.stdout.fileno()
        assert read_until(fd, b"1\n") == b">1\n"
        wait_for_watch(process)
        log.rename(aio.cwd / "log.1")
        assert b"inaccessible" in process.stderr.readline()
        log.write_bytes(b"3\n")
        assert read_until(fd, b"3\n") == b">2\n>3\n"
        process.terminate()


def test_explain_says_how_each_file_went(aio, log):
    result = aio("tail", "--explain", "-n1", "log")
    assert result.stdout == b"INFO four\n"
    assert result.stderr.startswith(b"aio tail: log: ")


@pytest.mark.parametrize("size", [8, 100_000], ids=["small", "large"])
def test_a_file_that_cannot_be_read_is_reported_and_the_rest_printed(aio, log, size):
    (aio.cwd / "bad").write_bytes(b"12345 7\n" * (size // 8))
    fault = "read,pread64,sendfile,splice,copy_file_range:error=EIO"
    result = aio("tail", "-q", "bad", "log", prefix=injecting(fault, aio.cwd / "bad"))
    assert result.outcome() == (1, LOG, b"aio tail: error reading 'bad': Input/output error\n")


class TestState:
    def run(self, aio, *args):
        return aio("tail", "--state=seen", *args, "log").outcome()

    def test_each_line_is_printed_once(self, aio, log):
        assert self.run(aio, "-n2") == (0, b"ERROR three\nINFO four\n", b"")
        assert self.run(aio) == (0, b"", b"")
        append(log, b"5\n6")
        assert self.run(aio) == (0, b"5\n6", b"")
        append(log, b"7\n")
        assert self.run(aio) == (0, b"7\n", b"")

    def test_where_lines_are_looked_at_a_partial_one_waits_for_the_next_run(self, aio, log):
        assert self.run(aio, "--grep=[67]")[1] == b""
        append(log, b"6\n7")
        assert self.run(aio, "--grep=[67]")[1] == b"6\n"
        append(log, b"8\n")
        assert self.run(aio, "--grep=[67]")[1] == b"78\n"

    @pytest.mark.parametrize("rotation", ["mv log log.1", "cp log log.1; : > log", "mv log log.1; gzip log.1"])
    def test_a_partial_line_ends_with_its_file(self, aio, log, rotation):
        append(log, b"5\n6")
        assert self.run(aio, "--prefix=>")[1].endswith(b"\n>5\n")
        subprocess.run(["/bin/sh", "-c", f"{rotation}; : > log"], cwd=aio.cwd, check=True)
        assert self.run(aio, "--prefix=>") == (0, b">6", b"")
        append(log, b"7\n8")
        assert self.run(aio, "--prefix=>") == (0, b">7\n", b"")
        subprocess.run(["/bin/sh", "-c", "mv log log.2; echo 9 > log"], cwd=aio.cwd, check=True)
        assert self.run(aio, "--prefix=>") == (0, b">8\n>9\n", b"")

    def test_what_is_behind_the_last_line_comes_next(self, aio, log):
        assert self.run(aio, "--until=DEBUG") == (0, b"INFO one\nDEBUG two\n", b"")
        assert self.run(aio) == (0, b"ERROR three\nINFO four\n", b"")

    @pytest.mark.parametrize("rotation", ["mv log log.1", "cp log log.1; : > log", "mv log log.1; gzip log.1"])
    def test_rotation_between_two_runs_loses_and_repeats_nothing(self, aio, log, rotation):
        self.run(aio)
        append(log, b"5\n")
        subprocess.run(["/bin/sh", "-c", f"{rotation}; echo 6 >> log"], cwd=aio.cwd, check=True)
        assert self.run(aio) == (0, b"5\n6\n", b"")
        assert self.run(aio) == (0, b"", b"")

    @pytest.mark.parametrize("change", ["rm log; : > log", ": > new; mv new log", ": > log"])
    def test_an_empty_file_that_was_seen_coming_is_where_the_next_run_goes_on(self, aio, log, change):
        with aio.start("tail", "--state=seen", "-F", "log") as process:
            read_until(process.stdout.fileno(), b"four\n")
            subprocess.run(["/bin/sh", "-c", change], cwd=aio.cwd, check=True)
            read_until(process.stderr.fileno(), b"file truncated\n" if change == ": > log" else b"following new file\n")
            process.stdout.close()
            process.wait(WAIT_S)
        append(log, b"5\n")
        assert self.run(aio) == (0, b"5\n", b"")

    def test_something_else_than_a_state_is_refused(self, aio, log):
        (aio.cwd / "seen").write_bytes(gzip.compress(b"x"))
        assert self.run(aio) == (1, b"", b"aio tail: 'seen' is not a state file of aio tail\n")

    @pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
    def test_however_it_ends_nothing_is_lost(self, aio, log, signum):
        with aio.start("tail", "--state=seen", "-F", "log") as process:
            assert read_until(process.stdout.fileno(), b"four\n") == LOG
            append(log, b"5\n")
            read_until(process.stdout.fileno(), b"5\n")
            os.rename(log, aio.cwd / "log.1")
            append(log, b"6\n")
            read_until(process.stdout.fileno(), b"6\n")
            process.send_signal(signum)
            assert process.wait(WAIT_S) == -signum
            if signum != signal.SIGKILL:
                assert b"Traceback" not in process.stderr.read()
        append(log, b"7\n")
        rest = self.run(aio)[1]
        assert rest == b"7\n" or (signum == signal.SIGKILL and b"5\n6\n7\n".endswith(rest) and rest.endswith(b"7\n"))
