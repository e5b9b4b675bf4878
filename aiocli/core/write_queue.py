"""Writes of one file that go to a thread together: what auto does, as long as it is the fastest way.

The kernel has no way to write to the page cache of ext4 without waiting, so io_uring hands each write to a worker
thread of its own, which costs more than the write. Here all that wait for a file go out in one call of one thread,
in their order: 118 000 writes of 4 KiB a second, 64 at once, with 1.0 CPU, against 75 000 with 1.7 CPUs (benchmark
write-4k); and one at a time 45 to 68 us each against 70 to 75.

A thread of Python competes for the interpreter's lock, which a busy loop gives away rarely, and it has one write on
the device at a time. Both show as slow writes: then the file's writes go through the loop's context for a while.
"""

from __future__ import annotations

import contextlib
import errno
import os
from time import monotonic
from typing import TYPE_CHECKING

from aiocli.core.threads import start

if TYPE_CHECKING:
    import asyncio

    from aiocli.core.descriptor import Descriptor

SLOW_S = 0.0005
"""Seconds for one write, and for each MiB of it, that are slow; an idle machine takes a hundredth to a half of that."""

PASSES = 256
"""Writes that go another way after slow ones."""


class WriteQueue:
    """The writes of one file from one loop.

    Attributes:
        loop: whose tasks wait.
        passes: so many writes shall go another way; counted down by whoever sends them there.
    """

    def __init__(self, descriptor: Descriptor, loop: asyncio.AbstractEventLoop) -> None:
        """Make an empty queue; the descriptor is kept open while it has writes."""
        self.loop = loop
        self.passes = 0
        self._descriptor = descriptor
        self._waiting: list[_Write] = []
        self._is_scheduled = False

    def write(self, payload: bytes, offset: int) -> asyncio.Future[int]:
        """Write at an offset (at the end, if the descriptor is O_APPEND); the count of bytes, perhaps fewer.

        Raises:
            OSError: with errno, without file name; EAGAIN if there are too many threads.

        Cancellation: what has not begun never does; the payload is kept until it is over.
        """
        write = _Write(payload, offset, self.loop.create_future())
        self._descriptor.begin()
        self._waiting.append(write)
        if not self._is_scheduled:
            self._is_scheduled = True
            self.loop.call_soon(self._hand_over)
        return write.future

    def __del__(self) -> None:
        """Let go of what a loop that was closed has never handed over."""
        if self._waiting:
            self._descriptor.end(len(self._waiting))

    def _hand_over(self) -> None:
        """Give a thread all that waits."""
        writes, self._waiting = self._waiting, []
        if not writes:
            self._is_scheduled = False
            return
        try:
            start(self._work, writes)
        except RuntimeError:  # there are too many threads
            for write in writes:
                write.error = OSError(errno.EAGAIN, os.strerror(errno.EAGAIN))
            self._descriptor.end(len(writes))
            self._settle(writes)

    def _work(self, writes: list[_Write]) -> None:
        """Write, in a thread."""
        fd, pwrite = self._descriptor.fd, os.pwrite
        began = monotonic()
        nbytes = 0
        for write in writes:
            if write.future.cancelled():
                continue
            nbytes += len(write.payload)
            try:
                write.written = pwrite(fd, write.payload, write.offset)
            except OSError as error:
                write.error = error
        if monotonic() - began > SLOW_S * (len(writes) + (nbytes >> 20)):
            self.passes = PASSES
        self._descriptor.end(len(writes))
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            self.loop.call_soon_threadsafe(self._settle, writes)

    def _settle(self, writes: list[_Write]) -> None:
        for write in writes:
            if write.future.done():
                continue
            if write.error is None:
                write.future.set_result(write.written)
            else:
                write.future.set_exception(write.error)
        # Behind the tasks that were just woken up: what they write next goes along.
        self.loop.call_soon(self._hand_over)


class _Write:
    """One write, the future of whoever waits for it, and what came of it."""

    __slots__ = ("error", "future", "offset", "payload", "written")

    def __init__(self, payload: bytes, offset: int, future: asyncio.Future[int]) -> None:
        self.payload = payload
        self.offset = offset
        self.future = future
        self.written = 0
        self.error: OSError | None = None
