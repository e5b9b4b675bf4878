"""System calls that may block for ever, each in a thread of its own.

asyncio's default executor has few threads and is joined at exit: a handful of blocked FIFO opens stops all
other work, and the process cannot end. Here every call that runs at the same time has its own daemon thread,
an idle one is used again, and nobody waits for them at exit.
"""

from __future__ import annotations

import contextlib
import contextvars
import os
import threading
from _queue import Empty, SimpleQueue
from collections import deque
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from aiocli.core.errors import NoThreads
from aiocli.core.loop import wait_for_loop

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable
    from concurrent.futures import Executor

    from aiocli.core.loop import Offload

T = TypeVar("T")
AnyThread = TypeVar("AnyThread", bound=threading.Thread)

IDLE_S = 5.0
"""How long a thread without work stays."""

_idle: list[_Worker] = []
_lock = threading.Lock()


async def in_thread(function: Callable[..., T], /, *args: Any) -> T:
    """Call a function in a thread, with a copy of the caller's context variables.

    Under `drive` the event loop starts here.

    Raises:
        NoThreads: none is idle and none can be started. Whatever the function raises, too.

    Cancellation: the caller goes on at once; the call is not stopped, and its result is dropped.
    """
    await wait_for_loop()
    return await start(function, *args).wait()


async def in_thread_or(instead: Offload, function: Callable[..., T], /, *args: Any) -> T:
    """Call a function in a thread; where none can be had, as `instead` does, such as `inline`.

    Cancellation: as `in_thread`.
    """
    await wait_for_loop()
    try:
        call = start(function, *args)
    except NoThreads:
        return await instead(function, *args)
    return await call.wait()


def start(function: Callable[..., T], /, *args: Any) -> Call[T]:
    """Start calling a function in a thread; its result may be awaited in any loop, now or later.

    Raises:
        NoThreads: none is idle and none can be started.
    """
    call = Call(function, args)
    _take_worker().inbox.put(call)
    return call


def start_thread(thread: threading.Thread) -> None:
    """Start a thread: the one place where Python's RuntimeError becomes an OSError.

    Raises:
        NoThreads: it cannot be had.
    """
    try:
        thread.start()
    except RuntimeError as error:
        raise NoThreads from error


def start_threads(threads: list[AnyThread]) -> None:
    """Start threads, as many as can be had; the others are taken off the list."""
    for number, thread in enumerate(threads):
        try:
            start_thread(thread)
        except NoThreads:
            del threads[number:]
            break


def offload_to(executor: Executor | None) -> Offload:
    """Make the way to call functions in an executor's threads: the caller's, or, if None, ours (`in_thread`).

    Cancellation: the caller goes on at once; a call that has begun is not stopped, and its result is dropped.
    """
    if executor is None:
        return in_thread

    async def call(function: Callable[..., T], /, *args: Any) -> T:
        import asyncio

        context = contextvars.copy_context()
        return await asyncio.get_running_loop().run_in_executor(executor, context.run, function, *args)

    return call


class Call(Generic[T]):
    """A function call in a thread, which outlives whoever waits for it.

    Attributes:
        is_done: the function has returned or raised.
    """

    __slots__ = ("_args", "_context", "_error", "_function", "_result", "_waiters", "is_done")

    def __init__(self, function: Callable[..., T], args: tuple[Any, ...]) -> None:
        self.is_done = False
        self._function: Callable[..., T] | None = function
        self._args = args
        self._context = contextvars.copy_context()
        self._waiters: deque[tuple[asyncio.AbstractEventLoop, asyncio.Future[None]]] = deque()
        self._result: Any = None
        self._error: BaseException | None = None

    async def wait(self) -> T:
        """Wait for the result.

        Cancellation: the call goes on; others may wait for it.
        """
        import asyncio

        loop = asyncio.get_running_loop()
        future = loop.create_future()
        self._waiters.append((loop, future))
        if not self.is_done:  # else it may have been too late for report() to see the future
            await future
        try:
            return self._outcome()
        finally:
            del self  # an error's traceback refers to this frame

    def run(self) -> None:
        """Call the function, in the worker's thread."""
        assert self._function is not None
        try:
            self._result = self._context.run(self._function, *self._args)
        except StopIteration as error:  # no coroutine can raise one
            self._error = RuntimeError("the function raised StopIteration")
            self._error.__cause__ = error
        except BaseException as error:  # whatever it is, it belongs to the awaiting side
            self._error = error
        self._function, self._args = None, ()

    def report(self) -> None:
        """Wake whoever waits; those whose loop is closed do not any more."""
        self.is_done = True
        while self._waiters:
            loop, future = self._waiters.popleft()
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(_wake, future)

    def _outcome(self) -> T:
        error = self._error
        if error is None:
            result: T = self._result
            return result
        try:
            raise error
        finally:
            del error, self


def _wake(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)


class _Worker(threading.Thread):
    """A thread that runs one call at a time and ends when nobody needs it for a while."""

    def __init__(self) -> None:
        super().__init__(name="aio-call", daemon=True)
        self.inbox: SimpleQueue[Call[Any]] = SimpleQueue()

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
    start_thread(worker)
    return worker


def _forget_workers() -> None:
    """Begin anew in a forked child: it has none of the threads, and perhaps the lock as one of them left it."""
    global _lock
    _lock = threading.Lock()
    _idle.clear()


os.register_at_fork(after_in_child=_forget_workers)
