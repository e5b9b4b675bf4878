"""Reads and writes that leave no pages of their own in the page cache, as system calls of plain synchronous code.

For the kernel facts see `uncached`, which offers the same to asynchronous files.
"""

from __future__ import annotations

import errno
import os

_RWF_DONTCACHE = 0x80  # os has no name for it before Python 3.14
_NOT_KNOWN = {errno.EOPNOTSUPP, errno.EINVAL, errno.ENOSYS}


class Dontcache:
    """How one file is read and written; finds out once what its file system knows.

    Attributes:
        flags: for a preadv of one's own, beside RWF_NOWAIT; 0 once the file system is known not to take them.
    """

    __slots__ = ("flags",)

    def __init__(self) -> None:
        self.flags = _RWF_DONTCACHE

    def readinto(self, fd: int, buffer: memoryview, offset: int) -> int:
        """Read at an offset; return how many bytes, 0 at the end of the file. Pages that were there stay.

        Raises:
            OSError: of preadv2(2).
        """
        if self.flags:
            try:
                return os.preadv(fd, (buffer,), offset, self.flags)
            except OSError as error:
                self._take_refusal(fd, error)
        try:
            return os.preadv(fd, (buffer,), offset, os.RWF_NOWAIT)  # what was there stays there
        except OSError as error:
            if error.errno not in {errno.EAGAIN, *_NOT_KNOWN}:
                raise
        got = os.preadv(fd, (buffer,), offset)
        os.posix_fadvise(fd, offset, got, os.POSIX_FADV_DONTNEED)
        return got

    def write(self, fd: int, payload: bytes | memoryview, offset: int) -> int:
        """Write at an offset; return how many bytes. The pages go with `drop`, once they are written back.

        Raises:
            OSError: of pwritev2(2).
        """
        if self.flags:
            try:
                return os.pwritev(fd, (payload,), offset, self.flags)
            except OSError as error:
                self._take_refusal(fd, error)
        return os.pwrite(fd, payload, offset)

    def _take_refusal(self, fd: int, error: OSError) -> None:
        if error.errno not in _NOT_KNOWN:
            raise error
        self.flags = 0
        # Without read-ahead, what a read brings in is what it asked for, and that is dropped.
        os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_RANDOM)


def drop(fd: int, offset: int = 0, length: int = 0) -> None:
    """Drop the clean pages of a range from the page cache, and begin to write the others back.

    Args:
        fd: of a file; what else it may be has no pages, and nothing happens.
        offset: where the range begins.
        length: of the range; 0 is up to the end of the file.
    """
    try:
        os.posix_fadvise(fd, offset, length, os.POSIX_FADV_DONTNEED)
    except OSError as error:
        if error.errno not in {errno.ESPIPE, errno.EINVAL}:
            raise
