"""Reading and writing without leaving pages behind in the page cache, or past it altogether (O_DIRECT).

Kernel facts. RWF_DONTCACHE (Linux 6.14): a read drops the pages that it brought in, and only those; a write
starts the write-back. Its pages should go afterwards, but stay on ext4 (6.18): so they are dropped by
posix_fadvise(POSIX_FADV_DONTNEED) after the next sync, when they are clean. File systems that do not know the flag
answer EOPNOTSUPP; there fadvise does it for reads, too. A read with RWF_NOWAIT that is refused starts a read-ahead
all the same, so the flag must be on it as well. O_DIRECT: offset, length and memory must be aligned to the device's
blocks, and caio's own buffers are not (EINVAL). So all this goes by preadv and pwritev in threads.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import io
import mmap
import os
from _thread import allocate_lock
from typing import TYPE_CHECKING, Any

from aiocli.core.access import ContextAccess
from aiocli.core.cached import CachedAccess
from aiocli.core.context import PIECE_BYTES
from aiocli.core.dontcache import Dontcache, drop

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine

    from aiocli.core.descriptor import Descriptor

ALIGNMENT_BYTES = 4096
"""What satisfies O_DIRECT wherever it works: no device in use has larger blocks."""

_buffers: list[mmap.mmap] = []  # aligned, not in use; each belongs to one call at a time


def aligned_buffer(nbytes: int) -> memoryview:
    """Make memory that begins at a page, for `AIOFile.readinto` of a direct file: nothing is copied then.

    Args:
        nbytes: its length; a multiple of 4096 keeps every operation aligned.

    Raises:
        ValueError: nbytes is below 1.
    """
    return memoryview(mmap.mmap(-1, nbytes))


class UncachedAccess(CachedAccess):
    """Leaves the page cache as it was found: takes what is there, drops what reads and writes bring in."""

    def __init__(self, descriptor: Descriptor) -> None:
        super().__init__(descriptor)
        self._dontcache = Dontcache()
        self._flags |= self._dontcache.flags
        self._written: tuple[int, int] | None = None  # start and end of what has to be dropped once synced

    def _fetch(self, nbytes: int, offset: int) -> Awaitable[bytes]:
        return self._call(self._read, nbytes, offset)

    def _fetch_into(self, buffer: memoryview, offset: int) -> Coroutine[Any, Any, int]:
        return self._call_to_end(self._readinto, buffer, offset)

    def write(self, payload: bytes, offset: int) -> Awaitable[int]:
        """Write; the pages are dropped after the write-back, or after the next sync where it must be so."""
        return self._call(self._write, payload, offset)

    async def fsync(self) -> None:
        """Bring data and metadata to the device."""
        await self._call(self._sync, os.fsync)

    async def fdsync(self) -> None:
        """Bring data to the device."""
        await self._call(self._sync, os.fdatasync)

    def _read(self, nbytes: int, offset: int) -> bytes:
        result = io.BytesIO(bytes(nbytes))
        with result.getbuffer() as buffer:
            got = self._readinto(buffer, offset)
        result.truncate(got)
        return result.getvalue()

    def _readinto(self, buffer: memoryview, offset: int) -> int:
        return self._dontcache.readinto(self.descriptor.fd, buffer, offset)

    def _write(self, payload: bytes, offset: int) -> int:
        written = self._dontcache.write(self.descriptor.fd, payload, offset)
        start_of_range, end_of_range = self._written or (offset, offset)
        self._written = min(start_of_range, offset), max(end_of_range, offset + written)
        return written

    def _sync(self, sync: Callable[[int], None]) -> None:
        sync(self.descriptor.fd)
        if self._written is not None:
            (start_of_range, end_of_range), self._written = self._written, None
            drop(self.descriptor.fd, start_of_range, end_of_range - start_of_range)


class DirectAccess(ContextAccess):
    """Past the page cache. What is not aligned is read with its surroundings, and written through the cache."""

    def __init__(self, descriptor: Descriptor) -> None:
        super().__init__(descriptor)
        self._lock = allocate_lock()  # of the descriptor's O_DIRECT flag

    def _fetch(self, nbytes: int, offset: int) -> Awaitable[bytes]:
        return self._call(self._read, min(nbytes, PIECE_BYTES), offset)

    def _fetch_into(self, buffer: memoryview, offset: int) -> Coroutine[Any, Any, int]:
        return self._call_to_end(self._readinto, buffer, offset)

    def write(self, payload: bytes, offset: int) -> Awaitable[int]:
        """Write as much as can go at once: aligned blocks, or what lies before or behind them."""
        return self._call(self._write, payload, offset)

    async def fsync(self) -> None:
        """Bring data and metadata to the device."""
        await self._call(os.fsync, self.descriptor.fd)

    async def fdsync(self) -> None:
        """Bring data to the device."""
        await self._call(os.fdatasync, self.descriptor.fd)

    def _read(self, nbytes: int, offset: int) -> bytes:
        start_of_blocks = offset - offset % ALIGNMENT_BYTES
        end_of_blocks = -(-(offset + nbytes) // ALIGNMENT_BYTES) * ALIGNMENT_BYTES
        before = offset - start_of_blocks
        with _borrow_buffer() as buffer:
            got = os.preadv(self.descriptor.fd, (buffer[: end_of_blocks - start_of_blocks],), start_of_blocks)
            return bytes(buffer[before : max(before, min(got, before + nbytes))])

    def _readinto(self, buffer: memoryview, offset: int) -> int:
        if not offset % ALIGNMENT_BYTES and not len(buffer) % ALIGNMENT_BYTES:
            try:
                return os.preadv(self.descriptor.fd, (buffer,), offset)
            except OSError as error:
                if error.errno != errno.EINVAL:  # the memory is not aligned
                    raise
        data = self._read(min(len(buffer), PIECE_BYTES), offset)
        buffer[: len(data)] = data
        return len(data)

    def _write(self, payload: bytes, offset: int) -> int:
        after_block = offset % ALIGNMENT_BYTES
        nbytes = min(len(payload), PIECE_BYTES) // ALIGNMENT_BYTES * ALIGNMENT_BYTES
        if after_block or not nbytes:
            return self._write_cached(payload[: ALIGNMENT_BYTES - after_block], offset)
        with _borrow_buffer() as buffer:
            buffer[:nbytes] = payload[:nbytes]
            return os.pwritev(self.descriptor.fd, (buffer[:nbytes],), offset)

    def _write_cached(self, payload: bytes, offset: int) -> int:
        """Write a part of a block with O_DIRECT off; what others do meanwhile goes through the cache, too."""
        fd = self.descriptor.fd
        with self._lock:
            flags = fcntl.fcntl(fd, fcntl.F_GETFL)
            fcntl.fcntl(fd, fcntl.F_SETFL, flags & ~os.O_DIRECT)
            try:
                return os.pwrite(fd, payload, offset)
            finally:
                fcntl.fcntl(fd, fcntl.F_SETFL, flags)


@contextlib.contextmanager
def _borrow_buffer() -> Any:
    """Take an aligned buffer of a piece, and what it may be cut into at both ends, from the pool."""
    memory = _buffers.pop() if _buffers else mmap.mmap(-1, PIECE_BYTES + 2 * ALIGNMENT_BYTES)
    try:
        yield memoryview(memory)
    finally:
        _buffers.append(memory)
