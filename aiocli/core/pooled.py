"""Contexts whose operations run in pools of threads: caio's own in C, and multiprocessing's in Python."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING, Any

from aiocli.core.context import Context

if TYPE_CHECKING:
    from aiocli.core.context import Job


class _PooledContext(Context):
    """What the two pools have in common: completions come in other threads, one wake-up for many of them."""

    _calls_back_in_threads = True
    _is_waking = False

    def _hand_over(self, batch: list[Job]) -> None:
        for job in batch:
            try:
                self._caio.submit(job.operation)
            except RuntimeError:  # the pool takes no more: full, or shut down by a signal to its threads
                self._refuse(job, errno.EAGAIN)

    def _wake(self) -> None:
        # The job is noted before the flag is looked at, which _on_wake clears before it looks at the jobs: none
        # is missed.
        if self._is_waking:
            return
        self._is_waking = True
        try:
            self.loop.call_soon_threadsafe(self._on_wake)
        except RuntimeError:  # the loop is closed: this thread does what is left
            self._is_waking = False
            self._collect()

    def _on_wake(self) -> None:
        self._is_waking = False
        self._collect()

    def _wind_up(self) -> None:
        # A wake-up that a closed loop has dropped is made up for; later ones are refused and seen in _wake.
        self._on_wake()

    def _give_back(self, caio: Any) -> None:
        caio.close()


class ThreadContext(_PooledContext):
    """Threads in C, which hold the interpreter's lock only to deliver."""

    def _error_of(self, job: Job) -> BaseException | None:
        number = job.operation.error
        return OSError(number, os.strerror(number)) if number else None


class PythonContext(_PooledContext):
    """Threads in Python; works wherever Python does."""

    def _error_of(self, job: Job) -> BaseException | None:
        error: BaseException | None = job.operation.exception
        return error
