"""Locks on files, between processes and between tasks, threads and loops of one process.

Each lock has an open file description of its own. Open-file-description locks (fcntl(2), Linux 3.15) and
flock(2) belong to that and not to the process: two tasks exclude each other as two processes do, and closing
another descriptor of the file releases nothing, which the older POSIX locks get wrong in both ways.

Waiting means trying again, in pauses that grow. A thread that blocks in fcntl(2) cannot be called back: it
would take the lock for somebody who has long been cancelled, and each waiting task would occupy one. The
tasks of one loop stand in line for a file, only the first of them tries, and it is told when another task of
the loop releases the lock. Between loops and processes chance decides.
"""

from __future__ import annotations

import asyncio
import errno
import fcntl
import os
import struct
import threading
import warnings
from contextlib import asynccontextmanager
from math import inf
from typing import TYPE_CHECKING, Any, Literal, Protocol
from weakref import WeakValueDictionary

from aiocli.core.errors import NoThreads
from aiocli.core.threads import in_thread
from aiocli.core.turn import Turn

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


class HasFileno(Protocol):
    """An open file of any kind."""

    def fileno(self) -> int:
        """Return the descriptor."""


Lockable = str | bytes | os.PathLike[str] | os.PathLike[bytes] | int | HasFileno

FIRST_PAUSE_S = 0.001
LONGEST_PAUSE_S = 0.05

_OPEN_FLAGS = os.O_CLOEXEC | os.O_NOCTTY | os.O_NONBLOCK  # a FIFO must not wait for its other end
_READ_ONLY = {errno.EACCES, errno.EPERM, errno.EROFS, errno.EISDIR, errno.ETXTBSY}
_STRUCT_FLOCK = "hhqqi0q"  # type, whence, start, length, pid; the empty q pads it as C does


@asynccontextmanager
async def locked(
    path_or_file: Lockable,
    *,
    shared: bool = False,
    timeout: float | None = None,  # noqa: ASYNC109  # it counts the waiting only
    kind: Literal["ofd", "flock"] = "ofd",
    poll: float = LONGEST_PAUSE_S,
    create: bool = True,
) -> AsyncIterator[FileLock]:
    """Hold a lock on a file in an `async with` block.

    The lock file is never removed: another process may wait for it. Who waits for a path waits for the file
    that has it at that time, also after somebody has removed or replaced it. A task that locks the same file
    twice waits for itself.

    Args:
        path_or_file: the lock file, which may be a symbolic link; or a descriptor or open file, which is opened
            once more and may be closed in the block. A directory can be locked by flock.
        shared: share the lock with others who share it.
        timeout: seconds to wait for the lock at most; 0 tries once, None waits as long as it takes. A file
            system that hangs may take longer.
        kind: "ofd" excludes also those who use POSIX locks (fcntl, lockf), "flock" those who use flock. The two
            do not see each other. An exclusive "ofd" lock needs write permission.
        poll: longest pause between two attempts, in seconds; the first is FIRST_PAUSE_S.
        create: make the file if it is missing (0o666, before the umask).

    Raises:
        TimeoutError: the lock was not free in time.
        OSError: with the file's name; ENOLCK and EOPNOTSUPP if its file system has no locks.
        ValueError: an unknown kind, or poll is not positive.

    Cancellation: the lock is not taken, or released, and the file stays. An attempt that the kernel is busy
        with gives back what it gets.
    """
    if poll <= 0:
        raise ValueError(f"poll must be positive, not {poll}")
    lock = FileLock(path_or_file, is_shared=shared, kind=kind, creates=create)
    line = _line_for(lock)
    try:
        await _acquire(lock, line, inf if timeout is None else timeout, poll)
    except BaseException:
        lock.give_up()
        raise
    try:
        yield lock
    finally:
        try:
            await in_thread(lock.give_up)
        except NoThreads:  # it may take a while, but would be held for ever
            lock.give_up()
        finally:
            line.ring()


class FileLock:
    """A claim to a lock on a file, and the descriptor that holds it: what `locked` gives.

    Attributes:
        name: the file, also the file name of every OSError.
        is_shared: others may share it.
        place: what tells files apart.
    """

    def __init__(self, target: Lockable, *, is_shared: bool, kind: str, creates: bool) -> None:
        """Describe a claim; nothing is opened. See `locked`."""
        if kind not in _KINDS:
            raise ValueError(f"kind must be one of {', '.join(_KINDS)}, not {kind!r}")
        self.is_shared = is_shared
        self._kind = kind
        self._fd = -1
        self._mutex = threading.Lock()
        self._is_busy = False
        self._is_given_up = False
        self.place: object
        if isinstance(target, (str, bytes, os.PathLike)):
            self.name = os.fsdecode(target)
            self.place = self._path = os.path.abspath(self.name)
            self._creates, self._is_path = creates, True
        else:
            fd = target if isinstance(target, int) else target.fileno()
            self.name = str(getattr(target, "name", fd))
            facts = os.fstat(fd)
            self.place, self._path = (facts.st_dev, facts.st_ino), f"/proc/self/fd/{fd}"
            self._creates, self._is_path = False, False

    def fileno(self) -> int:
        """Return the descriptor that holds the lock: for reading if shared, and writing if the file allows it.

        Raises:
            ValueError: the lock is not held any more.
        """
        if self._fd < 0:
            raise ValueError(f"{self.name!r} is not locked")
        return self._fd

    def attempt(self) -> bool:
        """Try to take the lock, in a thread: the file system's server may have to be asked.

        Raises:
            OSError: it cannot be locked at all.
        """
        with self._mutex:
            if self._is_given_up:
                return False
            self._is_busy = True
        try:
            return self._try()
        except OSError as error:
            error.filename = self.name
            raise
        finally:
            self._end_attempt()

    def give_up(self) -> None:
        """Release the lock, now or as soon as an attempt that runs has ended; does nothing the second time."""
        with self._mutex:
            self._is_given_up = True
            if not self._is_busy:
                self._close()

    def _end_attempt(self) -> None:
        with self._mutex:
            self._is_busy = False
            if self._is_given_up:
                self._close()

    def _try(self) -> bool:
        while True:
            if self._fd < 0:
                self._fd = self._open()
            is_taken = self._lock()
            if not self._is_path or _has_path(self._fd, self._path):
                return is_taken
            self._close()

    def _lock(self) -> bool:
        try:
            _KINDS[self._kind](self._fd, fcntl.LOCK_SH if self.is_shared else fcntl.LOCK_EX)
        except BlockingIOError:
            return False
        return True

    def _open(self) -> int:
        if self.is_shared:
            return self._open_for(os.O_RDONLY)
        try:
            return self._open_for(os.O_RDWR)
        except OSError as error:
            if self._kind != "flock" or error.errno not in _READ_ONLY:
                raise
        return self._open_for(os.O_RDONLY)

    def _open_for(self, access: int) -> int:
        # First without O_CREAT: fs.protected_regular forbids that on others' files, and it is rarely needed.
        try:
            return os.open(self._path, _OPEN_FLAGS | access)
        except FileNotFoundError:
            if not self._creates:
                raise
        return os.open(self._path, _OPEN_FLAGS | access | os.O_CREAT, 0o666)

    def _close(self) -> None:
        if self._fd >= 0:
            fd, self._fd = self._fd, -1
            try:
                _KINDS[self._kind](fd, fcntl.LOCK_UN)  # closing is not enough: a forked child may have it open
            finally:
                os.close(fd)

    def __del__(self) -> None:
        if getattr(self, "_fd", -1) >= 0:
            warnings.warn(f"unreleased lock {self!r}", ResourceWarning, stacklevel=2, source=self)
            self._close()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name!r} {'held' if self._fd >= 0 else 'not held'}>"


class _Line(Turn):
    """The tasks of a loop that want a file's lock: one after the other tries, in the order in which they came."""

    __slots__ = ("__weakref__", "_bell")

    def __init__(self) -> None:
        super().__init__()
        self._bell: asyncio.Future[None] | None = None

    async def pause(self, seconds: float) -> None:
        """Wait until somebody rings, but not longer than so many seconds.

        Cancellation: harmless.
        """
        loop = asyncio.get_running_loop()
        self._bell = loop.create_future()
        timer = loop.call_later(seconds, self.ring)
        try:
            await self._bell
        finally:
            timer.cancel()
            self._bell = None

    def ring(self) -> None:
        """Tell the first of the line to try now."""
        if self._bell is not None and not self._bell.done():
            self._bell.set_result(None)


_lines: WeakValueDictionary[tuple[asyncio.AbstractEventLoop, Any], _Line] = WeakValueDictionary()


def _line_for(lock: FileLock) -> _Line:
    return _lines.setdefault((asyncio.get_running_loop(), lock.place), _Line())


async def _acquire(lock: FileLock, line: _Line, seconds: float, poll: float) -> None:
    clock = asyncio.get_running_loop().time
    deadline = clock() + seconds
    is_first = True
    try:
        async with asyncio.timeout_at(deadline if deadline < inf else None):
            await line.__aenter__()
    except TimeoutError:
        is_first = False  # it tries once all the same: the lock may be free, or be shared
    try:
        pause = FIRST_PAUSE_S
        while not await in_thread(lock.attempt):
            rest = deadline - clock()
            if rest <= 0 or not is_first:
                raise _timeout(lock, seconds)
            await line.pause(min(pause, poll, rest))
            pause *= 2
    except NoThreads as error:
        error.filename = lock.name
        raise
    finally:
        if is_first:
            await line.__aexit__()


def _timeout(lock: FileLock, seconds: float) -> TimeoutError:
    return TimeoutError(errno.ETIMEDOUT, f"not free within {seconds:g} s", lock.name)


def _has_path(fd: int, path: str) -> bool:
    try:
        facts = os.stat(path)
    except FileNotFoundError:
        return False
    return os.path.samestat(facts, os.fstat(fd))


def _change_ofd(fd: int, operation: int) -> None:
    kind = {fcntl.LOCK_SH: fcntl.F_RDLCK, fcntl.LOCK_EX: fcntl.F_WRLCK, fcntl.LOCK_UN: fcntl.F_UNLCK}[operation]
    fcntl.fcntl(fd, fcntl.F_OFD_SETLK, struct.pack(_STRUCT_FLOCK, kind, os.SEEK_SET, 0, 0, 0))


def _change_flock(fd: int, operation: int) -> None:
    fcntl.flock(fd, operation | fcntl.LOCK_NB)


_KINDS = {"ofd": _change_ofd, "flock": _change_flock}
