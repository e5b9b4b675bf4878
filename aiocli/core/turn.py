"""A lock for coroutines that costs nothing, and no asyncio, while nobody else wants it."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio


class Turn:
    """Lets one task at a time pass, in the order in which they came: `async with turn:`.

    Bound to no loop; not for several threads.
    """

    __slots__ = ("_is_taken", "_waiting")

    def __init__(self) -> None:
        self._is_taken = False
        self._waiting: deque[asyncio.Future[None]] | None = None  # none ever was, mostly

    async def __aenter__(self) -> None:
        if not self._is_taken:
            self._is_taken = True
            return
        import asyncio

        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if self._waiting is None:
            self._waiting = deque()
        self._waiting.append(future)
        try:
            await future
        except asyncio.CancelledError:
            if future.done() and not future.cancelled():
                self._pass_on()  # it was our turn already
            raise

    async def __aexit__(self, *_: object) -> None:
        if self._waiting:
            self._pass_on()
        else:
            self._is_taken = False

    def _pass_on(self) -> None:
        """Give the turn to the next one who still waits."""
        while self._waiting:
            future = self._waiting.popleft()
            if not future.done():
                future.set_result(None)
                return
        self._is_taken = False
