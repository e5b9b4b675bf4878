"""Compares what two files hold: how much of a target is the source's already, and what came back from the device."""

from __future__ import annotations

import errno
import fcntl
import mmap
import os
import stat
from typing import TYPE_CHECKING, NamedTuple

from aiocli.core.dontcache import Dontcache, drop
from aiocli.engines.copy.job import CHUNK_BYTES
from aiocli.engines.copy.tap import digest_block

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from aiocli.engines.copy.tap import Block, BlockDigests, Tap

ALIGNMENT_BYTES = 4096
"""What satisfies O_DIRECT wherever it works: no device in use has larger blocks."""

_STEP_BYTES = 1024 * 1024


class Proof(NamedTuple):
    """How much of a target is as it should be.

    Attributes:
        offset: bytes up to there are the same in both.
        is_at_end: the source ends there.
        is_complete: the target, too.
    """

    offset: int
    is_at_end: bool
    is_complete: bool


def prove(
    src_fd: int,
    dst_fd: int,
    *,
    tap: Tap | None = None,
    leaves_cache: bool = False,
    on_bytes: Callable[[int], None] | None = None,
) -> Proof:
    """Compare a target with its source from the beginning; neither size nor time are trusted.

    Args:
        src_fd: a regular file, open for reading.
        dst_fd: one, too.
        tap: is shown what is the same.
        leaves_cache: the page cache is to keep what it held, and nothing else.
        on_bytes: told what is the same.

    Raises:
        OSError: one of them cannot be read.
    """
    read = Dontcache().readinto if leaves_cache else _pread
    ours, theirs = memoryview(bytearray(CHUNK_BYTES)), memoryview(bytearray(CHUNK_BYTES))
    offset = 0
    while True:
        src = ours[: _fill(read, src_fd, ours, offset)]
        dst = theirs[: _fill(read, dst_fd, theirs, offset)]
        same = _same_bytes(src, dst)
        if same:
            if tap is not None:
                tap.take(offset, src[:same])
            if on_bytes is not None:
                on_bytes(same)
        offset += same
        if same < CHUNK_BYTES:
            return Proof(offset, is_at_end=len(src) == same, is_complete=len(src) == len(dst) == same)


def _pread(fd: int, buffer: memoryview, offset: int) -> int:
    return os.preadv(fd, [buffer], offset)


def _fill(read: Callable[[int, memoryview, int], int], fd: int, buffer: memoryview, offset: int) -> int:
    """Read a whole buffer, or up to the end of the file."""
    done = 0
    while done < len(buffer) and (got := read(fd, buffer[done:], offset + done)):
        done += got
    return done


def _same_bytes(first: memoryview, second: memoryview) -> int:
    """Count the bytes up to the first difference, or the end of the shorter one."""
    low, high = 0, min(len(first), len(second))
    if first[:high] == second[:high]:
        return high
    while high - low > 1:  # what is before low is the same, and there is a difference before high
        middle = (low + high) // 2
        if first[low:middle] == second[low:middle]:
            low = middle
        else:
            high = middle
    return low


class ReadBack:
    """Reads a file that was written, past the page cache where that is possible.

    Args:
        fd: open for reading and writing, borrowed; all that was written is on the device.

    Attributes:
        is_from_cache: some of it came from memory, as the file system knows no way past that.
    """

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._flags = fcntl.fcntl(fd, fcntl.F_GETFL)
        self._memory = memoryview(mmap.mmap(-1, _STEP_BYTES + 2 * ALIGNMENT_BYTES))
        self.is_from_cache = False
        drop(fd)
        self._is_direct = self._set_flags(self._flags | os.O_DIRECT)

    def close(self) -> None:
        """Leave the descriptor as it was, and no page behind."""
        self._set_flags(self._flags)

    def first_difference(self, expected: BlockDigests, src_fd: int | None) -> int | None:
        """Return the offset of the first byte that is not what was read from the source; None if all are.

        Args:
            expected: what was read.
            src_fd: the source, to find the very byte in a block that differs; None where it cannot be read again.

        Raises:
            OSError: the file cannot be read.
        """
        end = 0
        for block in expected.blocks:
            bad = self._first_nonzero(end, block.offset)
            if bad is None:
                bad = self._difference_in(block, src_fd)
            if bad is not None:
                return bad
            end = block.offset + block.nbytes
        bad = self._first_nonzero(end, expected.end)
        if bad is not None:
            return bad
        facts = os.fstat(self._fd)
        is_other_size = stat.S_ISREG(facts.st_mode) and facts.st_size != expected.end
        return min(facts.st_size, expected.end) if is_other_size else None

    def _difference_in(self, block: Block, src_fd: int | None) -> int | None:
        data = self._read(block.offset, block.nbytes)
        if len(data) == block.nbytes and digest_block(data) == block.digest:
            return None
        if src_fd is None:
            return block.offset
        buffer = memoryview(bytearray(block.nbytes))
        source = buffer[: _fill(_pread, src_fd, buffer, block.offset)]
        if digest_block(source) != block.digest:  # it has changed since: all we know is the block
            return block.offset
        return block.offset + _same_bytes(source, data)

    def _first_nonzero(self, start: int, end: int) -> int | None:
        """Look for data where there should be a hole."""
        for offset, length in _data_extents(self._fd, start, end):
            for at in range(offset, offset + length, _STEP_BYTES):
                data = self._read(at, min(_STEP_BYTES, offset + length - at))
                nonzero = _same_bytes(data, memoryview(bytes(len(data))))
                if nonzero < len(data):
                    return at + nonzero
        return None

    def _read(self, offset: int, nbytes: int) -> memoryview:
        """Read a range, with its surroundings up to whole device blocks; shorter at the end of the file.

        The result is valid until the next call.
        """
        start = offset - offset % ALIGNMENT_BYTES
        before = offset - start
        room = -(-(before + nbytes) // ALIGNMENT_BYTES) * ALIGNMENT_BYTES
        if room > len(self._memory):
            self._memory = memoryview(mmap.mmap(-1, room))
        buffer = self._memory[:room]
        if not self._is_direct and not self.is_from_cache:
            self.is_from_cache = self._is_cached(start)
        done = 0
        while done < before + nbytes and (got := self._readinto(buffer[done:], start + done)):
            done += got
            if got % ALIGNMENT_BYTES:  # only the end of a file is so odd
                break
        return buffer[before : max(before, min(done, before + nbytes))]

    def _readinto(self, buffer: memoryview, offset: int) -> int:
        try:
            return os.preadv(self._fd, [buffer], offset)
        except OSError as error:
            if error.errno != errno.EINVAL or not self._is_direct:
                raise
        self._is_direct = not self._set_flags(self._flags)  # it takes the flag, but no such read
        return os.preadv(self._fd, [buffer], offset)

    def _is_cached(self, offset: int) -> bool:
        """Tell whether a page is in the cache although it was dropped; also where nobody can tell."""
        try:
            os.preadv(self._fd, [bytearray(1)], offset, os.RWF_NOWAIT)
        except BlockingIOError:
            return False
        except OSError:
            return True
        return True

    def _set_flags(self, flags: int) -> bool:
        try:
            fcntl.fcntl(self._fd, fcntl.F_SETFL, flags)
        except OSError:  # EINVAL: the file system has no O_DIRECT
            return False
        return True


def _data_extents(fd: int, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield (offset, length) of what is no hole in a range of a file; all of it where holes are unknown."""
    while start < end:
        try:
            data = os.lseek(fd, start, os.SEEK_DATA)
            hole = os.lseek(fd, data, os.SEEK_HOLE)
        except OSError as error:
            if error.errno != errno.ENXIO:  # else there is nothing but a hole up to the end
                yield start, end - start
            return
        if data >= end:
            return
        yield data, min(hole, end) - data
        start = hole
