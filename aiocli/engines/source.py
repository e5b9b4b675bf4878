"""The bytes of an open file in order, chunk by chunk: plainly, or through a named backend's context."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from aiocli.core.context import get_default_context
from aiocli.core.loop import Offload, inline, wait_for_loop
from aiocli.core.threads import in_thread

if TYPE_CHECKING:
    import asyncio
    from collections.abc import AsyncIterator, Iterator

    from aiocli.core.context import Context
    from aiocli.core.endpoint import Endpoint

CHUNK_BYTES = 256 * 1024
"""Bytes of one plain read: the fastest of 64 KiB..1 MiB."""

CONTEXT_CHUNK_BYTES = 1024 * 1024
"""Bytes of one read through a caio context: 64 KiB take 1.7 (uring) to 5 (thread) times as long."""

DEPTH = 4
"""Reads in flight on a named backend."""


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
        async for _, data in read_ahead(src, context, pieces, chunk_size=size, depth=DEPTH):
            yield data
        return
    if backend is not None:
        await wait_for_loop()
        offload = in_thread
    size = chunk_size or CHUNK_BYTES
    while data := await offload(src.read, size):
        yield data


async def read_ahead(
    src: Endpoint, context: Context, pieces: Iterator[tuple[int, int]], *, chunk_size: int, depth: int
) -> AsyncIterator[tuple[int, bytes]]:
    """Yield (offset, bytes) in order with several reads in flight, then what lies behind the known size.

    Args:
        src: a regular file, borrowed.
        context: of the running loop.
        pieces: (offset, nbytes) to read, in order, none behind the known size.
        chunk_size: bytes of one read behind the known size.
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
        while data := await _read(src, context, chunk_size, end):
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
