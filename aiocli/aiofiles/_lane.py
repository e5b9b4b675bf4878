"""A queue of calls that run in threads, one at a time, in the order in which they were made.

The queue belongs to the threads, not to an event loop: a call outlives a loop that has closed under it, and the next
loop waits for it, or gets what it brought. A call whose result would be lost if nobody took it (`keep`) holds up the
queue until somebody has.
"""

from __future__ import annotations

import contextvars
import sys
import threading
from collections import deque
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from aiocli.core.threads import start

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable
    from concurrent.futures import Executor, Future

T = TypeVar("T")


class Lane:
    """Runs calls in threads, one at a time, in the order in which they came.

    Attributes:
        is_idle: nothing runs, waits, or has a result that nobody has taken yet.
        lock: held for moments only; whoever acts on `is_idle` holds it.
    """

    __slots__ = ("_calls", "_running", "is_idle", "lock")

    def __init__(self) -> None:
        self.is_idle = True
        # Reentrant, for a garbage collection at any place may close a waiting coroutine, which comes here.
        self.lock = threading.RLock()
        self._calls: deque[_Call[Any]] = deque()
        self._running: _Call[Any] | None = None

    async def run(
        self,
        function: Callable[[], T],
        executor: Executor | None = None,
        *,
        keep: Callable[[T | None], object] | None = None,
        must_run: bool = False,
    ) -> T:
        """Call a function once all earlier calls are done.

        Args:
            function: runs in a thread, with a copy of the caller's context variables.
            executor: whose threads; None for daemon threads of our own.
            keep: called with the result, or None after an error, if nobody takes it; in whatever thread, and before
                any other call.
            must_run: the function is called even if the caller is cancelled while others are before it.

        Cancellation: the call has not begun, then it never will (but for `must_run`); or it runs to its end.
        """
        call = _Call(function, executor, keep, must_run)
        self._add(call)
        try:
            await call.future
        except BaseException:
            self._abandon(call)
            raise
        if self._take_keep(call) is not None:
            self._start_next()
        return call.outcome()

    def run_later(self, function: Callable[[], object], executor: Executor | None = None) -> None:
        """Have a function called once all earlier calls are done, without waiting for it."""
        call = _Call(function, executor, None, True)
        call.is_abandoned = True
        self._add(call)

    @property
    def is_deserted(self) -> bool:
        """A call is under way for which nobody waits any more."""
        with self.lock:
            return self._running is not None and self._running.is_abandoned

    def _add(self, call: _Call[Any]) -> None:
        with self.lock:
            self._calls.append(call)
            is_first, self.is_idle = self.is_idle, False
        if is_first:
            self._start_next()

    def _abandon(self, call: _Call[Any]) -> None:
        with self.lock:
            call.is_abandoned = True
            if not call.is_done:
                return  # the thread sees to it
        if self._give_up(call):
            self._start_next()

    def _take_keep(self, call: _Call[Any]) -> Callable[[Any], object] | None:
        """Return `keep` to the first who asks, who goes on then: a result is taken, or given up, once."""
        with self.lock:
            keep, call.keep = call.keep, None
            return keep

    def _give_up(self, call: _Call[Any]) -> bool:
        """Have the result kept, None after an error; say no if nothing is to be kept, or somebody has it."""
        keep = self._take_keep(call)
        if keep is not None:
            keep(call.result)
        return keep is not None

    def _start_next(self) -> None:
        """Have a thread go on with the first call that waits; only for the one who knows that none runs."""
        while True:
            with self.lock:
                if not self._calls:
                    self.is_idle = True
                    return
                executor = self._calls[0].executor
            try:
                work = None if executor is None else executor.submit(self._work, executor)
                if executor is None:
                    start(self._work, None)
            except RuntimeError as error:  # the executor has been shut down, or there are too many threads
                self._fail_first(error)
                continue
            if work is not None:
                work.add_done_callback(self._check)
            return

    def _check(self, work: Future[None]) -> None:
        """Go on if the executor was shut down before the work began."""
        if work.cancelled():
            import asyncio

            self._fail_first(asyncio.CancelledError())
            self._start_next()

    def _fail_first(self, error: BaseException) -> None:
        with self.lock:
            call = self._calls.popleft()
        call.fail(error)

    def _work(self, executor: Executor | None) -> None:
        """Run what waits for this executor, in its thread."""
        # A thread that is blocked in sys.stdin.buffer at the program's end must not see the text file above it
        # finalized, which would want the buffer's lock: the interpreter aborts then.
        _streams = sys.stdin, sys.__stdin__
        while (call := self._next_call(executor)) is not None:
            must_be_taken = call.keep is not None
            call.run()
            with self.lock:
                call.is_done = True
                self._running = None
                is_wanted = not call.is_abandoned
            if is_wanted and call.report():
                is_done = not must_be_taken
            else:
                is_done = self._give_up(call) or not must_be_taken
            if not is_done:
                return  # whoever takes the result goes on

    def _next_call(self, executor: Executor | None) -> _Call[Any] | None:
        """Take the first call that is wanted, if it is for this executor; else have its own go on."""
        with self.lock:
            while self._calls and self._calls[0].is_abandoned and not self._calls[0].must_run:
                self._calls.popleft()
            if not self._calls:
                self.is_idle = True
                return None
            if self._calls[0].executor is executor:
                self._running = self._calls.popleft()
                return self._running
        self._start_next()
        return None


class _Call(Generic[T]):
    """One call and whoever waits for it."""

    __slots__ = (
        "_context",
        "_error",
        "_function",
        "_loop",
        "executor",
        "future",
        "is_abandoned",
        "is_done",
        "keep",
        "must_run",
        "result",
    )

    def __init__(
        self,
        function: Callable[[], T],
        executor: Executor | None,
        keep: Callable[[T | None], object] | None,
        must_run: bool,
    ) -> None:
        self.executor = executor
        self.keep = keep
        self.must_run = must_run
        self.is_abandoned = False
        self.is_done = False
        self._loop, self.future = _future()
        self._context = contextvars.copy_context()
        self._function: Callable[[], T] | None = function
        self.result: Any = None
        self._error: BaseException | None = None

    def run(self) -> None:
        """Call the function, in the thread."""
        assert self._function is not None
        try:
            self.result = self._context.run(self._function)
        except BaseException as error:  # whatever it is, it belongs to the awaiting side
            self._error = error
        self._function = None

    def report(self) -> bool:
        """Wake whoever waits; say no if their loop is closed."""
        try:
            self._loop.call_soon_threadsafe(_wake, self.future)
        except RuntimeError:
            return False
        return True

    def fail(self, error: BaseException) -> None:
        """End without having been called."""
        self._error, self._function, self.keep, self.is_done = error, None, None, True
        self.report()

    def outcome(self) -> T:
        """Return the result or raise the error."""
        error = self._error
        if error is None:
            result: T = self.result
            return result
        try:
            raise error
        finally:
            del error, self  # the traceback refers to this frame


def _future() -> tuple[asyncio.AbstractEventLoop, asyncio.Future[None]]:
    import asyncio

    loop = asyncio.get_running_loop()
    return loop, loop.create_future()


def _wake(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)


def close_late(file: Any) -> None:
    """Close, in a thread, what was opened for somebody who does not wait any more."""
    if file is not None:
        start(file.close)


def clean_up_late(directory: Any) -> None:
    """Remove, in a thread, a directory that was made for somebody who does not wait any more."""
    if directory is not None:
        start(directory.cleanup)
