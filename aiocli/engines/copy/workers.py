"""The threads of the overlapped strategy; a module of its own, because small copies need no threading."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING

from aiocli.core.errors import OutputError

if TYPE_CHECKING:
    from aiocli.engines.copy.job import CopyJob

THREADS = 2
"""Writers of one file wait for its inode lock: one more reader gains, one more writer does not."""

CHUNK_BYTES = 1024 * 1024
"""Bytes of one read and write: as fast as 256 KiB, with a quarter of the hand-overs between the threads."""

_REPORT_INTERVAL_S = 0.05


class Workers:
    """The threads of one job, their shared list of pieces and what became of them."""

    def __init__(self, job: CopyJob) -> None:
        self.job = job
        self.chunk_size = job.chunk_size or CHUNK_BYTES
        self.pieces = job.pieces(self.chunk_size)
        self.lock = threading.Lock()
        self.moved = [0] * THREADS
        self.end = job.known_end  # of the source, as met while reading
        self.error: OSError | None = None
        self.is_stopping = False

    def run(self) -> int:
        """Copy all pieces and return the source's end; blocks.

        Raises:
            OSError: of the first thread that failed.
        """
        threads = [
            threading.Thread(target=self._work, args=(number,), daemon=True, name=f"aio-copy-{number}")
            for number in range(THREADS)
        ]
        counted = 0
        try:
            for thread in threads:
                thread.start()
            for thread in threads:
                while thread.is_alive():
                    thread.join(_REPORT_INTERVAL_S)
                    counted += self._count(sum(self.moved) - counted)
        finally:
            self.is_stopping = True
        self._count(sum(self.moved) - counted)
        if self.error is not None:
            raise self.error
        return self.end

    def _count(self, nbytes: int) -> int:
        if nbytes:
            self.job.count(nbytes)
        return nbytes

    def _work(self, number: int) -> None:
        buffer = memoryview(bytearray(self.chunk_size))
        try:
            while (piece := self._next()) is not None:
                self.moved[number] += self._copy(buffer, *piece)
        except OSError as error:
            self.error = self.error or error
            self.is_stopping = True

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
