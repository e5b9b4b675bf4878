"""How the process ends where Python or the kernel gets in the way: destructors, containers, no devices."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from functools import cache

import pytest

from tests.support.program import Started, environment

SIGNAL_IN_DESTRUCTOR = """
import os, sys
from aiocli import cli

class Garbage:
    def __del__(self):
        os.kill(os.getpid(), signum)
        for _ in range(1000):
            pass

def run_with_garbage(*args):
    Garbage()
    return run(*args)

signum = int(sys.argv.pop(1))
sys.argv[0] = "aio"
cli.run, run = run_with_garbage, cli.run
cli.main()
"""


@cache
def _problem_of(*prefix):
    if shutil.which(prefix[0]) is None:
        return f"there is no {prefix[0]}"
    done = subprocess.run([*prefix, "true"], capture_output=True, check=False)
    return f"{' '.join(prefix)}: {done.stderr.decode()}" if done.returncode else ""


def unshared(*options):
    problem = _problem_of("unshare", *options)
    if problem:
        pytest.skip(problem)
    return ("unshare", *options)


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
def test_signal_within_a_destructor_ends_the_program_all_the_same(tmp_path, signum):
    (tmp_path / "log").write_bytes(b"data\n")
    script = [sys.executable, "-c", SIGNAL_IN_DESTRUCTOR, str(int(signum)), "tail", "-f", "log"]
    done = subprocess.run(script, cwd=tmp_path, env=environment(), capture_output=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (-signum, b"")


def test_first_process_of_a_container_tells_by_its_status_which_signal_it_died_of(aio):
    (aio.cwd / "src").write_bytes(b"data\n")
    read_end, write_end = os.pipe()
    os.close(read_end)
    try:
        result = aio("cat", "src", prefix=unshared("--pid", "--fork"), stdout=write_end)
    finally:
        os.close(write_end)
    assert result.outcome() == (128 + signal.SIGPIPE, b"", b"")


@pytest.mark.parametrize(
    "line", [("cat", "src"), ("tail", "src"), ("cp", "-v", "src", "dst"), ("hash", "src")], ids=" ".join
)
def test_nothing_is_needed_of_the_device_directory(aio, line):
    (aio.cwd / "src").write_bytes(b"data\n")
    known = aio(*line)
    bare = (*unshared("--mount"), "sh", "-c", 'mount -t tmpfs none /dev && exec "$@"', "sh")
    assert aio(*line, prefix=bare).outcome() == known.outcome()


@pytest.mark.parametrize("option", ["--timeout=1000000000d", "--idle-timeout=1000000000000000d"])
def test_time_that_no_timer_has_is_no_limit(aio, option):
    (aio.cwd / "log").write_bytes(b"data\n")
    assert aio("tail", option, "log").outcome() == (0, b"data\n", b"")


@pytest.mark.parametrize("stdout", [">/dev/full", ">&-"])
@pytest.mark.parametrize("line", ["-v tree/a copy", "-rv tree copy", "-r --debug tree copy"])
def test_copies_are_made_though_what_is_said_of_them_cannot_be_written(aio, stdout, line):
    (aio.cwd / "tree/sub").mkdir(parents=True)
    for name in ("tree/a", "tree/b", "tree/sub/c"):
        (aio.cwd / name).write_text(name)
    shell = subprocess.run(
        ["sh", "-c", f'"$0" cp {line} {stdout}', aio.path],
        cwd=aio.cwd,
        env=environment(),
        capture_output=True,
        check=False,
    )
    why = "No space left on device" if "full" in stdout else "Bad file descriptor"
    assert (shell.returncode, shell.stderr.decode()) == (1, f"aio cp: write error: {why}\n")
    copies = sorted(str(path.relative_to(aio.cwd)) for path in aio.cwd.glob("copy*/**/*") if path.is_file())
    assert copies == ["copy/a", "copy/b", "copy/sub/c"] or (aio.cwd / "copy").read_text() == "tree/a"


def test_files_are_followed_without_proc(aio):
    (aio.cwd / "log").write_bytes(b"one\n")
    bare = (*unshared("--mount"), "sh", "-c", 'mount -t tmpfs none /proc && exec "$@"', "sh")
    command = [*bare, str(aio.path), "tail", "-f", "--until=two", "log"]
    with Started(command, cwd=aio.cwd, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.read(4) == b"one\n"
        with (aio.cwd / "log").open("ab") as log:
            log.write(b"two\n")
        stdout, stderr = process.communicate(timeout=60)
    assert (process.returncode, stdout) == (0, b"two\n")
    assert stderr == b"aio tail: inotify cannot be used, reverting to polling: No such file or directory\n"
