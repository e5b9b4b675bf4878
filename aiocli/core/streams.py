"""Cursors on an AIOFile: chunks, lines, and writes one behind the other.

Each reader has its own position and keeps characters of text files whole. They can follow a growing file:
after the end they give nothing, and go on when there is more. One task at a time uses a LineReader or Reader.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from aiocli.core.text import make_decoder
from aiocli.core.turn import Turn

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterator

    from aiocli.core.file import AIOFile

CHUNK_BYTES = 32768
LINES_CHUNK_BYTES = 65536  # 64 KiB: 6.4 M lines a second from split blocks


class _Blocks:
    """The bytes of a file, or its text in whole characters, block by block from an offset."""

    def __init__(self, file: AIOFile, offset: int, chunk_size: int) -> None:
        if chunk_size < 1:
            raise ValueError(f"chunk_size must be at least 1, not {chunk_size}")
        self.file = file
        self.offset = offset
        self.chunk_size = chunk_size
        self.decoder = None if file.mode.binary else make_decoder(file.encoding)

    async def read(self) -> Any:
        """Read the next block; empty at end of file.

        Raises:
            UnicodeDecodeError: the bytes are not text, or the file ends within a character. Then more may
                follow later: nothing is lost.

        Cancellation: harmless.
        """
        while True:
            data = await self.file.read_bytes(self.chunk_size, self.offset)
            if self.decoder is None:
                self.offset += len(data)
                return data
            state = self.decoder.getstate()
            if not data:
                try:
                    return self.decoder.decode(b"", final=True) if state[0] else ""
                finally:
                    self.decoder.setstate(state)
            text = self.decoder.decode(data)
            self.offset += len(data)
            if text:
                return text


class Reader:
    """Reads a file in chunks: `async for chunk in Reader(file)`, or `read_chunk()`.

    Chunks have exactly chunk_size bytes but for the last; those of text are stretched to whole characters.
    """

    def __init__(self, aio_file: AIOFile, offset: int = 0, chunk_size: int = CHUNK_BYTES) -> None:
        self._blocks = _Blocks(aio_file, offset, chunk_size)
        self._turn = Turn()

    @property
    def file(self) -> AIOFile:
        """The file that is read."""
        return self._blocks.file

    async def read_chunk(self) -> Any:
        """Read the next chunk; b"" or "" at end of file, and more when the file has grown."""
        async with self._turn:
            return await self._blocks.read()

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
        self.file = aio_file
        self._offset = offset
        self._turn = Turn()

    async def __call__(self, data: Any) -> None:
        """Write data behind what was written before.

        Raises:
            OSError: as in AIOFile.write; the next call writes at the same place.

        Cancellation: the next call writes at the same place, unless the file is in append mode.
        """
        async with self._turn:
            self._offset += await self.file.write(data, self._offset)


class LineReader:
    """Reads a file line by line: `async for line in LineReader(file)`, or `readline()`.

    Lines keep their separator; the last one may have none. Linear in the length of lines.
    """

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
            ValueError: line_sep is empty.
        """
        if not line_sep:
            raise ValueError("line_sep must not be empty")
        self._blocks = _Blocks(aio_file, offset, chunk_size)
        is_binary = aio_file.mode.binary
        if isinstance(line_sep, str):
            self._separator: Any = line_sep.encode(aio_file.encoding) if is_binary else line_sep
        else:
            self._separator = line_sep if is_binary else line_sep.decode(aio_file.encoding)
        self._empty: Any = b"" if is_binary else ""
        self._lines: Iterator[Any] = iter(())
        self._parts: list[Any] = []  # of a line without end so far
        self._turn = Turn()

    @property
    def file(self) -> AIOFile:
        """The file that is read."""
        return self._blocks.file

    async def readline(self) -> Any:
        """Read the next line; b"" or "" at end of file, and more when the file has grown.

        Cancellation: harmless.
        """
        for line in self._lines:
            return line
        async with self._turn:
            for line in self._lines:  # read by the one before
                return line
            return await self._next_block()

    def __aiter__(self) -> AsyncGenerator[Any, None]:
        return self._iterate()

    async def __anext__(self) -> Any:
        line = await self.readline()
        if not line:
            raise StopAsyncIteration
        return line

    async def _iterate(self) -> AsyncGenerator[Any, None]:
        # Lines are taken from the shared iterator one by one, so that whoever breaks off loses none.
        while True:
            for line in self._lines:
                yield line
            line = await self.readline()
            if not line:
                return
            yield line

    async def _next_block(self) -> Any:
        """Read on until there is a line; keep what follows it, and give that line."""
        while True:
            block = await self._blocks.read()
            if not block:
                last = self._empty.join(self._parts)
                self._parts.clear()
                return last
            lines = self._split(block)
            if lines:
                self._lines = iter(lines)
                return next(self._lines)

    def _split(self, block: Any) -> list[Any]:
        """Split a block that follows the open line into whole lines; the rest becomes the open line."""
        separator = self._separator
        overlap = len(separator) - 1
        if overlap and self._parts:
            block = self._reopen(overlap) + block  # the separator may have begun in what came before
        lines: list[Any]
        if separator == b"\n":
            lines = io.BytesIO(block).readlines()
        elif separator == "\n":
            lines = io.StringIO(block, newline="\n").readlines()
        else:
            lines = [line + separator for line in block.split(separator)]
            lines[-1] = lines[-1][: -len(separator)]
            if not lines[-1]:
                lines.pop()
        rest = self._empty if not lines or lines[-1].endswith(separator) else lines.pop()
        if lines and self._parts:
            self._parts.append(lines[0])
            lines[0] = self._empty.join(self._parts)
            self._parts.clear()
        if rest:
            self._parts.append(rest)
        return lines

    def _reopen(self, nitems: int) -> Any:
        """Take the last items (bytes or characters) of the open line back, or all if there are fewer."""
        tail = self._empty
        while self._parts and len(tail) < nitems:
            tail = self._parts.pop() + tail
        head, tail = tail[: max(0, len(tail) - nitems)], tail[max(0, len(tail) - nitems) :]
        if head:
            self._parts.append(head)
        return tail
