"""A pool of processes for units of work on many files, over fork and socket pairs.

Much cheaper than concurrent.futures.ProcessPoolExecutor (a tree of small files: 0.7 of GNU cp against 1.2), with
the same interface. For commands only, which own their process: the library never forks by itself. Not for
passing data: units carry names and options, results are small.

Facts of fork(2), unix(7) and prctl(2) that this relies on:

- Only the thread that forks goes on in the child. A lock held by another thread stays held there for ever, hence
  no threads (and no event loop, whose descriptors both would share) when the workers are made.
- A socket reports the end of file once no process has the other end open any more. Each worker therefore closes
  the parent's ends that it inherited, and the parent the workers' ends.
- PR_SET_PDEATHSIG kills a worker that is at work when the parent dies; one that waits would see the end of file.
  The signal is lost if the parent died before the call: getppid tells.
"""

from __future__ import annotations

import ctypes
import os
import pickle
import signal
import socket
import sys
import threading
import traceback
from concurrent.futures import BrokenExecutor, Executor, Future
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple, ParamSpec, TypeVar

from aiocli.core.loop import has_loop

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

P = ParamSpec("P")
T = TypeVar("T")

_PR_SET_PDEATHSIG = 1
_LENGTH_BYTES = 8
_ENDING_SIGNALS = (signal.SIGTERM, signal.SIGHUP)
_HANDLED_SIGNALS = (signal.SIGINT, signal.SIGUSR1, *_ENDING_SIGNALS)
"""The signals for which a command has handlers."""


class BrokenPool(BrokenExecutor):
    """A worker died: of the unit it had, nobody knows how much is done."""


class _Unit(NamedTuple):
    future: Future[Any]
    message: bytes


class ForkPool(Executor):
    """Run picklable functions in worker processes, forked here and now.

    Workers share the standard streams, ignore SIGINT (the parent decides what Ctrl-C means) and end when the
    parent does, whatever it dies of, also in the middle of a unit. Leaving the `with` block by an exception
    cancels the units that have not begun.

    Attributes:
        pids: the process ids of the workers.

    Raises:
        RuntimeError: there are threads, or an event loop runs.
        OSError: fork or socketpair failed; no worker is left behind.
    """

    def __init__(self, nworkers: int) -> None:
        if threading.active_count() != 1 or has_loop():
            raise RuntimeError("make a ForkPool before there are threads or an event loop")
        self._units: SimpleQueue[_Unit | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._is_shut_down = False
        workers = _fork_workers(nworkers)
        self.pids = tuple(pid for pid, _ in workers)
        self._nalive = len(workers)
        self._feeders = [threading.Thread(target=self._feed, args=worker, daemon=True) for worker in workers]
        for feeder in self._feeders:
            feeder.start()

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Have a worker call a function; units begin in the order they were given.

        Returns:
            Its result or exception, the latter with the worker's traceback as a note; BrokenPool if its worker
            died or none is left.

        Raises:
            RuntimeError: the pool was shut down.
            BrokenPool: no worker is left.
            pickle.PicklingError, TypeError, AttributeError: the function or an argument cannot be pickled.
        """
        unit = _Unit(Future(), pickle.dumps((fn, args, kwargs), pickle.HIGHEST_PROTOCOL))
        with self._lock:
            if self._is_shut_down:
                raise RuntimeError("the pool was shut down")
            if not self._nalive:
                raise BrokenPool("no worker is left")
            self._units.put(unit)
        return unit.future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Take no more units, and end each worker when nothing is left to do.

        Args:
            wait: return only when all workers have ended. If not, units that are pending when the program ends
                are never done.
            cancel_futures: cancel the units that have not begun.
        """
        with self._lock:
            self._is_shut_down = True
        if cancel_futures:
            for unit in self._drain():
                unit.future.cancel()
        for _ in self._feeders:
            self._units.put(None)
        if wait:
            for feeder in self._feeders:
                feeder.join()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Shut down and wait; after an exception without doing what has not begun."""
        self.shutdown(wait=True, cancel_futures=kind is not None)

    def _drain(self) -> list[_Unit]:
        units: list[_Unit] = []
        while True:
            try:
                unit = self._units.get_nowait()
            except Empty:
                return units
            if unit is not None:
                units.append(unit)

    def _feed(self, pid: int, worker: socket.socket) -> None:
        """Give one worker unit after unit: the body of its thread."""
        with worker, worker.makefile("rb") as answers:
            while (unit := self._units.get()) is not None:
                if not unit.future.set_running_or_notify_cancel():
                    continue
                try:
                    _send(worker, unit.message)
                    answer = _receive(answers)
                except OSError:  # the worker is gone: EPIPE, ECONNRESET
                    answer = None
                if answer is None:
                    unit.future.set_exception(BrokenPool(f"worker process {pid} died"))
                    break
                _settle(unit.future, answer)
        with suppress(ChildProcessError):  # someone else has waited, or SIGCHLD is ignored
            os.waitpid(pid, 0)
        with self._lock:
            self._nalive -= 1
            orphans = [] if self._nalive else self._drain()
        for unit in orphans:
            if unit.future.set_running_or_notify_cancel():
                unit.future.set_exception(BrokenPool("no worker is left"))


def _settle(future: Future[Any], answer: bytes) -> None:
    try:
        is_result, value = pickle.loads(answer)
    except BaseException as error:  # its class may raise anything, and whoever waits must learn of it
        is_result, value = False, error
    if is_result:
        future.set_result(value)
    else:
        future.set_exception(value)


def _fork_workers(nworkers: int) -> list[tuple[int, socket.socket]]:
    """Fork workers; return their process ids and our ends of their sockets."""
    workers: list[tuple[int, socket.socket]] = []
    parent = os.getpid()
    # The parent's handlers must not run in a worker before it has its own.
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, _HANDLED_SIGNALS)
    try:
        for _ in range(nworkers):
            ours, theirs = socket.socketpair()
            workers.append((_fork_worker(parent, ours, theirs, [end for _, end in workers], mask), ours))
    except OSError:
        for pid, end in workers:
            end.close()
            os.waitpid(pid, 0)
        raise
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
    return workers


def _fork_worker(
    parent: int,
    ours: socket.socket,
    theirs: socket.socket,
    others: list[socket.socket],
    mask: set[int | signal.Signals],
) -> int:
    with theirs:
        try:
            pid = os.fork()
        except OSError:
            ours.close()
            raise
        if pid == 0:
            try:
                for end in (ours, *others):
                    end.close()
                _take_signals(mask)
                if os.getppid() == parent:
                    _work(theirs)
            finally:  # whatever happened: nothing of the parent's may run here, no finally, no atexit
                os._exit(0)
    return pid


def _take_signals(mask: set[int | signal.Signals]) -> None:
    """Set what the signals do to a worker; those that nohup and the like had ignored stay so."""
    for number in _HANDLED_SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL if number in _ENDING_SIGNALS else signal.SIG_IGN)
    signal.set_wakeup_fd(-1)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    signal.pthread_sigmask(signal.SIG_SETMASK, mask)


def _work(parent: socket.socket) -> None:
    """Answer unit after unit until the parent closes its end."""
    with parent.makefile("rb") as units:
        while (message := _receive(units)) is not None:
            _send(parent, _answer(message))


def _answer(message: bytes) -> bytes:
    """Do a unit; return what is to be sent back: (True, result) or (False, exception), pickled."""
    try:
        function, args, kwargs = pickle.loads(message)
        return pickle.dumps((True, function(*args, **kwargs)), pickle.HIGHEST_PROTOCOL)
    except BaseException as error:  # whatever a unit raises is its answer, as in concurrent.futures
        error.add_note(f"in worker process {os.getpid()}:\n{traceback.format_exc()}")
        return _exception_answer(error)


def _exception_answer(error: BaseException) -> bytes:
    try:
        answer = pickle.dumps((False, error), pickle.HIGHEST_PROTOCOL)
        pickle.loads(answer)  # many can be pickled but not made again from their args
    except BaseException:  # its methods may raise anything
        return pickle.dumps((False, RuntimeError(f"{type(error).__name__}: {error}")))
    return answer


def _send(end: socket.socket, message: bytes) -> None:
    end.sendall(len(message).to_bytes(_LENGTH_BYTES, "big") + message)


def _receive(end: BinaryIO) -> bytes | None:
    """Wait for a message; None at the end of the stream, also in the middle of one."""
    head = end.read(_LENGTH_BYTES)
    length = int.from_bytes(head, "big")
    message = end.read(length)
    return message if len(head) == _LENGTH_BYTES and len(message) == length else None
