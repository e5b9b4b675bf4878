"""`aio cat` with a second process: the same bytes, and no process left whatever happens."""

from __future__ import annotations

import os
import random
import signal
from pathlib import Path

import pytest

from aiocli.engines.pair import LEAST_BYTES, PIECE_BYTES
from tests.support.resources import WAIT_S
from tests.support.strace import injecting

ALONE = {"AIO_DISABLE": "pair"}

pytestmark = pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="a second process needs a second processor")


def text(size, seed=1):
    """Make text with all that is shown differently, carriage returns wherever a piece may end among it."""
    block = bytearray(random.Random(seed).choices(b"abc \t\r\n\0\x7f\x80\xff", k=size // 8)) * 8
    for border in range(PIECE_BYTES, size, PIECE_BYTES):
        for at in (border - 2, border - 1, border):
            block[at] = random.Random(border + at).choice(b"\r\r\nx")
    return bytes(block)


@pytest.mark.parametrize("options", ["-A", "-E", "-T", "-v", "-ET"])
def test_two_processes_write_what_one_does(aio, options):
    (aio.cwd / "large").write_bytes(text(LEAST_BYTES + 5 * PIECE_BYTES // 2) + b"\r")
    (aio.cwd / "next").write_bytes(b"\nnext\r")
    args = ("cat", options, "--explain", "large", "next", "large")
    by_two = aio(*args)
    assert by_two.stderr.count(b"by two processes") == 2
    by_one = aio(*args, env=ALONE)
    assert b"by two processes" not in by_one.stderr
    assert by_two.status == by_one.status == 0
    assert by_two.stdout == by_one.stdout


def test_carriage_returns_alone_are_shown_too(aio):
    (aio.cwd / "large").write_bytes(b"\r" * (LEAST_BYTES + 1) + b"\n")
    assert aio("cat", "-E", "large").outcome() == (0, b"\r" * LEAST_BYTES + b"^M$\n", b"")


def test_part_of_a_file_may_be_shared_out(aio):
    content = text(3 * LEAST_BYTES)
    (aio.cwd / "large").write_bytes(content)
    options = ("cat", "-A", f"--range=100:{2 * LEAST_BYTES}", "large")
    assert aio(*options).stdout == aio(*options, env=ALONE).stdout


@pytest.mark.parametrize("options", ["-n", "-s", "-bE"])
def test_what_depends_on_the_lines_before_stays_in_one(aio, options):
    (aio.cwd / "large").write_bytes(text(LEAST_BYTES))
    assert b"by two processes" not in aio("cat", options, "--explain", "large").stderr


@pytest.mark.parametrize("when", [2, 30, 60])
def test_read_that_fails_in_either_process_is_told_behind_what_was_read(aio, when):
    large = aio.cwd / "large"
    large.write_bytes(text(2 * LEAST_BYTES))
    (aio.cwd / "next").write_bytes(b"the next one")
    result = aio("cat", "-A", "large", "next", prefix=injecting(f"pread64:error=EIO:when={when}", large))
    assert (result.status, result.stderr) == (1, b"aio cat: large: Input/output error\n")
    assert result.stdout.endswith(b"the next one")
    whole = aio("cat", "-A", "large").stdout
    assert whole.startswith(result.stdout.removesuffix(b"the next one"))


def test_read_that_fails_where_a_piece_is_cut_takes_none_of_those_before(aio):
    large = aio.cwd / "large"
    large.write_bytes(b"x" * LEAST_BYTES)
    result = aio("cat", "-A", "large", prefix=injecting("pread64:error=EIO:when=2", large))
    assert result.outcome() == (1, b"x" * PIECE_BYTES, b"aio cat: large: Input/output error\n")


def test_file_that_shrinks_meanwhile_ends_where_it_ends(aio):
    large = aio.cwd / "large"
    large.write_bytes(b"x" * 4 * LEAST_BYTES)
    with aio.start("cat", "-A", "large") as process:
        head = process.stdout.read(1000)
        with large.open("rb+") as file:
            file.truncate(3 * LEAST_BYTES)
        rest = process.stdout.read()
        assert process.wait(WAIT_S) == 0
    assert set(head + rest) == {ord("x")}
    assert 3 * LEAST_BYTES <= len(head + rest) <= 4 * LEAST_BYTES


def test_second_process_that_dies_leaves_the_rest_to_the_first(aio):
    (aio.cwd / "large").write_bytes(text(4 * LEAST_BYTES))
    with aio.start("cat", "-A", "large") as process:
        head = process.stdout.read(1000)
        (child,) = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        os.kill(int(child), signal.SIGKILL)
        rest = process.stdout.read()
        assert (process.wait(WAIT_S), process.stderr.read()) == (0, b"")
    assert head + rest == aio("cat", "-A", "large", env=ALONE).stdout


def test_without_a_second_process_one_is_enough(aio):
    (aio.cwd / "large").write_bytes(text(LEAST_BYTES))
    result = aio("cat", "-A", "--explain", "large", prefix=("prlimit", "--nofile=5"))
    assert b"by two processes" not in result.stderr
    assert (result.status, result.stdout) == (0, aio("cat", "-A", "large", env=ALONE).stdout)


def test_closed_pipe_ends_both(aio):
    (aio.cwd / "large").write_bytes(b"x" * 8 * LEAST_BYTES)
    with aio.start("cat", "-A", "large") as process:
        process.stdout.read(10)
        process.stdout.close()
        assert process.wait(WAIT_S) == -13
        assert process.stderr.read() == b""  # ends when the other process has closed it, too
