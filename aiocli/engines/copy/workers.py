"""The threads of the overlapped strategy; a module of its own, because small copies need no threading."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from aiocli.core.filesystem import is_rotational
from aiocli.core.pagecache import is_cached
from aiocli.engines.team import Team

if TYPE_CHECKING:
    from aiocli.engines.copy.job import CopyJob

THREADS = 2
"""Writers of one file wait for its inode lock: one more reader gains, one more writer does not."""

ROTATIONAL_THREADS = 1
"""A disk that turns reads best what lies one behind the other."""

CHUNK_BYTES = 128 * 1024
"""Bytes of one read and write: 1 GiB took 0.84 of GNU cp's time, with 64 KiB 0.94, 192 KiB 0.96, 256 KiB 1.03 (medians
of 9 runs by turns). With 1 MiB it is as fast on fresh memory, but 2.5 where much of it is in use, because the kernel
then searches long for pages large enough for such writes."""


class Workers(Team):
    """The threads of one job and their shared list of pieces.

    Attributes:
        end: offset where the source ended: its known end, or less if it has become shorter.
    """

    def __init__(self, job: CopyJob) -> None:
        super().__init__(job.jobs or _threads_for(job), job.count)
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
            self.job.write_at(offset + done, buffer[:got])
            done += got
        return done

    def _end_at(self, offset: int) -> None:
        with self.lock:
            self.end = min(self.end, offset)
            self.is_stopping = True


def _threads_for(job: CopyJob) -> int:
    """Choose the number of threads by what the source lies on."""
    if is_rotational(job.src.device) and not is_cached(job.src.fd, job.src.offset or 0):
        return ROTATIONAL_THREADS
    return THREADS
