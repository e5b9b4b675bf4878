"""`aio cat` when reading fails in the middle: one line that names the input, status 1, and nothing passed over."""

from __future__ import annotations

import gzip
import os
import random

import pytest

from aiocli.engines.copy import FAST_PATHS
from tests.support.backends import BACKEND_PARAMS
from tests.support.privileges import unprivileged
from tests.support.resources import WAIT_S
from tests.support.strace import injecting

NO_FAST_PATH = {"AIO_DISABLE": ",".join(FAST_PATHS)}
SIZE = 20_000_000


@pytest.fixture
def large(aio):
    """Make a file that takes several calls in any way, and one behind it."""
    (aio.cwd / "large").write_bytes(b"0123456789abcde\n" * (SIZE // 16))
    (aio.cwd / "next").write_bytes(b"the next one")
    return aio.cwd / "large"


def failing(path, calls):
    """Let the second of these calls on a file fail."""
    return injecting(f"{calls}:error=EIO:when=2", path)


@pytest.mark.parametrize(
    ("calls", "options", "env"),
    [
        ("splice", (), {}),
        ("read", ("-n",), {}),
        ("read", ("--range=0:", "-E"), {"AIO_DISABLE": "pair"}),
        ("pread64", ("--lines=-900000:",), {}),
        ("pread64", ("--lines=:900000",), {}),
        ("readv", (), NO_FAST_PATH),
        ("preadv2,preadv,pread64", ("--no-cache",), {}),
        ("splice", ("--decompress",), {}),
        ("preadv2,preadv,pread64", ("--no-cache", "--lines=:900000"), {}),
    ],
)
def test_read_that_fails_is_told_of_its_file_and_the_rest_goes_on(aio, large, calls, options, env):
    result = aio("cat", *options, "large", "next", prefix=failing(large, calls), env=env)
    assert (result.status, result.stderr) == (1, b"aio cat: large: Input/output error\n")
    assert result.stdout.rstrip(b"$\n").endswith(b"the next one")
    assert len(result.stdout) < SIZE


def test_compressed_file_that_fails_is_told_behind_what_could_be_read(aio, large):
    content = random.Random(1).randbytes(500_000)
    large.write_bytes(gzip.compress(content))
    result = aio("cat", "--decompress", "large", "next", prefix=failing(large, "read"))
    assert (result.status, result.stderr) == (1, b"aio cat: large: Input/output error\n")
    shown = result.stdout.removesuffix(b"the next one")
    assert len(shown) < len(result.stdout)
    assert 0 < len(shown) < len(content)
    assert content.startswith(shown)


@pytest.mark.parametrize(
    ("calls", "env"),
    [
        ("copy_file_range", {}),
        ("sendfile", {"AIO_DISABLE": "reflink,overlapped,copy_range"}),
        ("readv", NO_FAST_PATH),
    ],
)
def test_copy_into_a_file_that_fails_is_told_of_its_source(aio, large, calls, env):
    target = aio.cwd / "target"
    with target.open("wb") as stdout:
        result = aio("cat", "large", "next", prefix=failing(large, calls), env=env, stdout=stdout)
    assert (result.status, result.stderr) == (1, b"aio cat: large: Input/output error\n")
    assert target.read_bytes().endswith(b"the next one")


@pytest.mark.parametrize("backend", BACKEND_PARAMS)
def test_file_that_shrinks_while_it_is_read_ends_where_it_ends(aio, large, backend):
    with aio.start("cat", f"--backend={backend}", "large") as process:
        head = process.stdout.read(1000)
        with large.open("rb+") as file:
            file.truncate(SIZE // 2)
        rest = process.stdout.read()
        assert process.wait(WAIT_S) == 0
        assert process.stderr.read() == b""
    assert SIZE // 2 <= len(head + rest) <= SIZE


def test_file_that_grows_while_it_is_read_is_read_to_its_end(aio, large):
    with aio.start("cat", "large") as process:
        head = process.stdout.read(1000)
        with large.open("ab") as file:
            file.write(b"more")
        rest = process.stdout.read()
        assert process.wait(WAIT_S) == 0
    assert (head + rest).endswith(b"more")
    assert len(head + rest) == SIZE + 4


@pytest.mark.parametrize("options", [(), ("-n",), ("--decompress",), ("--range=1:",), ("--lines=2:",), ("--no-cache",)])
def test_full_output_is_blamed_on_no_operand(aio, large, options):
    with open("/dev/full", "wb") as full:
        result = aio("cat", *options, "large", "next", stdout=full)
    assert result.outcome() == (1, b"", b"aio cat: write error: No space left on device\n")


@pytest.mark.parametrize("options", [(), ("-n",), ("--decompress",), ("--lines=2:",), ("--no-cache",), ("--explain",)])
def test_closed_pipe_ends_it_in_silence(aio, large, options):
    with aio.start("cat", *options, "large", "large") as process:
        process.stdout.read(10)
        process.stdout.close()
        assert process.wait(WAIT_S) == -13
        assert process.stderr.read() == b""


@pytest.mark.parametrize("options", [(), ("-A",), ("--decompress",), ("--lines=:",)])
def test_closed_output_is_told_once(aio, large, options):
    result = aio("cat", *options, "large", prefix=("sh", "-c", 'exec "$@" >&-', "sh"))
    assert result.outcome() == (1, b"", b"aio cat: standard output: Bad file descriptor\n")


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        (b"new\nline", b"'new'$'\\n''line'"),
        (b"\xff\xfe", b"''$'\\377\\376'"),
        (b"\x1b[31m", b"''$'\\033''[31m'"),
    ],
)
def test_odd_names_reach_no_terminal_as_they_are(aio, name, shown):
    assert aio("cat", name).outcome() == (1, b"", b"aio cat: " + shown + b": No such file or directory\n")


def test_names_that_begin_with_a_dash_are_operands_behind_two(aio):
    (aio.cwd / "-n").write_bytes(b"content")
    assert aio("cat", "--", "-n").outcome() == (0, b"content", b"")


def test_full_pipe_that_does_not_block_is_blamed_on_no_operand(aio, large):
    reader, writer = os.pipe()
    try:
        os.set_blocking(writer, False)
        result = aio("cat", "large", stdout=writer)
    finally:
        os.close(reader)
        os.close(writer)
    assert (result.status, result.stderr) == (1, b"aio cat: write error: Resource temporarily unavailable\n")


def test_file_as_large_as_files_may_be_is_written_whole(aio):
    (aio.cwd / "file").write_bytes(b"x" * 1024)
    limited = ("prlimit", "--fsize=1024")
    assert aio("cp", "file", "copy", prefix=limited).outcome() == (0, b"", b"")
    with (aio.cwd / "output").open("wb") as output:
        assert aio("cat", "file", prefix=limited, stdout=output).status == 0
        more = aio("cat", "file", prefix=limited, stdout=output)
    assert (more.status, more.stderr) == (1, b"aio cat: write error: File too large\n")
    assert (aio.cwd / "copy").read_bytes() == (aio.cwd / "output").read_bytes() == b"x" * 1024


@pytest.mark.parametrize("options", [(), ("--no-cache",)])
def test_nothing_is_lost_where_no_thread_can_be_had(aio, options):
    data = random.Random(2).randbytes(40_000_000)
    (aio.cwd / "data").write_bytes(data)
    if os.geteuid() != 0:
        pytest.skip("only root can be a user that has no other process")
    unprivileged()  # skips where other users cannot run the program at all
    nobody_else = ("prlimit", "--nproc=1", "setpriv", f"--reuid={100_000 + os.getpid()}", "--clear-groups")
    with (aio.cwd / "output").open("wb") as output:
        result = aio("cat", *options, "data", prefix=nobody_else, stdout=output)
    assert (result.status, result.stderr) == (0, b"")
    assert (aio.cwd / "output").read_bytes() == data
