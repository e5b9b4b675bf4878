"""Files that leave nothing in the page cache, or go past it: the same bytes, and what the cache holds after."""

import asyncio
import errno
import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aiocli import AIOFile, Caching, aligned_buffer, async_open
from aiocli.core import uncached
from aiocli.core.dontcache import _RWF_DONTCACHE
from tests.support.noise import noise
from tests.support.pagecache import cached_pages, drop, in_quiet
from tests.support.resources import open_fds, opened_since

KINDS = ["uncached", "direct"]
SIZE = 3 * (1 << 20) + 1234


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(noise(SIZE))
    try:
        os.close(os.open(path, os.O_RDONLY | os.O_DIRECT))
    except OSError as error:
        pytest.skip(f"this file system has no O_DIRECT: {error.strerror}")
    drop(path)
    return path


@pytest.fixture(params=["as here", "without RWF_DONTCACHE"])
def dontcache(request, monkeypatch):
    """Also as a kernel or file system answers that does not know the flag."""
    if request.param == "as here":
        return
    for name in ("preadv", "pwritev"):
        real = getattr(os, name)

        def call(fd, buffers, offset, flags=0, real=real):
            if flags & _RWF_DONTCACHE:
                raise OSError(errno.EOPNOTSUPP, os.strerror(errno.EOPNOTSUPP))
            return real(fd, buffers, offset, flags)

        monkeypatch.setattr(os, name, call)


@pytest.mark.parametrize("caching", KINDS)
async def test_reads_what_is_there(path, caching, dontcache):
    data = path.read_bytes()
    drop(path)
    async with AIOFile(path, "rb", caching=caching) as file:
        assert await file.read() == data
        assert await file.read(10, SIZE - 5) == data[-5:]
        assert await file.read(1, SIZE) == b""
        assert await file.read(5000, 4097) == data[4097:9097]
    async with async_open(path, "rb", caching=caching) as file:
        assert b"".join([chunk async for chunk in file.iter_chunked(100_000)]) == data


@pytest.mark.parametrize("caching", KINDS)
def test_reading_leaves_no_page_behind(path, caching, dontcache):
    async def read():
        drop(path)
        async with AIOFile(path, "rb", caching=Caching(caching)) as file:
            await file.read()
        assert cached_pages(path) <= 64  # what the file system reads ahead on its own is not dropped everywhere

    in_quiet(lambda: asyncio.run(read()))


def test_uncached_reading_keeps_the_pages_that_were_there(path, dontcache):
    async def read():
        with path.open("rb") as other:
            other.read(1 << 20)
        before = cached_pages(path)
        async with AIOFile(path, "rb", caching="uncached") as file:
            await file.read(1 << 20)
        assert cached_pages(path) >= before > 0

    in_quiet(lambda: asyncio.run(read()))


@pytest.mark.parametrize("caching", KINDS)
def test_writing_leaves_no_page_behind_once_synced(path, caching, dontcache):
    async def write():
        async with AIOFile(path, "rb+", caching=caching) as file:
            await file.write(bytes(2 << 20))
            await file.fsync()
        assert path.read_bytes()[: 2 << 20] == bytes(2 << 20)
        drop(path)
        async with AIOFile(path, "rb+", caching=caching) as file:
            await file.write(bytes(2 << 20), 4096)
        assert cached_pages(path) <= 64

    in_quiet(lambda: asyncio.run(write()))


@pytest.mark.parametrize("caching", KINDS)
@settings(max_examples=40, deadline=None)
@given(
    writes=st.lists(st.tuples(st.integers(0, 20_000), st.integers(0, 12_000)), max_size=6),
    reads=st.lists(st.tuples(st.integers(0, 30_000), st.integers(0, 12_000)), max_size=4),
)
def test_any_offset_and_length_is_written_and_read(tmp_path_factory, caching, writes, reads):
    path = tmp_path_factory.mktemp("any") / "file"
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_DIRECT))
    except OSError as error:
        pytest.skip(f"this file system has no O_DIRECT: {error.strerror}")
    model = bytearray()

    async def compare():
        async with AIOFile(path, "rb+", caching=caching, sync=False) as file:
            for number, (offset, length) in enumerate(writes):
                data = bytes([number + 1]) * length
                assert await file.write(data, offset) == length
                if length:
                    model.extend(bytes(max(0, offset + length - len(model))))
                    model[offset : offset + length] = data
            for offset, length in reads:
                assert await file.read(length, offset) == model[offset : offset + length]
                buffer = bytearray(length)
                got = await file.readinto(buffer, offset)
                assert buffer[:got] == model[offset : offset + length]
            assert await file.read() == model

    asyncio.run(compare())


async def test_aligned_memory_is_filled_in_place(path, monkeypatch):
    data = path.read_bytes()
    buffer = aligned_buffer(1 << 20)
    monkeypatch.setattr(uncached.DirectAccess, "_read", None)  # the way that copies
    async with AIOFile(path, "rb", caching="direct") as file:
        assert await file.readinto(buffer, 1 << 20) == 1 << 20
    assert buffer == data[1 << 20 : 2 << 20]


async def test_cancelled_readinto_waits_until_nothing_writes_to_the_buffer(path):
    async with AIOFile(path, "rb", caching="direct") as file:
        buffer = bytearray(SIZE)
        reading = asyncio.ensure_future(file.readinto(buffer))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        reading.cancel()
        await asyncio.wait([reading])
        buffer.clear()  # BufferError if anything still had the memory


async def test_what_does_not_go_together_is_refused(path):
    for options in ({"backend": "thread"}, {"context": object()}):
        with pytest.raises(ValueError, match="not read through a context or a backend"):
            AIOFile(path, "rb", caching="direct", **options)
    with pytest.raises(ValueError, match="append"):
        AIOFile(path, "ab", caching="direct")
    with pytest.raises(ValueError, match="paths"):
        AIOFile(0, "rb", caching="direct")
    with pytest.raises(ValueError, match="is not a valid Caching"):
        AIOFile(path, "rb", caching="sometimes")
    with pytest.raises(ValueError, match="both"):
        AIOFile(path, "rb", backend="thread", context=object())


async def test_file_system_without_direct_access_says_so(tmp_path):
    with pytest.raises(OSError, match=r".") as caught:
        async with AIOFile("/proc/cpuinfo", "rb", caching="direct"):
            pass
    assert caught.value.errno == errno.EINVAL


async def test_nothing_is_left_open(path):
    before = open_fds()
    for caching in KINDS:
        async with AIOFile(path, "rb+", caching=caching, sync=False) as file:
            await file.write(b"unaligned", 5)
            await file.read()
    assert not opened_since(before)


async def test_buffer_must_have_a_size():
    with pytest.raises((ValueError, OSError)):
        aligned_buffer(0)
