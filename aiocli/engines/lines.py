r"""What tail shows of a file or a stream: where its last or first lines and bytes begin.

Files are read through a function of the caller's, plainly or through a backend. Not for following, nor for writing.

Everything counts delimiters in whole blocks; only in the one block that holds the answer the place is looked for,
and there by halves. The delimiter is one byte, b"\n" or b"\0".
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aiocli.engines.source import ReadAt

Block = bytes | bytearray | memoryview

BLOCK_BYTES = 64 * 1024
"""Bytes read at once and kept together; 16 KiB to 256 KiB took the same time (500 000 lines of 64 MiB, cached)."""


async def last_lines_offset(read: ReadAt, start: int, end: int, nlines: int, delimiter: bytes = b"\n") -> int:
    """Find where the last lines of a range of a file begin, reading backwards.

    Args:
        read: reads the file at any offset; its file offset stays.
        start: offset of the range; nothing before it is read or counted.
        end: offset behind the range.
        nlines: 0 or more; an unterminated last line counts as one.
        delimiter: one byte.

    Returns:
        An offset from start to end; end for no lines, start if there are not more lines. Bytes that are no longer
        there, because the file shrinks, count as holding no delimiter.

    Raises:
        OSError: a read failed.
    """
    if nlines == 0 or end <= start:
        return end
    # The delimiter at the very end ends the last line; the line wanted begins behind the nlines-th before that.
    unread = end - 1
    while unread > start:
        offset = max(start, unread - BLOCK_BYTES)
        block = await _read(read, unread - offset, offset)
        found = block.count(delimiter)
        if found >= nlines:
            return offset + _behind(block, delimiter, found - nlines + 1)
        nlines -= found
        unread = offset
    return start


async def nth_line_offset(read: ReadAt, start: int, end: int | None, nlines: int, delimiter: bytes = b"\n") -> int:
    """Find the offset behind the first lines of a range of a file.

    Args:
        read: reads the file at any offset; its file offset stays.
        start: offset of the range.
        end: offset behind the range, or None for the end of the file.
        nlines: lines to skip, 0 or more.
        delimiter: one byte.

    Returns:
        An offset from start to end; where the reading ended if there are not so many lines.

    Raises:
        OSError: a read failed.
    """
    offset = start
    while nlines > 0 and (end is None or offset < end):
        block = await read(BLOCK_BYTES if end is None else min(BLOCK_BYTES, end - offset), offset)
        if not block:
            break
        found = block.count(delimiter)
        if found >= nlines:
            return offset + _behind(block, delimiter, nlines)
        nlines -= found
        offset += len(block)
    return offset


class LastLines:
    """Keep the last lines of a stream.

    Memory: the lines that are kept, and a block or two.
    """

    def __init__(self, nlines: int, delimiter: bytes = b"\n") -> None:
        self._nlines = nlines
        self._delimiter = delimiter
        self._pieces: deque[bytearray] = deque()
        self._counts: deque[int] = deque()
        self._total = 0

    def feed(self, block: Block) -> None:
        """Take the next block; it is copied, and its buffer the caller's again."""
        if self._nlines == 0 or not block:
            return
        known = _append(self._pieces, block)
        if known == 0:
            self._counts.append(0)
        found = self._pieces[-1].count(self._delimiter, known)
        self._counts[-1] += found
        self._total += found
        # One more delimiter than lines: the last one may be the last byte, which begins no line.
        while self._total - self._counts[0] > self._nlines:
            self._total -= self._counts.popleft()
            self._pieces.popleft()

    def result(self) -> Iterator[bytearray | memoryview]:
        """Give the last lines in order, in pieces; nothing may be fed any more.

        Buffers: the pieces are the caller's.
        """
        if not self._pieces:
            return
        # Delimiters to leave out, the last byte of the stream not counted.
        surplus = self._total - self._nlines - self._pieces[-1].endswith(self._delimiter) + 1
        for piece, count in zip(self._pieces, self._counts, strict=True):
            if surplus <= 0:
                yield piece
            elif count < surplus:
                surplus -= count
            else:
                yield memoryview(piece)[_behind(piece, self._delimiter, surplus) :]
                surplus = 0


class LastBytes:
    """Keep the last bytes of a stream.

    Memory: the bytes that are kept, and a block or two.
    """

    def __init__(self, nbytes: int) -> None:
        self._nbytes = nbytes
        self._pieces: deque[bytearray] = deque()
        self._total = 0

    def feed(self, block: Block) -> None:
        """Take the next block; it is copied, and its buffer the caller's again."""
        _append(self._pieces, block)
        self._total += len(block)
        while self._pieces and self._total - len(self._pieces[0]) >= self._nbytes:
            self._total -= len(self._pieces.popleft())

    def result(self) -> Iterator[bytearray | memoryview]:
        """Give the last bytes in order, in pieces; nothing may be fed any more.

        Buffers: the pieces are the caller's.
        """
        surplus = max(0, self._total - self._nbytes)
        for piece in self._pieces:
            yield memoryview(piece)[surplus:] if surplus else piece
            surplus = 0


class SkipLines:
    """Leave out the first lines of a stream."""

    def __init__(self, nlines: int, delimiter: bytes = b"\n") -> None:
        self._nlines = nlines
        self._delimiter = delimiter

    def feed(self, block: Block) -> Block:
        """Take the next block and return what is to be passed on of it, a view of it perhaps, b'' for nothing."""
        if self._nlines == 0:
            return block
        data = bytes(block)
        found = data.count(self._delimiter)
        skipped = min(found, self._nlines)
        self._nlines -= skipped
        if self._nlines:
            return b""
        return memoryview(data)[_behind(data, self._delimiter, skipped) :]


class SkipBytes:
    """Leave out the first bytes of a stream."""

    def __init__(self, nbytes: int) -> None:
        self._nbytes = nbytes

    def feed(self, block: Block) -> Block:
        """Take the next block and return what is to be passed on of it, a view of it perhaps, b'' for nothing."""
        if self._nbytes == 0:
            return block
        skipped = min(self._nbytes, len(block))
        self._nbytes -= skipped
        return memoryview(block)[skipped:]


def _append(pieces: deque[bytearray], block: Block) -> int:
    """Copy a block to the end; return how long the piece was to which it was added, 0 for a new one.

    Small blocks share a piece: a stream may come in single bytes.
    """
    if pieces and len(pieces[-1]) + len(block) <= BLOCK_BYTES:
        known = len(pieces[-1])
        pieces[-1] += block
        return known
    pieces.append(bytearray(block))
    return 0


async def _read(read: ReadAt, nbytes: int, offset: int) -> bytes:
    """Read nbytes at offset, fewer only at the end of the file."""
    block = await read(nbytes, offset)
    while 0 < len(block) < nbytes and (more := await read(nbytes - len(block), offset + len(block))):
        block += more
    return block


def _behind(block: bytes | bytearray, delimiter: bytes, number: int) -> int:
    """Find the offset behind a delimiter of a block that has it; they are numbered from 1."""
    begin, end = 0, len(block)
    while end - begin > 1:
        middle = (begin + end) // 2
        found = block.count(delimiter, begin, middle)
        if found >= number:
            end = middle
        else:
            begin = middle
            number -= found
    return end
