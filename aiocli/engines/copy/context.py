"""Copies through a named caio context: reads in flight ahead, writes in order behind them.

A named backend binds the ends that are regular files; a pipe, terminal or socket end goes by a thread, because
caio's thread and python backends answer "Illegal seek" there.
"""

from __future__ import annotations

from contextlib import aclosing
from functools import partial
from typing import TYPE_CHECKING

from aiocli.core.errors import OutputError
from aiocli.core.loop import wait_for_loop
from aiocli.engines.copy.job import CONTEXT_CHUNK_BYTES

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable

    from aiocli.engines.copy.job import CopyJob

    WriteAt = Callable[[CopyJob, int, bytes], Awaitable[None]]
    """(job, offset in the source, data): writes to the job's target."""


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
        from aiocli.core.threads import in_thread_or

        write = writer(job)
        end = job.src.offset or 0
        async with aclosing(await chunks(job, depth=job.depth)) as source:
            async for offset, data in source:
                if job.tap is not None:
                    await in_thread_or(job.offload, job.tap.take, offset, data)
                await write(job, offset, data)
                job.count(len(data))
                end = offset + len(data)
        end = job.end_behind(end)
        if job.tap is not None:
            await in_thread_or(job.offload, job.tap.finish, end)
        job.end_at(end)


async def chunks(job: CopyJob, *, depth: int) -> AsyncGenerator[tuple[int, bytes]]:
    """Return what yields (offset, bytes) of a job's source: through the named backend, or by threads.

    Args:
        job: what is copied.
        depth: reads in flight; of what cannot seek, there is one.

    Raises:
        BackendUnavailable: the named backend does not work here.
    """
    from aiocli.core.threads import in_thread_or
    from aiocli.engines.source import read_ahead, reader_at

    size = job.chunk_size or CONTEXT_CHUNK_BYTES
    if not job.src.is_regular:
        return _read_stream(job, size)
    read = await reader_at(job.src, backend=job.backend, offload=partial(in_thread_or, job.offload))
    return read_ahead(job.src, read, job.pieces(size), read_on=size if job.end is None else 0, depth=depth)


async def _read_stream(job: CopyJob, chunk_size: int) -> AsyncGenerator[tuple[int, bytes]]:
    """Yield (offset, bytes) of what cannot seek, as it comes."""
    from aiocli.core.threads import in_thread_or

    offset = 0
    while data := await in_thread_or(job.offload, job.src.read, job.room(chunk_size)):
        yield offset, data
        offset += len(data)


def writer(job: CopyJob) -> WriteAt:
    """Return what writes pieces to the targets of a job and of others like it; OutputError tells of the target.

    Regular files are written through the named backend's context, everything else by threads.

    Raises:
        BackendUnavailable: the named backend does not work here.
    """
    from aiocli.core.context import get_default_context
    from aiocli.core.threads import in_thread_or

    context = get_default_context(job.backend) if job.is_bound else None

    async def write(job: CopyJob, offset: int, data: bytes) -> None:
        if context is None or not job.dst.is_regular:
            await in_thread_or(job.offload, job.write_at, offset, memoryview(data))
            return
        try:
            for start, part in job.parts(offset, data):
                rest, target = part, start
                while rest:
                    written = await context.write(rest, job.dst.fd, target)
                    rest, target = rest[written:], target + written
        except OSError as error:
            raise OutputError(error, job.dst.name) from error

    return write
