"""Copies the end of a file or stream: its last lines or bytes, or all from one of them on."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from aiocli.core.loop import Offload, inline
from aiocli.engines.copy import CopyJob, move
from aiocli.engines.lines import (
    LastBytes,
    LastLines,
    SkipBytes,
    SkipLines,
    last_lines_offset,
    nth_line_offset,
)
from aiocli.engines.source import chunks, reader_at

if TYPE_CHECKING:
    from aiocli.core.endpoint import Endpoint


class TailJob(NamedTuple):
    """What to copy of one open file.

    Attributes:
        src: open for reading, borrowed; its offset counts as the beginning.
        dst: open for writing, borrowed.
        number: lines or bytes.
        is_bytes: bytes, not lines.
        from_start: begin with line or byte `number` (from 1) instead of copying so many at the end.
        delimiter: one byte that ends a line.
        backend: named backend that a regular file's data must move through; None is auto.
        disabled: names of copy strategies to leave out.
        offload: how a call that may block is made.
    """

    src: Endpoint
    dst: Endpoint
    number: int
    is_bytes: bool = False
    from_start: bool = False
    delimiter: bytes = b"\n"
    backend: str | None = None
    disabled: frozenset[str] = frozenset()
    offload: Offload = inline


async def copy_end(job: TailJob) -> int:
    """Copy the end and return the offset behind what was read; 0 for what cannot seek.

    A regular file that grows meanwhile is copied up to the size that it had at first.

    Raises:
        OutputError: the destination failed.
        OSError: the source failed.
    """
    if job.src.is_regular and job.src.size > 0:
        begin = min(await _begin(job), job.src.size)
        src = job.src.at(begin)
        copy = CopyJob(src, job.dst, end=job.src.size, backend=job.backend, disabled=job.disabled, offload=job.offload)
        return begin + await move(copy)
    if job.from_start:
        await _skip_and_copy(job)
    else:
        await _keep_and_write(job)
    return 0


async def _begin(job: TailJob) -> int:
    """Find the offset of a regular file where the copy begins."""
    start, end = job.src.offset or 0, job.src.size
    if job.is_bytes:
        return start + max(job.number, 1) - 1 if job.from_start else max(start, end - job.number)
    read = await reader_at(job.src, backend=job.backend, offload=job.offload)
    if job.from_start:
        return await nth_line_offset(read, start, end, max(job.number, 1) - 1, job.delimiter)
    return await last_lines_offset(read, start, end, job.number, job.delimiter)


async def _keep_and_write(job: TailJob) -> None:
    """Read a stream to its end, keeping only what may have to be written."""
    kept = LastBytes(job.number) if job.is_bytes else LastLines(job.number, job.delimiter)
    async for chunk in chunks(job.src, backend=job.backend, offload=job.offload):
        kept.feed(chunk)
    for block in kept.result():
        await job.offload(job.dst.write_all, block)


async def _skip_and_copy(job: TailJob) -> None:
    """Pass over the beginning of a stream and on everything behind it, as it comes."""
    skipped = max(job.number, 1) - 1
    skip = SkipBytes(skipped) if job.is_bytes else SkipLines(skipped, job.delimiter)
    async for chunk in chunks(job.src, backend=job.backend, offload=job.offload):
        if rest := skip.feed(chunk):
            await job.offload(job.dst.write_all, rest)
            break
    else:
        return
    await move(CopyJob(job.src, job.dst, backend=job.backend, disabled=job.disabled, offload=job.offload))
