"""The file of a log: appends whole records to it and rotates it. Plain synchronous code, for one thread at a time."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import time
from math import inf
from typing import TYPE_CHECKING

from aiocli.library.rotated import RotatedFiles

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Period = Callable[[float], tuple[int, ...]]

APPEND_BYTES = 1 << 20
"""How much goes out in one write(2) at most, but for a record that is longer: it is copied together before."""

_FLAGS = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOCTTY | os.O_NONBLOCK


class LogFile:
    """A log's file, and its old files.

    Attributes:
        files: the old files, once the log is open.
        has_old_files: there may be files that are to be compressed; whoever sees to it sets it to False.
        failure: why the last rotation that was due has failed; None if it has not.
    """

    files: RotatedFiles

    def __init__(
        self,
        path: str,
        *,
        keep: int,
        compress: str | None,
        max_bytes: int | None,
        interval: float | str | None,
        mode: int,
    ) -> None:
        """Describe a log that is not open. See `RotatingWriter`."""
        self.has_old_files = False
        self.failure: OSError | None = None
        self._path = path
        self._keep, self._compress = keep, compress
        self._max_bytes = inf if max_bytes is None else max_bytes
        self._period = _period_of(interval)
        self._mode = mode
        self._fd = -1
        self._begun: tuple[int, ...] = ()

    def open(self) -> None:
        """Open the log where a symbolic link leads to.

        Raises:
            OSError: with the log's name; EINVAL if it is no regular file.
        """
        self._path = os.path.realpath(self._path)
        self.files = RotatedFiles(self._path, self._keep, self._compress)
        self._reopen()
        self.has_old_files = self._compress is not None

    def close(self) -> None:
        """Close the log; does nothing the second time."""
        if self._fd >= 0:
            fd, self._fd = self._fd, -1
            os.close(fd)

    def append(self, records: Sequence[bytes]) -> tuple[int, OSError | None]:
        """Append as many records as possible.

        Returns:
            How many of them, from the first on, are in the log, and what the next has failed for.
        """
        done, error = 0, None
        if self._fd < 0:
            error = OSError(errno.EBADF, os.strerror(errno.EBADF), self._path)
        while done < len(records) and error is None:
            try:
                room = self._make_room(len(records[done]))
            except OSError as reason:
                return done, reason
            end, nbytes = done + 1, len(records[done])
            while end < len(records) and nbytes + len(records[end]) <= min(room, APPEND_BYTES):
                nbytes += len(records[end])
                end += 1
            count, error = self._write(records[done:end])
            done += count
        return done, error

    def rotate(self) -> None:
        """Rotate the log unless it is empty.

        Raises:
            OSError: it is as it was.
        """
        if not self._size():
            return
        self.files.take_over()
        try:
            self._reopen()
        except OSError:
            self.files.give_back()
            raise
        self.failure = None
        self.has_old_files = self._compress is not None

    def _make_room(self, nbytes: int) -> float:
        """Rotate if it is time; how many bytes the log may still take."""
        size = self._size()
        begun = self._begun if self._period is None else self._period(time.time())
        if not size:
            self._begun = begun
        elif size + nbytes > self._max_bytes or begun > self._begun:
            try:
                self.rotate()
            except OSError as error:
                self.failure = error
                return inf
            size = 0
        return self._max_bytes - size

    def _size(self) -> int:
        """Return the log's size, after opening it again if its name has gone to another file, or to none."""
        own = os.fstat(self._fd)
        try:
            named = os.stat(self._path)
        except FileNotFoundError:
            named = None
        except PermissionError:  # privileges have been dropped: there is no telling
            named = own
        if named is not None and os.path.samestat(named, own):
            return own.st_size
        self._reopen()
        return os.fstat(self._fd).st_size

    def _reopen(self) -> None:
        fd = os.open(self._path, _FLAGS, self._mode)
        facts = os.fstat(fd)
        if not stat.S_ISREG(facts.st_mode):
            os.close(fd)
            raise OSError(errno.EINVAL, "not a regular file", self._path)
        self.close()
        self._fd = fd
        if self._period is not None:
            self._begun = self._period(facts.st_mtime if facts.st_size else time.time())

    def _write(self, records: Sequence[bytes]) -> tuple[int, OSError | None]:
        data = b"".join(records)
        written = 0
        try:
            while written < len(data):
                written += os.write(self._fd, data[written:] if written else data)
        except OSError as error:
            return self._keep_whole(records, written), OSError(error.errno, error.strerror, self._path)
        return len(records), None

    def _keep_whole(self, records: Sequence[bytes], written: int) -> int:
        """Cut off a record that is written in part, if nobody has appended behind it; the count of whole ones."""
        count = 0
        while written >= len(records[count]):
            written -= len(records[count])
            count += 1
        with contextlib.suppress(OSError):
            end = os.lseek(self._fd, 0, os.SEEK_CUR)
            if written and os.fstat(self._fd).st_size == end:
                os.ftruncate(self._fd, end - written)
        return count


def _period_of(interval: float | str | None) -> Period | None:
    """Return what numbers the intervals, from a time in seconds."""
    if interval is None:
        return None
    if interval in ("hourly", "daily"):
        fields = 4 if interval == "hourly" else 3
        return lambda seconds: time.localtime(seconds)[:fields]  # an hour that the clock shows twice is one
    if isinstance(interval, str) or not 0 < interval < inf:
        raise ValueError(f"interval must be positive seconds, hourly or daily, not {interval!r}")
    return lambda seconds: (int(seconds // interval),)
