"""Threads that share one job: started together, counted from the caller's thread, stopped by the first error."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from aiocli.core.threads import start_thread

if TYPE_CHECKING:
    from collections.abc import Callable

_REPORT_INTERVAL_S = 0.05


class Team:
    """A number of threads that call `work`; for subclasses.

    Attributes:
        done: bytes that each thread has done.
        lock: guards what subclasses share between threads.
        is_stopping: threads are to end after what they are at.
    """

    def __init__(self, size: int, count: Callable[[int], None]) -> None:
        """Prepare threads.

        Args:
            size: how many.
            count: told of bytes done, in the thread that calls `run`.
        """
        self.done = [0] * size
        self.lock = threading.Lock()
        self.is_stopping = False
        self._count = count
        self._start = threading.Event()  # no thread begins before all are there
        self._error: BaseException | None = None

    def work(self, number: int) -> None:
        """Do a thread's share; adds to self.done[number], ends when is_stopping is set."""
        raise NotImplementedError

    def run(self) -> None:
        """Run the threads to their end; blocks. An exception in between (Ctrl-C) stops them first.

        Raises:
            NoThreads: not all of them can be had.
            BaseException: what the first thread that failed has raised, mostly OSError.
        """
        threads = [
            threading.Thread(target=self._run_one, args=(number,), daemon=True, name=f"aio-team-{number}")
            for number in range(len(self.done))
        ]
        counted = 0
        try:
            for thread in threads:
                start_thread(thread)
            self._start.set()
            for thread in threads:
                while thread.is_alive():
                    thread.join(_REPORT_INTERVAL_S)
                    counted = self._tell(counted)
        finally:
            self.is_stopping = True
            self._start.set()
            for thread in threads:
                if thread.ident is not None:  # it uses descriptors that the caller closes next
                    thread.join()
        self._tell(counted)
        if self._error is not None:
            raise self._error

    def _tell(self, counted: int) -> int:
        total = sum(self.done)
        if total > counted:
            self._count(total - counted)
        return total

    def _run_one(self, number: int) -> None:
        self._start.wait()
        if self.is_stopping:
            return
        try:
            self.work(number)
        except BaseException as error:  # whatever it is, `run` raises it: work must not be lost in silence
            with self.lock:
                self._error = self._error or error
            self.is_stopping = True
