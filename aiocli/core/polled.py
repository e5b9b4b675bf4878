"""Contexts whose completions an eventfd announces: io_uring and libaio."""

from __future__ import annotations

import contextlib
import errno
import os
import threading
from typing import TYPE_CHECKING, Any

from aiocli.core.context import RETRY_S, Context

if TYPE_CHECKING:
    import asyncio

    from aiocli.core.context import Job

_EVENTS = 512  # what caio's process_events takes at once


class _PolledContext(Context):
    """What io_uring and libaio have in common."""

    def __init__(
        self, name: str, module: Any, loop: asyncio.AbstractEventLoop, max_requests: int, **options: Any
    ) -> None:
        super().__init__(name, module, loop, max_requests, **options)
        self._is_reaped = False
        loop.add_reader(self._caio.fileno, self._on_event)

    def _on_event(self) -> None:
        """Collect what has completed; called by the loop."""
        if self._caio is None:
            return
        # The counter may be read as zero although completions are there: then they are taken all the same.
        with contextlib.suppress(BlockingIOError):
            self._caio.poll()
        while self._process(0) == _EVENTS:
            pass
        self._collect()

    def _process(self, least: int) -> int:
        """Take completions from the kernel, waiting for the given number; how many there were."""
        while True:
            try:
                return int(self._caio.process_events(_EVENTS, least, -1 if least else 0))
            except SystemError as error:
                if _errno_of(error) != errno.EINTR:
                    raise

    def _wind_up(self) -> None:
        if self._in_flight and self.loop.is_closed() and not self._is_reaped:
            # No loop announces the last completions, and the kernel still writes into their buffers.
            self._is_reaped = True
            with contextlib.suppress(RuntimeError):  # the interpreter ends: so does all this
                threading.Thread(target=self._reap, name="aio-reap", daemon=True).start()
        elif not self._is_reaped:
            self._collect()

    def _reap(self) -> None:
        while self._in_flight:
            self._process(1)
            self._collect()

    def _give_back(self, caio: Any) -> None:
        if not self.loop.is_closed():
            self.loop.remove_reader(caio.fileno)
        # Dropping the last reference closes the ring and the eventfd.


class UringContext(_PolledContext):
    """io_uring: operations are staged in the ring and submitted by one system call a turn of the loop."""

    def __init__(
        self, name: str, module: Any, loop: asyncio.AbstractEventLoop, max_requests: int, **options: Any
    ) -> None:
        self._staged: list[Job] = []
        super().__init__(name, module, loop, max_requests, **options)

    def _hand_over(self, batch: list[Job]) -> None:
        # The ring has more entries than max_requests, so that it is never full here.
        self._caio.submit(*[job.operation for job in batch])
        self._staged += batch
        self._flush()

    def _flush(self) -> None:
        """Submit what is staged, and collect what completed at once (reads from the page cache do)."""
        if self._caio is None:
            return
        try:
            self._caio.flush()
        except SystemError as error:
            number = _errno_of(error)
            if number in (errno.EINTR, errno.EAGAIN, errno.EBUSY):
                # EBUSY: completions must be taken before the kernel accepts more. The staged ones stay
                # staged.
                self._process(0)
                self.loop.call_later(RETRY_S, self._flush)
            else:
                self._give_up(number)
        else:
            self._staged.clear()
        self._collect()

    def _give_up(self, number: int) -> None:
        """Fail what is staged and can be neither submitted nor withdrawn, and close."""
        # If the kernel has taken some all the same: it holds the file itself, caio holds the buffer.
        staged, self._staged = self._staged, []
        for job in staged:
            if job in self._in_flight:
                self._refuse(job, number)
        self.close()

    def _error_of(self, job: Job) -> BaseException | None:
        return _os_error(-job.result) if job.result is not None and job.result < 0 else None


class LinuxContext(_PolledContext):
    """libaio: io_submit does buffered operations itself, and tells some errors at once."""

    def _hand_over(self, batch: list[Job]) -> None:
        while batch:
            try:
                accepted = self._caio.submit(*[job.operation for job in batch])
            except (ValueError, OverflowError, SystemError) as error:
                # The error is the first operation's; none was taken.
                number = _submit_errno(error)
                if number == errno.EINTR:
                    continue
                if number == errno.EAGAIN:
                    self._submit_again(batch)
                    return
                self._refuse(batch[0], number)
                accepted = 1
            if not accepted:
                self._submit_again(batch)
                return
            batch = batch[accepted:]

    def _error_of(self, job: Job) -> BaseException | None:
        result = job.result or 0
        return _os_error((1 << 64) - result) if result >= 1 << 63 else None  # a negative number as unsigned


def _os_error(number: int) -> OSError:
    return OSError(number, os.strerror(number))


def _errno_of(error: SystemError) -> int:
    """Read the errno of a SystemError of caio's C code: SystemError(errno, text)."""
    return error.args[0] if error.args and isinstance(error.args[0], int) else errno.EIO


def _submit_errno(error: ValueError | OverflowError | SystemError) -> int:
    """Read the errno of what libaio's submit raises."""
    return caio_errno(error) or errno.EINVAL


def caio_errno(error: BaseException) -> int | None:
    """Read the errno of what caio raises instead of OSError; None if it has none.

    It is an argument of a SystemError, or in brackets in the text, or the text is the system's for it.
    """
    for number in errno.errorcode:
        if str(error) == os.strerror(number):
            return number
    if isinstance(error, SystemError):
        return _errno_of(error)
    numbers = (errno.EBADF, errno.EFAULT, errno.EAGAIN, errno.EINVAL)
    return next((number for number in numbers if f"[{errno.errorcode[number]}]" in str(error)), None)
