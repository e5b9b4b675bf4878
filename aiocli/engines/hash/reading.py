"""The bytes of an open end in order, for one reader: data into the caller's buffers, holes as numbers."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING

from aiocli.engines.hash.holes import run_at

if TYPE_CHECKING:
    from aiocli.core.endpoint import Endpoint

ReadAt = Callable[[int, memoryview, int], int]
"""(fd, buffer, offset) -> bytes read, 0 at the end of the file."""


def read_at(fd: int, buffer: memoryview, offset: int) -> int:
    """Read at an offset, by way of the page cache."""
    return os.preadv(fd, (buffer,), offset)


def reader_of(*, leaves_cache: bool) -> ReadAt:
    """Return how to read one regular file at offsets.

    Args:
        leaves_cache: it leaves nothing in the page cache that was not there.
    """
    if not leaves_cache:
        return read_at
    from aiocli.core.dontcache import Dontcache

    return Dontcache().readinto


class Input:
    """Reads what follows an end's file offset; a regular file by offsets of its own.

    Args:
        src: open for reading, borrowed.
        leaves_cache: a regular file leaves nothing in the page cache that was not there.

    Attributes:
        is_at_end: nothing more comes. It is not asked again, as a terminal would want a second end.
    """

    def __init__(self, src: Endpoint, *, leaves_cache: bool = False) -> None:
        self.is_at_end = False
        self._src = src
        self._offset = src.offset or 0
        self._read_at = reader_of(leaves_cache=leaves_cache) if src.is_regular else None
        # Up to here all is known to be data; nobody looks for holes behind the size that is known.
        self._data_end = self._offset if src.has_holes else src.size

    def skip_hole(self) -> int:
        """Pass over the hole that begins here; return its bytes, 0 if there is none.

        Raises:
            OSError: with the end's name on it.
        """
        offset, size = self._offset, self._src.size
        if self._read_at is None or not self._data_end <= offset < size:
            return 0
        try:
            run = run_at(self._src.fd, offset, size)
        except OSError as error:
            error.filename = self._src.name
            raise
        if run.is_hole:
            self._offset = self._data_end = run.end
            return run.end - offset
        # Where the file has become shorter, reading tells where it ends.
        self._data_end = run.end if run.end > offset else size
        return 0

    def fill(self, buffer: memoryview) -> int:
        """Read into a buffer until it is full, or a hole or the end comes; return how many bytes.

        Raises:
            OSError: with the end's name on it.
        """
        room = len(buffer)
        if self._offset < self._data_end < self._src.size:
            room = min(room, self._data_end - self._offset)
        filled = 0
        while filled < room and not self.is_at_end:
            nbytes = self._read(buffer[filled:room])
            self.is_at_end = nbytes == 0
            filled += nbytes
        return filled

    def _read(self, buffer: memoryview) -> int:
        try:
            if self._read_at is None:
                return os.readv(self._src.fd, (buffer,))
            nbytes = self._read_at(self._src.fd, buffer, self._offset)
        except OSError as error:
            error.filename = self._src.name
            raise
        self._offset += nbytes
        return nbytes
