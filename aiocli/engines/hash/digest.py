"""Computes the digests of one open file: by cloned descriptors side by side, or from one reader."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from aiocli.core.clone import clone
from aiocli.core.file import AIOFile
from aiocli.core.loop import Offload, inline, wait_for_loop
from aiocli.core.streams import Reader
from aiocli.core.threads import in_thread
from aiocli.engines.copy.job import CONTEXT_CHUNK_BYTES
from aiocli.engines.source import chunks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aiocli.core.endpoint import Endpoint
    from aiocli.core.events import OnBytes
    from aiocli.engines.hash.algorithms import Algorithm, Hasher

MIN_CLONES_BYTES = 1024 * 1024
"""Below this, starting threads costs more than reading once and hashing in turn."""


@dataclass(slots=True)
class HashJob:
    """Digests of one open file, from its offset to its end.

    Attributes:
        src: open for reading, borrowed.
        algorithms: what to compute; the result has their order.
        backend: named backend that a regular file's data must come through; None is auto.
        disabled: names of sources to leave out.
        offload: how a call that may block is made.
        on_bytes: told of the bytes taken in by all hashers together.
        source: name of the source that did it, afterwards.
    """

    src: Endpoint
    algorithms: Sequence[Algorithm]
    backend: str | None = None
    disabled: frozenset[str] = frozenset()
    offload: Offload = inline
    on_bytes: OnBytes | None = None
    source: str = field(default="", init=False)

    def count(self, nbytes: int) -> None:
        """Record that hashers took in bytes."""
        if self.on_bytes is not None:
            self.on_bytes(nbytes)

    @property
    def is_bound(self) -> bool:
        """Whether a named backend must bring the data."""
        return self.backend is not None and self.src.is_regular


class Source(Protocol):
    """A way to bring the bytes to the hashers."""

    name: str

    def refuses(self, job: HashJob) -> str | None:
        """Say why it cannot do this job, from the facts in the job alone; None if it can."""

    async def feed(self, job: HashJob, hashers: Sequence[Hasher]) -> None:
        """Give all bytes to each hasher.

        Raises:
            OSError: with the name of the job's src.
        """


class ContextClones:
    """Each algorithm reads its own clone through the named backend's context and hashes in a thread."""

    name = "context"

    def refuses(self, job: HashJob) -> str | None:
        """Refuse where no backend is named."""
        return None if job.is_bound else "no backend was asked for"

    async def feed(self, job: HashJob, hashers: Sequence[Hasher]) -> None:
        """Run all algorithms side by side on the loop."""
        await wait_for_loop()
        import asyncio

        async with _opened(job) as file:
            tasks = [asyncio.ensure_future(self._feed_one(job, file, hasher)) for hasher in hashers]
            try:
                await asyncio.gather(*tasks)
            except BaseException:  # the first failure is everybody's, and there is no group of them
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
                raise

    async def _feed_one(self, job: HashJob, file: AIOFile, hasher: Hasher) -> None:
        async with clone(file) as own:
            async for chunk in Reader(own, job.src.offset or 0, CONTEXT_CHUNK_BYTES):
                await in_thread(hasher.update, chunk)
                job.count(len(chunk))


class Clones:
    """Each algorithm reads its own clone in a thread; hashing releases the GIL, so every core is used."""

    name = "clones"

    def refuses(self, job: HashJob) -> str | None:
        """Refuse single algorithms, small files, and what cannot be read at offsets."""
        if len(job.algorithms) < 2:
            return "one algorithm"
        if not job.src.is_regular:
            return "not a regular file"
        if job.src.size - (job.src.offset or 0) < MIN_CLONES_BYTES:
            return f"smaller than {MIN_CLONES_BYTES >> 20} MiB"
        return None

    async def feed(self, job: HashJob, hashers: Sequence[Hasher]) -> None:
        """Run as many threads as there are cores, the algorithm that needs longest always first."""
        from aiocli.engines.hash.threads import Part, run_parts

        async with _opened(job) as file:
            clones = [await clone(file) for _ in hashers]
            parts = [
                Part(own.fileno(), job.src.offset or 0, algorithm.speed, hasher)
                for own, algorithm, hasher in zip(clones, job.algorithms, hashers, strict=True)
            ]
            try:
                await job.offload(run_parts, parts, job)
            finally:
                for own in clones:
                    await own.close()


class Stream:
    """One reader; each chunk goes to every hasher in turn."""

    name = "stream"

    def refuses(self, job: HashJob) -> str | None:
        """Refuse nothing."""
        return None

    async def feed(self, job: HashJob, hashers: Sequence[Hasher]) -> None:
        """Read to the end."""
        async for chunk in chunks(job.src, backend=job.backend, offload=job.offload):
            for hasher in hashers:
                hasher.update(chunk)
            job.count(len(chunk) * len(hashers))


SOURCES: tuple[Source, ...] = (ContextClones(), Clones(), Stream())
"""Best first; the last entry always applies."""

FAST_PATHS = (Clones.name,)
"""What can be switched off."""


async def digest(job: HashJob) -> list[bytes]:
    """Return the digests of a file, in the order of job.algorithms.

    Raises:
        OSError: the file cannot be read; its name is on it.
        BackendUnavailable: the named backend does not work here.
    """
    hashers = [algorithm.new() for algorithm in job.algorithms]
    for source in SOURCES:
        if source.name in job.disabled and source.name in FAST_PATHS:
            continue
        if source.refuses(job) is None:
            job.source = source.name
            await source.feed(job, hashers)
            break
    return [hasher.digest() for hasher in hashers]


def _opened(job: HashJob) -> AIOFile:
    """Make an asynchronous file of a descriptor of its own, which closing it closes."""
    file = AIOFile(os.dup(job.src.fd), "rb", backend=job.backend)
    file.name = job.src.name
    return file
