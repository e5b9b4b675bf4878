"""Run coroutines that mostly never wait: without an event loop until the first real wait.

Importing asyncio and starting a loop costs more than copying a small file. `drive` therefore steps a
coroutine by hand; when it reaches `wait_for_loop` without a running loop it is handed over, started as it is,
to `asyncio.Runner`, which goes on where it stopped.
"""

from __future__ import annotations

import sys
from types import coroutine
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Generator

T = TypeVar("T")

_NEEDS_LOOP = object()


class Offload(Protocol):
    """How an engine makes a system call that may block: `inline`, `in_thread`, or an executor's wrapper."""

    def __call__(self, function: Callable[..., T], /, *args: Any) -> Awaitable[T]:
        """Call the function with args and return its result."""


def has_loop() -> bool:
    """Tell whether an event loop runs in this thread, without importing asyncio."""
    asyncio = sys.modules.get("asyncio")
    return asyncio is not None and asyncio._get_running_loop() is not None


@coroutine
def wait_for_loop() -> Generator[object, None, None]:
    """Return once an event loop runs: at once under asyncio, after the hand-over under `drive`."""
    if not has_loop():
        yield _NEEDS_LOOP


def drive(main: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end, with an event loop only from its first real wait on.

    Raises:
        RuntimeError: it waited for something else before `wait_for_loop`.
    """
    try:
        request = main.send(None)
    except StopIteration as stop:
        result: T = stop.value
        return result
    if request is not _NEEDS_LOOP:
        main.close()
        raise RuntimeError("waited without an event loop; await wait_for_loop() first")
    import asyncio

    # Not even in Python's development mode: asyncio would tell of every slow step on standard error.
    with asyncio.Runner(debug=False) as runner:
        return runner.run(main)


async def inline(function: Callable[..., T], /, *args: Any) -> T:
    """Call a function here and now: for a program whose only work this is."""
    return function(*args)
