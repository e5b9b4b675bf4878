"""aiofiles.tempfile: tempfile's arguments and results."""

from __future__ import annotations

import asyncio
import io
import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from aiocli.aiofiles import tempfile
from aiocli.aiofiles.threadpool.binary import AsyncBufferedIOBase, AsyncBufferedReader, AsyncFileIO
from aiocli.aiofiles.threadpool.text import AsyncTextIOWrapper
from tests.support.resources import loop_until


@pytest.mark.parametrize("mode", ["r+", "w+", "rb+", "wb+"])
@pytest.mark.parametrize("make", [tempfile.TemporaryFile, tempfile.NamedTemporaryFile, tempfile.SpooledTemporaryFile])
async def test_what_is_written_is_read_back_and_iterated(make, mode):
    async with make(mode=mode) as file:
        line = b"Hello World!\n" if "b" in mode else "Hello World!\n"
        assert await file.write(line) == len(line)
        await file.writelines([line, line])
        await file.flush()
        await file.seek(0)
        assert [found async for found in file] == [line] * 3
        await file.seek(0)
        assert await file.readline() == line
        assert await file.tell() == len(line)
        assert await file.read() == line * 2
    assert file.closed


async def test_default_mode_is_binary():
    async with tempfile.TemporaryFile() as file:
        assert type(file) is AsyncBufferedReader
    async with tempfile.TemporaryFile("w") as file:
        assert type(file) is AsyncTextIOWrapper
    async with tempfile.TemporaryFile("wb", 0) as file:
        assert type(file) is AsyncFileIO
    async with tempfile.TemporaryFile("wb") as file:
        assert type(file) is AsyncBufferedIOBase


async def test_named_file_is_there_inside_and_gone_after(tmp_path):
    async with tempfile.NamedTemporaryFile(suffix=".end", prefix="begin", dir=tmp_path) as file:
        name = Path(file.name)
        assert name.exists()
        assert (name.parent, name.suffix, name.name[:5]) == (tmp_path, ".end", "begin")
        assert getattr(file, "delete", True) is True
    assert not name.exists()


async def test_named_file_stays_if_it_is_not_to_be_deleted(tmp_path):
    async with tempfile.NamedTemporaryFile(delete=False, dir=tmp_path) as file:
        assert getattr(file, "delete", False) is False
    assert os.path.exists(file.name)


@pytest.mark.skipif(sys.version_info < (3, 12), reason="tempfile has it from 3.12 on")
@pytest.mark.parametrize("delete_on_close", [True, False])
async def test_closing_removes_the_file_or_leaving_does(tmp_path, delete_on_close):
    async with tempfile.NamedTemporaryFile(dir=tmp_path, delete_on_close=delete_on_close) as file:
        await file.close()
        assert os.path.exists(file.name) is not delete_on_close
    assert not os.path.exists(file.name)


async def test_errors_and_newline_are_passed_on():
    for make in (tempfile.TemporaryFile, tempfile.NamedTemporaryFile, tempfile.SpooledTemporaryFile):
        async with make(mode="w+", encoding="ascii", errors="replace", newline="") as file:
            await file.write("é\r\n")
            await file.seek(0)
            assert await file.read() == "?\r\n"
            assert file.errors == "replace"


async def test_cancelled_making_removes_the_file(tmp_path):
    for number in range(12):
        task = asyncio.ensure_future(tempfile.NamedTemporaryFile(dir=tmp_path).__aenter__())
        directory = tempfile.TemporaryDirectory(dir=tmp_path)
        other = asyncio.ensure_future(directory.__aenter__())
        for _ in range(number % 4):
            await asyncio.sleep(0)
        for cancelled in (task, other):
            cancelled.cancel()
        file, name = await asyncio.gather(task, other, return_exceptions=True)
        if not isinstance(file, asyncio.CancelledError):  # it came in time
            await file.close()
        if not isinstance(name, asyncio.CancelledError):
            await directory.__aexit__(None, None, None)
    await loop_until(lambda: not os.listdir(tmp_path))


# In memory at first


@pytest.mark.parametrize("mode", ["w+b", "w+"])
async def test_spooled_file_moves_to_disk_when_it_exceeds_its_size_and_is_read_back_whole(mode):
    piece = b"x" * 25 if mode == "w+b" else "x" * 25
    async with tempfile.SpooledTemporaryFile(max_size=100, mode=mode) as file:
        for number in range(9):
            await file.write(piece)
            assert file._file._rolled is (number >= 4)
        await file.seek(0)
        assert await file.read() == piece * 9


async def test_spooled_write_in_memory_is_done_on_the_spot_and_a_rollover_in_a_thread(monkeypatch):
    where = []
    async with tempfile.SpooledTemporaryFile(max_size=10) as file:
        write, rollover = file._file.write, file._file.rollover
        record = lambda: where.append(threading.current_thread() is threading.main_thread())  # noqa: E731
        monkeypatch.setattr(file._file, "write", lambda data: (record(), write(data))[1])
        monkeypatch.setattr(file._file, "rollover", lambda: (record(), rollover())[1])
        await file.write(b"0123456789")
        assert where == [True]
        await file.write(b"0")
        assert where == [True, False, False]


async def test_spooled_file_has_all_that_a_file_has():
    async with tempfile.SpooledTemporaryFile(max_size=1000) as file:
        assert file.name is None
        await file.write(b"0123456789")
        await file.seek(0)
        assert await file.readable()
        assert await file.writable()
        assert await file.seekable()
        buffer = bytearray(4)
        assert await file.readinto(buffer) == 4
        assert await file.read1(2) == b"45"
        assert await file.readline() == b"6789"
        await file.truncate(5)
        assert not file._file._rolled
        await file.rollover()
        await file.seek(0)
        assert await file.read() == b"01234"
        assert os.fstat(await file.fileno()).st_size == 5
    with pytest.raises(ValueError, match="closed"):
        await file.write(b"x")


async def test_spooled_text_knows_its_newlines_once_it_is_read():
    async with tempfile.SpooledTemporaryFile(mode="w+", newline="") as file:
        await file.write("one\r\n")
        assert file.newlines is None
        await file.seek(0)
        assert await file.read() == "one\r\n"
        assert file.newlines == "\r\n"
        assert file.encoding
        detached = file.detach()
        assert isinstance(detached, io.BytesIO)
        file._file._file = detached  # what is closed in the end


async def test_gathered_spooled_writes_keep_their_order_across_the_rollover():
    lines = [b"%d\n" % number for number in range(2000)]
    async with tempfile.SpooledTemporaryFile(max_size=3000) as file:
        await asyncio.gather(*(file.write(line) for line in lines))
        await file.seek(0)
        assert await file.readlines() == lines


# Directories


async def test_directory_is_a_path_inside_and_gone_after(tmp_path):
    async with tempfile.TemporaryDirectory("end", "begin", tmp_path) as name:
        assert isinstance(name, str)
        assert os.path.basename(name).startswith("begin")
        Path(name, "f").touch()
    assert not os.path.exists(name)


async def test_awaited_directory_has_a_name_and_is_cleaned_up(tmp_path):
    for end in ("cleanup", "close"):
        directory = await tempfile.TemporaryDirectory(dir=tmp_path, ignore_cleanup_errors=True)
        assert os.path.isdir(directory.name)
        await getattr(directory, end)()
        assert not os.path.exists(directory.name)


async def test_executor_of_the_caller_does_the_work(tmp_path):
    class Counting(ThreadPoolExecutor):
        calls = 0

        def submit(self, *args):
            self.calls += 1
            return super().submit(*args)

    with Counting(1) as executor:
        async with tempfile.TemporaryDirectory(dir=tmp_path, executor=executor):
            pass
        assert executor.calls == 2
        async with tempfile.NamedTemporaryFile(dir=tmp_path, executor=executor) as file:
            await file.write(b"x")
        assert executor.calls in {4, 5}  # a thread may go on with the next call


@pytest.mark.parametrize("thing", [int, [], open, io.StringIO], ids=str)
def test_what_is_no_file_object_cannot_be_wrapped(thing):
    with pytest.raises(TypeError):
        tempfile.wrap(thing, thing)
