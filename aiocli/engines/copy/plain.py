"""Reads and writes through one buffer: always applies, and is what the other strategies are tested against."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from aiocli.engines.copy.job import CHUNK_BYTES

if TYPE_CHECKING:
    from aiocli.engines.copy.job import CopyJob


class Plain:
    """read(2) and write(2) in turn; what a slow writer sends goes on at once."""

    name = "plain"

    def refuses(self, job: CopyJob) -> str | None:
        """Refuse nothing."""
        return None

    async def move(self, job: CopyJob) -> None:
        """Copy extent by extent, then whatever lies behind the size that was known."""
        end = job.src.offset or 0
        if job.keeps_holes:
            buffer = _buffer(job)
            for offset, length in job.extents():
                job.leave_offsets_behind(offset)
                end = await self._copy(job, buffer, offset, length)
            end = job.end_behind(end)
            job.end_at(end)
            if job.end is not None:
                return
        await self.read_on(job, end)

    async def read_on(self, job: CopyJob, offset: int) -> None:
        """Copy what lies behind the file offsets, as for a file that has grown since its size was read.

        Args:
            job: what is copied.
            offset: the source's file offset; counted from where it began, if it cannot seek.
        """
        end = await self._copy(job, _buffer(job), offset, None)
        if job.seeks_zeros:
            job.end_at(end)

    async def _copy(self, job: CopyJob, buffer: memoryview, offset: int, length: int | None) -> int:
        """Copy length bytes, or up to the end of the file; return the offset behind them, or of an end before."""
        while room := job.room(len(buffer)) if length is None else min(length, len(buffer)):
            try:
                nbytes = await job.offload(os.readv, job.src.fd, [buffer[:room]])
            except OSError as error:
                error.filename = job.src.name
                raise
            if nbytes == 0:
                break
            if job.seeks_zeros:
                await job.offload(job.write_at, offset, buffer[:nbytes])
            else:
                await job.offload(job.dst.write_all, buffer[:nbytes])
            job.count(nbytes)
            offset += nbytes
            if length is not None:
                length -= nbytes
        return offset


def _buffer(job: CopyJob) -> memoryview:
    return memoryview(bytearray(job.chunk_size or CHUNK_BYTES))
