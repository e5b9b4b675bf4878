"""Computes the digests of one open file, in the best of several ways; the last one always applies."""

from __future__ import annotations

import os
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Protocol

from aiocli.core.errors import NoThreads
from aiocli.engines.hash.holes import feed_zeros
from aiocli.engines.hash.job import TELL_S, Digests, HashJob
from aiocli.engines.hash.reading import Input

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from aiocli.engines.hash.algorithms import Hasher

__all__ = ["FAST_PATHS", "SOURCES", "Digests", "HashJob", "Source", "digest", "digests_of"]

MIN_THREADS_BYTES = 1024 * 1024
"""Below this, starting threads costs more than reading once and hashing in turn."""

CHUNK_BYTES = 256 * 1024
"""Bytes of one read where nothing else happens meanwhile: any size from 64 KiB to 4 MiB is equally fast."""


class Source(Protocol):
    """A way to bring the bytes to the hashers."""

    name: str

    def refuses(self, job: HashJob) -> str | None:
        """Say why it cannot do this job, from the facts in the job alone; None if it can."""

    async def feed(self, job: HashJob, hashers: Sequence[Hasher]) -> list[int]:
        """Give all bytes to each hasher; return how many each had.

        Raises:
            OSError: with the name of the job's src.
            NoThreads: there is no thread to be had; a fast path has given nothing to the hashers.
        """


class Context:
    """Everything through a named backend."""

    name = "context"

    def refuses(self, job: HashJob) -> str | None:
        """Refuse where no backend is named."""
        return None if job.is_bound else "no backend was asked for"

    async def feed(self, job: HashJob, hashers: Sequence[Hasher]) -> list[int]:
        """Read through the loop's context."""
        from aiocli.engines.hash.context import feed_through_context

        return await feed_through_context(job, hashers)


class Clones:
    """Each algorithm reads its own clone in a thread; hashing releases the GIL, so every core is used."""

    name = "clones"

    def refuses(self, job: HashJob) -> str | None:
        """Refuse single algorithms, small files, and what suffers from several readers."""
        if len(job.algorithms) < 2:
            return "one algorithm"
        if not job.src.is_regular:
            return "not a regular file"
        if job.length < MIN_THREADS_BYTES:
            return f"smaller than {MIN_THREADS_BYTES >> 20} MiB"
        if job.leaves_cache:
            return "one would have to read again what another has dropped"
        if job.nthreads < 2:
            return "one thread"
        from aiocli.engines.hash.storage import one_reader_reason

        return one_reader_reason(job.src)

    async def feed(self, job: HashJob, hashers: Sequence[Hasher]) -> list[int]:
        """Run as many threads as there are cores, the algorithm that needs longest always first."""
        return await _offload(job, hashers, _feed_clones)


class FanOut:
    """One reader and a thread for each algorithm, which gains with one algorithm, too: it is read ahead of it."""

    name = "fan_out"

    def refuses(self, job: HashJob) -> str | None:
        """Refuse small files, and where there is nobody to do two things at a time."""
        if job.src.is_regular and job.length < MIN_THREADS_BYTES:
            return f"smaller than {MIN_THREADS_BYTES >> 20} MiB"
        return "one thread" if job.nthreads < 2 else None

    async def feed(self, job: HashJob, hashers: Sequence[Hasher]) -> list[int]:
        """Read to the end."""
        return await _offload(job, hashers, _feed_fan_out)


class Stream:
    """One reader; each chunk goes to every hasher in turn."""

    name = "stream"

    def refuses(self, job: HashJob) -> str | None:
        """Refuse nothing."""
        return None

    async def feed(self, job: HashJob, hashers: Sequence[Hasher]) -> list[int]:
        """Read to the end."""
        return await _offload(job, hashers, _feed_stream)


SOURCES: tuple[Source, ...] = (Context(), Clones(), FanOut(), Stream())
"""Best first; the last entry always applies."""

FAST_PATHS = (Clones.name, FanOut.name)
"""What can be switched off."""


async def digest(job: HashJob) -> Digests:
    """Return the digests of a file.

    Leaves:
        The file offset is at the end of what was digested; after a failure it may be anywhere.

    Raises:
        OSError: the file cannot be read; its name is on it.
        BackendUnavailable: the named backend does not work here.
        MissingPackage: an algorithm needs one that is not installed.

    Cancellation:
        What was begun in a thread ends soon, on a descriptor of its own.
    """
    hashers = [algorithm.new() for algorithm in job.algorithms]
    before = os.fstat(job.src.fd)
    for source in SOURCES:
        if source.name in job.disabled and source.name in FAST_PATHS:
            continue
        refusal = source.refuses(job)
        job.attempts.append((source.name, refusal or ""))
        if refusal is None:
            try:
                taken = await source.feed(job, hashers)
            except NoThreads as error:
                if source.name not in FAST_PATHS:
                    error.filename = job.src.name
                    raise
                job.attempts[-1] = (source.name, "no thread can be had")
            else:
                break
    return digests_of(job, hashers, taken, before)


def digests_of(job: HashJob, hashers: Sequence[Hasher], taken: Sequence[int], before: os.stat_result) -> Digests:
    """Make the result of a job whose hashers have had everything.

    Args:
        job: it.
        hashers: in the order of its algorithms.
        taken: bytes that each has had.
        before: the file's facts before the first byte was read.
    """
    nbytes, has_changed = max(taken), False
    if job.src.is_regular:
        after = os.fstat(job.src.fd)
        is_same = (before.st_size, before.st_mtime_ns) == (after.st_size, after.st_mtime_ns)
        has_changed = not is_same or min(taken) != nbytes
        os.lseek(job.src.fd, (job.src.offset or 0) + nbytes, os.SEEK_SET)
    return Digests(tuple(hasher.digest() for hasher in hashers), nbytes, has_changed)


async def _offload(
    job: HashJob, hashers: Sequence[Hasher], feed: Callable[[HashJob, Sequence[Hasher]], list[int]]
) -> list[int]:
    """Make a call that blocks until all is hashed; who does not wait for it any more lets it end."""
    try:
        return await job.offload(feed, job, hashers)
    except NoThreads:  # nothing has begun
        raise
    except BaseException:
        job.is_stopping = True
        raise


def _feed_clones(job: HashJob, hashers: Sequence[Hasher]) -> list[int]:
    from queue import Empty, SimpleQueue

    from aiocli.engines.hash.threads import Crew, Task

    done: SimpleQueue[Task] = SimpleQueue()
    task = Task(job, hashers)
    crew = Crew(min(job.nthreads, len(hashers)), done.put, job.chunk_size)
    try:
        if not crew.start():
            raise NoThreads
        crew.add(task)
        while task.nopen and not job.is_stopping:
            with suppress(Empty):
                done.get(timeout=TELL_S)
            job.tell(task.taken)
    finally:
        crew.stop()
        taken = task.taken
        task.close()
    job.tell(taken)  # what came behind the last look
    if task.error is not None:
        raise task.error
    return taken


def _feed_fan_out(job: HashJob, hashers: Sequence[Hasher]) -> list[int]:
    from aiocli.engines.hash.fanout import FanOutRun

    run = FanOutRun(job, hashers)
    run.run()
    return run.taken


def _feed_stream(job: HashJob, hashers: Sequence[Hasher]) -> list[int]:
    source = Input(job.src, leaves_cache=job.leaves_cache)
    taken = [0] * len(hashers)
    buffer = memoryview(bytearray(job.chunk_size or CHUNK_BYTES))
    while not job.is_stopping:
        if hole := source.skip_hole():
            for member, hasher in enumerate(hashers):
                feed_zeros(hasher, hole, partial(_count_zeros, job, taken, member))
        elif nbytes := source.fill(buffer):
            for member, hasher in enumerate(hashers):
                hasher.update(buffer[:nbytes])
                taken[member] += nbytes
            job.tell(taken)
        else:
            break
    return taken


def _count_zeros(job: HashJob, taken: list[int], member: int, nbytes: int) -> bool:
    taken[member] += nbytes
    job.tell(taken)
    return not job.is_stopping
