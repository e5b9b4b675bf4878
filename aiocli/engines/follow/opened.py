"""A file that is open and how far it has been read: what is new in it, and whether it was cut off.

A file that shrinks has been cut off. One that was cut off and has grown beyond the old place by the next look is
told by the bytes in front of that place, which are kept: they are compared after each read. Where the new content has
the very same bytes there, nobody can know.
"""

from __future__ import annotations

import os
import select
from contextlib import suppress
from typing import TYPE_CHECKING

from aiocli.core.endpoint import Endpoint, Kind
from aiocli.engines.follow.mark import TAIL_BYTES, Mark, tail_at

if TYPE_CHECKING:
    from collections.abc import Callable

    from aiocli.engines.follow.watching import Key

    PRead = Callable[[int, int, int], bytes]
    """(fd, nbytes, offset) -> bytes; blocks."""

_OPEN_FLAGS = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC

Identity = tuple[int, int]
"""st_dev and st_ino."""


class Shrunk(Exception):
    """The file was cut off; what was read of it is there no more."""


class Opened:
    """An open file and a place in it.

    Attributes:
        src: the file.
        offset: up to where it was read.
        key: under which a watcher knows it; None is not watched.
        is_owned: it is closed with this.
        landmark: a place that tells its copies, where it was cut off before this one could: what is in front of the
            offset is not known then. None: the offset is such a place.
        whole_ns: its st_mtime_ns when all of it was last found to be read; 0 is never.
    """

    def __init__(
        self,
        src: Endpoint,
        offset: int = 0,
        tail: bytes | None = None,
        landmark: Mark | None = None,
        *,
        is_owned: bool = True,
    ) -> None:
        self.src = src
        self.offset = offset
        self.key: Key | None = None
        self.is_owned = is_owned
        self.landmark = landmark
        self.whole_ns = 0
        self._tail = tail or b""
        if src.is_regular and tail is None:
            with suppress(OSError):  # the next read will say
                self._tail = tail_at(src.fd, offset)

    @classmethod
    def at(cls, path: str, dir_path: str = "", *, follow_symlinks: bool = True) -> Opened:
        """Open a name, at its beginning; never waits for a pipe's writer.

        Raises:
            OSError: of open(2).
        """
        flags = _OPEN_FLAGS | (0 if follow_symlinks else os.O_NOFOLLOW)
        fd = os.open(os.path.join(dir_path, path), flags)
        try:
            return cls(Endpoint.of(fd, path))
        except BaseException:
            os.close(fd)
            raise

    @property
    def identity(self) -> Identity:
        """What tells this file from others, as long as it is open."""
        return self.src.device, self.src.inode

    @property
    def is_tailable(self) -> bool:
        """Whether something may be appended to a file of this kind."""
        return self.src.kind not in (Kind.DIRECTORY, Kind.BLOCK)

    @property
    def is_stream(self) -> bool:
        """Whether it has no places: a pipe, a terminal."""
        return not self.src.is_regular

    @property
    def is_hung_up(self) -> bool:
        """Whether a stream has no writer now, and nothing is left in it."""
        poll = select.poll()
        poll.register(self.src.fd, select.POLLIN)
        events = dict(poll.poll(0)).get(self.src.fd, 0)
        return bool(events & (select.POLLHUP | select.POLLERR)) and not events & select.POLLIN

    @property
    def is_anonymous_pipe(self) -> bool:
        """Whether it is a pipe or socket without a name: no other writer can come."""
        if self.src.kind not in (Kind.PIPE, Kind.SOCKET):
            return False
        return os.readlink(f"/proc/self/fd/{self.src.fd}").startswith(("pipe:[", "socket:["))

    @property
    def mark(self) -> Mark:
        """The place."""
        return Mark(*self.identity, self.offset, self._tail)

    def may_go_on_in(self, other: Opened) -> bool:
        """Tell whether another file has what was read of this one, be it nothing."""
        mark = self.landmark or self.mark
        size = max(mark.offset, self.offset)
        return self.src.is_regular and mark.is_whole and other.size() >= size and mark.fits(other.src.fd)

    def size(self) -> int:
        """Return how many bytes it has now."""
        return os.fstat(self.src.fd).st_size

    def has_links(self) -> bool:
        """Tell whether it has a name still, anywhere."""
        return os.fstat(self.src.fd).st_nlink > 0

    def restart(self) -> None:
        """Go to the beginning."""
        self.offset, self._tail, self.landmark = 0, b"", None

    def skip_all(self) -> None:
        """Go to the end, as it is now."""
        if self.src.is_regular:
            self.offset = self.size()
            self._tail = tail_at(self.src.fd, self.offset)

    def resume(self, mark: Mark) -> None:
        """Go to a place, which fits."""
        self.offset, self._tail = mark.offset, mark.tail

    def read(self, nbytes: int, pread: PRead = os.pread) -> bytes:
        """Read on; b"" if there is nothing now. See `peek`."""
        data = self.peek(nbytes, pread)
        self.accept(data)
        return data

    def accept(self, data: bytes) -> None:
        """Go behind what was read."""
        self.offset += len(data)
        if self.src.is_regular and data:
            self._tail = data[-TAIL_BYTES:] if len(data) >= TAIL_BYTES else (self._tail + data)[-TAIL_BYTES:]

    def peek(self, nbytes: int, pread: PRead = os.pread) -> bytes:
        """Read what is behind the place, and stay there; b"" if there is nothing now. What a stream gives is gone.

        Args:
            nbytes: at most.
            pread: reads regular files.

        Raises:
            Shrunk: it was cut off; until `restart`, that stays.
            EOFError: a pipe's last writer has gone.
            OSError: it cannot be read.
        """
        return self._peek(nbytes, pread) if self.src.is_regular else self._read_stream(nbytes)

    def _peek(self, nbytes: int, pread: PRead) -> bytes:
        if self.landmark is not None:
            raise Shrunk
        fd, offset = self.src.fd, self.offset
        # A size of nothing says nothing: files of /proc have content.
        facts = os.fstat(fd)
        size = facts.st_size
        if size == offset and size:
            if tail_at(fd, offset, len(self._tail)) != self._tail:
                raise Shrunk
            self.whole_ns = facts.st_mtime_ns
            return b""
        if size < offset and (size or not self._has_content()):
            raise Shrunk
        data = pread(fd, nbytes, offset)
        if not data:
            return b""
        if self._tail and tail_at(fd, offset, len(self._tail)) != self._tail:
            raise Shrunk
        return data

    def _has_content(self) -> bool:
        return bool(os.pread(self.src.fd, 1, 0))

    def _read_stream(self, nbytes: int) -> bytes:
        poll = select.poll()
        poll.register(self.src.fd, select.POLLIN)
        events = dict(poll.poll(0)).get(self.src.fd, 0)
        if events & select.POLLIN:
            data = os.read(self.src.fd, nbytes)
            if data:
                return data
        if events & (select.POLLHUP | select.POLLERR):
            raise EOFError
        return b""

    def close(self) -> None:
        """Close the file, if it is ours."""
        if self.is_owned:
            self.is_owned = False
            os.close(self.src.fd)
