"""Data that are looked at on their way: one reader, one writer and each digest at the same blocks at a time."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from aiocli.core.dontcache import Dontcache, drop
from aiocli.core.errors import NoThreads
from aiocli.engines.copy.job import CHUNK_BYTES

if TYPE_CHECKING:
    from aiocli.engines.copy.job import CopyJob

MIN_BYTES = 4 * 1024 * 1024
"""Below this, starting threads costs more than they gain."""

THREADS_CHUNK_BYTES = 1024 * 1024
"""Bytes of one block of the threads: with SHA-256, 0.9 of the time of CHUNK_BYTES on tmpfs, the same on ext4."""

DROPPED_BYTES = 64 * 1024 * 1024
"""Written bytes after which what is on the device is dropped from the page cache, and the rest begun to be written."""


class Pipelined:
    """preadv and pwrite in order, with whoever wants to see the data in between."""

    name = "pipelined"

    def refuses(self, job: CopyJob) -> str | None:
        """Refuse all copies that nobody looks at, and that need not spare the page cache."""
        if job.tap is None and not job.leaves_cache:
            return "nothing is to be made of the data"
        return None

    async def move(self, job: CopyJob) -> None:
        """Copy with threads what is large, and everything else here."""
        # A pipe may hold a thread in write(2) for ever, and whoever is to stop would wait for that.
        is_large = job.src.is_regular and job.dst.is_regular and job.known_end - (job.src.offset or 0) >= MIN_BYTES
        chunk_size = job.chunk_size or (THREADS_CHUNK_BYTES if is_large else CHUNK_BYTES)
        reader, writer = BlockReader(job, chunk_size), BlockWriter(job)
        if not (is_large and await _move_with_threads(job, reader, writer)):
            buffer = memoryview(bytearray(chunk_size))
            while (block := await job.offload(reader.read, buffer)) is not None:
                offset, nbytes = block
                if job.tap is not None:
                    job.tap.take(offset, buffer[:nbytes])
                await job.offload(writer.write, offset, buffer[:nbytes])
                job.count(nbytes)
        if job.tap is not None:
            job.tap.finish(reader.end)
        job.end_at(reader.end)


async def _move_with_threads(job: CopyJob, reader: BlockReader, writer: BlockWriter) -> bool:
    """Copy; False if there are no threads to be had, and nothing is copied."""
    from aiocli.engines.copy.pipeline import Pipeline

    try:
        await job.offload(Pipeline(job, reader, writer).run)
    except NoThreads:
        return False
    return True


class BlockReader:
    """Reads a job's source block by block: its pieces, and what has come behind them since its size was read.

    Args:
        job: what is copied.
        chunk_size: bytes of a block.

    Attributes:
        chunk_size: of a block, in bytes.
        end: offset behind all that was read; once `read` has returned None, that of the source.
    """

    def __init__(self, job: CopyJob, chunk_size: int) -> None:
        self.chunk_size = chunk_size
        self.end = job.src.offset or 0
        self._job = job
        self._pieces = job.pieces(chunk_size) if job.src.is_regular else iter(())
        self._dontcache = Dontcache() if job.leaves_cache and job.src.is_regular else None
        self._piece: tuple[int, int] | None = None

    def read(self, buffer: memoryview) -> tuple[int, int] | None:
        """Read the next block into a buffer of a chunk's size.

        Returns:
            Its offset and bytes; None at the end.

        Raises:
            OSError: with the source's name.
        """
        offset, nbytes = self._next()
        try:
            got = self._readinto(buffer[:nbytes], offset) if nbytes else 0
        except OSError as error:
            error.filename = self._job.src.name
            raise
        if got == 0:
            self._pieces, self._piece = iter(()), None
            if self._job.src.is_regular:  # it may have become shorter, in a hole that nobody has read
                self.end = max(self.end, min(offset, os.fstat(self._job.src.fd).st_size))
            return None
        self._piece = (offset + got, nbytes - got) if got < nbytes else None
        self.end = offset + got
        return offset, got

    def _next(self) -> tuple[int, int]:
        """Tell where to read and how much: the rest of a piece, the next one, or behind all of them."""
        job = self._job
        piece = self._piece or next(self._pieces, None)
        if piece is not None:
            return piece
        # Behind a hole at the end, too.
        return max(self.end, job.known_end) if job.src.is_regular else self.end, job.room(self.chunk_size)

    def _readinto(self, buffer: memoryview, offset: int) -> int:
        fd = self._job.src.fd
        if self._dontcache is not None:
            return self._dontcache.readinto(fd, buffer, offset)
        if self._job.src.is_regular:
            return os.preadv(fd, [buffer], offset)
        return os.readv(fd, [buffer])


class BlockWriter:
    """Writes blocks to a job's target."""

    def __init__(self, job: CopyJob) -> None:
        self._job = job
        self._dontcache = Dontcache() if job.leaves_cache and job.dst.is_regular else None
        self._first = job.dst.size if job.dst.is_append else job.dst.offset or 0  # what is before it stays as it is
        self._undropped = 0

    def write(self, offset: int, data: memoryview) -> None:
        """Write a block where its offset in the source says.

        Raises:
            OutputError: some of it may be written.
        """
        if self._dontcache is None:
            self._job.write_at(offset, data)
            return
        self._job.write_at(offset, data, self._dontcache.write)
        self._undropped += len(data)
        if self._undropped >= DROPPED_BYTES:
            self._undropped = 0
            drop(self._job.dst.fd, self._first)
