"""The installed `aio tail`: what is rotated while it starts is neither lost nor told twice.

It is held while it prints the end of a file, by a pipe that nobody reads, and files are rotated meanwhile.
"""

from __future__ import annotations

import os
import select
import subprocess
from contextlib import contextmanager

import pytest

from tests.cli.test_tail import WAIT_S, append, read_until
from tests.support.resources import wait_until

ONE = b"".join(b"one %06d\n" % number for number in range(200_000))  # more than the largest pipe holds
TWO = b"".join(b"two %06d\n" % number for number in range(5))
THREE = b"three\n"


@pytest.fixture
def log(aio):
    path = aio.cwd / "log"
    path.write_bytes(ONE)
    return path


def next_tick(path):
    """Wait until the file system's clock has gone on since a file was written."""
    probe = path.with_name("probe")

    def has_gone_on():
        probe.write_bytes(b"x")
        return probe.stat().st_mtime_ns > path.stat().st_mtime_ns

    wait_until(has_gone_on)


def shell(log, command):
    subprocess.run(["/bin/sh", "-c", command], cwd=log.parent, check=True)


ROTATIONS = {
    "shifted": ("mv log log.1", "mv log.1 log.2; mv log log.1"),
    "counted": ("mv log log.1", "mv log log.2"),
    "dated": ("mv log log-20260101", "mv log log-20260102"),
    "replaced": ("ln log log.1; : >new; mv new log", "mv log.1 log.2; ln log log.1; : >new; mv new log"),
    "copied": ("cp log log.1; : >log", "mv log.1 log.2; cp log log.1; : >log"),
    "copied and renamed": ("cp log log.1; : >log", "mv log.1 log.2; mv log log.1"),
}
"""The first, and the second."""


@contextmanager
def held(aio, *args):
    """Start it, and wait until it cannot go on printing; it ends with its output, and nothing may be missing."""
    reader, writer = os.pipe()
    with aio.start("tail", *args, stdout=writer) as process:
        try:
            wait_until(lambda: not select.select([], [writer], [], 0)[1])
            os.close(writer)
            yield reader
        finally:
            os.close(reader)
            messages = process.stderr.read()
            process.wait(WAIT_S)
    assert b"missing" not in messages


def rotate_twice(log, kind):
    first, second = ROTATIONS[kind]
    next_tick(log)
    shell(log, first)
    append(log, TWO)
    next_tick(log)
    shell(log, second)
    append(log, THREE)


def read_lines(fd, count):
    data = b""
    while data.count(b"\n") < count and select.select([fd], [], [], WAIT_S)[0]:
        data += os.read(fd, 1 << 20)
    return data.splitlines()


@pytest.mark.parametrize("kind", ROTATIONS)
@pytest.mark.parametrize("state", [[], ["--state=seen"]], ids=["", "state"])
@pytest.mark.parametrize("watcher", [[], ["---disable-inotify", "-s.01"]], ids=["inotify", "polling"])
def test_files_that_are_rotated_before_the_first_watch_are_printed_in_order(aio, log, watcher, state, kind):
    with held(aio, "-F", "-n+1", *watcher, *state, "log") as reader:
        rotate_twice(log, kind)
        assert read_until(reader, THREE) == ONE + TWO + THREE
        append(log, b"four\n")
        assert read_until(reader, b"four\n") == b"four\n"
    if state:
        assert aio("tail", *state, "log").outcome() == (0, b"", b"")


@pytest.mark.parametrize("kind", ["shifted", "counted", "copied"])
@pytest.mark.parametrize("watcher", [[], ["---disable-inotify", "-s.01"]], ids=["inotify", "polling"])
def test_what_is_rotated_before_and_while_the_next_run_starts_is_printed_once(aio, log, watcher, kind):
    aio("tail", "--state=seen", "log")
    append(log, b"zero\n")
    next_tick(log)
    shell(log, "mv log log.0")
    log.write_bytes(ONE)
    with held(aio, "-F", "--state=seen", *watcher, "log") as reader:
        rotate_twice(log, kind)
        assert read_until(reader, THREE) == b"zero\n" + ONE + TWO + THREE
    assert aio("tail", "--state=seen", "log").outcome() == (0, b"", b"")


def test_several_names_and_those_of_patterns_are_watched_from_the_beginning(aio, log):
    logs = aio.cwd / "logs"
    logs.mkdir()
    (logs / "a.log").write_bytes(b"")
    with held(aio, "-qF", "-n+1", "logs/*.log", "later", "log") as reader:
        for name in ("logs/a.log", "logs/b.log", "later"):
            append(aio.cwd / name, name.encode() + b"1\n")
            os.rename(aio.cwd / name, aio.cwd / f"{name}.1")
            append(aio.cwd / name, name.encode() + b"2\n")
        expected = sorted(name + number for name in (b"logs/a.log", b"logs/b.log", b"later") for number in (b"1", b"2"))
        lines = read_lines(reader, 200_000 + len(expected))
        assert sorted((line for line in lines if line[:3] != b"one"), key=lambda line: line[:-1]) == expected


@pytest.mark.parametrize("watcher", [[], ["---disable-inotify"]], ids=["inotify", "polling"])
def test_files_that_were_there_before_are_not_printed(aio, log, watcher):
    for number in (1, 2, 3):
        append(log.with_name(f"log.{number}"), b"old\n")
    with held(aio, "-F", "-n+1", *watcher, "-s.01", "log") as reader:
        next_tick(log)
        shell(log, "mv log.3 log.4; mv log.2 log.3; mv log.1 log.2; mv log log.1")
        append(log, THREE)
        assert read_until(reader, THREE) == ONE + THREE
