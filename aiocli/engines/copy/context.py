"""Copies through a named caio context: reads in flight ahead, writes in order behind them.

A named backend binds the ends that are regular files; a pipe, terminal or socket end goes by a thread, because
caio's thread and python backends answer "Illegal seek" there.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from aiocli.core.context import get_default_context
from aiocli.core.errors import OutputError
from aiocli.core.loop import wait_for_loop
from aiocli.core.threads import in_thread
from aiocli.engines.source import CONTEXT_CHUNK_BYTES, read_ahead

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from aiocli.core import context as core_context
    from aiocli.engines.copy.job import CopyJob


class Context:
    """Reads and writes of the loop's context of the named backend; no other way is taken."""

    name = "context"

    def refuses(self, job: CopyJob) -> str | None:
        """Refuse where no backend is named, or has nothing to do."""
        return None if job.is_bound else "no backend was asked for"

    async def move(self, job: CopyJob) -> None:
        """Write what the reads bring, in order."""
        await wait_for_loop()
        context = get_default_context(job.backend)
        chunk_size = job.chunk_size or CONTEXT_CHUNK_BYTES
        chunks = (
            read_ahead(job.src, context, job.pieces(chunk_size), chunk_size=chunk_size, depth=job.depth)
            if job.src.is_regular
            else _read_stream(job, chunk_size)
        )
        end = job.src.offset or 0
        async for offset, data in chunks:
            await _write(job, context, offset, data)
            job.count(len(data))
            end = offset + len(data)
        if job.src.is_regular:
            job.end_at(max(end, job.src.size) if job.keeps_holes else end)
        elif job.dst.offset is not None and not job.dst.is_append:
            os.lseek(job.dst.fd, job.dst.offset + job.moved, os.SEEK_SET)


async def _read_stream(job: CopyJob, chunk_size: int) -> AsyncIterator[tuple[int, bytes]]:
    """Yield (offset, bytes) of what cannot seek, as it comes."""
    offset = 0
    while data := await in_thread(job.src.read, chunk_size):
        yield offset, data
        offset += len(data)


async def _write(job: CopyJob, context: core_context.Context, offset: int, data: bytes) -> None:
    if not job.dst.is_regular:
        await in_thread(job.dst.write_all, data)
        return
    target = job.dst_offset(offset)
    try:
        while data:
            written = await context.write(data, job.dst.fd, target)
            data, target = data[written:], target + written
    except OSError as error:
        raise OutputError(error, job.dst.name) from error
