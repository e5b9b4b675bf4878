"""The threads of the overlapped strategy; a module of its own, because small copies need no threading."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from aiocli.core.errors import OutputError
from aiocli.engines.team import Team

if TYPE_CHECKING:
    from aiocli.engines.copy.job import CopyJob

THREADS = 2
"""Writers of one file wait for its inode lock: one more reader gains, one more writer does not."""

CHUNK_BYTES = 1024 * 1024
"""Bytes of one read and write: as fast as 256 KiB, with a quarter of the hand-overs between the threads."""


class Workers(Team):
    """The threads of one job and their shared list of pieces.

    Attributes:
        end: offset where the source ended: its known end, or less if it has become shorter.
    """

    def __init__(self, job: CopyJob) -> None:
        super().__init__(THREADS, job.count)
        self.job = job
        self.chunk_size = job.chunk_size or CHUNK_BYTES
        self.pieces = job.pieces(self.chunk_size)
        self.end = job.known_end

    def work(self, number: int) -> None:
        """Copy pieces until there are none."""
        buffer = memoryview(bytearray(self.chunk_size))
        while (piece := self._next()) is not None:
            self.done[number] += self._copy(buffer, *piece)

    def _next(self) -> tuple[int, int] | None:
        with self.lock:
            return None if self.is_stopping else next(self.pieces, None)

    def _copy(self, buffer: memoryview, offset: int, nbytes: int) -> int:
        """Copy one piece and return its bytes; fewer than asked where the file has become shorter."""
        done = 0
        while done < nbytes:
            try:
                got = os.preadv(self.job.src.fd, [buffer[: nbytes - done]], offset + done)
            except OSError as error:
                error.filename = self.job.src.name
                raise
            if got == 0:
                self._end_at(offset + done)
                break
            _write_all(self.job.dst.fd, buffer[:got], self.job.dst_offset(offset + done), self.job.dst.name)
            done += got
        return done

    def _end_at(self, offset: int) -> None:
        with self.lock:
            self.end = min(self.end, offset)
            self.is_stopping = True


def _write_all(fd: int, data: memoryview, offset: int, name: str) -> None:
    try:
        while data:
            written = os.pwrite(fd, data, offset)
            data, offset = data[written:], offset + written
    except OSError as error:
        raise OutputError(error, name) from error
