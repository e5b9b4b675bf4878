"""Two threads that each read and write their own pieces: one reads while the other writes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiocli.core.errors import NoThreads, Unsupported
from aiocli.core.filesystem import MEMORY_TYPES, NETWORK_TYPES, filesystem_type
from aiocli.engines.copy.plain import Plain
from aiocli.engines.copy.reserved import reserved_blocks

if TYPE_CHECKING:
    from aiocli.engines.copy.job import CopyJob

MIN_BYTES = 32 * 1024 * 1024
"""Below this, starting threads costs more than they gain."""


class Overlapped:
    """preadv and pwrite by threads that take the next piece from one shared list."""

    name = "overlapped"

    def refuses(self, job: CopyJob) -> str | None:
        """Refuse all but large regular files on local file systems."""
        if not (job.src.is_regular and job.dst.is_regular):
            return "not two regular files"
        if job.dst.is_append:
            return "the target is open for appending"
        length = job.known_end - (job.src.offset or 0)
        if min(length, job.src.allocated if job.keeps_holes else length) < MIN_BYTES:
            return f"smaller than {MIN_BYTES >> 20} MiB"
        if job.jobs is None and {filesystem_type(end.device) for end in (job.src, job.dst)} & NETWORK_TYPES:
            return "a network file system copies best by itself"
        return None

    async def move(self, job: CopyJob) -> None:
        """Copy what the known size promises with threads, and what came since by reading on."""
        from aiocli.engines.copy.workers import Workers

        start = job.src.offset or 0
        nbytes = job.known_end - start
        if job.jobs is None and _is_slowed_down(job, nbytes):
            raise Unsupported("so large that the kernel slows down who writes so fast")
        workers = Workers(job)
        async with reserved_blocks(job):
            try:
                await job.offload(workers.run)
            except NoThreads:
                raise Unsupported("there are no threads to be had") from None
        end = job.end_behind(workers.end)
        job.end_at(end)
        if job.end is None:
            await Plain().read_on(job, end)


def _is_slowed_down(job: CopyJob, nbytes: int) -> bool:
    """Tell whether the kernel begins to write back before all is written, and then makes writers wait.

    Two writers fill the page cache up to where that hurts before the device takes anything: 3 GiB took 1.4 of GNU cp's
    time with them and 0.7 with copy_file_range (medians of 5 on a busy machine; the times scatter widely).
    """
    if filesystem_type(job.dst.device) in MEMORY_TYPES:
        return False
    from aiocli.core.writeback import bytes_until_writeback

    return nbytes > bytes_until_writeback()
