"""copyfileobj between open files of any make: from the position of each on, positions left behind what was copied."""

import asyncio
import gzip
import io
import os
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor

import aiofiles
import pytest

from aiocli.core.async_open import async_open
from aiocli.core.file import AIOFile
from aiocli.library import shutil_objects
from aiocli.library.shutil import copyfileobj
from tests.support.resources import WAIT_S, is_read_up, loop_until, open_fds, opened_since

DATA = bytes(range(256)) * 2000


@pytest.fixture
def src(tmp_path):
    path = tmp_path / "src"
    path.write_bytes(DATA)
    return path


@pytest.fixture
def dst(tmp_path):
    return tmp_path / "dst"


@pytest.fixture(params=["engine", "chunks"])
def way(request, monkeypatch):
    """Both ways that plain files can take."""
    if request.param == "chunks":
        monkeypatch.setattr(shutil_objects, "_suits_engine", lambda *_: False)
    return request.param


@pytest.mark.parametrize("src_buffering", [-1, 0])
@pytest.mark.parametrize("dst_buffering", [-1, 0])
@pytest.mark.parametrize("length", [0, 1000, -1])
async def test_plain_files_go_from_position_to_position(src, dst, way, src_buffering, dst_buffering, length):
    with open(src, "rb", src_buffering) as fsrc, open(dst, "wb+", dst_buffering) as fdst:
        assert fsrc.read(10) == DATA[:10]
        fdst.write(b"head")
        await copyfileobj(fsrc, fdst, length)
        assert (fsrc.tell(), fdst.tell()) == (len(DATA), 4 + len(DATA) - 10)
        assert fsrc.read() == b""
        fdst.write(b"tail")
        fdst.flush()
        assert dst.read_bytes() == b"head" + DATA[10:] + b"tail"
        assert (fsrc.seek(5), fsrc.read(5)) == (5, DATA[5:10])
        assert (fdst.seek(2), fdst.read(4)) == (2, b"ad" + DATA[10:12])


async def test_what_was_read_ahead_of_the_target_is_not_read_again(src, dst, way):
    dst.write_bytes(b"x" * 5000)
    src.write_bytes(b"new" * 100)
    with open(src, "rb") as fsrc, open(dst, "rb+") as fdst:
        assert fdst.read(1) == b"x"
        fdst.seek(10)
        await copyfileobj(fsrc, fdst)
        assert fdst.tell() == 310
        fdst.seek(0)
        assert fdst.read() == b"x" * 10 + b"new" * 100 + b"x" * 4690


async def test_append_lands_at_the_end(src, dst, way):
    dst.write_bytes(b"first")
    with open(src, "rb") as fsrc, open(dst, "ab") as fdst:
        await copyfileobj(fsrc, fdst)
        assert fdst.tell() == 5 + len(DATA)
    assert dst.read_bytes() == b"first" + DATA


async def test_nothing_left_to_copy_copies_nothing(src, dst, way):
    with open(src, "rb") as fsrc, open(dst, "wb") as fdst:
        fsrc.seek(0, os.SEEK_END)
        await copyfileobj(fsrc, fdst)
        assert (fsrc.tell(), fdst.tell()) == (len(DATA), 0)


async def test_temporary_files_without_a_name(way):
    with tempfile.TemporaryFile() as fsrc, tempfile.TemporaryFile() as fdst:
        fsrc.write(DATA)
        fsrc.seek(0)
        await copyfileobj(fsrc, fdst)
        fdst.seek(0)
        assert fdst.read() == DATA


async def test_wrong_mode_is_told_as_the_file_object_tells_it(src, dst):
    with open(src, "rb") as fsrc, open(dst, "wb") as fdst:
        with pytest.raises(io.UnsupportedOperation):
            await copyfileobj(fdst, fsrc)
        with pytest.raises(io.UnsupportedOperation):
            await copyfileobj(fsrc, fsrc)
    with pytest.raises(ValueError, match="closed"):
        await copyfileobj(fsrc, fdst)


async def test_no_descriptor_of_ours_opens_or_closes_the_file(src, dst):
    """Closing any descriptor of a file would give up the process's record locks on it."""
    with open(src, "rb") as fsrc, open(dst, "wb") as fdst:
        before = open_fds()
        await copyfileobj(fsrc, fdst)
        assert not opened_since(before)


async def test_full_device_is_an_oserror_with_its_name(src, way):
    with open(src, "rb") as fsrc, open("/dev/full", "wb", 0) as fdst, pytest.raises(OSError, match="No space left"):
        await copyfileobj(fsrc, fdst)


async def test_subclass_of_a_file_object_sees_every_read(src, dst):
    class Counting(io.FileIO):
        nbytes = 0

        def read(self, size=-1):
            data = super().read(size)
            self.nbytes += len(data)
            return data

    with Counting(src) as fsrc, open(dst, "wb") as fdst:
        await copyfileobj(fsrc, fdst)
        assert fsrc.nbytes == len(DATA)


@pytest.mark.parametrize("length", [0, 7777])
async def test_memory_and_compressed_files(src, dst, length):
    packed = io.BytesIO()
    with open(src, "rb") as fsrc, gzip.GzipFile(fileobj=packed, mode="wb") as fdst:
        await copyfileobj(fsrc, fdst, length)
    packed.seek(0)
    memory = io.BytesIO()
    with gzip.GzipFile(fileobj=packed) as fsrc:
        await copyfileobj(fsrc, memory, length)
    assert memory.getvalue() == DATA


async def test_text_goes_as_text(dst):
    text = "äöü\n" * 1000
    with open(dst, "w", encoding="utf-16") as fdst:
        await copyfileobj(io.StringIO(text), fdst, 100)
    assert dst.read_text("utf-16") == text


async def test_files_of_async_open(src, dst):
    async with async_open(src, "rb") as fsrc, async_open(dst, "wb+") as fdst:
        await fsrc.read(10)
        await fdst.write(b"head")
        await copyfileobj(fsrc, fdst)
        assert (fsrc.tell(), fdst.tell()) == (len(DATA), 4 + len(DATA) - 10)
    assert dst.read_bytes() == b"head" + DATA[10:]


async def test_files_without_a_position_go_from_their_start(src, dst):
    async with AIOFile(src, "rb") as fsrc, AIOFile(dst, "wb") as fdst:
        await copyfileobj(fsrc, fdst)
    assert dst.read_bytes() == DATA
    async with AIOFile(src, "rb") as fsrc, AIOFile(dst, "ab") as fdst:
        await copyfileobj(fsrc, fdst)
    assert dst.read_bytes() == DATA * 2


async def test_files_of_aiofiles(src, dst):
    async with aiofiles.open(src, "rb") as fsrc, aiofiles.open(dst, "wb") as fdst:
        await copyfileobj(fsrc, fdst)
    assert dst.read_bytes() == DATA


async def test_kinds_may_be_mixed(src, dst):
    with open(src, "rb") as fsrc:
        async with async_open(dst, "wb") as fdst:
            await copyfileobj(fsrc, fdst)
    assert dst.read_bytes() == DATA
    memory = io.BytesIO()
    async with async_open(dst, "rb") as fsrc:
        await copyfileobj(fsrc, memory)
    assert memory.getvalue() == DATA


async def test_stream_of_asyncio_is_read():
    reader = asyncio.StreamReader()
    reader.feed_data(DATA)
    reader.feed_eof()
    memory = io.BytesIO()
    await copyfileobj(reader, memory)
    assert memory.getvalue() == DATA


async def test_plain_function_may_return_an_awaitable():
    class Later:
        def __init__(self):
            self.chunks = [b"a", b"b", b""]

        def read(self, length):
            return self.later(length)

        async def later(self, length):
            return self.chunks.pop(0)

    memory = io.BytesIO()
    await copyfileobj(Later(), memory)
    assert memory.getvalue() == b"ab"


async def test_short_writes_are_gone_on_with():
    class Reluctant(io.RawIOBase):
        data = b""

        def writable(self):
            return True

        def write(self, data):
            self.data += bytes(data[:100])
            return min(len(data), 100)

    sink = Reluctant()
    await copyfileobj(io.BytesIO(DATA[:1050]), sink)
    assert sink.data == DATA[:1050]


async def test_pipes_are_read_in_threads_to_their_end():
    read_fd, write_fd = os.pipe()
    memory = io.BytesIO()
    with open(read_fd, "rb", 0) as fsrc:
        task = asyncio.ensure_future(copyfileobj(fsrc, memory))
        with open(write_fd, "wb") as writer:
            writer.write(b"sent")
        await asyncio.wait_for(task, WAIT_S)
    assert memory.getvalue() == b"sent"


async def test_cancelled_before_a_pipe_it_does_not_wait():
    read_fd, write_fd = os.pipe()
    with open(read_fd, "rb", 0) as fsrc, open(write_fd, "wb", 0) as writer:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(copyfileobj(fsrc, io.BytesIO()), 0.01)
        writer.write(b"to end the thread's read before the descriptor is closed")
        await loop_until(lambda: is_read_up(fsrc))


@pytest.mark.parametrize("fsrc_kind", [io.BytesIO, None])
async def test_blocking_calls_go_to_the_callers_executor(src, dst, fsrc_kind):
    threads = set()

    class Sink(io.BytesIO):
        def write(self, data):
            threads.add(threading.current_thread().name.split("_")[0])
            return super().write(data)

    with ThreadPoolExecutor(1, "mine") as executor, open(src, "rb") as fsrc:
        await copyfileobj(fsrc, Sink(), executor=executor)
    assert threads == {"mine"}
