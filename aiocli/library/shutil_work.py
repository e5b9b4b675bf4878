"""Blocking work in a thread that ends soon after the task that waits for it is cancelled.

A thread cannot be stopped from outside. So the work asks at every file and every slice of a large one whether it
is still wanted, and the cancelled task waits until it has ended: nothing goes on behind its back, and what the
work has open is closed where it was opened.
"""

from __future__ import annotations

import asyncio  # nothing of the library is imported before it is used
import contextlib
from typing import TYPE_CHECKING, Any, TypeVar

from aiocli.core.threads import offload_to
from aiocli.engines.team import Team

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Executor

    from aiocli.core.events import OnBytes

T = TypeVar("T")


class Stopped(Exception):
    """The work is not wanted any more. No OSError, so that nothing collects it as a file's failure."""


class Work:
    """One call in a thread, and what it shares with the task that waits for it. Made within the running loop.

    Args:
        executor: of the caller, with threads; None takes a thread of ours.
        on_bytes: told of bytes that moved, in the loop's thread.
    """

    def __init__(self, executor: Executor | None = None, on_bytes: OnBytes | None = None) -> None:
        self.loop = asyncio.get_running_loop()
        self._offload = offload_to(executor)
        self._on_bytes = on_bytes
        self._is_stopping = False
        self._team: Team | None = None

    async def run(self, function: Callable[..., T], /, *args: Any) -> T:
        """Call a function in the thread.

        Cancellation: the work stops at its next `check`, and this waits for that, however long it takes.
        """
        call = asyncio.ensure_future(self._offload(function, *args))
        try:
            return await asyncio.shield(call)
        except asyncio.CancelledError:
            self._stop()
            while not call.done():
                with contextlib.suppress(asyncio.CancelledError):
                    await asyncio.wait([call])
            if not call.cancelled():
                call.exception()  # seen: otherwise asyncio would tell that nobody has
            raise

    def check(self) -> None:
        """Raise Stopped if the work is not wanted any more; for the thread."""
        if self._is_stopping:
            raise Stopped

    def count(self, nbytes: int) -> None:
        """Tell of bytes that moved; for the thread."""
        if self._on_bytes is not None:
            self.loop.call_soon_threadsafe(self._on_bytes, nbytes)

    async def step(self, function: Callable[..., T], /, *args: Any) -> T:
        """Make a system call of the copy engine here, in the thread that we are in: an Offload.

        Cancellation: never suspends; `check` raises Stopped instead.
        """
        team = getattr(function, "__self__", None)
        if isinstance(team, Team):
            self._team = team  # before the check: `_stop` comes before it, or stops the team
        self.check()
        return function(*args)

    def _stop(self) -> None:
        self._is_stopping = True
        if self._team is not None:
            self._team.is_stopping = True
