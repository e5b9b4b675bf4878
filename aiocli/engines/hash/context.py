"""The way of a named backend: all bytes come through the loop's context, and are hashed in threads."""

from __future__ import annotations

import os
from contextlib import aclosing
from typing import TYPE_CHECKING

from aiocli.core.loop import wait_for_loop
from aiocli.core.threads import in_thread_or
from aiocli.engines.copy.job import CONTEXT_CHUNK_BYTES, DEPTH
from aiocli.engines.hash.holes import feed_zeros, run_at
from aiocli.engines.hash.storage import one_reader_reason
from aiocli.engines.source import read_ahead, reader_at

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterator, Sequence

    from aiocli.core.endpoint import Endpoint
    from aiocli.engines.hash.algorithms import Hasher
    from aiocli.engines.hash.job import HashJob


async def feed_through_context(job: HashJob, hashers: Sequence[Hasher]) -> list[int]:
    """Give all bytes to each hasher: each reads for itself where that is no harm, else all have one reader.

    Returns:
        How many bytes each had.

    Raises:
        OSError: with the name of the job's src.
        BackendUnavailable: the named backend does not work here.

    Cancellation:
        The hashers have had some of the bytes.
    """
    await wait_for_loop()
    import asyncio

    taken = [0] * len(hashers)
    if len(hashers) == 1 or job.nthreads == 1 or one_reader_reason(job.src) is not None:
        await _feed(job, hashers, range(len(hashers)), taken)
        return taken
    tasks = [asyncio.ensure_future(_feed(job, hashers, [member], taken)) for member in range(len(hashers))]
    try:
        await asyncio.gather(*tasks)
    except BaseException:  # the first failure is everybody's, and there is no group of them
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        raise
    return taken


async def _feed(job: HashJob, hashers: Sequence[Hasher], members: Sequence[int], taken: list[int]) -> None:
    """Read the file once for some of the hashers."""
    import asyncio

    async with aclosing(_pieces(job)) as pieces:
        async for piece in pieces:
            calls = (in_thread_or(job.offload, _take, hashers[member], piece) for member in members)
            for member, nbytes in zip(members, await asyncio.gather(*calls), strict=True):
                taken[member] += nbytes
            job.tell(taken)


def _take(hasher: Hasher, piece: bytes | int) -> int:
    if isinstance(piece, bytes):
        hasher.update(piece)
        return len(piece)
    feed_zeros(hasher, piece, lambda _: True)
    return piece


async def _pieces(job: HashJob) -> AsyncGenerator[bytes | int]:
    """Yield data and, for holes, their bytes."""
    src, chunk_size = job.src, job.chunk_size or CONTEXT_CHUNK_BYTES
    offset = src.offset or 0
    read = await reader_at(src, backend=job.backend)
    extents = _extents(src, chunk_size)
    async with aclosing(read_ahead(src, read, extents, read_on=chunk_size, depth=DEPTH)) as ahead:
        async for start, data in ahead:
            if start > offset:
                yield start - offset
            yield data
            offset = start + len(data)
    end = min(src.size, os.fstat(src.fd).st_size) if src.has_holes else offset
    if offset < end:
        yield end - offset


def _extents(src: Endpoint, chunk_size: int) -> Iterator[tuple[int, int]]:
    """Cut what is no hole into (offset, bytes) of at most a chunk."""
    offset = src.offset or 0
    while offset < src.size:
        end, is_hole = src.size, False
        if src.has_holes:
            try:
                run = run_at(src.fd, offset, src.size)
            except OSError as error:
                error.filename = src.name
                raise
            if run.end > offset:  # else it has become shorter, and reading tells where it ends
                end, is_hole = run
        if not is_hole:
            for start in range(offset, end, chunk_size):
                yield start, min(chunk_size, end - start)
        offset = end
