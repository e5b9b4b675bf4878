"""What fails while files are hashed: bad disks, killed workers, signals. Seen from outside, whatever way was taken."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
from pathlib import Path

import pytest

from aiocli.engines.hash.unit import SMALL_BYTES
from tests.support.noise import noise
from tests.support.program import AIO, TIMEOUT_S, Started, environment
from tests.support.resources import open_fds, wait_until
from tests.support.strace import injecting

LARGE = SMALL_BYTES * 8
HOLE = 1 << 43
"""Bytes of a file that takes an hour to hash."""

needs_two_processors = pytest.mark.skipif(
    len(os.sched_getaffinity(0)) < 2, reason="on one processor there are no workers"
)


@pytest.fixture
def files(aio):
    """Three files: bad is the large one in the middle."""
    for name, size in (("first", 10), ("bad", LARGE), ("last", LARGE)):
        (aio.cwd / name).write_bytes(noise(4096) * (size // 4096) or b"0123456789")
    return aio.cwd


def line(path: Path) -> str:
    return f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n"


@pytest.mark.parametrize("number", [1, 3])
@pytest.mark.parametrize("disabled", ["", "clones", "clones,fan_out", "batch"])
def test_a_bad_block_is_one_line_and_the_rest_is_hashed(aio, files, disabled, number):
    prefix = injecting(f"/^p?readv2?$:error=EIO:when={number}+", files / "bad")
    result = aio("hash", "first", "bad", "last", prefix=prefix, env={"AIO_DISABLE": disabled})
    good = line(files / "first") + line(files / "last")
    assert result.outcome() == (1, good.encode(), b"aio hash: bad: Input/output error\n")


@pytest.mark.parametrize("disabled", ["clones", "fan_out", "clones,fan_out"])
def test_a_bad_block_ends_all_algorithms_of_a_file(aio, files, disabled):
    prefix = injecting("/^p?readv2?$:error=EIO:when=4+", files / "bad")
    result = aio("hash", "-a", "sha1,md5,sha512", "bad", prefix=prefix, env={"AIO_DISABLE": disabled})
    assert result.outcome() == (1, b"", b"aio hash: bad: Input/output error\n")


def test_a_bad_block_of_a_small_file_is_one_line(aio, files):
    prefix = injecting("/^p?readv2?$:error=EIO", files / "first")
    result = aio("hash", "first", "last", prefix=prefix)
    assert result.outcome() == (1, line(files / "last").encode(), b"aio hash: first: Input/output error\n")


def start(cwd: Path, *args: str, stdin: int = subprocess.DEVNULL, disabled: str = "") -> Started:
    return Started(
        [os.fspath(AIO), "hash", *args],
        cwd=cwd,
        env=environment(AIO_DISABLE=disabled),
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def is_gone(pid: int) -> bool:
    try:
        return not Path(f"/proc/{pid}/cmdline").read_bytes()  # nobody may wait for a zombie that is not his
    except FileNotFoundError:
        return True


@pytest.mark.parametrize("disabled", ["", "clones", "clones,fan_out"])
@pytest.mark.parametrize("names", ["1", "3"])
def test_an_interrupt_in_the_middle_is_quick_and_quiet(aio, disabled, names):
    paths = [f"sparse {number}" for number in range(int(names))]
    for name in paths:
        (aio.cwd / name).touch()
        os.truncate(aio.cwd / name, HOLE)
    process = start(aio.cwd, "-a", "sha512,md5", *paths, disabled=disabled)
    wait_until(lambda: os.fspath(aio.cwd / paths[0]) in open_fds(process.pid).values())
    before = cpu_ticks(process.pid)
    wait_until(lambda: cpu_ticks(process.pid) > before + 5)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=TIMEOUT_S)
    assert (process.returncode, out, err) == (-signal.SIGINT, b"", b"")


def cpu_ticks(pid: int) -> int:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


@needs_two_processors
def test_an_interrupt_ends_the_workers(aio):
    (aio.cwd / "file").write_bytes(b"data")
    os.mkfifo(aio.cwd / "wait")
    process = start(aio.cwd, "--jobs=2", *["file"] * 4000, "wait")
    wait_until(lambda: len(children(process.pid)) == 2)
    workers = children(process.pid)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=TIMEOUT_S)
    assert (process.returncode, err) == (-signal.SIGINT, b"")
    wait_until(lambda: all(is_gone(pid) for pid in workers))


@needs_two_processors
def test_nothing_is_lost_when_a_worker_is_killed(aio):
    for number in range(10):
        (aio.cwd / str(number)).write_bytes(str(number).encode())
    names = [str(number % 10) for number in range(5000)]
    read_fd, write_fd = os.pipe()
    process = start(aio.cwd, "--jobs=2", *names[:500], "-", *names[500:], stdin=read_fd)
    os.close(read_fd)
    wait_until(lambda: len(children(process.pid)) == 2)
    for pid in children(process.pid):
        os.kill(pid, signal.SIGKILL)
    os.close(write_fd)
    out, err = process.communicate(timeout=TIMEOUT_S)
    assert (process.returncode, err) == (0, b"")
    listed = [text.split("  ") for text in out.decode().splitlines()]
    assert [name for _, name in listed] == [*names[:500], "-", *names[500:]]
    assert all(digest == hashlib.sha256(name.encode()).hexdigest() for digest, name in listed if name != "-")
