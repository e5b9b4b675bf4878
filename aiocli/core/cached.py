"""What auto does for regular files: reads from the page cache on the spot, writes in a thread, else the context."""

from __future__ import annotations

import errno
import io
import os
from math import inf
from typing import TYPE_CHECKING

from aiocli.core.access import ContextAccess
from aiocli.core.blank import blank_bytes
from aiocli.core.filesystem import MEMORY_TYPES, filesystem_type
from aiocli.core.loop import running_loop, wait_for_loop
from aiocli.core.pace import is_due, let_loop_turn
from aiocli.core.write_queue import WriteQueue

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from aiocli.core.descriptor import Descriptor

SCRATCH_BYTES = 1 << 13
"""Up to here a read goes to a buffer that is used again and is copied: 1.5 us for 4 KiB, 1.8 us without it.

Above, the result is filled in place: 6.5 us for 64 KiB and 21.5 us for 256 KiB, 7.1 and 23.7 us with a copy (from the
page cache).
"""

SMALL_BYTES = 1 << 16
"""Up to here several reads take less time than the loop may be kept waiting."""

_MISSES = 4
_MAX_PASSES = 64
"""After four misses in a row, as many reads as there were misses, 64 at most, go straight to the context.

A refused read costs as much as a granted one and starts a read-ahead: 32 random cold reads of 4 KiB at a time came
to 40 000 a second with it, 62 000 without.
"""

_READS_MASK = 7  # so many small reads and one look at the clock together
_RWF_NOWAIT: int = getattr(os, "RWF_NOWAIT", 0)
_MAX_SCRATCHES = 32
_scratches: dict[int, list[bytearray]] = {}
"""Buffers that are not in use, by size: most programs read in few sizes."""


class CachedAccess(ContextAccess):
    """Reads what is in the page cache on the spot, writes in a thread, and does all else through the loop's context."""

    def __init__(self, descriptor: Descriptor) -> None:
        super().__init__(descriptor)
        self._flags = _RWF_NOWAIT
        self._reads = 0
        self._owes_turn = False
        self._misses = 0  # in a row
        self._passes = 0.0 if _RWF_NOWAIT else inf  # so many reads shall not ask the page cache
        self._writes: WriteQueue | None = None

    def read_nowait(self, nbytes: int, offset: int) -> bytes | None:
        """Read what the page cache holds at an offset; b"" at end of file.

        None if it holds nothing, or if it is time to let the loop turn, which `read` does first.
        """
        if nbytes > SCRATCH_BYTES:
            result = io.BytesIO(blank_bytes(nbytes))
            buffer = result.getbuffer()
            got = self.readinto_nowait(buffer, offset)
            buffer.release()  # `with` would take longer, and what raised nothing needs none
            if got is None:
                return None
            if got != nbytes:
                result.truncate(got)
            return result.getvalue()
        # A buffer that is taken from a list belongs to this call alone, in whatever thread.
        scratches = _scratches.get(nbytes) or _scratches_of(nbytes)
        scratch = scratches.pop() if scratches else bytearray(nbytes)
        got = self.readinto_nowait(scratch, offset)
        scratches.append(scratch)
        if got == nbytes:
            return bytes(scratch)
        return None if got is None else bytes(memoryview(scratch)[:got])

    def read_rest_nowait(self, offset: int) -> bytes | None:
        """Read to the end of a small file: a byte more than its size says, so that a shorter answer is the end.

        The size is the one last seen: where it is not true any more, the answer has another length.
        """
        missing = self.descriptor.seen_bytes - offset
        if not 0 < missing < SMALL_BYTES or not self.descriptor.is_regular:
            return None
        data = self.read_nowait(missing + 1, offset)
        return data if data is not None and len(data) == missing else None

    def readinto_nowait(self, buffer: memoryview | bytearray, offset: int) -> int | None:
        """Fill a buffer as `read_nowait` does."""
        if self._passes:
            self._passes -= 1
            return None
        self._reads += 1
        if (len(buffer) > SMALL_BYTES or not self._reads & _READS_MASK) and is_due(_READS_MASK + 1):
            self._owes_turn = True
            return None
        try:
            got = os.preadv(self.descriptor.fd, (buffer,), offset, self._flags)
        except BlockingIOError:  # not in the cache
            self._misses += 1
            if self._misses >= _MISSES:
                self._passes = min(self._misses, _MAX_PASSES)
            return None
        except OSError as error:
            # EOPNOTSUPP: this file system knows no such flag; in memory it has no need of it. EINVAL,
            # ENOSYS: this kernel knows none. Whatever else it is, whoever reads then will say.
            if error.errno == errno.EOPNOTSUPP and self._flags and _is_in_memory(self.descriptor):
                self._flags = 0
                return os.preadv(self.descriptor.fd, (buffer,), offset)
            if error.errno in (errno.EOPNOTSUPP, errno.EINVAL, errno.ENOSYS):
                self._passes = inf
            return None
        self._misses = 0
        return got

    def write(self, payload: bytes, offset: int) -> Awaitable[int]:
        """Write together with what else waits for this file, or through the context where that is slow."""
        loop = running_loop()
        writes = self._writes
        if writes is None or writes.loop is not loop:
            if loop is None:
                return self._write_later(payload, offset)
            writes = self._writes = WriteQueue(self.descriptor, loop)
        if writes.passes:
            writes.passes -= 1
            return self._send(payload, offset)
        return writes.write(payload, offset)

    def read(self, nbytes: int, offset: int) -> Awaitable[bytes]:
        """Read from the page cache after a turn of the loop, if one was due, or else through the context."""
        return self._read_later(nbytes, offset) if self._owes_turn else self._fetch(nbytes, offset)

    def readinto(self, buffer: memoryview, offset: int) -> Awaitable[int]:
        """Fill a buffer as `read` does."""
        return self._readinto_later(buffer, offset) if self._owes_turn else self._fetch_into(buffer, offset)

    async def _write_later(self, payload: bytes, offset: int) -> int:
        await wait_for_loop()
        return await self.write(payload, offset)

    async def _read_later(self, nbytes: int, offset: int) -> bytes:
        self._owes_turn = False
        await let_loop_turn()
        data = self.read_nowait(nbytes, offset)
        return data if data is not None else await self.read(nbytes, offset)

    async def _readinto_later(self, buffer: memoryview, offset: int) -> int:
        self._owes_turn = False
        await let_loop_turn()
        got = self.readinto_nowait(buffer, offset)
        return got if got is not None else await self.readinto(buffer, offset)


def _scratches_of(nbytes: int) -> list[bytearray]:
    """Return the buffers of a size; those of other sizes go when there are too many sizes."""
    if len(_scratches) >= _MAX_SCRATCHES:
        _scratches.clear()
    return _scratches.setdefault(nbytes, [])


def _is_in_memory(descriptor: Descriptor) -> bool:
    return filesystem_type(descriptor.device) in MEMORY_TYPES
