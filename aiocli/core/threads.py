"""System calls that may block for ever, each in a thread of its own.

asyncio's default executor has few threads and is joined at exit: a handful of blocked FIFO opens stops all
other work, and the process cannot end. Here every call that runs at the same time has its own daemon thread,
an idle one is used again, and nobody waits for them at exit.
"""

from __future__ import annotations

import contextvars
import threading
from _queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, TypeVar

from aiocli.core.loop import wait_for_loop

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

T = TypeVar("T")

IDLE_S = 5.0
"""How long a thread without work stays."""

_idle: list[_Worker] = []
_lock = threading.Lock()


async def in_thread(function: Callable[..., T], /, *args: Any) -> T:
    """Call a function in a thread, with a copy of the caller's context variables.

    Under `drive` the event loop starts here.

    Cancellation: the caller goes on at once; the call is not stopped, and its result is dropped.
    """
    await wait_for_loop()
    import asyncio

    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()
    call = _Call(loop, future, contextvars.copy_context(), function, args)
    _take_worker().inbox.put(call)
    return await future


class _Call:
    """One function call and where its result goes."""

    __slots__ = ("args", "context", "error", "function", "future", "loop", "result")

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        future: asyncio.Future[Any],
        context: contextvars.Context,
        function: Callable[..., Any],
        args: tuple[Any, ...],
    ) -> None:
        self.loop = loop
        self.future = future
        self.context = context
        self.function = function
        self.args = args
        self.result: Any = None
        self.error: BaseException | None = None

    def run(self) -> None:
        """Call the function, in the worker's thread."""
        try:
            self.result = self.context.run(self.function, *self.args)
        except StopIteration as error:  # no future can hold one
            self.error = RuntimeError("the function raised StopIteration")
            self.error.__cause__ = error
        except BaseException as error:  # whatever it is, it belongs to the awaiting side
            self.error = error

    def report(self) -> None:
        """Hand the outcome to the loop; drop it if the loop is gone."""
        try:
            self.loop.call_soon_threadsafe(self._settle)
        except RuntimeError:  # the loop is closed: nobody waits any more
            self._forget()

    def _settle(self) -> None:
        if not self.future.done():
            if self.error is None:
                self.future.set_result(self.result)
            else:
                self.future.set_exception(self.error)
        self._forget()

    def _forget(self) -> None:
        self.result = self.error = None  # breaks the cycle through the traceback


class _Worker(threading.Thread):
    """A thread that runs one call at a time and ends when nobody needs it for a while."""

    def __init__(self) -> None:
        super().__init__(name="aio-call", daemon=True)
        self.inbox: SimpleQueue[_Call] = SimpleQueue()

    def run(self) -> None:
        """Run the calls that come, until none comes for IDLE_S."""
        while True:
            try:
                call = self.inbox.get(timeout=IDLE_S)
            except Empty:
                if self._retires():
                    return
                continue  # somebody has just taken this worker: the call is on its way
            call.run()
            with _lock:
                _idle.append(self)  # before the report, so that the next call of the same task finds it
            call.report()
            del call

    def _retires(self) -> bool:
        with _lock:
            if self not in _idle:
                return False
            _idle.remove(self)
            return True


def _take_worker() -> _Worker:
    with _lock:
        if _idle:
            return _idle.pop()
    worker = _Worker()
    worker.start()
    return worker
