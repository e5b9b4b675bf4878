"""Waits until one of several descriptors is ready: an epoll instance that the event loop watches while one waits.

Only then, so that a loop does not spin when nobody asks what has happened.
"""

from __future__ import annotations

import os
import select
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

NOTHING = 0
"""Interest in errors and hang-ups alone, which are told in any case."""


class Bell:
    """Descriptors of which each rings when it is ready; belongs to one event loop."""

    def __init__(self) -> None:
        self._epoll = select.epoll()

    def add(self, fd: int, events: int = select.EPOLLIN) -> bool:
        """Listen to a descriptor; False if it is of a kind that never rings, such as a regular file."""
        try:
            self._epoll.register(fd, events)
        except FileExistsError:
            return True
        except PermissionError:
            return False
        return True

    def remove(self, fd: int) -> None:
        """Listen to it no more; before it is closed."""
        try:
            self._epoll.unregister(fd)
        except (FileNotFoundError, PermissionError):
            return

    def ready(self) -> dict[int, int]:
        """Return the descriptors that are ready now, with their events."""
        return dict(self._epoll.poll(0))

    async def wait(self, timeout_s: float | None) -> None:
        """Wait until a descriptor is ready, or the time is over.

        Cancellation: at any time; nothing is left behind.
        """
        import asyncio

        loop = asyncio.get_running_loop()
        rung = loop.create_future()

        def ring() -> None:
            if not rung.done():
                rung.set_result(None)

        fd = self._epoll.fileno()
        loop.add_reader(fd, ring)
        timer = loop.call_later(timeout_s, ring) if timeout_s is not None else None
        try:
            await rung
        finally:
            loop.remove_reader(fd)
            if timer is not None:
                timer.cancel()

    def close(self) -> None:
        """Listen to nothing any more."""
        self._epoll.close()


class Processes:
    """Processes that somebody waits for, each by a descriptor of its own: a number may be used again."""

    def __init__(self, pids: Sequence[int], bell: Bell) -> None:
        self._bell = bell
        self._fds: dict[int, int] = {}
        self._unwatched: set[int] = set()
        for pid in pids:
            self._watch(pid)

    def _watch(self, pid: int) -> None:
        try:
            fd = os.pidfd_open(pid)
        except ProcessLookupError:
            return
        except OSError:  # ENOSYS, EMFILE, or EINVAL for a thread that leads no process
            self._unwatched.add(pid)
            return
        self._fds[pid] = fd
        self._bell.add(fd)

    def are_gone(self) -> bool:
        """Tell whether all have ended."""
        for pid, fd in [*self._fds.items()]:
            if _is_readable(fd):
                self._bell.remove(fd)
                os.close(self._fds.pop(pid))
        self._unwatched = {pid for pid in self._unwatched if _exists(pid)}
        return not self._fds and not self._unwatched

    def close(self) -> None:
        """Wait for none any more."""
        while self._fds:
            os.close(self._fds.popitem()[1])


def _is_readable(fd: int) -> bool:
    poll = select.poll()
    poll.register(fd, select.POLLIN)
    return bool(poll.poll(0))


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
