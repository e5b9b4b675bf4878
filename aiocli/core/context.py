"""Contexts: what carries reads, writes and syncs of one event loop through one caio backend.

They stand on caio's Context and Operation classes directly and add what caio's own asyncio adapters lack:
errors are OSError with their errno, a cancelled operation keeps its buffer (and tells when the kernel has
finished with it), waiting operations keep their order, SQPOLL is off, and a context ends with its loop.

Importing this module imports neither asyncio nor caio. `core.polled` and `core.pooled` hold the four kinds.
"""

from __future__ import annotations

import errno
import os
import weakref
from _thread import RLock
from collections import deque
from typing import TYPE_CHECKING, Any

from aiocli.core import backends
from aiocli.core.errors import BackendUnavailable
from aiocli.core.loop import running_loop

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

PIECE_BYTES = 1 << 20
"""What callers should ask of one operation at most: the result is allocated and copied on the loop's thread."""

MAX_REQUESTS = 512
BATCH = 8
"""Operations that are submitted at once although the loop's turn goes on, so that a device has work meanwhile.

32 random cold reads of 4 KiB at a time: 59 000 a second; 49 000 with 16, 42 000 when they wait for the turn's end,
46 000 with 2. Cached reads through io_uring: 145 000 a second instead of 154 000. Benchmark: read-4k-cold.
"""

RETRY_S = 0.001
"""How long an operation waits when the kernel has no room for it (EAGAIN, EBUSY) and nothing completes."""

_MAX_OPERATION_BYTES = 0x7FFFF000  # what read(2) and write(2) move at most; caio's own limits lie above
_MAX_OFFSET = (1 << 63) - 1
_FOR_EVER_S = 10**9


class Job:
    """One operation on its way: caio's object, the future of the awaiting side, and whom to tell at the end."""

    __slots__ = ("context", "future", "on_complete", "operation", "result")

    def __init__(
        self,
        context: Context,
        operation: Any,
        future: asyncio.Future[Any],
        on_complete: Callable[[], None] | None,
    ) -> None:
        self.context = context
        self.operation = operation
        self.future = future
        self.on_complete = on_complete
        self.result: int | None = None

    def notice(self, result: int | None) -> None:
        """Take the result from caio, in whatever thread caio calls back."""
        self.result = result
        context = self.context
        context._completed.append(self)
        if context._calls_back_in_threads:
            context._wake()

    def finish(self) -> None:
        """Drop caio's operation, whose buffer nobody uses any more, and tell so."""
        self.operation = None
        if self.on_complete is not None:
            self.on_complete()


class Context:
    """Operations of one loop through one backend. Made by `create_context`; for the loop's thread only.

    Buffers: an operation owns its buffer until the kernel has finished, also when it is cancelled.

    Attributes:
        name: the backend.
        loop: the event loop.
        max_requests: operations in flight at once; more wait in order.
        is_closed: it takes no more operations.
    """

    _anchor: Callable[[], asyncio.TimerHandle | None] = staticmethod(lambda: None)  # until it is made

    def __init__(
        self, name: str, module: Any, loop: asyncio.AbstractEventLoop, max_requests: int, **options: Any
    ) -> None:
        import asyncio

        self.name = name
        self.loop = loop
        self.get_running_loop = asyncio._get_running_loop  # for those who look at it at every operation
        self.max_requests = max_requests
        self.is_closed = False
        self._pid = os.getpid()
        self._caio: Any = module.Context(max_requests=max_requests, **options)
        self._operations = module.Operation
        self._waiting: deque[Job] = deque()
        self._in_flight: set[Job] = set()
        self._completed: deque[Job] = deque()
        self._is_scheduled = False
        # Held only while the loop is gone and other threads collect; reentrant, as a collection of garbage
        # inside may end another context.
        self._lock = RLock()
        self._anchor = weakref.ref(loop.call_later(_FOR_EVER_S, _Anchor(self)))

    def read(
        self, nbytes: int, fd: int, offset: int, *, on_complete: Callable[[], None] | None = None
    ) -> asyncio.Future[bytes]:
        """Read at an offset.

        Args:
            nbytes: bytes asked for; callers keep it below PIECE_BYTES.
            fd: descriptor; it must stay open until on_complete is called.
            offset: byte position.
            on_complete: called once when nothing uses fd and the buffer any more, perhaps long after the
                result of a cancelled read was given up, perhaps in another thread. Not called if this raises.

        Returns:
            At most nbytes bytes; b"" at end of file.

        Raises:
            OSError: with errno, without file name. RuntimeError: the context is closed.

        Cancellation: the awaiting side goes on at once; the read goes on and its bytes are dropped.
        """
        _check_range(nbytes, offset)
        return self._start(self._operations.read(min(nbytes, _MAX_OPERATION_BYTES), fd, offset), on_complete)

    def write(
        self, payload: bytes, fd: int, offset: int, *, on_complete: Callable[[], None] | None = None
    ) -> asyncio.Future[int]:
        """Write at an offset (at the end, if fd is O_APPEND); the count of bytes written, perhaps fewer.

        Arguments and errors as in `read`. payload must be bytes and is kept until on_complete.

        Cancellation: the awaiting side goes on at once; all, some or nothing gets written, now or later.
        """
        _check_range(len(payload), offset)
        if len(payload) > _MAX_OPERATION_BYTES:
            payload = payload[:_MAX_OPERATION_BYTES]
        return self._start(self._operations.write(payload, fd, offset), on_complete)

    def fsync(self, fd: int, *, on_complete: Callable[[], None] | None = None) -> asyncio.Future[None]:
        """Bring a file's data and metadata to the device. Arguments and errors as in `read`.

        Cancellation: the awaiting side goes on at once; the sync goes on.
        """
        return self._start(self._operations.fsync(fd), on_complete)

    def fdsync(self, fd: int, *, on_complete: Callable[[], None] | None = None) -> asyncio.Future[None]:
        """Bring a file's data, and the metadata needed to read it, to the device. As `fsync` otherwise.

        Cancellation: the awaiting side goes on at once; the sync goes on.
        """
        return self._start(self._operations.fdsync(fd), on_complete)

    def close(self) -> None:
        """Take no more operations and give caio's context back as soon as nothing is in flight.

        Operations that still wait or run fail with ECANCELED; those that run are finished by the kernel all
        the same. The loop calls this when it is closed. A second call does nothing.
        """
        if self._pid != os.getpid():
            self._abandon()
            return
        if not self.is_closed:
            self.is_closed = True
            if not self.loop.is_closed():  # then other threads may collect, and nobody awaits any more
                for job in self._in_flight:
                    self._fail(job, errno.ECANCELED)
            while self._waiting:
                job = self._waiting.popleft()
                self._fail(job, errno.ECANCELED)
                job.finish()
        self._wind_up()

    def _abandon(self) -> None:
        """Let go of everything in a forked child: the threads are not in it, and what completes is the parent's.

        caio's context must not even be deallocated here: it would wait for its threads.
        """
        import ctypes

        self.is_closed = True
        self._in_flight.clear()
        self._waiting.clear()
        if self._caio is not None:
            ctypes.pythonapi.Py_IncRef(ctypes.py_object(self._caio))
            self._caio = None

    def __repr__(self) -> str:
        state = "closed" if self.is_closed else "open"
        counts = f"{len(self._in_flight)} in flight, {len(self._waiting)} waiting"
        return f"<{type(self).__name__} {self.name} {state}: {counts}>"

    # What the kinds of contexts do in their own way.

    def _hand_over(self, batch: list[Job]) -> None:
        """Give operations, which count as in flight already, to caio."""
        raise NotImplementedError

    def _error_of(self, job: Job) -> BaseException | None:
        """Tell why a completed operation failed; None if it did not."""
        raise NotImplementedError

    _calls_back_in_threads = False

    def _wake(self) -> None:
        """See that the loop collects, after a completion was noted in another thread."""
        raise NotImplementedError

    def _wind_up(self) -> None:
        """See that what is in flight when the context is closed gets collected; called again at the loop's end."""
        raise NotImplementedError

    def _give_back(self, caio: Any) -> None:
        """Let go of caio's context, with nothing in flight, in any thread."""
        raise NotImplementedError

    # What they share.

    def _start(self, operation: Any, on_complete: Callable[[], None] | None) -> asyncio.Future[Any]:
        if self.is_closed:
            raise RuntimeError(f"the {self.name} context is closed")
        job = Job(self, operation, self.loop.create_future(), on_complete)
        self._waiting.append(job)
        if len(self._waiting) >= BATCH and len(self._in_flight) < self.max_requests:
            self._submit()
        else:
            self._schedule()
        return job.future

    def _schedule(self, delay: float = 0) -> None:
        """Submit later, with what else the loop's turn brings, in one system call."""
        if not self._is_scheduled:
            self._is_scheduled = True
            if delay:
                self.loop.call_later(delay, self._submit)
            else:
                self.loop.call_soon(self._submit)

    def _submit(self) -> None:
        """Hand over what waits, as far as there is room."""
        self._is_scheduled = False
        batch: list[Job] = []
        while self._waiting and len(self._in_flight) < self.max_requests:
            job = self._waiting.popleft()
            if job.future.done():  # cancelled before it began
                job.finish()
                continue
            self._in_flight.add(job)
            job.operation.set_callback(job.notice)
            batch.append(job)
        if batch:
            self._hand_over(batch)

    def _submit_again(self, batch: list[Job]) -> None:
        """Put operations back that caio has not taken, for want of room."""
        self._in_flight.difference_update(batch)
        self._waiting.extendleft(reversed(batch))
        self._schedule(RETRY_S)

    def _refuse(self, job: Job, number: int) -> None:
        """End an operation that caio has not taken, or never will."""
        self._in_flight.discard(job)
        self._fail(job, number)
        job.finish()

    def _fail(self, job: Job, number: int) -> None:
        if not job.future.done() and not self.loop.is_closed():
            job.future.set_exception(OSError(number, os.strerror(number)))

    def _collect(self) -> None:
        """Deliver what has completed; go on with what waits, or end if that was the last."""
        with self._lock:
            while self._completed:
                self._deliver(self._completed.popleft())
            caio = None
            if self.is_closed and not self._in_flight:
                caio, self._caio = self._caio, None
        if caio is not None:  # outside the lock: it may join threads that want the lock
            self._give_back(caio)
            if (anchor := self._anchor()) is not None:
                anchor.cancel()
        elif self._waiting and not self.is_closed and not self.loop.is_closed():
            self._schedule()

    def _deliver(self, job: Job) -> None:
        try:
            self._in_flight.remove(job)
        except KeyError:
            return  # refused meanwhile
        future, operation = job.future, job.operation
        if not future.done() and not self.loop.is_closed():
            error = self._error_of(job)
            if error is None:
                future.set_result(operation.get_value())
            else:
                future.set_exception(error)
        job.finish()


class _Anchor:
    """Ties a context to its loop: a timer's callback that is never called, but dropped when the loop is closed.

    Loops drop their timers in close(), both asyncio's and uvloop's. A loop that is dropped without being
    closed takes the context with it as garbage. So nothing outlives its loop, and no method of the loop is
    replaced.
    """

    __slots__ = ("_context",)

    def __init__(self, context: Context) -> None:
        self._context = context

    def __call__(self) -> None:
        pass

    def __del__(self) -> None:
        self._context.close()


def create_context(
    max_requests: int = MAX_REQUESTS,
    *,
    backend: str | None = None,
    loop: asyncio.AbstractEventLoop | None = None,
    sqpoll: bool = False,
) -> Context:
    """Make a context of the named backend, or of the best that works, which is the loop's default from then on.

    Args:
        max_requests: operations in flight at once, 1 to 32767.
        backend: its name; "auto" takes the first of AUTO_ORDER that works. None does, too, and makes the context
            the one that the loop's files use unless they name another.
        loop: the event loop; None means the running one, and where none runs, the one that is set.
        sqpoll: uring only: let a kernel thread poll for work. It takes a whole core at 20 reads a second.

    Raises:
        BackendUnavailable: the named backend does not work here, and why.
        ValueError: no such backend, or max_requests is out of range.
        RuntimeError: no loop is given, none runs and none is set.
    """
    if not 0 < max_requests < 1 << 15:
        raise ValueError(f"max_requests must be from 1 to 32767, not {max_requests}")
    loop = loop or running_loop() or _loop_that_is_set()
    if loop.is_closed():
        raise RuntimeError("the event loop is closed")
    if backend is not None and backend != "auto":
        return _create(backend, loop, max_requests, sqpoll)
    context = _create_best(loop, max_requests, sqpoll)
    if backend is None:
        DEFAULT_CONTEXT_STORE.setdefault(loop, {})["auto"] = weakref.ref(context)
    return context


def _loop_that_is_set() -> asyncio.AbstractEventLoop:
    import asyncio
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("error", DeprecationWarning)  # what some versions say before they make one
        try:
            return asyncio.get_event_loop()
        except DeprecationWarning:
            raise RuntimeError("no event loop is given, running or set") from None


def _create_best(loop: asyncio.AbstractEventLoop, max_requests: int, sqpoll: bool) -> Context:
    reasons = []
    for candidate in backends.AUTO_ORDER:
        try:
            return _create(candidate, loop, max_requests, sqpoll)
        except BackendUnavailable as error:
            reasons.append(str(error))
    raise BackendUnavailable("no backend works here: " + "; ".join(reasons))


DEFAULT_CONTEXT_STORE: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, dict[str, weakref.ref[Context]]]
DEFAULT_CONTEXT_STORE = weakref.WeakKeyDictionary()
"""The contexts of each loop, by backend. Weak, because a context refers to its loop; the loop holds them (_Anchor)."""


def get_default_context(name: str | None = None) -> Context:
    """Get the running loop's context of a backend: made on first need, gone with the loop.

    Args:
        name: a backend; None means the one that CAIO_IMPL names, or else the best that works, as "auto" does.

    Raises:
        BackendUnavailable: the named backend does not work here, and why.
        RuntimeError: no loop runs.
    """
    import asyncio

    loop = asyncio.get_running_loop()
    name = name or backends.preferred_name() or "auto"
    contexts = DEFAULT_CONTEXT_STORE.setdefault(loop, {})
    reference = contexts.get(name)
    context = reference() if reference is not None else None
    if context is None or context.is_closed:
        context = create_context(backend=name, loop=loop)
        contexts[name] = contexts[context.name] = weakref.ref(context)
    return context


def _create(name: str, loop: asyncio.AbstractEventLoop, max_requests: int, sqpoll: bool) -> Context:
    module = backends.load(name)
    options = {"sqpoll": True} if sqpoll and name == "uring" else {}
    try:
        return _kind(name)(name, module, loop, max_requests, **options)
    except (SystemError, OSError) as error:  # caio's C code raises SystemError(errno, text)
        number = error.args[0] if error.args and isinstance(error.args[0], int) else errno.EIO
        raise backends.refusal(name, backends.explain(name, number)) from error
    except RuntimeError as error:  # no more threads
        raise backends.refusal(name, str(error)) from error


def _kind(name: str) -> type[Context]:
    from aiocli.core import polled, pooled

    kinds: dict[str, type[Context]] = {
        "uring": polled.UringContext,
        "linux": polled.LinuxContext,
        "thread": pooled.ThreadContext,
        "python": pooled.PythonContext,
    }
    return kinds[name]


def _check_range(nbytes: int, offset: int) -> None:
    """Refuse what the backends take differently: uring reads at the file offset when given -1."""
    if nbytes < 0 or not 0 <= offset <= _MAX_OFFSET:
        raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
