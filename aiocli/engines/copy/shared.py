"""One read for several copies: copiers that walk the same sources meet at each file.

Each copier works for itself, with its own targets, questions and failures. When all that still work want to move
data, those that are at the same file are served by one read; the others wait for their file's turn.
"""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING, NamedTuple

from aiocli.core.loop import wait_for_loop
from aiocli.engines.copy import move
from aiocli.engines.copy.context import chunks, writer
from aiocli.engines.copy.copier import Copier
from aiocli.engines.copy.job import Attempt
from aiocli.engines.copy.rules import Clone

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Sequence

    from aiocli.core.events import Event, OnBytes
    from aiocli.engines.copy.context import WriteAt
    from aiocli.engines.copy.job import CopyJob

DEPTH = 2
"""Reads in flight: 0.96 of the time of one (medians of 5 runs by turns, 256 MiB to two targets in memory)."""


class _Wish(NamedTuple):
    position: int
    job: CopyJob
    done: asyncio.Future[None]


class SharedRead:
    """Where copiers meet.

    Args:
        ncopiers: how many there are; each calls `leave` at its end, whatever that is.
    """

    def __init__(self, ncopiers: int) -> None:
        self._active = ncopiers
        self._wishes: list[_Wish] = []
        self._tasks: set[asyncio.Task[None]] = set()

    async def move(self, job: CopyJob, position: int) -> None:
        """Move a job's bytes, together with those of other copiers that are at the same file.

        Args:
            job: what to move.
            position: how many files the copier has looked at, so that those behind catch up first.

        Raises:
            OutputError: this job's target failed; the others go on.
            OSError: the source failed.
            BackendUnavailable: the named backend does not work here.

        Cancellation:
            Waits until the file is moved.
        """
        await wait_for_loop()
        import asyncio

        wish = _Wish(position, job, asyncio.get_running_loop().create_future())
        self._wishes.append(wish)
        self._serve()
        try:
            await asyncio.shield(wish.done)
        except asyncio.CancelledError:
            # The descriptors are in use until then. A wish that nobody serves yet is withdrawn.
            if wish in self._wishes:
                self._wishes.remove(wish)
            else:
                await asyncio.wait([wish.done])
            raise

    def join(self, copier: Copier, on_event: Callable[[Event], None], on_bytes: OnBytes | None = None) -> Copier:
        """Make a copier like another one whose data go through here, and that tells of its copies elsewhere."""
        twin = Copier(
            copier.rules,
            on_event,
            on_bytes=on_bytes,
            ask=copier.ask,
            wants_files=copier.wants_files,
            mover=lambda job: self.move(job, twin.nvisited),
        )
        return twin

    def leave(self) -> None:
        """Wait for one copier less."""
        self._active -= 1
        self._serve()

    def _serve(self) -> None:
        """Once all copiers wait: move what those want that are the farthest behind."""
        if not self._wishes or len(self._wishes) < self._active:
            return
        import asyncio

        first = min(self._wishes, key=lambda wish: wish.position)
        group = [
            wish
            for wish in self._wishes
            if wish is first or (wish.position == first.position and _can_share(first.job, wish.job))
        ]
        self._wishes = [wish for wish in self._wishes if wish not in group]
        task = asyncio.ensure_future(_move_group(group))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _can_share(job: CopyJob, other: CopyJob) -> bool:
    """Tell whether one read serves two jobs: of one file, from the same place on, with the page cache, no clones."""
    src = job.src
    is_same_part = src.is_same_file(other.src) and src.offset == other.src.offset
    return is_same_part and not job.leaves_cache and job.clone is not Clone.ALWAYS


async def _move_group(group: list[_Wish]) -> None:
    jobs = [wish.job for wish in group]
    failures: dict[CopyJob, OSError] = {}
    error: BaseException | None = None
    try:
        if len(jobs) == 1:
            await move(jobs[0])
        else:
            failures = await tee(jobs)
    except BaseException as problem:  # whatever it is, each copier raises it
        error = problem
    for wish in group:
        problem_of_one = error or failures.get(wish.job)
        if problem_of_one is None:
            wish.done.set_result(None)
        else:
            wish.done.set_exception(problem_of_one)


async def tee(jobs: Sequence[CopyJob]) -> dict[CopyJob, OSError]:
    """Move the bytes of one source to several targets, reading them once.

    Args:
        jobs: copies of one file with the same settings.

    Returns:
        What went wrong with single targets; the others have everything.

    Raises:
        OSError: the source failed.
        BackendUnavailable: the named backend does not work here.
    """
    first = next((job for job in jobs if not job.keeps_holes), jobs[0])  # its holes are read, too
    for job in jobs:
        job.attempts.append(Attempt("shared", ""))
    write = writer(first)
    failures: dict[CopyJob, OSError] = {}
    end = first.src.offset or 0
    async with aclosing(await chunks(first, depth=DEPTH)) as source:
        async for offset, data in source:
            for job in jobs:
                if job.tap is not None:
                    job.tap.take(offset, memoryview(data))
            await _write_all(jobs, data, offset, write, failures)
            end = offset + len(data)
            if len(failures) == len(jobs):
                return failures
    end = first.end_behind(end)
    for job in jobs:
        if job.tap is not None:
            job.tap.finish(end)
        if job not in failures:
            job.end_at(end)
    return failures


async def _write_all(
    jobs: Sequence[CopyJob], data: bytes, offset: int, write: WriteAt, failures: dict[CopyJob, OSError]
) -> None:
    """Write a piece to all targets that have not failed yet."""
    import asyncio

    sound = [job for job in jobs if job not in failures]
    outcomes = await asyncio.gather(*(write(job, offset, data) for job in sound), return_exceptions=True)
    for job, outcome in zip(sound, outcomes, strict=True):
        if isinstance(outcome, OSError):
            failures[job] = outcome
        elif outcome is not None:
            raise outcome
        else:
            job.count(len(data))
