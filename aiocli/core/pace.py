"""When a run of operations that never wait should let the event loop turn.

A task whose reads all come from the page cache never suspends, so without this no timeout fires and no other
task runs meanwhile (seen: `asyncio.timeout(0.2)` did not fire in 1.5 s).
"""

from __future__ import annotations

from _thread import _local
from time import monotonic

from aiocli.core.loop import has_loop

_OPERATIONS = 64
_TURN_S = 0.001


class _Pace(_local):
    """Counts of this thread, because each loop runs in one."""

    count = 0
    turned_at = 0.0

    def is_due(self, count: int = 1) -> bool:
        """Count operations, 0 to look at the clock only; tell whether 64 or 1 ms passed since the last turn."""
        self.count += count
        if self.count < _OPERATIONS and monotonic() - self.turned_at < _TURN_S:
            return False
        self.count = 0
        self.turned_at = monotonic()
        return has_loop()


_pace = _Pace()
is_due = _pace.is_due


async def let_loop_turn() -> None:
    """Let other tasks of the running loop go on.

    Cancellation: arrives here, between two operations.
    """
    import asyncio

    await asyncio.sleep(0)
    _pace.turned_at = monotonic()
