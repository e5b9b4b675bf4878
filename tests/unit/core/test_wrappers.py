"""Files with a cursor."""

import asyncio
import io
import os

import pytest

from aiocli.core.async_open import async_open
from aiocli.core.clone import clone
from aiocli.core.file import AIOFile
from aiocli.core.wrappers import BinaryFileWrapper, TextFileWrapper
from tests.support.resources import is_open


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "data"
    path.write_bytes(b"one\ntwo\nthree\n")
    return path


def test_type_is_known_before_opening(path):
    assert isinstance(async_open(path), TextFileWrapper)
    binary = async_open(path, "rb")
    assert isinstance(binary, BinaryFileWrapper)
    assert binary.closed
    assert isinstance(binary.file, AIOFile)
    with pytest.raises(ValueError, match="binary"):
        BinaryFileWrapper(AIOFile(path, "r"))
    with pytest.raises(ValueError, match="text"):
        TextFileWrapper(AIOFile(path, "rb"))


async def test_reads_move_the_cursor(path):
    async with async_open(path, "rb") as file:
        assert (await file.read(2), file.tell()) == (b"on", 2)
        assert (await file.readline(), file.tell()) == (b"e\n", 4)
        assert (await file.readline(2), file.tell()) == (b"tw", 6)
        assert (await file.readline(0), file.tell()) == (b"", 6)
        assert (await file.read(), file.tell()) == (b"o\nthree\n", 14)
        assert (await file.read(), await file.readline()) == (b"", b"")
        assert file.name == str(path)
        assert file.mode == "rb"


async def test_seek_moves_from_start_cursor_and_end(path):
    async with async_open(path, "rb") as file:
        assert file.seek(4) == 4
        assert await file.readline() == b"two\n"
        assert file.seek(-4, os.SEEK_CUR) == 4
        assert file.seek(-6, os.SEEK_END) == 8
        assert await file.read() == b"three\n"
        for offset, whence in ((-1, os.SEEK_SET), (0, 3)):
            with pytest.raises(ValueError, match=r"seek|whence"):
                file.seek(offset, whence)
        assert file.tell() == 14


@pytest.mark.parametrize("mode", ["r+", "rb+"])
@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda file: file.seek(0), ["one\n", "two\n", "one\n"]),
        (lambda file: file.seek(0, os.SEEK_END), ["one\n", "two\n"]),
        (lambda file: file.seek(-1, os.SEEK_CUR), ["one\n", "two\n", "\n", "three\n"]),
        (lambda file: file.write("TH" if "b" not in file.mode else b"TH"), ["one\n", "two\n", "ree\n"]),
        (lambda file: file.truncate(), ["one\n", "two\n"]),
    ],
)
async def test_iteration_goes_on_where_its_body_has_left_the_cursor(path, mode, change, expected):
    lines = []
    async with async_open(path, mode) as file:
        async for line in file:
            lines.append(line.decode() if isinstance(line, bytes) else line)
            if len(lines) == 2:
                changed = change(file)
                if asyncio.iscoroutine(changed):
                    await changed
            elif len(lines) == len(expected):
                break
    assert lines == expected


@pytest.mark.parametrize("mode", ["r", "rb"])
async def test_nothing_that_was_read_ahead_comes_from_a_closed_file(path, mode):
    file = await async_open(path, mode)
    await file.readline()
    lines = aiter(file)
    await anext(lines)
    await file.close()
    assert file.tell() == 8
    for call in (file.read(), file.read(0), file.read(1), file.readline(), file.readline(0), file.readlines()):
        with pytest.raises(ValueError, match="closed"):
            await call
    for iteration in (lines, aiter(file)):
        with pytest.raises(ValueError, match="closed"):
            await anext(iteration)


@pytest.mark.parametrize("mode", ["w", "wb"])
async def test_reading_nothing_of_what_is_only_written_fails_as_reading_does(path, mode):
    async with async_open(path, mode) as file:
        for call in (file.read(0), file.readline(0), file.read(1)):
            with pytest.raises(io.UnsupportedOperation):
                await call


async def test_cancelled_close_leaves_the_file_to_the_call_that_has_its_turn():
    reading, writing = os.pipe()
    file = await async_open(reading, "rb")
    first, second = (asyncio.ensure_future(file.read(1)) for _ in range(2))
    await asyncio.sleep(0)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(file.close(), 0.01)
    assert file.closed
    assert is_open(reading)
    os.write(writing, b"x")
    assert await first == b"x"
    with pytest.raises(ValueError, match="closed"):
        await second
    assert not is_open(reading)
    os.close(writing)


async def test_write_that_ends_behind_the_close_of_its_file_has_written(path):
    file = await async_open(path, "ab")
    writing = asyncio.ensure_future(file.write(b"four\n"))
    await asyncio.sleep(0)
    await file.file.close()
    assert await writing == 5


async def test_iteration_starts_at_the_cursor_and_moves_it(path):
    async with async_open(path) as file:
        assert await file.readline() == "one\n"
        async for line in file:
            assert line == "two\n"
            break
        assert file.tell() == 8
        assert [line async for line in file] == ["three\n"]
        assert file.tell() == 14
        file.seek(4)
        assert "".join([chunk async for chunk in file.iter_chunked(3)]) == "two\nthree\n"
        assert file.tell() == 14


@pytest.mark.parametrize("newline", ["\n", "e", "\r\n", "ee\n"])
@pytest.mark.parametrize("length", [10, 16384, 40_000])
async def test_lines_of_any_length_and_newline(path, newline, length):
    lines = [("x" * number) + newline for number in (0, 1, length, length + 1, 3)]
    path.write_bytes("".join(lines).encode())
    async with async_open(path, newline="") as text, async_open(path, "rb") as binary:
        assert [await text.readline(newline=newline) for _ in range(6)] == [*lines, ""]
        expected = [*(line.encode() for line in lines), b""]
        assert [await binary.readline(newline=newline.encode()) for _ in range(6)] == expected


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32", "utf-8-sig", "utf-16-be", "cp1251"])
async def test_text_is_read_in_characters_and_told_in_bytes(path, encoding):
    text = "каша\n" * 3 if encoding == "cp1251" else "каша €😀\n" * 3
    path.write_text(text, encoding=encoding, newline="")
    async with async_open(path, encoding=encoding) as file:
        with open(path, encoding=encoding, newline="") as plain:
            while expected := plain.read(3):
                assert await file.read(3) == expected
        assert file.tell() == path.stat().st_size
        file.seek(0)
        assert await file.read() == text
        assert [await file.read(1), await file.readline()] == ["", ""]


async def test_seek_in_text_takes_bytes_and_knows_the_byte_order(path):
    path.write_bytes(b"\xfe\xff" + "abcdef".encode("utf-16-be"))
    async with async_open(path, encoding="utf-16") as file:
        file.seek(6)
        assert await file.read(2) == "cd"
        assert file.tell() == 10


async def test_invalid_text_raises_and_leaves_the_cursor(path):
    path.write_bytes(b"ab\xff")
    async with async_open(path) as file:
        with pytest.raises(UnicodeDecodeError):
            await file.read(3)
        assert file.tell() == 0


async def test_writes_count_characters_and_move_the_cursor_by_bytes(tmp_path):
    async with async_open(tmp_path / "new", "w+") as file:
        assert await file.write("😀") == 1
        assert file.tell() == 4
        await asyncio.gather(*[file.write(f"{number},") for number in range(100)])
        file.seek(0)
        assert await file.read() == "😀" + "".join(f"{number}," for number in range(100))
        await file.flush()
        await file.flush(sync_metadata=True)
        with pytest.raises(ValueError, match="takes str"):
            await file.write(b"x")


async def test_reading_ahead_does_not_hide_own_writes(tmp_path):
    (tmp_path / "new").write_bytes(b"one\ntwo\nthree\n")
    for mode, line, new in (("rb+", b"two\n", b"TWO\n"), ("r+", "two\n", "TWO\n")):
        async with async_open(tmp_path / "new", mode) as file:
            assert len(await file.readline()) == 4
            await file.write(new)
            file.seek(4)
            assert await file.readline() == new
            file.seek(4)
            await file.write(line)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
async def test_append_starts_at_the_end_and_stays_there(tmp_path, encoding):
    path = tmp_path / "log"
    async with async_open(path, "a+", encoding=encoding) as file:
        assert file.tell() == 0
        await file.write("one")
    async with async_open(path, "a+", encoding=encoding) as file:
        assert file.tell() == len("one".encode(encoding))
        assert await file.read() == ""
        file.seek(0)
        assert await file.read() == "one"
        file.seek(0)
        await file.write("two")
        assert file.tell() == len("onetwo".encode(encoding))
    assert path.read_text(encoding=encoding) == "onetwo"


async def test_failed_and_cancelled_writes_leave_the_cursor(path):
    async with async_open("/dev/full", "wb") as file:
        with pytest.raises(OSError, match="No space"):
            await file.write(b"x" * 10)
        assert file.tell() == 0
        await file.flush()
    async with async_open(path, "rb+", backend="thread") as file:
        task = asyncio.ensure_future(file.write(b"x" * 10))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert file.tell() == 0


async def test_open_file_object_keeps_open_and_gives_its_position(path):
    with open(path, "rb+") as fp:
        assert fp.readline() == b"one\n"
        async with async_open(fp) as file:
            assert isinstance(file, BinaryFileWrapper)
            assert await file.readline() == b"two\n"
        assert fp.read() == b"two\nthree\n"
        with pytest.raises(ValueError, match="Arguments denied"):
            async_open(fp, "rb", "utf-8")


async def test_clone_has_its_own_cursor(path):
    async with async_open(path, "rb") as file:
        fd = file.fileno()
        assert await file.readline() == b"one\n"
        async with clone(file) as first:
            second = await clone(first)
            assert await first.readline() == b"one\n"
            assert await second.read(2) == b"on"
            assert file.tell() == 4
        assert first.closed
        with pytest.raises(ValueError, match="closed"):
            await first.read()
    assert file.closed
    assert await second.read(1) == b"e"
    await second.close()
    assert not is_open(fd)
