"""Says how a copy went in the words of GNU cp's --debug, as far as they are true of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiocli.core.events import Details
from aiocli.engines.copy.kernel import CopyRange, Reflink
from aiocli.engines.copy.rules import Clone, Sparse

if TYPE_CHECKING:
    from aiocli.engines.copy.job import Attempt, CopyJob

_Attempts = dict[str, "Attempt"]


def details(job: CopyJob) -> Details:
    """Tell how a job was done, by what it recorded; "unknown" is what never came to pass."""
    attempts = {attempt.strategy: attempt for attempt in job.attempts}
    if not attempts:
        return Details("unknown", "unknown", "unknown")
    reflink = _reflink(job, attempts)
    if len(attempts) == 1 and Reflink.name in attempts:  # it did the job, or nothing else was to do it
        return Details("unknown", reflink, "unknown")
    return Details(_offload(job, attempts), reflink, _sparse(job))


def _offload(job: CopyJob, attempts: _Attempts) -> str:
    """Tell whether copy_file_range did it: avoided if another way was preferred."""
    if job.src.size and not job.moved:
        return "unknown"
    attempt = attempts.get(CopyRange.name)
    if attempt is None or job.seeks_zeros or _keeps_blocks_apart(job):
        return "avoided"
    if not job.moved:
        return "unknown"
    if not attempt.refusal:
        return "yes"
    is_possible = job.src.is_regular and job.dst.is_regular
    return "unsupported" if attempt.is_tried or not is_possible else "avoided"


def _reflink(job: CopyJob, attempts: _Attempts) -> str:
    attempt = attempts.get(Reflink.name)
    if attempt is None or _keeps_blocks_apart(job):
        return "no"
    if not attempt.refusal:
        return "yes"
    # What the facts rule out, the system would refuse; everything else is our own choice.
    return "unsupported" if attempt.is_tried or Reflink().refuses(job) is not None else "no"


def _keeps_blocks_apart(job: CopyJob) -> bool:
    return job.clone is Clone.NEVER or job.sparse is Sparse.NEVER


def _sparse(job: CopyJob) -> str:
    looked_for = (
        *(["SEEK_HOLE"] if job.keeps_holes else ()),
        *(["zeros"] if job.seeks_zeros and (job.moved or not job.keeps_holes) else ()),
    )
    return " + ".join(looked_for) or "no"
