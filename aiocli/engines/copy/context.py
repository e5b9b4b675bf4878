"""Copies through a named caio context: reads in flight ahead, writes in order behind them.

A named backend binds the ends that are regular files; a pipe, terminal or socket end goes by a thread, because
caio's thread and python backends answer "Illegal seek" there.
"""

from __future__ import annotations

import os
from collections import deque
from typing import TYPE_CHECKING

from aiocli.core.context import get_default_context
from aiocli.core.errors import OutputError
from aiocli.core.loop import wait_for_loop
from aiocli.core.threads import in_thread
from aiocli.engines.copy.job import CONTEXT_CHUNK_BYTES

if TYPE_CHECKING:
    import asyncio
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
        chunks = _read_ahead(job, context) if job.src.is_regular else _read_stream(job)
        end = job.src.offset or 0
        async for offset, data in chunks:
            await _write(job, context, offset, data)
            job.count(len(data))
            end = offset + len(data)
        if job.src.is_regular:
            job.end_at(max(end, job.src.size) if job.keeps_holes else end)
        elif job.dst.offset is not None and not job.dst.is_append:
            os.lseek(job.dst.fd, job.dst.offset + job.moved, os.SEEK_SET)


async def _read_ahead(
    job: CopyJob, context: core_context.Context
) -> AsyncIterator[tuple[int, bytes]]:
    """Yield (offset, bytes) in order with job.depth reads in flight, and then what lies behind the known size."""
    import asyncio

    chunk_size = job.chunk_size or CONTEXT_CHUNK_BYTES
    pieces = job.pieces(chunk_size)
    pending: deque[tuple[int, int, asyncio.Future[bytes]]] = deque()
    end = job.src.offset or 0

    def fill() -> None:
        while len(pending) < job.depth and (piece := next(pieces, None)) is not None:
            offset, nbytes = piece
            future = asyncio.ensure_future(_read(job, context, nbytes, offset))
            pending.append((offset, nbytes, future))

    try:
        fill()
        while pending:
            offset, nbytes, future = pending.popleft()
            data = await future
            fill()
            while len(data) < nbytes:
                if not data:
                    return  # the file has become shorter
                yield offset, data
                offset, nbytes = offset + len(data), nbytes - len(data)
                data = await _read(job, context, nbytes, offset)
            yield offset, data
            end = offset + len(data)
        end = max(end, job.src.size)
        while data := await _read(job, context, chunk_size, end):
            yield end, data
            end += len(data)
    finally:
        # The reads that nobody wants any more still use the descriptor, which is not ours to keep open.
        await asyncio.gather(*(future for _, _, future in pending), return_exceptions=True)


async def _read(job: CopyJob, context: core_context.Context, nbytes: int, offset: int) -> bytes:
    try:
        return await context.read(nbytes, job.src.fd, offset)
    except OSError as error:
        error.filename = job.src.name
        raise


async def _read_stream(job: CopyJob) -> AsyncIterator[tuple[int, bytes]]:
    """Yield (offset, bytes) of what cannot seek, as it comes."""
    offset = 0
    while data := await in_thread(job.src.read, job.chunk_size or CONTEXT_CHUNK_BYTES):
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
