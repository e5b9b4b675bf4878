"""Two threads that each read and write their own pieces: one reads while the other writes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiocli.core.filesystem import NETWORK_TYPES, filesystem_type
from aiocli.engines.copy.plain import Plain

if TYPE_CHECKING:
    from aiocli.engines.copy.job import CopyJob

MIN_BYTES = 32 * 1024 * 1024
"""Below this, starting threads costs more than they gain."""

RESERVING_TYPES = frozenset({"ext4"})
"""File systems where blocks reserved in advance save more than they cost: 0.7 of the time on ext4."""


class Overlapped:
    """preadv and pwrite by threads that take the next piece from one shared list."""

    name = "overlapped"

    def refuses(self, job: CopyJob) -> str | None:
        """Refuse all but large regular files on local file systems."""
        if not (job.src.is_regular and job.dst.is_regular):
            return "not two regular files"
        if job.dst.is_append:
            return "the target is open for appending"
        if job.known_end - (job.src.offset or 0) < MIN_BYTES:
            return f"smaller than {MIN_BYTES >> 20} MiB"
        if {filesystem_type(job.src.device), filesystem_type(job.dst.device)} & NETWORK_TYPES:
            return "a network file system copies best by itself"
        return None

    async def move(self, job: CopyJob) -> None:
        """Copy what the known size promises with threads, and what came since by reading on."""
        from aiocli.core.fallocate import reserve_blocks
        from aiocli.engines.copy.workers import Workers

        if not job.keeps_holes and filesystem_type(job.dst.device) in RESERVING_TYPES:
            start = job.src.offset or 0
            await job.offload(reserve_blocks, job.dst.fd, job.dst_offset(start), job.known_end - start)
        workers = Workers(job)
        await job.offload(workers.run)
        job.end_at(workers.end)
        if job.end is None:
            await Plain().read_on(job)
