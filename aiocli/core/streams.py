"""Cursors on an AIOFile: chunks, lines, and writes one behind the other.

Each reader has its own position and keeps characters of text files whole. They can follow a growing file:
after the end they give nothing, and go on when there is more. Concurrent calls take turns.
"""

from __future__ import annotations

from itertools import islice
from operator import length_hint
from typing import TYPE_CHECKING, Any

from aiocli.core.pace import is_due, let_loop_turn
from aiocli.core.text import TextFormat, read_text
from aiocli.core.turn import Turn
from aiocli.core.window import Window

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from aiocli.core.file import AIOFile

CHUNK_BYTES = 32768
LINES_CHUNK_BYTES = 65536  # 64 KiB: 6.4 M lines a second from split blocks
LINES_A_LOOK = 64
"""Lines between two looks at the clock: what is done with lines that are there already may take long."""


class Reader:
    """Reads a file in chunks: `async for chunk in Reader(file)`, or `read_chunk()`.

    Chunks have exactly chunk_size bytes but for the last; those of text are stretched to whole characters.
    """

    CHUNK_SIZE = CHUNK_BYTES

    def __init__(self, aio_file: AIOFile, offset: int = 0, chunk_size: int = CHUNK_BYTES) -> None:
        """Begin at a byte.

        Args:
            aio_file: the file; its mode decides between str and bytes.
            offset: byte position of the first chunk.
            chunk_size: bytes of a chunk.

        Raises:
            ValueError: chunk_size is below 1.
        """
        self.file = aio_file
        self.encoding = aio_file.encoding
        self._window = Window(aio_file, offset, chunk_size)
        self._turn = Turn()

    async def read_chunk(self) -> Any:
        """Read the next chunk; b"" or "" at end of file, and more when the file has grown.

        Raises:
            OSError: with the file's name. ValueError: the file is not open.
            UnicodeDecodeError: the bytes are not text, or the file ends within a character; nothing is lost.

        Cancellation: harmless; the next call reads the same chunk.
        """
        async with self._turn:
            if is_due(0):
                await let_loop_turn()
            return await self._window.read_block()

    def __aiter__(self) -> Reader:
        return self

    async def __anext__(self) -> Any:
        chunk = await self.read_chunk()
        if not chunk:
            raise StopAsyncIteration
        return chunk


class Writer:
    """Writes one piece behind the other: `await writer(data)`; concurrent calls take turns."""

    def __init__(self, aio_file: AIOFile, offset: int = 0) -> None:
        """Begin at a byte."""
        self.file = aio_file
        self._offset = offset
        self._turn = Turn()

    async def __call__(self, data: Any) -> None:
        """Write data behind what was written before.

        Raises:
            OSError: as in AIOFile.write; the next call writes at the same place.

        Cancellation: all, some or nothing gets written; the next call writes at the same place, unless the
            file is in append mode.
        """
        async with self._turn:
            self._offset += await self.file.write(data, self._offset)


class LineReader:
    """Reads a file line by line: `async for line in LineReader(file)`, or `readline()`.

    Lines keep their separator; the last one may have none. Linear in the length of lines.
    """

    CHUNK_SIZE = LINES_CHUNK_BYTES

    def __init__(
        self,
        aio_file: AIOFile,
        offset: int = 0,
        chunk_size: int = LINES_CHUNK_BYTES,
        line_sep: str | bytes = "\n",
    ) -> None:
        """Begin at a byte.

        Args:
            aio_file: the file; its mode decides between str and bytes.
            offset: byte position of the first line.
            chunk_size: bytes read at once.
            line_sep: what ends a line, of any length; may be str for a binary file.

        Raises:
            ValueError: line_sep is empty, or chunk_size is below 1.
        """
        if not line_sep:
            raise ValueError("line_sep must not be empty")
        self.file = aio_file
        self._window = Window(aio_file, offset, chunk_size)
        if aio_file.mode.binary:
            self.linesep: Any = line_sep.encode(aio_file.encoding) if isinstance(line_sep, str) else line_sep
        else:
            self.linesep = line_sep.decode(aio_file.encoding) if isinstance(line_sep, bytes) else line_sep
        self._turn = Turn()

    async def readline(self) -> Any:
        """Read the next line; b"" or "" at end of file, and more when the file has grown.

        Raises:
            OSError: with the file's name. ValueError: the file is not open, and no line is left of what was read
                ahead.
            UnicodeDecodeError: the next line is not text, or the file ends within a character; nothing is lost.

        Cancellation: harmless; the next call reads the same line.
        """
        if self._window.is_due():
            await let_loop_turn()
        for line in self._window.lines:
            return line
        async with self._turn:
            return await self._window.next_line(self.linesep)

    def __aiter__(self) -> AsyncGenerator[Any, None]:
        return iterate_lines(self._window, self.linesep, self._turn)

    async def __anext__(self) -> Any:
        line = await self.readline()
        if not line:
            raise StopAsyncIteration
        return line


async def iterate_lines(window: Window, separator: Any, turn: Turn) -> AsyncGenerator[Any, None]:
    """Yield the lines of a window.

    Cancellation: harmless; whoever iterates next gets the same line.
    """
    # Lines are taken from the shared iterator one by one, so that whoever breaks off loses none.
    while True:
        while length_hint(window.lines):
            for line in islice(window.lines, LINES_A_LOOK):
                yield line
            if is_due(0):
                await let_loop_turn()
        async with turn:
            line = await window.next_line(separator)
        if not line:
            return
        yield line


async def unicode_reader(afp: AIOFile, chunk_size: int, offset: int, encoding: str = "utf-8") -> tuple[int, str]:
    """Read text at a byte, stretched to whole characters.

    Args:
        afp: the file, in whatever mode.
        chunk_size: bytes; -1 means up to the end.
        offset: byte position.
        encoding: of the bytes.

    Returns:
        How many bytes were read, and the text.

    Raises:
        UnicodeDecodeError: the bytes are not text. OSError, ValueError: as AIOFile.read.

    Cancellation: harmless.
    """
    return await read_text(afp.read_bytes, TextFormat(encoding, newline=""), chunk_size, offset)
