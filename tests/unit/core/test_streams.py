"""Cursors on files: chunks, lines, writers."""

import asyncio
import io

import pytest

from aiocli.core import pace
from aiocli.core.async_open import async_open
from aiocli.core.file import AIOFile
from aiocli.core.loop import drive
from aiocli.core.streams import LineReader, Reader, Writer
from tests.support.noise import noise


@pytest.fixture
def path(tmp_path):
    return tmp_path / "data"


def _readlines(file):
    return _called(file.readline)


def _read_little(file):
    return _called(lambda: file.read(4))


def _line_reader(file):
    return _called(LineReader(file.file).readline)


async def _called(call):
    while data := await call():
        yield data


@pytest.mark.parametrize(("read", "between"), [(aiter, 64), (_readlines, 8), (_read_little, 8), (_line_reader, 8)])
async def test_slow_work_with_what_is_there_already_lets_other_tasks_go_on(path, read, between, monkeypatch):
    path.write_text("123\n" * 1000)
    turns = 0

    async def count():
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    async with async_open(path) as file:
        monkeypatch.setattr(pace, "_TURN_S", 0.0)  # all work is slow
        counting = asyncio.ensure_future(count())
        assert len([line async for line in read(file)]) == 1000
        counting.cancel()
        monkeypatch.undo()
    assert turns > 900 // between


# Reader


async def test_chunks_are_exact_in_binary(path):
    path.write_bytes(bytes(range(256)) * 10)
    async with AIOFile(path, "rb") as file:
        chunks = [chunk async for chunk in Reader(file, chunk_size=1000)]
        assert [len(chunk) for chunk in chunks] == [1000, 1000, 560]
        assert b"".join(chunks) == path.read_bytes()
        assert await Reader(file, offset=2555).read_chunk() == b"\xfb\xfc\xfd\xfe\xff"


async def test_chunks_of_text_hold_whole_characters(path):
    path.write_text("каша €😀", encoding="utf-8")
    async with AIOFile(path, "r") as file:
        assert [chunk async for chunk in Reader(file, chunk_size=1)] == list("каша €😀")


async def test_chunks_of_text_are_stretched_to_whole_characters(path):
    path.write_bytes("a€b\r\né€\n".encode() + b"ab\xff")
    async with AIOFile(path, "r") as file:
        reader = Reader(file, chunk_size=3)
        chunks = [await reader.read_chunk() for _ in range(4)]
        assert chunks == ["a€", "b\r\n", "é€", "\nab"]
        for _ in range(2):
            with pytest.raises(UnicodeDecodeError):
                await reader.read_chunk()
    path.write_bytes(b"ab\r")
    async with AIOFile(path, "r") as file:
        assert [chunk async for chunk in Reader(file, chunk_size=3)] == ["ab\r"]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig", "utf-16-be", "iso2022_jp", "utf-7"])
async def test_stateful_encodings_are_decoded_across_chunks(path, encoding):
    text = "かな abc\n" * 50
    path.write_text(text, encoding=encoding)
    async with AIOFile(path, "r", encoding=encoding) as file:
        assert "".join([chunk async for chunk in Reader(file, chunk_size=7)]) == text
        assert [line async for line in LineReader(file, chunk_size=7)] == ["かな abc\n"] * 50


async def test_reader_goes_on_when_the_file_has_grown(path):
    path.write_bytes(b"one")
    async with AIOFile(path, "rb") as file:
        reader = Reader(file)
        assert await reader.read_chunk() == b"one"
        assert await reader.read_chunk() == b""
        with open(path, "ab") as more:
            more.write(b"two")
        assert await reader.read_chunk() == b"two"
        assert reader.file is file


async def test_text_that_ends_within_a_character_is_an_error_until_more_comes(path):
    path.write_bytes("a€".encode()[:-1])
    async with AIOFile(path, "r") as file:
        reader = Reader(file)
        assert await reader.read_chunk() == "a"
        for _ in range(2):
            with pytest.raises(UnicodeDecodeError):
                await reader.read_chunk()
        with open(path, "ab") as more:
            more.write("€".encode()[-1:])
        assert await reader.read_chunk() == "€"


async def test_chunk_size_must_be_positive(path):
    with pytest.raises(ValueError, match="chunk_size"):
        Reader(AIOFile(path, "rb"), chunk_size=0)


# Writer


async def test_concurrent_writes_are_in_order(path):
    async with AIOFile(path, "wb") as file:
        writer = Writer(file)
        assert await writer(b"") is None
        await asyncio.gather(*[writer(b"%d," % number) for number in range(300)])
    assert path.read_bytes() == b"".join(b"%d," % number for number in range(300))


async def test_failed_write_does_not_move_the_writer(path):
    async with AIOFile(path, "w") as file:
        writer = Writer(file, 2)
        await writer("ä")
        with pytest.raises(ValueError, match="takes str"):
            await writer(b"x")
        await writer("b")
    assert path.read_bytes() == b"\0\0\xc3\xa4b"


# LineReader

TEXTS = [
    b"",
    b"\n",
    b"one",
    b"one\n",
    b"one\ntwo",
    b"\n\n\n",
    b"a\r\nb\rc\n",
    b"x" * 1000 + b"\n" + b"y" * 3000,
    b"".join(b"z" * number + b"\n" for number in range(100)),
    b"a\x0bb\x0cc\x1c\x85\n\xe2\x80\xa8d\n",
]


@pytest.mark.parametrize("chunk_size", [1, 2, 7, 64, 65536])
@pytest.mark.parametrize("data", TEXTS, ids=range(len(TEXTS)))
async def test_lines_are_those_of_the_builtin(path, data, chunk_size):
    path.write_bytes(data)
    async with AIOFile(path, "rb") as file:
        assert [line async for line in LineReader(file, chunk_size=chunk_size)] == io.BytesIO(data).readlines()
    text = data.decode("latin-1")
    async with AIOFile(path, "r", encoding="latin-1") as file:
        lines = [line async for line in LineReader(file, chunk_size=chunk_size)]
        assert lines == io.StringIO(text, newline="\n").readlines()


@pytest.mark.parametrize("separator", ["\0", ";", "\r\n", "ab", "aab", "abab", "\n\n"])
@pytest.mark.parametrize("chunk_size", [1, 2, 3, 5, 1000])
async def test_separators_of_any_length_straddle_chunks(path, separator, chunk_size):
    text = "one\n\ntwo;a;aababab\0\r\n\r\nabababaaaab\n\n\nlast;ab"
    expected = [line + separator for line in text.split(separator)]
    expected[-1] = expected[-1].removesuffix(separator)
    expected = [line for line in expected if line]
    path.write_text(text, newline="")
    async with AIOFile(path, "r") as file:
        assert [line async for line in LineReader(file, chunk_size=chunk_size, line_sep=separator)] == expected
    async with AIOFile(path, "rb") as file:
        reader = LineReader(file, chunk_size=chunk_size, line_sep=separator.encode())
        assert [line async for line in reader] == [line.encode() for line in expected]


async def test_readline_gives_empty_at_the_end_and_later_lines_when_there_are(path):
    path.write_bytes(b"one\ntw")
    async with AIOFile(path, "r") as file:
        reader = LineReader(file)
        assert [await reader.readline() for _ in range(4)] == ["one\n", "tw", "", ""]
        with open(path, "ab") as more:
            more.write(b"o\nthree\n")
        assert [await reader.readline() for _ in range(3)] == ["o\n", "three\n", ""]
        with pytest.raises(StopAsyncIteration):
            await anext(reader)


async def test_breaking_off_loses_no_line(path):
    path.write_bytes(b"1\n2\n3\n4\n5\n")
    async with AIOFile(path, "rb") as file:
        reader = LineReader(file)
        async for line in reader:
            assert line == b"1\n"
            break
        assert await reader.readline() == b"2\n"
        assert await anext(reader) == b"3\n"
        assert [line async for line in reader] == [b"4\n", b"5\n"]


async def test_lines_begin_at_the_offset(path):
    path.write_bytes(b"one\ntwo\n")
    async with AIOFile(path, "rb") as file:
        assert [line async for line in LineReader(file, offset=2)] == [b"e\n", b"two\n"]


async def test_readlines_at_once_share_the_lines(path):
    path.write_bytes(b"".join(b"%d\n" % number for number in range(500)))
    async with AIOFile(path, "rb", backend="thread") as file:
        reader = LineReader(file, chunk_size=16)
        lines = await asyncio.gather(*[reader.readline() for _ in range(500)])
    assert sorted(lines, key=int) == [b"%d\n" % number for number in range(500)]


class Weighed(bytes):
    """Bytes that count how many of them are copied or looked at."""

    work = 0

    def __getitem__(self, key):
        part = super().__getitem__(key)
        return self._weighed(part) if isinstance(key, slice) else part

    def __add__(self, other):
        return self._weighed(super().__add__(other))

    def __radd__(self, other):
        return self._weighed(bytes(other).__add__(self))

    def join(self, parts):
        return self._weighed(super().join(parts))

    def find(self, what, start=0):
        Weighed.work += max(0, len(self) - start)
        return super().find(what, start)

    def _weighed(self, data):
        Weighed.work += len(data)
        return Weighed(data)


async def test_one_long_line_takes_linear_work(path, monkeypatch):
    real = AIOFile.read_bytes

    async def read_bytes(*args):
        return Weighed(await real(*args))

    monkeypatch.setattr(AIOFile, "read_bytes", read_bytes)
    for nbytes in (1 << 16, 1 << 20, 1 << 23):
        path.write_bytes(b"x" * nbytes)
        async with AIOFile(path, "rb") as file:
            reader = LineReader(file, chunk_size=4096)
            reader._window.empty = Weighed()
            Weighed.work = 0
            assert len(await reader.readline()) == nbytes
        assert nbytes <= Weighed.work <= 4 * nbytes


async def test_empty_separator_is_refused(path):
    with pytest.raises(ValueError, match="line_sep"):
        LineReader(AIOFile(path, "rb"), line_sep=b"")


def test_lines_of_a_cached_file_need_no_loop(path):
    path.write_bytes(noise(100_000))

    async def read():
        async with AIOFile(path, "rb") as file:
            return [line async for line in LineReader(file)]

    assert b"".join(drive(read())) == path.read_bytes()
