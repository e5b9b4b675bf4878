"""The bytes of an open file in order, chunk by chunk: plainly, or through a named backend's context."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from aiocli.core.context import get_default_context
from aiocli.core.loop import Offload, inline, wait_for_loop
from aiocli.core.threads import in_thread
from aiocli.engines.copy.job import CHUNK_BYTES, CONTEXT_CHUNK_BYTES, DEPTH

if TYPE_CHECKING:
    import asyncio
    from collections.abc import AsyncIterator, Iterator

    from aiocli.core.context import Context
    from aiocli.core.endpoint import Endpoint


async def chunks(
    src: Endpoint, *, backend: str | None = None, chunk_size: int | None = None, offload: Offload = inline
) -> AsyncIterator[bytes]:
    """Yield what follows the file offset, as it comes, up to the end of the file.

    Args:
        src: open for reading, borrowed.
        backend: the named backend that a regular file's data must come through; None is auto.
        chunk_size: most bytes of one chunk; None leaves it to the way of reading.
        offload: how a plain read is made; with a named backend, what is not a regular file is read in a thread.

    Raises:
        OSError: with the name of src.
        BackendUnavailable: the named backend does not work here.
    """
    if backend is not None and src.is_regular:
        await wait_for_loop()
        context = get_default_context(backend)
        start, size = src.offset or 0, chunk_size or CONTEXT_CHUNK_BYTES
        pieces = ((at, min(size, src.size - at)) for at in range(start, src.size, size))
        async for _, data in read_ahead(src, context, pieces, read_on=size, depth=DEPTH):
            yield data
        return
    if backend is not None:
        await wait_for_loop()
        offload = in_thread
    size = chunk_size or CHUNK_BYTES
    while data := await offload(src.read, size):
        yield data


async def read_ahead(
    src: Endpoint, context: Context, pieces: Iterator[tuple[int, int]], *, read_on: int, depth: int
) -> AsyncIterator[tuple[int, bytes]]:
    """Yield (offset, bytes) in order with several reads in flight, then what lies behind the known size.

    Args:
        src: a regular file, borrowed.
        context: of the running loop.
        pieces: (offset, nbytes) to read, in order, none behind the known size.
        read_on: bytes of one read behind the known size; 0 reads nothing there.
        depth: reads in flight.

    Cancellation:
        Waits for the reads in flight: they use a descriptor that is not ours to keep open.
    """
    import asyncio

    pending: deque[tuple[int, int, asyncio.Future[bytes]]] = deque()

    def fill() -> None:
        while len(pending) < depth and (piece := next(pieces, None)) is not None:
            offset, nbytes = piece
            pending.append((offset, nbytes, asyncio.ensure_future(_read(src, context, nbytes, offset))))

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
                data = await _read(src, context, nbytes, offset)
            yield offset, data
        end = max(src.offset or 0, src.size)
        while read_on and (data := await _read(src, context, read_on, end)):
            yield end, data
            end += len(data)
    finally:
        await asyncio.gather(*(future for _, _, future in pending), return_exceptions=True)


async def _read(src: Endpoint, context: Context, nbytes: int, offset: int) -> bytes:
    try:
        return await context.read(nbytes, src.fd, offset)
    except OSError as error:
        error.filename = src.name
        raise


ReadAt = Callable[[int, int], Awaitable[bytes]]
"""(nbytes, offset) -> bytes; fewer than asked at the end of the file."""


async def reader_at(src: Endpoint, *, backend: str | None = None, offload: Offload = inline) -> ReadAt:
    """Return how to read a regular file at offsets: plainly, or through the named backend's context.

    Raises:
        BackendUnavailable: the named backend does not work here.
    """
    if backend is not None:
        await wait_for_loop()
        context = get_default_context(backend)
        return lambda nbytes, offset: _read(src, context, nbytes, offset)

    async def read(nbytes: int, offset: int) -> bytes:
        try:
            return await offload(os.pread, src.fd, nbytes, offset)
        except OSError as error:
            error.filename = src.name
            raise

    return read
