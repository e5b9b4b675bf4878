"""Copies through a named caio context: reads in flight ahead, writes in order behind them.

A named backend binds the ends that are regular files; a pipe, terminal or socket end goes by a thread, because
caio's thread and python backends answer "Illegal seek" there.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from aiocli.core.errors import OutputError
from aiocli.core.loop import wait_for_loop
from aiocli.engines.copy.job import CONTEXT_CHUNK_BYTES

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
        # Imported only where a backend is named: a small file is copied before these are loaded.
        from aiocli.core.context import get_default_context
        from aiocli.engines.source import read_ahead

        context = get_default_context(job.backend)
        chunk_size = job.chunk_size or CONTEXT_CHUNK_BYTES
        chunks = (
            read_ahead(
                job.src,
                context,
                job.pieces(chunk_size),
                read_on=chunk_size if job.end is None else 0,
                depth=job.depth,
            )
            if job.src.is_regular
            else _read_stream(job, chunk_size)
        )
        end = job.src.offset or 0
        async for offset, data in chunks:
            await _write(job, context, offset, data)
            job.count(len(data))
            end = offset + len(data)
        if job.src.is_regular:
            job.end_at(max(end, job.known_end) if job.keeps_holes else end)
        elif job.dst.offset is not None and not job.dst.is_append:
            os.lseek(job.dst.fd, job.dst.offset + job.moved, os.SEEK_SET)


async def _read_stream(job: CopyJob, chunk_size: int) -> AsyncIterator[tuple[int, bytes]]:
    """Yield (offset, bytes) of what cannot seek, as it comes."""
    from aiocli.core.threads import in_thread

    offset = 0
    while data := await in_thread(job.src.read, job.room(chunk_size)):
        yield offset, data
        offset += len(data)


async def _write(job: CopyJob, context: core_context.Context, offset: int, data: bytes) -> None:
    if not job.dst.is_regular:
        from aiocli.core.threads import in_thread

        await in_thread(job.dst.write_all, data)
        return
    target = job.dst_offset(offset)
    try:
        while data:
            written = await context.write(data, job.dst.fd, target)
            data, target = data[written:], target + written
    except OSError as error:
        raise OutputError(error, job.dst.name) from error
