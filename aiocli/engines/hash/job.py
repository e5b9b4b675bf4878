"""One open file to digest: how that may be done, how far it is, and the record of what was tried."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, NamedTuple

from aiocli.core.events import Digesting
from aiocli.core.loop import Offload, inline
from aiocli.core.processors import count_processors

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aiocli.core.endpoint import Endpoint
    from aiocli.core.events import OnBytes, OnEvent
    from aiocli.engines.hash.algorithms import Algorithm

TELL_S = 0.05
"""So often progress is told while threads are at work."""

EVENT_S = 0.1
"""Between two events that tell how far the algorithms are."""


class Digests(NamedTuple):
    """What a file holds.

    Attributes:
        values: the digests, in the order of the job's algorithms.
        nbytes: that they are of, from the job's offset on.
        has_changed: the file's size or time is another one than at the start, so the digests may be of nothing that
            was ever there.
    """

    values: tuple[bytes, ...]
    nbytes: int
    has_changed: bool = False


class HashJob:
    """Digests of one open file, from its offset to its end.

    Attributes:
        src: open for reading, borrowed.
        algorithms: what to compute; the result has their order.
        backend: named backend that a regular file's data must come through; None is auto.
        disabled: names of sources to leave out.
        offload: how a call that may block is made.
        on_bytes: told of bytes of the file: with several algorithms, of as many as they have taken in on average.
        chunk_size: bytes of one read; None leaves it to the source.
        jobs: most threads that hash; None is as many as there are processors. One has the caller's do all.
        leaves_cache: the page cache is to keep what it held, and nothing else; not with a backend.
        on_event: told, of several algorithms in a file that takes a while, how far each is.
        attempts: (source, why it gave the job back) in order, afterwards; the last one, with "", did it.
        is_stopping: nobody waits for the digests any more; may be set from anywhere.
    """

    def __init__(
        self,
        src: Endpoint,
        algorithms: Sequence[Algorithm],
        *,
        backend: str | None = None,
        disabled: frozenset[str] = frozenset(),
        offload: Offload = inline,
        on_bytes: OnBytes | None = None,
        chunk_size: int | None = None,
        jobs: int | None = None,
        leaves_cache: bool = False,
        on_event: OnEvent | None = None,
    ) -> None:
        self.src = src
        self.algorithms = algorithms
        self.backend = backend
        self.disabled = disabled
        self.offload = offload
        self.on_bytes = on_bytes
        self.chunk_size = chunk_size
        self.jobs = jobs
        self.leaves_cache = leaves_cache
        self.on_event = on_event
        self.attempts: list[tuple[str, str]] = []
        self.is_stopping = False
        self._told = 0
        self._event_due = 0.0

    def tell(self, taken: Sequence[int]) -> None:
        """Tell how many bytes each hasher has had by now."""
        if self.on_bytes is not None:
            average = sum(taken) // len(taken)
            if average > self._told:
                nbytes, self._told = average - self._told, average
                self.on_bytes(nbytes)
        if self.on_event is not None and len(taken) > 1 and (now := time.monotonic()) >= self._event_due:
            self._event_due = now + EVENT_S
            names = (algorithm.name for algorithm in self.algorithms)
            self.on_event(Digesting(self.src.name, self.length, tuple(zip(names, taken, strict=True))))

    @property
    def source(self) -> str:
        """Name of the source that did it, afterwards."""
        return self.attempts[-1][0]

    @property
    def is_bound(self) -> bool:
        """Whether a named backend must bring the data."""
        return self.backend is not None and self.src.is_regular

    @property
    def length(self) -> int:
        """Bytes from the offset to the end that is known; 0 says nothing."""
        return max(0, self.src.size - (self.src.offset or 0)) if self.src.is_regular else 0

    @property
    def nthreads(self) -> int:
        """Most threads that hash at the same time."""
        return self.jobs or count_processors()
