"""The bytes of an open file in order, chunk by chunk: plainly, or through a named backend's context."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from functools import partial
from typing import TYPE_CHECKING

from aiocli.core.context import get_default_context
from aiocli.core.loop import Offload, inline, wait_for_loop
from aiocli.core.threads import in_thread_or
from aiocli.engines.copy.job import CHUNK_BYTES, CONTEXT_CHUNK_BYTES, DEPTH

if TYPE_CHECKING:
    import asyncio
    from collections.abc import AsyncGenerator, Iterator

    from aiocli.core.context import Context
    from aiocli.core.endpoint import Endpoint

ReadAt = Callable[[int, int], Awaitable[bytes]]
"""(nbytes, offset) -> bytes; fewer than asked at the end of the file."""


async def chunks(
    src: Endpoint,
    *,
    backend: str | None = None,
    chunk_size: int | None = None,
    end: int | None = None,
    leaves_cache: bool = False,
    offload: Offload = inline,
) -> AsyncGenerator[bytes]:
    """Yield what follows the file offset, as it comes, up to the end of the file.

    Args:
        src: open for reading, borrowed.
        backend: the named backend that a regular file's data must come through; None is auto.
        chunk_size: most bytes of one chunk; None leaves it to the way of reading.
        end: offset in a regular file to stop at; None is the end of the file, wherever that is by then.
        leaves_cache: a regular file leaves nothing in the page cache that was not there; not with a backend.
        offload: how a plain read is made; with a named backend, what is not a regular file is read in a thread.

    Raises:
        OSError: with the name of src.
        BackendUnavailable: the named backend does not work here.
    """
    if backend is not None and src.is_regular:
        read_at = await reader_at(src, backend=backend)
        start, size = src.offset or 0, chunk_size or CONTEXT_CHUNK_BYTES
        known_end = src.size if end is None else min(end, src.size)
        pieces = ((at, min(size, known_end - at)) for at in range(start, known_end, size))
        read_on = size if end is None else 0
        async with aclosing(read_ahead(src, read_at, pieces, read_on=read_on, depth=DEPTH)) as ahead:
            async for _, data in ahead:
                yield data
        return
    if backend is not None:
        await wait_for_loop()
        offload = partial(in_thread_or, offload)
    size = chunk_size or CHUNK_BYTES
    read = _reader(src, leaves_cache=leaves_cache)
    left = None if end is None else max(0, end - (src.offset or 0))
    while data := await offload(read, size if left is None else min(size, left)):
        if left is not None:
            left -= len(data)
        yield data


def _reader(src: Endpoint, *, leaves_cache: bool) -> Callable[[int], bytes]:
    """Return how to read what follows, so many bytes at most; past the page cache the file offset stays."""
    if not (leaves_cache and src.is_regular):
        return src.read
    pread, offset = _uncached_pread(), src.offset or 0

    def read(nbytes: int) -> bytes:
        nonlocal offset
        try:
            data = pread(src.fd, nbytes, offset)
        except OSError as error:
            error.filename = src.name
            raise
        offset += len(data)
        return data

    return read


def _uncached_pread() -> Callable[[int, int, int], bytes]:
    """Return what reads (fd, nbytes, offset) of one file, and leaves no page of its own behind."""
    from aiocli.core.dontcache import Dontcache

    dontcache = Dontcache()

    def pread(fd: int, nbytes: int, offset: int) -> bytes:
        buffer = bytearray(nbytes)
        got = dontcache.readinto(fd, memoryview(buffer), offset)
        return bytes(memoryview(buffer)[:got])

    return pread


async def read_ahead(
    src: Endpoint, read: ReadAt, pieces: Iterator[tuple[int, int]], *, read_on: int, depth: int
) -> AsyncGenerator[tuple[int, bytes]]:
    """Yield (offset, bytes) in order with several reads in flight, then what lies behind the known size.

    Args:
        src: a regular file, borrowed.
        read: reads it, as from `reader_at`, and lets other things run meanwhile.
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
            pending.append((offset, nbytes, asyncio.ensure_future(read(nbytes, offset))))

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
                data = await read(nbytes, offset)
            yield offset, data
        end = max(src.offset or 0, src.size)
        while read_on and (data := await read(read_on, end)):
            yield end, data
            end += len(data)
    finally:
        if pending:
            await asyncio.gather(*(future for _, _, future in pending), return_exceptions=True)


async def _read(src: Endpoint, context: Context, nbytes: int, offset: int) -> bytes:
    try:
        return await context.read(nbytes, src.fd, offset)
    except OSError as error:
        error.filename = src.name
        raise


async def reader_at(
    src: Endpoint, *, backend: str | None = None, leaves_cache: bool = False, offload: Offload = inline
) -> ReadAt:
    """Return how to read a regular file at offsets: plainly, or through the named backend's context.

    Args:
        src: open for reading, borrowed.
        backend: the named backend; None is auto.
        leaves_cache: nothing is left in the page cache that was not there; not with a backend.
        offload: how a plain read is made.

    Raises:
        BackendUnavailable: the named backend does not work here.
    """
    if backend is not None:
        await wait_for_loop()
        context = get_default_context(backend)
        return partial(_read, src, context)

    pread = _uncached_pread() if leaves_cache else os.pread

    async def read(nbytes: int, offset: int) -> bytes:
        try:
            return await offload(pread, src.fd, nbytes, offset)
        except OSError as error:
            error.filename = src.name
            raise

    return read
