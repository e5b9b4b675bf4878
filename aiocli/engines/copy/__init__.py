"""Moves the bytes of one open file to another by the fastest way that works for the pair.

All choices sit in STRATEGIES, best first; the last entry always applies and is what the others are tested
against. Not for names, modes or trees: those are the callers' business.
"""

from __future__ import annotations

import errno
import os
from typing import Protocol

from aiocli.core.errors import OutputError, Unsupported
from aiocli.engines.copy.context import Context
from aiocli.engines.copy.job import Attempt, CopyJob
from aiocli.engines.copy.kernel import CopyRange, Reflink, Sendfile, Splice
from aiocli.engines.copy.overlapped import Overlapped
from aiocli.engines.copy.plain import Plain

__all__ = ["FAST_PATHS", "STRATEGIES", "Attempt", "CopyJob", "Strategy", "first_choice", "move"]


class Strategy(Protocol):
    """A way to move bytes."""

    name: str

    def refuses(self, job: CopyJob) -> str | None:
        """Say why it cannot do this job, from the facts in the job alone; None if it may try."""

    async def move(self, job: CopyJob) -> None:
        """Move everything up to the source's end, counting with job.count.

        Raises:
            Unsupported: it cannot, and has moved nothing.
            OutputError: the destination failed.
            OSError: the source failed.

        Leaves:
            Both file offsets behind what was moved; after Unsupported as they were; after another error
            anywhere.
        """


STRATEGIES: tuple[Strategy, ...] = (
    Reflink(),
    Overlapped(),
    CopyRange(),
    Splice(),
    Sendfile(),
    Context(),
    Plain(),
)
"""Best first. Context takes exactly the jobs that are bound to a named backend, and only it may."""

FAST_PATHS = tuple(strategy.name for strategy in STRATEGIES[:-2])
"""What can be switched off: all but the two that nothing could replace."""


async def move(job: CopyJob) -> int:
    """Move all bytes of job.src to job.dst and return how many moved.

    job.attempts then tells what was tried. Plain cannot be switched off.

    Raises:
        OutputError: the destination failed; job.moved bytes arrived at least.
        OSError: the source failed.
        BackendUnavailable: the named backend does not work here; nothing moved.
    """
    if not job.dst.is_writable:
        raise OutputError(OSError(errno.EBADF, os.strerror(errno.EBADF)), job.dst.name)
    for strategy in STRATEGIES:
        refusal = _refusal(strategy, job)
        if refusal is None:
            try:
                await strategy.move(job)
            except Unsupported as reason:
                refusal = str(reason)
            else:
                job.attempts.append(Attempt(strategy.name, ""))
                return job.moved
        job.attempts.append(Attempt(strategy.name, refusal))
    raise AssertionError("the last strategy gave a job back")


def first_choice(job: CopyJob) -> str:
    """Name the strategy that would be tried first; the kernel may still refuse it."""
    return next(strategy.name for strategy in STRATEGIES if _refusal(strategy, job) is None)


def _refusal(strategy: Strategy, job: CopyJob) -> str | None:
    if strategy.name in job.disabled and strategy.name in FAST_PATHS:
        return "switched off"
    if job.is_bound and strategy.name != Context.name:
        return f"backend {job.backend} was asked for"
    return strategy.refuses(job)
