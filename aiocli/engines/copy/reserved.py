"""Blocks of the destination that are allocated before its data come, where that saves time."""

from __future__ import annotations

import contextlib
import os
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from aiocli.core.filesystem import filesystem_type

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from aiocli.engines.copy.job import CopyJob

MIN_BYTES = 32 * 1024 * 1024
"""Below this, a call more costs what it saves."""

RESERVING_TYPES = frozenset({"ext4"})
"""File systems where it gains: on ext4 two threads take 0.7 of the time for 1 GiB, and copy_file_range takes 0.78 for
4 GiB (1.04 s instead of 1.33, medians of 4 by turns)."""


@asynccontextmanager
async def reserved_blocks(job: CopyJob) -> AsyncIterator[None]:
    """Have the blocks for all data of a job ready in the block; those that get no data are free behind it."""
    start = job.src.offset or 0
    nbytes = job.known_end - start
    is_file = job.dst.is_regular and not job.dst.is_append
    gains = is_file and nbytes >= MIN_BYTES and filesystem_type(job.dst.device) in RESERVING_TYPES
    if not gains or job.leaves_holes:
        yield
        return
    from aiocli.core.fallocate import reserve_blocks

    try:
        await job.offload(reserve_blocks, job.dst.fd, job.dst_offset(start), nbytes)
        yield
    except BaseException:
        _free(job.dst.fd)
        raise
    if job.moved < nbytes:
        _free(job.dst.fd)


def _free(fd: int) -> None:
    """Cut a file to the size that it has: its blocks behind the end, reserved for what will not come, are freed."""
    with contextlib.suppress(OSError):  # what else is wrong shows elsewhere
        os.ftruncate(fd, os.fstat(fd).st_size)
