"""How the process ends: write errors, closed descriptors, closed pipes and signals."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from tests.support.resources import is_asleep, is_read_up, wait_until
from tests.support.trees import is_copied_by_two, make_endless_tree

READERS = {"cat": ("cat",), "cat -n": ("cat", "-n"), "hash": ("hash",), "tail": ("tail",)}
NO_SPACE = b"write error: No space left on device\n"
SIGNALS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]


@pytest.mark.parametrize("line", READERS.values(), ids=READERS)
def test_full_device_is_a_write_error(aio, line):
    (aio.cwd / "src").write_bytes(b"data\n")
    with open("/dev/full", "wb") as full:
        result = aio(*line, "src", stdout=full)
    assert result.outcome() == (1, b"", b"aio " + line[0].encode() + b": " + NO_SPACE)


@pytest.mark.parametrize("line", [(), ("cat",), ("cp",), ("hash",), ("tail",), ("doctor",)], ids=" ".join)
@pytest.mark.parametrize("option", ["--help", "--version"])
def test_full_device_is_a_write_error_of_help_too(aio, line, option):
    with open("/dev/full", "wb") as full:
        result = aio(*line, option, stdout=full)
    program = " ".join(("aio", *line)).encode()
    assert result.outcome() == (1, b"", program + b": " + NO_SPACE)


def test_full_device_is_a_write_error_of_verbose_copies(aio):
    (aio.cwd / "src").write_bytes(b"data\n")
    with open("/dev/full", "wb") as full:
        result = aio("cp", "-v", "src", "dst", stdout=full)
    assert result.outcome() == (1, b"", b"aio cp: " + NO_SPACE)


@pytest.mark.parametrize("line", [*READERS.values(), ("cp", "--help"), ("--help",), ("doctor",)], ids=" ".join)
def test_closed_pipe_ends_the_process_in_silence(aio, line):
    (aio.cwd / "src").write_bytes(b"data\n")
    operands = ("src",) if line in READERS.values() else ()
    read_end, write_end = os.pipe()
    os.close(read_end)
    result = aio(*line, *operands, stdout=write_end)
    os.close(write_end)
    assert result.outcome() == (-signal.SIGPIPE, b"", b"")


def test_pipe_that_closes_later_ends_the_process_in_silence(aio):
    (aio.cwd / "src").write_bytes(bytes(5_000_000))
    with aio.start("cat", "src") as process:
        assert process.stdout.read(10) == bytes(10)
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == -signal.SIGPIPE


@pytest.mark.parametrize("signum", SIGNALS)
@pytest.mark.parametrize("line", [*READERS.values(), ("cat", "--backend=uring")], ids=" ".join)
def test_signal_ends_a_reader_of_standard_input_in_silence(aio, line, signum):
    with aio.start(*line) as process:
        process.stdin.write(b"data\n")
        process.stdin.flush()
        wait_until(lambda: is_read_up(process.stdin))
        wait_until(lambda: is_asleep(process.pid))
        process.send_signal(signum)
        process.stdout.read()
        assert process.stderr.read() == b""
    assert process.returncode == -signum


@pytest.mark.parametrize("signum", SIGNALS)
@pytest.mark.parametrize("line", [("cat", "ready", "fifo"), ("hash", "ready", "fifo")], ids=" ".join)
def test_signal_ends_a_process_that_waits_for_a_writer_in_silence(aio, line, signum):
    (aio.cwd / "ready").write_bytes(b"ready\n")
    os.mkfifo(aio.cwd / "fifo")
    with aio.start(*line) as process:
        assert process.stdout.readline().endswith(b"ready\n")
        wait_until(lambda: is_asleep(process.pid))
        process.send_signal(signum)
        assert process.stdout.read() == b""
        assert process.stderr.read() == b""
    assert process.returncode == -signum


@pytest.mark.parametrize("signum", SIGNALS)
def test_signal_ends_a_copy_in_silence(aio, signum):
    os.mkfifo(aio.cwd / "fifo")
    with aio.start("cp", "fifo", "dst") as process, open(aio.cwd / "fifo", "wb", buffering=0) as fifo:
        fifo.write(b"data")
        wait_until(lambda: (aio.cwd / "dst").exists() and (aio.cwd / "dst").stat().st_size == 4)
        wait_until(lambda: is_asleep(process.pid))
        process.send_signal(signum)
        assert process.stderr.read() == b""
    assert process.returncode == -signum


@pytest.mark.slow
@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
def test_signal_ends_a_tree_and_its_workers_in_silence(aio, signum):
    make_endless_tree(aio.cwd / "src")
    with aio.start("cp", "-r", "--copy-contents", "--jobs=2", "src", "dst") as process:
        wait_until(lambda: is_copied_by_two(process.pid, aio.cwd / "dst"))
        process.send_signal(signum)
        assert process.stdout.read() == b""  # ends when the last worker has closed it, too
        assert process.stderr.read() == b""
    assert process.returncode == -signum


def test_ignored_interrupt_stays_ignored(aio):
    def ignore():
        signal.signal(signal.SIGINT, signal.SIG_IGN)

    with aio.start("cat", preexec_fn=ignore) as process:
        process.stdin.write(b"a")
        process.stdin.flush()
        assert process.stdout.read(1) == b"a"
        process.send_signal(signal.SIGINT)
        process.stdin.write(b"b")
        process.stdin.close()
        assert process.stdout.read() == b"b"
    assert process.returncode == 0


@pytest.mark.parametrize(
    "line",
    [("cat", "src"), ("cat", "-n", "src"), ("hash", "src"), ("tail", "src"), ("cat", "--help"), ("--version",)],
    ids=" ".join,
)
def test_closed_standard_output_is_reported(aio, line):
    (aio.cwd / "src").write_bytes(b"data\n")
    result = aio(*line, prefix=("sh", "-c", 'exec "$@" >&-', "sh"))
    assert result.status == 1
    assert result.stderr.endswith(b"Bad file descriptor\n")
    assert result.stderr.count(b"\n") == 1


def test_closed_standard_error_loses_messages_alone(aio):
    (aio.cwd / "src").write_bytes(b"data\n")
    result = aio("cat", "missing", "src", prefix=("sh", "-c", 'exec "$@" 2>&-', "sh"))
    assert result.outcome() == (1, b"data\n", b"")


def test_full_standard_error_loses_messages_alone(aio):
    (aio.cwd / "src").write_bytes(b"data\n")
    with open("/dev/full", "wb") as full:
        result = aio("cat", "missing", "src", stderr=full)
    assert result.outcome() == (1, b"data\n", b"")


def test_copy_works_with_all_standard_descriptors_closed(aio):
    (aio.cwd / "src").write_bytes(b"data\n")
    result = aio("cp", "src", "dst", prefix=("sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh"))
    assert result.status == 0
    assert (aio.cwd / "dst").read_bytes() == b"data\n"


def test_message_does_not_end_in_the_file_that_took_a_closed_descriptors_place(aio):
    (aio.cwd / "src").write_bytes(b"data\n")
    result = aio("cp", "src", "missing", "src", "nowhere/dst", prefix=("sh", "-c", 'exec "$@" 2>&-', "sh"))
    assert result.status == 1
    assert (aio.cwd / "src").read_bytes() == b"data\n"


def test_directory_as_standard_input_fails(aio):
    """The interpreter itself refuses to start then, in its own words: nothing of the program has run."""
    fd = os.open(aio.cwd, os.O_RDONLY)
    result = aio("cat", stdin=fd)
    os.close(fd)
    assert (result.status, result.stdout) == (1, b""), result
    assert b"is a directory" in result.stderr.lower()


def test_module_runs_as_the_program(aio):
    done = subprocess.run(
        [sys.executable, "-m", "aiocli", "cat", "missing"], cwd=aio.cwd, capture_output=True, check=False
    )
    assert (done.returncode, done.stderr) == (1, b"aio cat: missing: No such file or directory\n")
