"""Copies the end of a file or stream: its last lines or bytes, or all from one of them on; or hands it out in blocks.

The end of a file is looked for by seeking, and nothing in front of it is read. Not for following.
"""

from __future__ import annotations

import os
from contextlib import aclosing
from typing import TYPE_CHECKING, NamedTuple

from aiocli.core.endpoint import Kind
from aiocli.core.loop import Offload, inline
from aiocli.engines.lines import (
    LastBytes,
    LastLines,
    SkipBytes,
    SkipLines,
    last_lines_offset,
    nth_line_offset,
)

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from aiocli.core.endpoint import Endpoint
    from aiocli.engines.copy import Attempt
    from aiocli.engines.lines import Block
    from aiocli.engines.source import ReadAt

UNSURE_BYTES = 4096
"""Files of /sys say that they are so long, whatever they hold; those of /proc that they are empty."""

READ_BYTES = 64 * 1024
"""Of one read: what a pipe holds. With 256 KiB each read maps and unmaps memory, which takes 2.5 times as long."""

MAX_OFFSET = 2**63 - 1


class TailJob(NamedTuple):
    """What to copy of one open file.

    Attributes:
        src: open for reading, borrowed; its offset counts as the beginning.
        dst: open for writing, borrowed.
        number: lines or bytes.
        is_bytes: bytes, not lines.
        from_start: begin with line or byte `number` (from 1) instead of copying so many at the end.
        delimiter: one byte that ends a line.
        is_stream: read src to its end even if it could seek.
        backend: named backend that a regular file's data must move through; None is auto.
        disabled: names of copy strategies to leave out.
        offload: how a call that may block is made.
        attempts: what was tried is noted here, if it is a list.
    """

    src: Endpoint
    dst: Endpoint
    number: int
    is_bytes: bool = False
    from_start: bool = False
    delimiter: bytes = b"\n"
    is_stream: bool = False
    backend: str | None = None
    disabled: frozenset[str] = frozenset()
    offload: Offload = inline
    attempts: list[Attempt] | None = None

    @property
    def skipped(self) -> int:
        """How many lines or bytes are left out at the beginning, if it counts from there."""
        return max(self.number, 1) - 1


async def copy_end(job: TailJob) -> int:
    """Copy the end and return how many bytes that were.

    A regular file that grows meanwhile is copied up to the size that it had at first.

    Raises:
        OutputError: the destination failed.
        OSError: the source failed.

    Leaves:
        The file offset behind what was read.
    """
    begin = await _begin(job)
    if begin is not None:
        return await _move(job, job.src.at(begin), job.src.size)
    if not job.from_start:
        return await _write(job, _keep(job))
    if _end(job) is not None:
        return await _write(job, _skip(job))
    written = await _write(job, _skip(job), only_first=True)
    return written + await _move(job, job.src, None) if written else 0


def _end(job: TailJob) -> int | None:
    """Tell where the copy ends: who copies a file behind its own end would never reach that. None is not known."""
    return job.src.size if job.src.is_regular and job.src.size and not job.is_stream else None


async def _write(job: TailJob, blocks: AsyncGenerator[Block], *, only_first: bool = False) -> int:
    written = 0
    async with aclosing(blocks):
        async for block in blocks:
            await job.offload(job.dst.write_all, block)
            written += len(block)
            if only_first:
                break
    return written


async def read_end(job: TailJob) -> AsyncGenerator[Block]:
    """Yield the end in blocks; nothing is written. As copy_end otherwise."""
    begin = await _begin(job)
    if begin is not None:
        blocks: AsyncGenerator[Block] = _chunks(job, job.src.at(begin), job.src.size)
    else:
        blocks = _skip(job) if job.from_start else _keep(job)
    async with aclosing(blocks):
        async for block in blocks:
            yield block


async def _move(job: TailJob, src: Endpoint, end: int | None) -> int:
    """Copy from the file offset up to an offset, or to the end of the file."""
    if job.backend is None and end is not None and end - (src.offset or 0) <= READ_BYTES:
        return await _write(job, _chunks(job, src, end))
    from aiocli.engines.copy import CopyJob, move  # costs more than a few lines do

    copy = CopyJob(src, job.dst, end=end, backend=job.backend, disabled=job.disabled, offload=job.offload)
    try:
        return await move(copy)
    except BlockingIOError:  # nothing more for now, and it is not to be waited for
        return copy.moved
    finally:
        if job.attempts is not None:
            job.attempts.extend(copy.attempts)


async def _chunks(job: TailJob, src: Endpoint, end: int | None = None) -> AsyncGenerator[bytes]:
    """Yield what follows the file offset, and leave that behind it."""
    start = src.offset or 0
    try:
        if job.backend is None:
            left = MAX_OFFSET if end is None else end - start
            while left > 0 and (block := await job.offload(src.read, min(READ_BYTES, left))):
                left -= len(block)
                yield block
            return
        from aiocli.engines.source import chunks

        async with aclosing(chunks(src, backend=job.backend, end=end, offload=job.offload)) as blocks:
            async for block in blocks:
                start += len(block)
                yield block
        if src.is_regular:
            src.at(start)
    except BlockingIOError:  # nothing more for now, and it is not to be waited for
        return


async def _begin(job: TailJob) -> int | None:
    """Find the offset of a regular file where the copy begins; None if it has to be read through."""
    src = job.src
    if not src.is_regular or src.size <= UNSURE_BYTES or job.is_stream:
        return None
    start, end = src.offset or 0, src.size
    if start >= end:
        return start
    if job.is_bytes:
        return min(start + job.skipped, end) if job.from_start else max(start, end - job.number)
    read = await _reader(job)
    if job.from_start:
        return await nth_line_offset(read, start, end, job.skipped, job.delimiter)
    return await last_lines_offset(read, start, end, job.number, job.delimiter)


async def _reader(job: TailJob) -> ReadAt:
    """Return how to read the source at offsets."""
    if job.backend is not None:
        from aiocli.engines.source import reader_at

        return await reader_at(job.src, backend=job.backend, offload=job.offload)

    async def read(nbytes: int, offset: int) -> bytes:
        try:
            return await job.offload(os.pread, job.src.fd, nbytes, offset)
        except OSError as error:
            error.filename = job.src.name
            raise

    return read


async def _keep(job: TailJob) -> AsyncGenerator[Block]:
    """Read a stream to its end, keeping only what may be wanted, and yield that."""
    if job.is_bytes and (seen := _seek_from_end(job)) is not None:
        async for block in _chunks(job, seen, (seen.offset or 0) + job.number):
            yield block
        return
    kept = LastBytes(job.number) if job.is_bytes else LastLines(job.number, job.delimiter)
    async for block in _chunks(job, job.src):
        kept.feed(block)
    for piece in kept.result():
        yield piece


def _seek_from_end(job: TailJob) -> Endpoint | None:
    """Go so many bytes in front of the end of a device that can seek; None if it is none.

    /dev/zero goes wherever it is told, and would never end otherwise.
    """
    if job.src.kind not in (Kind.CHARACTER, Kind.BLOCK) or job.is_stream or job.src.offset is None:
        return None
    try:
        return job.src._replace(offset=os.lseek(job.src.fd, -min(job.number, MAX_OFFSET), os.SEEK_END))
    except OSError:  # it has no end, or begins later than that
        return None


async def _skip(job: TailJob) -> AsyncGenerator[Block]:
    """Pass over the beginning of a stream and yield what is behind it, as it comes."""
    skip = SkipBytes(job.skipped) if job.is_bytes else SkipLines(job.skipped, job.delimiter)
    async for block in _chunks(job, job.src, _end(job)):
        if rest := skip.feed(block):
            yield rest
