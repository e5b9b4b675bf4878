"""The descriptor that an AIOFile and its clones share, closed exactly once and never too early.

It counts owners (files that are open) and operations (which the kernel or a thread has not finished, whether
or not somebody still waits for them). The descriptor is closed when both counts are zero: a number that is
closed while an operation uses it would be given to the next file that is opened.
"""

from __future__ import annotations

import os
import stat
from _thread import RLock


class Descriptor:
    """An open file descriptor, its kind, and who uses it. Safe to use from any thread.

    Attributes:
        fd: the number; not to be closed by anybody else unless closes is False.
        is_regular: a file on a file system, which has offsets and can be synced.
        is_positional: it has offsets (regular files and block devices).
        is_directory: it is no file at all.
        device: st_dev.
        seen_bytes: the size when somebody last looked at it.
        closes: whether it is closed in the end.
    """

    __slots__ = (
        "_lock",
        "_operations",
        "_owners",
        "closes",
        "device",
        "fd",
        "is_directory",
        "is_positional",
        "is_regular",
        "seen_bytes",
    )

    def __init__(self, fd: int, facts: os.stat_result | None = None, *, closes: bool = True) -> None:
        """Take over a descriptor, with one owner.

        Args:
            fd: the number.
            facts: what fstat tells of it, if that is known.
            closes: whether it is closed in the end; False for a descriptor that belongs to somebody else.

        Raises:
            OSError: fd is not open.
        """
        if facts is None:
            facts = os.fstat(fd)
        self._count(closes)
        self.fd = fd
        self.device = facts.st_dev
        self.seen_bytes = facts.st_size
        kind = stat.S_IFMT(facts.st_mode)
        self.is_regular = kind == stat.S_IFREG
        self.is_positional = self.is_regular or kind == stat.S_IFBLK
        self.is_directory = kind == stat.S_IFDIR

    def _count(self, closes: bool) -> None:
        self.closes = closes
        self._lock = RLock()  # reentrant: garbage that is collected within may own this, too
        self._owners = 1
        self._operations = 0

    def acquire(self) -> None:
        """Add an owner: a clone."""
        with self._lock:
            self._owners += 1

    def release(self) -> bool:
        """Drop an owner; True if it was the last. Closes if no operation is left.

        Raises:
            OSError: closing failed (EIO, ENOSPC, EDQUOT: data written before is lost); it is closed all the
                same.
        """
        with self._lock:
            self._owners -= 1
            is_last = not self._owners
            is_free = is_last and not self._operations
        if is_free:
            self._close()
        return is_last

    def begin(self) -> None:
        """Count an operation that is about to use the descriptor."""
        with self._lock:
            self._operations += 1

    def end(self, count: int = 1) -> None:
        """Count operations out, once nothing uses the descriptor for them any more; it never raises.

        Whoever closes a file calls `finish` instead, which tells about a failing close.
        """
        try:  # noqa: SIM105 - it would take longer than all the rest, at every operation
            self.finish(count)
        except OSError:
            pass

    def finish(self, count: int = 1) -> None:
        """Count operations out as `end` does, but raise the OSError of a failing close."""
        with self._lock:
            self._operations -= count
            is_free = not self._owners and not self._operations
        if is_free:
            self._close()

    def _close(self) -> None:
        if self.closes:
            self.closes = False
            os.close(self.fd)
