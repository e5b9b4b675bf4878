"""Moves the bytes of one open file to another by the fastest way that works for the pair.

All choices sit in STRATEGIES, best first; the last entry always applies and is what the others are tested
against. Not for names, modes or trees: those are the callers' business.
"""

from __future__ import annotations

import errno
import os
from typing import Protocol

from aiocli.core.errors import Unsupported
from aiocli.engines.copy.context import Context
from aiocli.engines.copy.job import Attempt, CloneError, CopyJob
from aiocli.engines.copy.kernel import CopyRange, Reflink, Sendfile, Splice
from aiocli.engines.copy.overlapped import Overlapped
from aiocli.engines.copy.pipelined import Pipelined
from aiocli.engines.copy.plain import Plain
from aiocli.engines.copy.rules import Clone

__all__ = ["FAST_PATHS", "STRATEGIES", "Attempt", "CloneError", "CopyJob", "Strategy", "first_choice", "move"]


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
    Pipelined(),
    Context(),
    Plain(),
)
"""Best first. Context takes exactly the jobs that are bound to a named backend, and only it may. Pipelined takes
those that more is asked of than to move bytes."""

FAST_PATHS = tuple(strategy.name for strategy in STRATEGIES[:-3])
"""What can be switched off: all but those that nothing could replace."""

_SHOWS_DATA = frozenset({Pipelined.name, Context.name})
_SPARES_CACHE = frozenset({Reflink.name, Pipelined.name, Context.name})


async def move(job: CopyJob) -> int:
    """Move all bytes of job.src to job.dst and return how many moved.

    job.attempts then tells what was tried. Plain cannot be switched off.

    Raises:
        OutputError: the destination failed; job.moved bytes arrived at least.
        CloneError: blocks were to be shared and could not be; nothing moved.
        OSError: the source failed.
        BackendUnavailable: the named backend does not work here; nothing moved.
    """
    for strategy in _candidates(job):
        refusal = _refusal(strategy, job)
        is_tried = refusal is None
        if is_tried:
            try:
                await strategy.move(job)
            except Unsupported as reason:
                refusal = str(reason)
            except CloneError as error:
                job.attempts.append(Attempt(strategy.name, error.strerror or "", is_tried))
                raise
        job.attempts.append(Attempt(strategy.name, refusal or "", is_tried))
        if refusal is None:
            return job.moved
    raise CloneError(OSError(errno.EOPNOTSUPP, os.strerror(errno.EOPNOTSUPP)), job.dst.name)


def first_choice(job: CopyJob) -> str:
    """Name the strategy that would be tried first; the kernel may still refuse it."""
    return next(strategy.name for strategy in STRATEGIES if _refusal(strategy, job) is None)


def _candidates(job: CopyJob) -> tuple[Strategy, ...]:
    """Say who is asked: all, and the last one takes the job; or only the one that shares blocks.

    Where writing is not possible, that one which finds it out when there is something to write.
    """
    if not job.dst.is_writable:
        return STRATEGIES[-1:]
    return STRATEGIES[:1] if job.clone is Clone.ALWAYS else STRATEGIES


def _refusal(strategy: Strategy, job: CopyJob) -> str | None:
    if strategy.name in job.disabled and strategy.name in FAST_PATHS:
        return "switched off"
    if job.is_bound and strategy.name != Context.name:
        return f"backend {job.backend} was asked for"
    if job.tap is not None and strategy.name not in _SHOWS_DATA:
        return "the data are to be looked at"
    if job.leaves_cache and strategy.name not in _SPARES_CACHE:
        return "the page cache is to stay as it is"
    return strategy.refuses(job)
