"""Parts of files: which bytes or lines are meant, found by seeking where that is possible, else in the stream.

A span is half-open and counts from 0, like a slice: negative numbers count from the end. Of a stream only what may
still have to be passed on is kept: for a number that counts from the end, so many lines or bytes.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, NamedTuple, Protocol

from aiocli.engines.lines import (
    BLOCK_BYTES,
    Block,
    LastBytes,
    LastLines,
    SkipBytes,
    SkipLines,
    behind,
    last_lines_offset,
    nth_line_offset,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aiocli.core.endpoint import Endpoint
    from aiocli.engines.source import ReadAt

_NEWLINE = b"\n"


class Span(NamedTuple):
    """A slice of a file.

    Attributes:
        start: the first byte or line, from 0; negative from the end.
        end: the one behind the last; negative from the end; None is the end itself.
        is_lines: it counts lines; a last one without a newline is one, too.
    """

    start: int = 0
    end: int | None = None
    is_lines: bool = False

    @property
    def counts_from_end(self) -> bool:
        """Whether the end must be known to tell what is meant."""
        return self.start < 0 or (self.end is not None and self.end < 0)

    def length_in(self, total: int) -> int:
        """Tell how many lines or bytes it takes of so many."""
        return len(range(total)[self.start : self.end])


def byte_span(text: str, parse: ParseNumber) -> Span:
    """Parse START:END, half-open from 0; either may be missing, or negative; -0 is the very end.

    Raises:
        ValueError: it is no range.
    """
    start, end = _split(text, parse)
    if start == 0 and text.startswith("-"):
        return Span(0, 0)
    return Span(start or 0, None if end == 0 and ":-" in text else end)


def line_span(text: str, parse: ParseNumber) -> Span:
    """Parse FIRST:LAST, inclusive from 1; either may be missing, or negative: -1 is the last line.

    Raises:
        ValueError: it is no range, or has a line 0.
    """
    first, last = _split(text, parse)
    if first == 0 or last == 0:
        raise ValueError(text)
    start = 0 if first is None else first - (first > 0)
    if last is not None and last < 0:
        last = last + 1 or None
    return Span(start, last, is_lines=True)


class ParseNumber(Protocol):
    """How a number without a sign is read."""

    def __call__(self, text: str, /) -> int:
        """Return it, or raise ValueError."""


def _split(text: str, parse: ParseNumber) -> tuple[int | None, int | None]:
    first, colon, second = text.partition(":")
    if not colon:
        raise ValueError(text)
    return _number(first, parse), _number(second, parse)


def _number(text: str, parse: ParseNumber) -> int | None:
    if not text:
        return None
    digits = text.removeprefix("-")
    if digits.startswith(("-", "+")):
        raise ValueError(text)
    return -parse(digits) if digits != text else parse(digits)


UNSURE_BYTES = 4096
"""Files of /sys say that they are so long, whatever they hold; those of /proc that they are empty."""


def can_locate(span: Span, src: Endpoint) -> bool:
    """Tell whether a span can be looked for in a file, or must be cut out of what comes from it."""
    return src.is_regular and src.size > (UNSURE_BYTES if span.counts_from_end else 0)


async def locate(span: Span, src: Endpoint, read: ReadAt) -> tuple[int, int | None]:
    """Find where a span begins and ends in a file.

    Args:
        span: counts from the file offset of src.
        src: a file that `can_locate` says yes to.
        read: reads it at any offset.

    Returns:
        Offsets in the file; the second is None for the end of the file, wherever that is by then.

    Raises:
        OSError: a read failed.
    """
    first, size = src.offset or 0, max(src.size, src.offset or 0)
    if not span.is_lines:
        start = min(first + span.start, size) if span.start >= 0 else max(first, size + span.start)
        if span.end is None:
            return start, None
        end = first + span.end if span.end >= 0 else size + span.end
        return start, max(start, end)
    if span.start >= 0:
        start = await nth_line_offset(read, first, size, span.start)
    else:
        start = await last_lines_offset(read, first, size, -span.start)
    if span.end is None:
        return start, None
    if span.end < 0:
        end = await last_lines_offset(read, first, size, -span.end)
    elif span.start >= 0:
        end = await nth_line_offset(read, start, size, max(0, span.end - span.start))
    else:
        end = await nth_line_offset(read, first, size, span.end)
    return start, max(start, end)


class Cut(Protocol):
    """Passes a span of a stream on."""

    @property
    def is_done(self) -> bool:
        """Whether nothing more will be passed on."""

    def feed(self, block: Block) -> Iterator[Block]:
        """Take a block and yield what can be passed on by now."""

    def finish(self) -> Iterator[Block]:
        """Take the end of the stream and yield what is left."""


def cut(span: Span) -> Cut:
    """Make what passes a span of a stream on."""
    if span.start >= 0:
        return _FromStart(span)
    return _FromEnd(span)


class _FromStart:
    """The first number counts from the start: what is before it is skipped, what is behind passes at once."""

    def __init__(self, span: Span) -> None:
        self._skip = (SkipLines if span.is_lines else SkipBytes)(span.start)
        self._take: _Take | None = None
        self._hold: _HoldBack | None = None
        if span.end is not None and span.end >= 0:
            self._take = _Take(max(0, span.end - span.start), is_lines=span.is_lines)
        elif span.end is not None:
            self._hold = _HoldBack(-span.end, is_lines=span.is_lines)

    @property
    def is_done(self) -> bool:
        return self._take is not None and self._take.is_done

    def feed(self, block: Block) -> Iterator[Block]:
        rest = self._skip.feed(block)
        if self._take is not None:
            rest = self._take.feed(rest)
        elif self._hold is not None:
            yield from self._hold.feed(rest)
            return
        if rest:
            yield rest

    def finish(self) -> Iterator[Block]:
        return iter(())


class _FromEnd:
    """The first number counts from the end: only there it is known what is meant."""

    is_done = False

    def __init__(self, span: Span) -> None:
        self._span = span
        self._last = (LastLines if span.is_lines else LastBytes)(-span.start)
        self._total = 0
        self._ends_line = True

    def feed(self, block: Block) -> Iterator[Block]:
        self._last.feed(block)
        if self._span.is_lines:
            data = bytes(block)
            self._total += data.count(_NEWLINE)
            self._ends_line = data.endswith(_NEWLINE) if data else self._ends_line
        else:
            self._total += len(block)
        return iter(())

    def finish(self) -> Iterator[Block]:
        end = self._span.end
        if end is None:
            yield from self._last.result()
            return
        if end < 0:
            rest = _FromStart(self._span._replace(start=0))
        else:
            total = self._total + (not self._ends_line)
            begin = max(0, total + self._span.start)
            rest = _FromStart(self._span._replace(start=0, end=max(0, end - begin)))
        for block in self._last.result():
            yield from rest.feed(block)


class _Take:
    """Passes the first lines or bytes on."""

    def __init__(self, number: int, *, is_lines: bool) -> None:
        self._left = number
        self._is_lines = is_lines

    @property
    def is_done(self) -> bool:
        return self._left == 0

    def feed(self, block: Block) -> Block:
        if not self._left:
            return b""
        if not self._is_lines:
            taken = memoryview(block)[: self._left]
            self._left -= len(taken)
            return taken
        data = bytes(block)
        found = data.count(_NEWLINE)
        if found < self._left:
            self._left -= found
            return data
        end = behind(data, _NEWLINE, self._left)
        self._left = 0
        return memoryview(data)[:end]


class _HoldBack:
    """Passes all but the last lines or bytes on. Memory: those, and a block or two."""

    def __init__(self, number: int, *, is_lines: bool) -> None:
        self._number = number
        self._is_lines = is_lines
        self._pieces: deque[bytearray] = deque()
        self._counts: deque[int] = deque()  # of newlines or bytes in each piece
        self._total = 0

    def feed(self, block: Block) -> Iterator[Block]:
        if not block:
            return
        self._append(bytes(block))
        # A last line counts before its newline has come.
        surplus = self._total - self._number + (self._is_lines and not self._pieces[-1].endswith(_NEWLINE))
        while surplus > 0:
            piece, count = self._pieces[0], self._counts[0]
            if count < surplus:
                yield self._pieces.popleft()
                self._total -= self._counts.popleft()
                surplus -= count
                continue
            end = behind(piece, _NEWLINE, surplus) if self._is_lines else surplus
            yield bytes(memoryview(piece)[:end])
            del piece[:end]
            self._counts[0] -= surplus
            self._total -= surplus
            surplus = 0

    def _append(self, data: bytes) -> None:
        """Keep data; small blocks share a piece, as a stream may come in single bytes."""
        count = data.count(_NEWLINE) if self._is_lines else len(data)
        if self._pieces and len(self._pieces[-1]) + len(data) <= BLOCK_BYTES:
            self._pieces[-1] += data
            self._counts[-1] += count
        else:
            self._pieces.append(bytearray(data))
            self._counts.append(count)
        self._total += count
