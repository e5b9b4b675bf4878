"""Pipes, terminals, sockets and character devices: plain read and write in a thread, no offsets."""

from __future__ import annotations

import os
import select
from collections import deque
from typing import TYPE_CHECKING

from aiocli.core.access import ContextAccess
from aiocli.core.loop import wait_for_loop

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from aiocli.core.descriptor import Descriptor
    from aiocli.core.threads import Call


class StreamAccess(ContextAccess):
    """Reads in one thread at a time, which may wait for ever: nobody waits for it at exit.

    What a read brings after whoever asked has gone is kept for the next one, in whatever loop that runs.
    """

    def __init__(self, descriptor: Descriptor) -> None:
        super().__init__(descriptor)
        self._kept: deque[bytes] = deque()  # read, and not handed out; b"" is the end of file
        self._reading: Call[None] | None = None

    async def read(self, nbytes: int, offset: int) -> bytes:
        """Read what is there, waiting for the first byte. The offset means nothing.

        Cancellation: harmless; the thread goes on waiting, and what it reads is for the next one who asks.
        """
        await wait_for_loop()
        while not self._kept:
            if self._reading is None or self._reading.is_done:
                self._reading = self._begin(self._fill, nbytes)
            await self._reading.wait()
        data = self._kept.popleft()
        if len(data) > nbytes:
            self._kept.appendleft(data[nbytes:])
        return data[:nbytes]

    def keep(self, data: bytes) -> None:
        """Take back what was read and not delivered."""
        if data:
            self._kept.appendleft(data)

    def write(self, payload: bytes, offset: int) -> Awaitable[int]:
        """Write as much as goes in one call. The offset means nothing."""
        return self._call(_write, self.descriptor.fd, payload)

    async def fsync(self) -> None:
        """Try to sync; most of these refuse with EINVAL."""
        await self._call(os.fsync, self.descriptor.fd)

    async def fdsync(self) -> None:
        """Try to sync data; most of these refuse with EINVAL."""
        await self._call(os.fdatasync, self.descriptor.fd)

    def _fill(self, nbytes: int) -> None:
        self._kept.append(_read(self.descriptor.fd, nbytes))


def _read(fd: int, nbytes: int) -> bytes:
    while True:
        try:
            return os.read(fd, nbytes)
        except BlockingIOError:  # O_NONBLOCK is set, perhaps by a process that shares the other end
            _wait_until_ready(fd, select.POLLIN)


def _write(fd: int, payload: bytes) -> int:
    while True:
        try:
            return os.write(fd, payload)
        except BlockingIOError:
            _wait_until_ready(fd, select.POLLOUT)


def _wait_until_ready(fd: int, event: int) -> None:
    poll = select.poll()
    poll.register(fd, event)
    poll.poll()
