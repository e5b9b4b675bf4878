"""What a cursor has read ahead of itself, and which byte of the file belongs to which item of it.

Items are bytes of binary files and characters of text files. Nothing is forgotten before it is handed out:
whoever is cancelled, or meets an error, finds the next call at the same place. One task at a time.

Positions are byte offsets. Within text whose decoder is in the midst of something there (a shift sequence of
iso-2022 or utf-7, a character whose bytes decode only together), a position is an opaque number, as that of
io.TextIOWrapper is: `place` takes it back.
"""

from __future__ import annotations

import contextlib
import operator
from typing import TYPE_CHECKING, Any, NamedTuple

from aiocli.core.pace import is_due
from aiocli.core.separators import ends_with, find_end, split_lines
from aiocli.core.text import MARK_BYTES, PENDING_CR

if TYPE_CHECKING:
    import codecs
    from collections.abc import Iterator

    from aiocli.core.file import AIOFile
    from aiocli.core.text import TextFormat

_ASKED_MASK = 7  # so many small pieces of what is there already and one look at the clock together
_OFFSET_BITS = 64
_SKIP_BITS = 32
_FLAGS_SHIFT = _OFFSET_BITS + _SKIP_BITS
_NO_LINES: Iterator[Any] = iter(())


class _Block(NamedTuple):
    """One piece of the file.

    Attributes:
        offset: of its first byte.
        flags: of the decoder's state at that byte, where it holds no bytes; 0 in binary files.
        raw: the bytes, perhaps with some of the next item at the end.
        items: what they make.
    """

    offset: int
    flags: int
    raw: bytes
    items: Any


class Window:
    """The items of a file from a movable position on, read block by block."""

    __slots__ = (
        "_asked",
        "_back",
        "_blocks",
        "_chunk_size",
        "_decoder",
        "_flags",
        "_format",
        "_holds_cr",
        "_initial_flags",
        "_is_stuck",
        "_lines",
        "_next",
        "_skip",
        "_used",
        "_usual_flags",
        "empty",
        "file",
        "lines",
    )

    def __init__(self, file: AIOFile, position: int, chunk_size: int) -> None:
        """Begin at a position; nothing is read.

        Raises:
            ValueError: chunk_size is below 1.
        """
        if chunk_size < 1:
            raise ValueError(f"chunk_size must be at least 1, not {chunk_size}")
        self.file = file
        self._asked = 0
        self._chunk_size = chunk_size
        self._format: TextFormat | None = None if file.mode.binary else file.format
        self.empty: Any = b"" if self._format is None else ""
        self._holds_cr = self._format is not None and not self._format.newline
        self.lines: Iterator[Any] = _NO_LINES  # of the first block, from _used on, ready to be handed out
        self.place(position)

    def place(self, position: int) -> None:
        """Go to a position, and drop what was read ahead."""
        self._exhaust_lines()
        self._blocks: list[_Block] = []
        self._used = 0  # items of the first block that are handed out, but for those of lines
        self.lines = _NO_LINES
        self._lines: list[Any] = []  # all of these lines
        self._back = b""  # read, but not decoded yet; lies before _next
        self._next = position & ((1 << _OFFSET_BITS) - 1)
        self._skip = position >> _OFFSET_BITS & ((1 << _SKIP_BITS) - 1)
        self._flags = position >> _FLAGS_SHIFT  # with 1 added; 0 means the usual ones
        self._decoder: codecs.IncrementalDecoder | None = None
        self._is_stuck = False  # what is in _back is no text
        self._initial_flags = self._usual_flags = 0

    def tell(self) -> int:
        """Tell the position of the first item that is not handed out."""
        used = self._used + sum(map(len, self._lines[: self._count_taken()]))
        if self._blocks:
            return self._locate(self._blocks[0], used)
        if self._decoder is None:  # nothing is read yet
            return self._next | self._skip << _OFFSET_BITS | self._flags << _FLAGS_SHIFT
        pending, flags = self._decoder.getstate()
        return self._pack(self._next - len(self._back) - len(pending), flags, self._skip)

    def is_due(self) -> bool:
        """Tell whether the loop should have its turn before more is handed out that may be there already."""
        self._asked += 1
        return not self._asked & _ASKED_MASK and is_due(0)

    @property
    def newlines(self) -> str | tuple[str, ...] | None:
        """The kinds of newlines that were decoded since `place`, as io.TextIOBase.newlines tells them."""
        return getattr(self._decoder, "newlines", None)

    async def read(self, size: int) -> Any:
        """Hand out at most size items, all that are left if it is -1; fewer only at end of file, or of a pipe.

        Raises:
            OSError, ValueError: as AIOFile.read_bytes. UnicodeError: the next bytes are not text.
        """
        self._settle()
        if self._format is None:
            return await self._read_bytes(size)
        if not size:
            return await self._read_nothing()
        if size < 0:
            while await self._load(-1):
                pass
            return self._take(self._count())
        while (missing := size - self._count()) > 0:
            if not await self._load(max(self._chunk_size, missing)) or not self.file.is_positional:
                break
        return self._take(min(size, self._count()))

    async def read_block(self) -> Any:
        """Hand out what is there, or the next block and the rest of its last item; empty at end of file.

        Errors as in `read`.
        """
        self._settle()
        if not self._blocks and not await self._load(self._chunk_size):
            return self.empty
        with contextlib.suppress(UnicodeError):  # the next call tells
            while self._is_cut and self.file.is_positional and await self._load(1):
                pass
        return self._take(self._count())

    async def readline(self, size: int, separator: Any) -> Any:
        """Hand out up to and with the next separator, at most size items if that is not negative.

        Args:
            size: items at most.
            separator: what ends the line; "" means any newline. Errors as in `read`.
        """
        self._settle()
        return self._take(await self._find_end(size, separator)) if size else await self._read_nothing()

    async def next_line(self, separator: Any) -> Any:
        """Hand out a line as `readline` does, and make the lines ready that follow in the same block."""
        for line in self.lines:
            return line
        line = await self.readline(-1, separator)
        if self._blocks:
            rest = self._blocks[0].items[self._used :]
            lines = split_lines(rest, separator)
            if lines and not ends_with(lines[-1], separator):
                lines.pop()
            self._lines = lines
            self.lines = iter(lines)
        return line

    async def _read_nothing(self) -> Any:
        """Hand out no item; errors as if it were one."""
        await self.file.read_bytes(0)
        return self.empty

    async def _read_bytes(self, size: int) -> bytes:
        """Read without reading ahead."""
        if not self._blocks:
            data = await self.file.read_bytes(size, self._next)
            self._next += len(data)
            return data
        parts = [self._blocks[0].items[self._used :]]
        parts += [block.items for block in self._blocks[1:]]
        ahead = b"".join(parts)
        if 0 <= size <= len(ahead):
            return bytes(self._take(size))
        if size >= 0 and not self.file.is_positional:
            return bytes(self._take(len(ahead)))
        data = await self.file.read_bytes(size - len(ahead) if size >= 0 else -1, self._next)
        self._blocks.clear()
        self._used = 0
        self._next += len(data)
        return ahead + data

    async def _find_end(self, size: int, separator: Any) -> int:
        """Count the items of the next line, of at most size items, reading on as far as it takes."""
        count, number, tail = 0, 0, self.empty
        while not 0 <= size <= count:
            if number == len(self._blocks) and not await self._load(self._chunk_size):
                break
            items = self._blocks[number].items
            start = 0 if number else self._used
            end = 0
            if tail:  # a separator may have begun in the block before
                end = find_end(tail + items[: len(separator) - 1], separator, 0) - len(tail)
            if end <= 0:
                end = find_end(items, separator, start)
            if end > 0:
                count += end - start
                break
            count += len(items) - start
            overlap = len(separator) - 1
            tail = (tail + items[start:])[-overlap:] if overlap > 0 else self.empty
            number += 1
        return count if size < 0 else min(count, size)

    async def _load(self, nbytes: int) -> bool:
        """Append the next block; False at end of file."""
        if self._format is None:
            data = await self.file.read_bytes(nbytes, self._next)
            if not data:
                return False
            self._blocks.append(_Block(self._next, 0, data, data))
            self._next += len(data)
            return True
        if self._decoder is None:
            await self._begin(self._format)
        if self._format.is_whole:
            nbytes = -1
        while True:
            if self._is_stuck:
                self._decode(is_end=False)
            ahead = len(self._back)
            data = await self.file.read_bytes(nbytes - ahead if nbytes > ahead else nbytes, self._next)
            self._next += len(data)
            self._back += data
            if self._decode(is_end=not data) and self._pass_over():
                return True
            if not data:
                return False

    async def _begin(self, text_format: TextFormat) -> None:
        """Make the decoder for the position: behind the start, the byte order is that of the file's mark."""
        head = b""
        if self._next and text_format.is_marked:
            head = await self.file.read_bytes(MARK_BYTES, 0)
        decoder = text_format.make_decoder()
        self._initial_flags = decoder.getstate()[1]
        if self._next:
            decoder = text_format.decoder_behind(head)
        self._usual_flags = decoder.getstate()[1]
        if self._flags:
            decoder.setstate((b"", self._flags - 1))
        self._decoder = decoder

    @property
    def _is_cut(self) -> bool:
        """Bytes were read that belong to the next item."""
        return bool(self._back) or (self._decoder is not None and bool(self._decoder.getstate()[0]))

    def _pass_over(self) -> bool:
        """Drop the items before the position that `place` was given; False if none is left."""
        if self._skip:
            count = min(self._skip, self._count())
            self._take(count)
            self._skip -= count
        return bool(self._blocks)

    def _decode(self, is_end: bool) -> bool:
        """Make a block of what was read; False if there is nothing to hand out yet.

        What comes before bytes that are no text is handed out first.

        Raises:
            UnicodeError: the first bytes are not text; they stay.
        """
        decoder = self._decoder
        assert decoder is not None
        data = self._back
        pending, flags = decoder.getstate()
        try:
            items = decoder.decode(data, final=is_end)
        except UnicodeDecodeError as error:
            good = error.start - len(pending)
            decoder.setstate((pending, flags))
            self._is_stuck = bool(data)
            if good <= 0:
                raise
            data = data[:good]
            items = decoder.decode(data)
        except UnicodeError:
            decoder.setstate((pending, flags))
            self._is_stuck = bool(data)
            raise
        raw = pending + data
        if items and not is_end:
            raw = self._hold_newline_back(raw)
        offset = self._next - len(self._back) - len(pending)
        self._back = self._back[len(raw) - len(pending) :]
        if offset == 0 and raw and self._format is not None and self._format.is_marked:
            self._usual_flags = decoder.getstate()[1] & ~(PENDING_CR if self._holds_cr else 0)
        if items:
            self._blocks.append(_Block(offset, flags, raw, items))
        return bool(items)

    def _hold_newline_back(self, raw: bytes) -> bytes:
        r"""Leave a "\r" at the end, which the decoder keeps to itself, to the next block."""
        decoder = self._decoder
        assert decoder is not None
        assert self._format is not None
        if not self._holds_cr:
            return raw
        pending, flags = decoder.getstate()
        cr = self._format.encode_as_is("\r", b"")
        if flags & PENDING_CR and not pending and raw.endswith(cr):
            decoder.setstate((b"", flags & ~PENDING_CR))
            return raw[: -len(cr)]
        return raw

    def _count(self) -> int:
        """Count the items that are there to be handed out, lines settled."""
        return sum(len(block.items) for block in self._blocks) - self._used

    def _take(self, count: int) -> Any:
        """Hand out items that are there."""
        blocks = self._blocks
        if not blocks:
            return self.empty
        end = self._used + count
        first = blocks[0].items
        if end < len(first):
            items = first[self._used : end]
            self._used = end
            return items
        parts = [first[self._used :]]
        end -= len(first)
        number = 1
        while number < len(blocks) and end >= len(blocks[number].items):
            parts.append(blocks[number].items)
            end -= len(blocks[number].items)
            number += 1
        if end:
            parts.append(blocks[number].items[:end])
        del blocks[:number]
        self._used = end
        return parts[0] if len(parts) == 1 else self.empty.join(parts)

    def _count_taken(self) -> int:
        """Count the lines that have been taken of those that were made ready."""
        return len(self._lines) - operator.length_hint(self.lines)

    def _settle(self) -> None:
        """Turn lines that were made ready but not taken back into items."""
        if self._lines:
            taken = sum(map(len, self._lines[: self._count_taken()]))
            self._exhaust_lines()
            self._lines = []
            self._take(taken)

    def _exhaust_lines(self) -> None:
        """Have whoever iterates over the lines that were made ready go on with next_line."""
        for _ in self.lines:
            pass

    def _locate(self, block: _Block, used: int) -> int:
        """Find the position of an item of a block."""
        if self._format is None:
            return block.offset + used
        items: str = block.items[:used]
        flags = self._usual_flags if block.offset else self._initial_flags
        if not used:
            return self._pack(block.offset, block.flags, 0)
        if flags == block.flags:
            # If the text encodes to how the block begins, that is its length; true of most text.
            try:
                encoded = self._format.encode_as_is(items, b"" if block.offset else None)
            except UnicodeError:
                encoded = b""
            if encoded and block.raw.startswith(encoded):
                return self._pack(block.offset + len(encoded), self._usual_flags, 0)
        return self._search(block, used)

    def _search(self, block: _Block, used: int) -> int:
        """Find a position by decoding: the last one before the item where the decoder holds nothing back."""
        assert self._format is not None
        decoder = self._format.make_decoder()

        def decode(length: int) -> tuple[int, bytes, int]:
            decoder.setstate((b"", block.flags))
            count = len(decoder.decode(block.raw[:length]))
            return count, *decoder.getstate()

        low, high = 0, len(block.raw)  # the greatest length that makes no more items than used
        while low < high:
            middle = (low + high + 1) // 2
            if decode(middle)[0] <= used:
                low = middle
            else:
                high = middle - 1
        count, pending, flags = decode(low)
        while low and (pending or (self._holds_cr and flags & PENDING_CR)):
            low -= len(pending) or 1
            count, pending, flags = decode(low)
        return self._pack(block.offset + low, flags, used - count)

    def _pack(self, offset: int, flags: int, skip: int) -> int:
        """Make a position of a byte offset, the decoder's flags there, and items to pass over."""
        usual = self._usual_flags if offset else self._initial_flags
        packed = 0 if flags == usual else flags + 1
        return offset | skip << _OFFSET_BITS | packed << _FLAGS_SHIFT
