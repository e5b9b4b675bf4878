"""Where no thread and no process can be had (RLIMIT_NPROC, a container's limit of pids): done with what there is."""

from __future__ import annotations

import hashlib

import pytest

from tests.support.backends import BACKEND_PARAMS
from tests.support.program import Program
from tests.support.scarcity import limited
from tests.support.strace import injecting

BIG = bytes(range(251)) * 20_000
NAMES = [f"{number:02}" for number in range(40)]


@pytest.fixture
def aio(tmp_path) -> Program:
    """The program in a folder with files for everybody."""
    tmp_path.chmod(0o777)
    for folder in (tmp_path / "tree", tmp_path / "tree" / "inner"):
        folder.mkdir()
        for name in NAMES:
            (folder / name).write_text(name * 100)
    for path in (tmp_path / "big", tmp_path / "also big", tmp_path / "tree" / "big"):
        path.write_bytes(BIG)
    for path in tmp_path.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)
    return Program(tmp_path)


@pytest.mark.parametrize(
    "arguments",
    [
        ("big",),
        ("big", "also big"),
        ("-a", "md5,sha256", "big"),
        ("-a", "md5,sha256", "big", "also big", *(f"tree/{name}" for name in NAMES)),
        ("-r", "tree"),
    ],
    ids=" ".join,
)
def test_hash_does_it_by_itself(aio, arguments):
    assert aio("hash", *arguments, prefix=limited(1)).outcome() == aio("hash", *arguments).outcome()


@pytest.mark.parametrize("nproc", [2, 3, 4, 5])
@pytest.mark.parametrize("arguments", [("-a", "md5,sha256", "big"), ("-r", "tree")], ids=" ".join)
def test_hash_goes_on_with_few(aio, nproc, arguments):
    assert aio("hash", *arguments, prefix=limited(nproc)).outcome() == aio("hash", *arguments).outcome()


def test_hash_says_what_did_it(aio):
    result = aio("hash", "--explain", "-a", "md5,sha1", "big", prefix=limited(1))
    assert result.status == 0
    assert b"big: stream" in result.stderr
    assert b"not clones, fan_out: no thread can be had" in result.stderr


def test_hash_reads_a_pipe_to_its_end(aio):
    result = aio("hash", "-a", "md5", "--untagged", stdin=BIG, prefix=limited(1))
    assert result.outcome() == (0, f"{hashlib.md5(BIG).hexdigest()}  -\n".encode(), b"")


def test_hash_shows_no_progress_and_does_the_work(aio):
    result = aio("hash", "--progress=always", "big", prefix=limited(1))
    assert (result.status, result.stdout) == (0, f"{hashlib.sha256(BIG).hexdigest()}  big\n".encode())
    assert b"bug" not in result.stderr


@pytest.mark.parametrize("nproc", [1, 2, 3, 4, 5])
def test_cp_copies_a_tree(aio, nproc):
    assert aio("cp", "-r", "tree", "copy", prefix=limited(nproc)).outcome() == (0, b"", b"")
    assert contents(aio.cwd / "copy") == contents(aio.cwd / "tree")


def test_cp_copies_a_tree_with_progress(aio):
    result = aio("cp", "-r", "--progress=always", "tree", "copy", prefix=limited(1))
    assert result.status == 0, result
    assert contents(aio.cwd / "copy") == contents(aio.cwd / "tree")


@pytest.mark.parametrize(
    "command", [("cp", "-r", "--json", "tree", "copy"), ("hash", "-r", "--json", "tree")], ids=" ".join
)
def test_what_cannot_be_counted_ahead_is_done_all_the_same(aio, command):
    result = aio(*command, prefix=limited(1))
    assert (result.status, result.stderr) == (0, b"")


def test_cp_goes_on_with_one_worker_where_the_second_cannot_be_forked(aio):
    prefix = injecting("clone:error=EAGAIN:when=2+")
    assert aio("cp", "-r", "--jobs=2", "tree", "copy", prefix=prefix).outcome() == (0, b"", b"")
    assert contents(aio.cwd / "copy") == contents(aio.cwd / "tree")


@pytest.mark.parametrize("backend", ["thread", "python"])
@pytest.mark.parametrize("command", [("cat",), ("hash",), ("tail", "-f"), ("cp", "-t", ".")], ids=" ".join)
def test_a_named_backend_that_is_made_of_threads_says_so_in_one_line(aio, command, backend):
    result = aio(*command, f"--backend={backend}", "big", prefix=limited(1))
    assert (result.status, result.stderr.count(b"\n")) == (1, 1), result
    assert result.stderr.startswith(b"aio %s: " % command[0].encode())


@pytest.mark.parametrize("backend", [param for param in BACKEND_PARAMS if param.id in ("uring", "linux")])
@pytest.mark.parametrize("command", ["cat", "hash"])
def test_a_named_backend_of_the_kernel_needs_no_thread(aio, command, backend):
    result = aio(command, f"--backend={backend}", "big", prefix=limited(1))
    assert result.outcome() == aio(command, "big").outcome()


def test_following_through_a_named_backend_needs_a_thread_and_says_so(aio):
    result = aio("tail", "-f", "--backend=linux", "-n0", "big", prefix=limited(1))
    assert result.status == 1
    assert result.stderr.count(b"\n") == 1
    assert b"thread" in result.stderr


def test_cp_to_several_does_it_by_itself(aio):
    for name in ("first", "second"):
        (aio.cwd / name).mkdir()
        (aio.cwd / name).chmod(0o777)
    result = aio("cp", "--to", "first", "--to", "second", "big", prefix=limited(1))
    assert result.outcome() == (0, b"", b"")
    assert (aio.cwd / "first" / "big").read_bytes() == (aio.cwd / "second" / "big").read_bytes() == BIG


def contents(folder):
    """Map the names of all files under a folder to what they hold."""
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
