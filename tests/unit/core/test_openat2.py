"""Opening without waiting: what may be opened so, and what must not."""

import asyncio
import os
import subprocess
import sys
import textwrap

import pytest

from aiocli import AIOFile
from aiocli.core import filesystem, openat2, threads
from tests.support.resources import open_fds, opened_since

pytestmark = pytest.mark.skipif(openat2._load() is None, reason="this kernel has no openat2 with RESOLVE_CACHED")


@pytest.fixture
def is_local(tmp_path):
    if not filesystem.is_local(os.stat(tmp_path).st_dev):
        pytest.skip("the temporary folder's file system is not known to be local")


@pytest.fixture
def path(tmp_path, is_local):
    path = tmp_path / "file"
    path.write_bytes(b"content")
    return path


def open_cached(path, flags):
    """Open what the kernel has at hand; it says no, too, while others rename something or memory is taken back."""
    for _ in range(100):
        if (opened := openat2.open_nowait(path, flags)) is not None:
            return opened
        os.stat(path)
    pytest.fail("it is never at hand")


@pytest.mark.parametrize("flags", [os.O_RDONLY, os.O_RDWR, os.O_WRONLY | os.O_APPEND])
def test_cached_regular_file_is_opened_as_by_open(path, flags):
    fd, facts = open_cached(str(path), flags)
    try:
        expected = os.open(path, flags)
        for get in (lambda it: os.fstat(it).st_ino, os.get_blocking, os.get_inheritable):
            assert get(fd) == get(expected)
        os.close(expected)
        assert facts.st_ino == os.stat(path).st_ino
        if flags != os.O_RDONLY:
            os.write(fd, b"x")
    finally:
        os.close(fd)


def test_symbolic_links_are_followed_and_names_may_be_bytes(path, tmp_path):
    (tmp_path / "link").symlink_to(path)
    fd, _ = open_cached(os.fsencode(tmp_path / "link"), os.O_RDONLY)
    os.close(fd)


@pytest.mark.parametrize("flags", [os.O_WRONLY | os.O_CREAT, os.O_WRONLY | os.O_TRUNC])
def test_what_changes_the_file_system_is_left_to_a_thread(path, flags):
    assert openat2.open_nowait(str(path), flags) is None


def test_nothing_but_regular_files_is_opened(tmp_path, is_local):
    os.mkfifo(tmp_path / "fifo")
    before = open_fds()
    for name in (tmp_path / "fifo", tmp_path, tmp_path / "missing", "/dev/null", "with\0nul"):
        assert openat2.open_nowait(str(name), os.O_RDONLY) is None
    assert not opened_since(before)


async def test_opening_a_fifo_waits_for_its_writer_without_blocking_the_loop(tmp_path):
    os.mkfifo(tmp_path / "fifo")
    file = AIOFile(tmp_path / "fifo", "rb")
    opening = asyncio.ensure_future(file.open())
    for _ in range(50):
        await asyncio.sleep(0)
    assert not opening.done()
    writing = await asyncio.to_thread(os.open, tmp_path / "fifo", os.O_WRONLY)
    await opening
    os.write(writing, b"through")
    os.close(writing)
    assert await file.read() == b"through"
    await file.close()


async def test_cached_file_is_opened_without_a_thread(path, monkeypatch):
    started = []
    monkeypatch.setattr(threads, "start", lambda function, *args: started.append(function) or start(function, *args))
    start = threads.start
    for _ in range(100):  # as open_cached has it
        started.clear()
        async with AIOFile(path, "rb") as file:
            assert await file.read() == b"content"
        if not started:
            return
    pytest.fail("a thread was needed each time")


async def test_file_of_an_unknown_file_system_is_opened_in_a_thread(path, monkeypatch):
    monkeypatch.setattr(openat2, "is_local", lambda device: False)
    async with AIOFile(path, "rb") as file:
        assert await file.read() == b"content"


@pytest.mark.slow
def test_kernel_without_the_call_is_met_by_threads(path):
    script = """
        import asyncio, sys
        from aiocli import AIOFile
        from aiocli.core import openat2

        async def main():
            async with AIOFile(sys.argv[1], "rb") as file:
                print(await file.read(), openat2._load())

        asyncio.run(main())
        """
    inject = ["strace", "-f", "-o", "/dev/null", "-e", "trace=openat2", "-e", "inject=openat2:error=ENOSYS"]
    try:
        done = subprocess.run(
            [*inject, sys.executable, "-c", textwrap.dedent(script), path], capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        pytest.skip("strace is not installed")
    assert done.stdout == "b'content' None\n", done.stderr
