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
        buffer = _buffer(job)
        if job.keeps_holes:
            for offset, length in job.extents():
                job.leave_offsets_behind(offset)
                await self._copy(job, buffer, length)
            job.end_at(job.known_end)
            if job.end is not None:
                return
        await self._copy(job, buffer, None)

    async def read_on(self, job: CopyJob) -> None:
        """Copy what lies behind the file offsets: for a file that has grown since its size was read."""
        await self._copy(job, _buffer(job), None)

    async def _copy(self, job: CopyJob, buffer: memoryview, length: int | None) -> None:
        """Copy length bytes, or up to the end of the file; less if the file ends before."""
        while room := job.room(len(buffer)) if length is None else min(length, len(buffer)):
            try:
                nbytes = await job.offload(os.readv, job.src.fd, [buffer[:room]])
            except OSError as error:
                error.filename = job.src.name
                raise
            if nbytes == 0:
                return
            await job.offload(job.dst.write_all, buffer[:nbytes])
            job.count(nbytes)
            if length is not None:
                length -= nbytes


def _buffer(job: CopyJob) -> memoryview:
    return memoryview(bytearray(job.chunk_size or CHUNK_BYTES))
