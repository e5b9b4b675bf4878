"""Files with a cursor behave as builtin files do, whatever is done to them in whatever order."""

from __future__ import annotations

import asyncio
import itertools
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aiocli.core.async_open import async_open
from aiocli.core.backends import BACKENDS, unavailable
from aiocli.core.file import AIOFile
from aiocli.core.streams import LineReader, Reader
from tests.support.codecs import ENCODINGS, PLAIN_ENCODINGS, characters_of

WORKING = [None, *(name for name in BACKENDS if unavailable(name) is None)]
NEWLINES = (None, "", "\n", "\r", "\r\n")

reading = st.one_of(
    st.tuples(st.just("read"), st.integers(0, 40)),
    st.tuples(st.just("read"), st.sampled_from([-1, None])),
    st.tuples(st.just("readline")),
    st.tuples(st.just("readline"), st.integers(0, 12)),
    st.tuples(st.just("readlines"), st.integers(0, 50)),
    st.tuples(st.just("iterate"), st.integers(1, 4)),
    st.tuples(st.just("mark")),
    st.tuples(st.just("return"), st.integers(0, 5)),
)
binary = st.one_of(
    reading,
    st.tuples(st.just("seek"), st.integers(0, 120), st.just(0)),
    st.tuples(st.just("seek"), st.integers(0, 20), st.sampled_from([1, 2])),
    st.tuples(st.just("write"), st.binary(max_size=30)),
    st.tuples(st.just("writelines"), st.lists(st.binary(max_size=5), max_size=4)),
    st.tuples(st.just("truncate"), st.one_of(st.none(), st.integers(0, 100))),
    st.tuples(st.just("tell")),
    st.tuples(st.just("readinto"), st.integers(0, 20)),
)
contents = st.lists(
    st.sampled_from([b"\n", b"\r\n", b"\r", b"abc", b"", b"\x00", b"one two three four five", b"\xff\xfe"]), max_size=30
).map(b"".join)


class Builtin:
    """The model: a builtin file."""

    def __init__(self, file):
        self.file = file
        self.marks = [0]

    def do(self, name, *args):
        file = self.file
        if name == "iterate":
            # By readline, because next() forbids tell().
            return list(itertools.takewhile(bool, (file.readline() for _ in range(args[0]))))
        if name == "readlines":  # text's own forbids tell(), too
            lines, hint = [], args[0]
            while (line := file.readline()) and not lines.append(line) and not 0 < hint <= sum(map(len, lines)):
                pass
            return lines
        if name == "mark":
            self.marks.append(file.tell())
            return None
        if name == "return":
            file.seek(self.marks[args[0] % len(self.marks)])
            return None
        if name == "readinto":
            buffer = bytearray(args[0])
            return file.readinto(buffer), buffer
        return getattr(file, name)(*args)


class Ours:
    """The same of an asynchronous file."""

    def __init__(self, file):
        self.file = file
        self.marks = [0]

    async def do(self, name, *args):
        file = self.file
        if name == "iterate":
            lines = []
            async for line in file:
                lines.append(line)
                if len(lines) == args[0]:
                    break
            return lines
        if name == "mark":
            self.marks.append(file.tell())
            return None
        if name == "return":
            file.seek(self.marks[args[0] % len(self.marks)])
            return None
        if name == "readinto":
            buffer = bytearray(args[0])
            return await file.readinto(buffer), buffer
        result = getattr(file, name)(*args)
        return result if name in ("seek", "tell") else await result


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(["rb+", "wb+", "ab+"]), contents, st.lists(binary, max_size=20), st.sampled_from(WORKING))
def test_binary_file_does_what_a_builtin_one_does(mode, content, operations, backend):
    with tempfile.TemporaryDirectory() as folder:
        theirs, ours = Path(folder, "theirs"), Path(folder, "ours")
        theirs.write_bytes(content)
        ours.write_bytes(content)

        async def compare():
            with theirs.open(mode) as model:
                async with async_open(ours, mode, backend=backend, sync=False) as file:
                    expected, got = Builtin(model), Ours(file)
                    for operation in operations:
                        assert await got.do(*operation) == expected.do(*operation), operation
                        model.flush()
                        assert file.tell() == model.tell(), operation

        asyncio.run(compare())
        assert ours.read_bytes() == theirs.read_bytes()


@pytest.mark.parametrize("encoding", ENCODINGS)
@settings(max_examples=12, deadline=None)
@given(
    data=st.data(),
    newline=st.sampled_from(NEWLINES),
    operations=st.lists(reading, max_size=12),
    backend=st.sampled_from(WORKING),
    chunk=st.sampled_from([1, 2, 3, 5, 16, 65536]),
)
def test_text_file_reads_what_a_builtin_one_reads(encoding, data, newline, operations, backend, chunk):
    text = data.draw(texts(encoding))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "file")
        path.write_bytes(text.encode(encoding))

        async def compare():
            with path.open("r", encoding=encoding, newline=newline) as model:
                async with async_open(path, "r", encoding=encoding, newline=newline, backend=backend) as file:
                    file._window._chunk_size = chunk  # borders everywhere
                    expected, got = Builtin(model), Ours(file)
                    for operation in operations:
                        if operation == ("mark",) and not can_tell(model):
                            continue
                        assert await got.do(*operation) == expected.do(*operation), operation
                        if encoding in PLAIN_ENCODINGS and model.tell() < 1 << 64:  # else it is opaque
                            assert file.tell() == model.tell(), operation

        asyncio.run(compare())


@pytest.mark.parametrize("encoding", ENCODINGS)
@settings(max_examples=12, deadline=None)
@given(data=st.data(), newline=st.sampled_from(NEWLINES))
def test_what_is_written_in_pieces_reads_back_as_a_whole(encoding, data, newline):
    pieces = data.draw(st.lists(texts(encoding), max_size=6))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "file")

        async def write():
            async with async_open(path, "w", encoding=encoding, newline=newline, sync=False) as file:
                for piece in pieces:
                    assert await file.write(piece) == len(piece)
            async with async_open(path, "a+", encoding=encoding, newline=newline, sync=False) as file:
                await file.writelines(pieces)

        asyncio.run(write())
        with path.open("r", encoding=encoding, newline="") as model:
            assert model.read() == "".join(pieces * 2).replace("\n", newline or "\n")


@settings(max_examples=60, deadline=None)
@given(contents, st.sampled_from(["replace", "ignore", "surrogateescape", "backslashreplace"]), st.integers(1, 9))
def test_errors_are_treated_as_by_a_builtin_file(content, errors, chunk):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "file")
        path.write_bytes(content)

        async def compare():
            async with async_open(path, "r", errors=errors) as file:
                file._window._chunk_size = chunk
                position = 0
                with path.open("r", encoding="utf-8", errors=errors) as model:
                    while line := await file.readline():
                        assert line == model.readline()
                        position = file.tell()
                    assert model.readline() == ""
                file.seek(position)
                assert await file.read() == ""

        asyncio.run(compare())


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.sampled_from(["a", "\n", ";", ";;", "ab", "\r\n", "é", "x" * 50]), max_size=60).map("".join),
    st.sampled_from(["\n", ";", ";;", "a;", "\r\n", "é", "\0"]),
    st.integers(1, 70),
    st.booleans(),
)
def test_lines_end_with_the_separator_wherever_blocks_end(text, separator, chunk, is_binary):
    parts = text.split(separator)
    expected = [part + separator for part in parts[:-1]] + ([parts[-1]] if parts[-1] else [])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "file")
        path.write_bytes(text.encode())

        async def read():
            async with AIOFile(path, "rb" if is_binary else "r") as file:
                lines = [line async for line in LineReader(file, chunk_size=chunk, line_sep=separator)]
                chunks = [piece async for piece in Reader(file, chunk_size=chunk)]
            return lines, chunks

        lines, chunks = asyncio.run(read())
    if is_binary:
        lines = [line.decode() for line in lines]
        assert b"".join(chunks) == text.encode()
        assert all(len(piece) == chunk for piece in chunks[:-1])
    else:
        assert "".join(chunks) == text
    assert lines == expected


def can_tell(file):
    """Builtin files overflow with iso2022_kr; ours do not."""
    try:
        file.tell()
    except OverflowError:
        return False
    return True


def texts(encoding):
    """Text that an encoding can hold, with newlines of all kinds."""
    return st.lists(st.sampled_from([*characters_of(encoding), "\n", "\r\n", "\r", "line\n"]), max_size=60).map("".join)
