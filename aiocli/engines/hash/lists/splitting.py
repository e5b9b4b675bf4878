"""Whole lines of a list, from its bytes as they come."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_LINE_BYTES = 1024 * 1024
"""Nobody could open the file that a longer line names: it is not kept in memory."""

_TOO_LONG = b"\0\n"
"""Stands for such a line: improper in every form."""


class LineSplitter:
    """Cuts blocks of bytes between lines."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._nbytes = 0

    def feed(self, block: bytes) -> Iterator[bytes]:
        """Yield the lines that end in a block, with their newlines: the first one by itself, then all others."""
        first, last = block.find(b"\n") + 1, block.rfind(b"\n") + 1
        if first:
            self._keep(block[:first])
            yield self._take()
        if first < last:
            yield block[first:last]
        self._keep(block[last:])

    def finish(self) -> Iterator[bytes]:
        """Yield the last line, if no newline ends it."""
        if self._nbytes:
            yield self._take()

    def _keep(self, piece: bytes) -> None:
        self._nbytes += len(piece)
        if self._nbytes <= MAX_LINE_BYTES:
            self._pieces.append(piece)

    def _take(self) -> bytes:
        line = b"".join(self._pieces)
        if self._nbytes > MAX_LINE_BYTES:
            line = b"#\n" if line.startswith(b"#") else _TOO_LONG
        self._pieces, self._nbytes = [], 0
        return line
