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
    import asyncio
    from collections.abc import Awaitable, Callable, Coroutine, Generator

T = TypeVar("T")

_NEEDS_LOOP = object()


class Offload(Protocol):
    """How an engine makes a system call that may block: `inline`, `in_thread`, or an executor's wrapper."""

    def __call__(self, function: Callable[..., T], /, *args: Any) -> Awaitable[T]:
        """Call the function with args and return its result."""


def running_loop() -> asyncio.AbstractEventLoop | None:
    """Return the event loop that runs in this thread, or None, without importing asyncio."""
    module = sys.modules.get("asyncio")
    return module._get_running_loop() if module is not None else None


def has_loop() -> bool:
    """Tell whether an event loop runs in this thread, without importing asyncio."""
    return running_loop() is not None


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
    failure = None
    try:
        request = main.send(None)
        while request is _NEEDS_LOOP:
            try:
                return _go_on(main)
            except BaseException as error:  # a signal meanwhile, or no descriptor is left
                if getattr(main, "cr_frame", None) is None:  # it has ended
                    raise
                # Told to main: were it only dropped, asynchronous generators that wait in it would complain.
                failure = error
                request = main.throw(error)
    except StopIteration as stop:
        result: T = stop.value
        return result
    main.close()
    raise RuntimeError("waited without an event loop; await wait_for_loop() first") from failure


def _go_on(main: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine from where it is under an event loop; what fails in front of its next step leaves it there."""
    import asyncio

    # Not even in Python's development mode: asyncio would tell of every slow step on standard error.
    with asyncio.Runner(debug=False) as runner:
        return runner.run(main)


async def inline(function: Callable[..., T], /, *args: Any) -> T:
    """Call a function here and now: for a program whose only work this is."""
    return function(*args)
