"""The threads of the pipelined strategy; a module of its own, because small copies need no threading."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from aiocli.engines.team import Team

if TYPE_CHECKING:
    from collections.abc import Callable

    from aiocli.engines.copy.job import CopyJob
    from aiocli.engines.copy.pipelined import BlockReader, BlockWriter

BLOCKS = 8
"""Blocks in memory: the reader may be so far ahead of the slowest."""

_WAKE_S = 0.1  # a thread that waits looks so often whether all are to stop


class Pipeline(Team):
    """Thread 0 reads into a ring of blocks, thread 1 writes them, each other thread shows them to one taker.

    Args:
        job: what is copied.
        reader: of its source.
        writer: of its target.
    """

    def __init__(self, job: CopyJob, reader: BlockReader, writer: BlockWriter) -> None:
        takers = job.tap.takers if job.tap is not None else ()
        users: list[Callable[[int, memoryview], None]] = [writer.write, *(taker.take for taker in takers)]
        super().__init__(1 + len(users), job.count)
        self._reader = reader
        self._users = users
        self._buffers = [memoryview(bytearray(reader.chunk_size)) for _ in range(BLOCKS)]
        self._blocks: list[tuple[int, int]] = [(0, 0)] * BLOCKS
        self._filled = 0
        self._used = [0] * len(users)
        self._is_at_end = False
        self._changed = threading.Condition(self.lock)

    def work(self, number: int) -> None:
        """Read, or use what was read, to the end."""
        if number == 0:
            self._fill()
        else:
            self._use(number)

    def _fill(self) -> None:
        while self._wait(lambda: self._filled - min(self._used) < BLOCKS):
            slot = self._filled % BLOCKS
            block = self._reader.read(self._buffers[slot])
            with self._changed:
                if block is None:
                    self._is_at_end = True
                else:
                    self._blocks[slot] = block
                    self._filled += 1
                self._changed.notify_all()
            if block is None:
                return

    def _use(self, number: int) -> None:
        user = number - 1
        use, is_writer = self._users[user], user == 0
        while self._wait(lambda: self._used[user] < self._filled or self._is_at_end):
            if self._used[user] == self._filled:
                return
            slot = self._used[user] % BLOCKS
            offset, nbytes = self._blocks[slot]
            use(offset, self._buffers[slot][:nbytes])
            if is_writer:
                self.done[number] += nbytes
            with self._changed:
                self._used[user] += 1
                self._changed.notify_all()

    def _wait(self, condition: Callable[[], bool]) -> bool:
        """Wait until a condition holds; False if all are to stop."""
        with self._changed:
            while not condition():
                if self.is_stopping:
                    return False
                self._changed.wait(_WAKE_S)
            return not self.is_stopping
