"""Threads that hash one file with several algorithms, each algorithm from a descriptor of its own.

An algorithm's bytes must come in order, but any thread may take the next slice of them. So a thread that is free
takes a slice of the algorithm that needs longest to its end; then all end at about the same time, and the whole
takes max(longest algorithm, sum of all / cores).
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from aiocli.engines.copy.job import CHUNK_BYTES
from aiocli.engines.team import Team

if TYPE_CHECKING:
    from aiocli.engines.hash.algorithms import Hasher
    from aiocli.engines.hash.digest import HashJob

SLICE_BYTES = 16 * 1024 * 1024
"""Bytes of one algorithm that a thread hashes before it looks which one is the most behind."""


class Part:
    """One algorithm's share of the work.

    Attributes:
        fd: its own clone of the descriptor, borrowed.
        offset: up to where it has come.
        speed: GB/s; only the relation to the others matters.
        hasher: takes the bytes.
    """

    __slots__ = ("fd", "hasher", "offset", "speed")

    def __init__(self, fd: int, offset: int, speed: float, hasher: Hasher) -> None:
        self.fd = fd
        self.offset = offset
        self.speed = speed
        self.hasher = hasher


def run_parts(parts: list[Part], job: HashJob) -> None:
    """Hash everything and return when all is done; blocks.

    Raises:
        OSError: a read failed; the file's name is on it.
    """
    _Hashers(parts, job).run()


class _Hashers(Team):
    def __init__(self, parts: list[Part], job: HashJob) -> None:
        super().__init__(min(len(parts), len(os.sched_getaffinity(0))), job.count)
        self.job = job
        self.waiting = list(parts)

    def work(self, number: int) -> None:
        buffer = bytearray(CHUNK_BYTES)
        try:
            while (part := self._take()) is not None:
                if self._hash_slice(part, buffer, number):
                    with self.lock:
                        self.waiting.append(part)
        except OSError as error:
            error.filename = self.job.src.name
            raise

    def _take(self) -> Part | None:
        """Take the algorithm that needs longest of those that nobody is at."""
        size = self.job.src.size
        with self.lock:
            if not self.waiting or self.is_stopping:
                return None
            part = max(self.waiting, key=lambda part: (size - part.offset) / part.speed)
            self.waiting.remove(part)
            return part

    def _hash_slice(self, part: Part, buffer: bytearray, number: int) -> bool:
        """Hash the next slice; False at the end of the file."""
        view = memoryview(buffer)
        end = part.offset + SLICE_BYTES
        while part.offset < end and not self.is_stopping:
            nbytes = os.preadv(part.fd, [buffer], part.offset)
            if nbytes == 0:
                return False
            part.hasher.update(view[:nbytes])
            part.offset += nbytes
            self.done[number] += nbytes
        return True
