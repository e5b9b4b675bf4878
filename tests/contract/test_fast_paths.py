"""The library's fast paths, each on and off: what comes out must be the same."""

import asyncio
import os

import pytest

from aiocli import AIOFile, LineReader, async_open
from aiocli.core import cached, openat2

DATA = b"".join(b"%07d: a line of text, and some more of it\n" % number for number in range(30_000))


@pytest.fixture(params=["all on", "without RWF_NOWAIT", "without openat2", "without both", "nothing cached"])
def path(request, monkeypatch, tmp_path):
    """A file, with some of the fast paths off; or not in the page cache, so that each is refused by the kernel."""
    path = tmp_path / "file"
    path.write_bytes(DATA)
    if request.param in ("without RWF_NOWAIT", "without both"):
        monkeypatch.setattr(cached, "_RWF_NOWAIT", 0)
    if request.param in ("without openat2", "without both"):
        monkeypatch.setattr(openat2, "_load", lambda: None)
    if request.param == "nothing cached":
        fd = os.open(path, os.O_RDONLY)
        os.fsync(fd)
        os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
        os.close(fd)
    return path


async def test_whole_file(path):
    async with AIOFile(path, "rb") as file:
        assert await file.read() == DATA
        assert await file.read(len(DATA) * 2) == DATA
        buffer = bytearray(len(DATA) + 1)
        assert await file.readinto(buffer) == len(DATA)
        assert buffer[:-1] == DATA


@pytest.mark.parametrize("size", [1, 17, 4096, cached.SCRATCH_BYTES, cached.SCRATCH_BYTES + 1, 1 << 20])
async def test_pieces_of_every_size_in_any_order(path, size):
    offsets = [(number * 7919 * size) % len(DATA) for number in range(200 if size < 1 << 20 else 5)]
    async with AIOFile(path, "rb") as file:
        pieces = await asyncio.gather(*[file.read(size, offset) for offset in offsets])
    assert pieces == [DATA[offset : offset + size] for offset in offsets]


@pytest.mark.parametrize("mode", ["r", "rb"])
async def test_lines(path, mode):
    expected = DATA.decode().splitlines(keepends=True) if mode == "r" else DATA.splitlines(keepends=True)
    async with async_open(path, mode) as file:
        assert [line async for line in file] == expected
    async with AIOFile(path, mode) as file:
        assert [line async for line in LineReader(file)] == expected


async def test_many_small_files_at_once(path):
    for number in range(100):
        (path.parent / str(number)).write_bytes(b"%d" % number * number)

    async def read(number):
        async with AIOFile(path.parent / str(number), "rb") as file:
            return await file.read()

    assert await asyncio.gather(*map(read, range(100))) == [b"%d" % number * number for number in range(100)]


@pytest.mark.parametrize("size", [0, 1, 99, 101, 200, 70_000, 3_000_000])
async def test_file_that_changes_its_size_is_read_whole(tmp_path, size):
    path = tmp_path / "changing"
    path.write_bytes(b"a" * 100)
    async with AIOFile(path, "rb") as file:
        assert await file.read() == b"a" * 100
        os.truncate(path, 0)
        path.write_bytes(b"b" * size)
        for _ in range(2):
            assert await file.read() == b"b" * size
            assert await file.read(-1, 50) == b"b" * (size - 50)
        path.write_bytes(b"c" * 100)
        assert await file.read() == b"c" * 100


async def test_reads_see_writes_and_growth(path):
    async with AIOFile(path, "rb+", sync=False) as file:
        await file.read()
        await file.write(b"X", 5)
        await file.write(b"grown", len(DATA))
        assert await file.read(3, 4) == b"%cX%c" % (DATA[4], DATA[6])
        assert await file.read(-1, len(DATA) - 1) == b"\ngrown"
        await file.truncate(3)
        assert await file.read() == DATA[:3]


async def test_loop_turns_whichever_way_the_bytes_come(path):
    turns = 0

    async def count():
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    counting = asyncio.ensure_future(count())
    async with AIOFile(path, "rb") as file:
        for offset in range(0, len(DATA), 1024):
            await file.read(1024, offset)
    counting.cancel()
    assert turns >= len(DATA) // 1024 // 64
