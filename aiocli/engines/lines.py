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
Piece = bytes | bytearray

BLOCK_BYTES = 64 * 1024
"""Bytes read at once and kept together; 16 KiB to 256 KiB took the same time (500 000 lines of 64 MiB, cached)."""

SLACK_BLOCKS = 16
"""Blocks of a stream that come in before it is looked which of them still hold its last lines."""


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
            return offset + behind(block, delimiter, found - nlines + 1)
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
            return offset + behind(block, delimiter, nlines)
        nlines -= found
        offset += len(block)
    return offset


class LastLines:
    """Keep the last lines of a stream.

    Blocks are counted only when more has come than may be kept: of a fast stream most are never looked at.

    Memory: the lines that are kept, an eighth of that, and SLACK_BLOCKS blocks.
    """

    def __init__(self, nlines: int, delimiter: bytes = b"\n") -> None:
        self._nlines = nlines
        self._delimiter = delimiter
        self._pieces: list[Piece] = []
        self._counts: list[int | None] = []  # of delimiters in each piece; None is not known
        self._size = 0
        self._limit = SLACK_BLOCKS * BLOCK_BYTES

    def feed(self, block: Block) -> None:
        """Take the next block; its buffer is the caller's again."""
        if self._nlines == 0 or not block:
            return
        if _append(self._pieces, block):
            self._counts.append(None)
        else:
            self._counts[-1] = None
        self._size += len(block)
        if self._size > self._limit:
            self._trim(self._nlines + 1)  # so many if the last byte ends a line, one less if not: not known yet
            self._limit = self._size + max(SLACK_BLOCKS * BLOCK_BYTES, self._size // 8)

    def _trim(self, needed: int) -> int:
        """Drop the first pieces as long as the others have so many delimiters; return how many they have."""
        found, index = 0, len(self._pieces)
        while index and found < needed:
            index -= 1
            count = self._counts[index]
            if count is None:
                count = self._counts[index] = self._pieces[index].count(self._delimiter)
            found += count
        del self._pieces[:index], self._counts[:index]
        self._size = sum(map(len, self._pieces))
        return found

    def result(self) -> Iterator[Block]:
        """Give the last lines in order, in pieces; nothing may be fed any more.

        Buffers: the pieces are the caller's.
        """
        if not self._pieces:
            return
        # The last byte of the stream begins no line; what is wanted begins behind the needed-th delimiter from the end.
        needed = self._nlines + self._pieces[-1].endswith(self._delimiter)
        surplus = self._trim(needed) - needed + 1  # all in the first piece
        first = self._pieces[0]
        yield memoryview(first)[behind(first, self._delimiter, surplus) :] if surplus > 0 else first
        yield from self._pieces[1:]


class LastBytes:
    """Keep the last bytes of a stream.

    Memory: the bytes that are kept, and a block or two.
    """

    def __init__(self, nbytes: int) -> None:
        self._nbytes = nbytes
        self._pieces: deque[Piece] = deque()
        self._total = 0

    def feed(self, block: Block) -> None:
        """Take the next block; its buffer is the caller's again."""
        _append(self._pieces, block)
        self._total += len(block)
        while self._pieces and self._total - len(self._pieces[0]) >= self._nbytes:
            self._total -= len(self._pieces.popleft())

    def result(self) -> Iterator[Block]:
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
        return memoryview(data)[behind(data, self._delimiter, skipped) :]


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


def _append(pieces: list[Piece] | deque[Piece], block: Block) -> bool:
    """Keep a block; True if it is a piece of its own.

    Small blocks are copied to a piece that they share, as a stream may come in single bytes; of large ones only those
    are copied that could change.
    """
    if len(block) < BLOCK_BYTES // 2 and pieces:
        last = pieces[-1]
        if isinstance(last, bytearray) and len(last) + len(block) <= BLOCK_BYTES:
            last += block
            return False
    is_kept = isinstance(block, bytes) and len(block) >= BLOCK_BYTES // 2
    pieces.append(block if is_kept else bytearray(block))  # type: ignore[arg-type]  # mypy forgets the instance check
    return True


async def _read(read: ReadAt, nbytes: int, offset: int) -> bytes:
    """Read nbytes at offset, fewer only at the end of the file."""
    block = await read(nbytes, offset)
    while 0 < len(block) < nbytes and (more := await read(nbytes - len(block), offset + len(block))):
        block += more
    return block


def behind(block: bytes | bytearray, delimiter: bytes, number: int) -> int:
    """Find the offset behind a delimiter of a block that has it; they are numbered from 1.

    Where there are fewer, it is the end of the block.
    """
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
