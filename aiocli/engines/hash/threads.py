"""Threads that hash open files side by side, each algorithm from a descriptor of its own.

An algorithm's bytes must come in order, but any thread may take the next slice of them. So a thread that is free
takes a slice of the algorithm that needs longest to its end; then all end at about the same time, and the whole
takes max(longest algorithm, sum of all / cores). With it the thread takes others that are at the same place of the
same file, as long as that is no more than its fair share of all that is left: they need no read of their own.

The caller's thread never takes a lock, so that it can be interrupted anywhere.
"""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

from aiocli.core.threads import start_threads
from aiocli.engines.hash.holes import feed_zeros, run_at
from aiocli.engines.hash.reading import read_at

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from aiocli.core.endpoint import Endpoint
    from aiocli.engines.hash.algorithms import Hasher
    from aiocli.engines.hash.job import HashJob

CHUNK_BYTES = 256 * 1024
"""Bytes of one read: what was read is still in the core's own cache when the last of a group hashes it."""

SLICE_BYTES = 4 * 1024 * 1024
"""Bytes after which a thread looks again what is the most behind."""

_SLACK = 1.25
"""A group may be so much more than a fair share: after its slice the others take from it what is too much."""


class Part:
    """One algorithm's share of a file.

    Attributes:
        task: the file.
        fd: its own descriptor.
        offset: up to where it has come.
        speed: GB/s; only the relation to the others matters.
        hasher: takes the bytes.
    """

    __slots__ = ("fd", "hasher", "offset", "speed", "task")

    def __init__(self, task: Task, fd: int, speed: float, hasher: Hasher) -> None:
        self.task = task
        self.fd = fd
        self.offset = task.start
        self.speed = speed
        self.hasher = hasher

    @property
    def load(self) -> float:
        """How long it needs; at least a little, as the file may have grown."""
        return max(1, self.task.job.src.size - self.offset) / self.speed


class Task:
    """One file, given to a crew.

    Attributes:
        job: what is to be done.
        start: offset of the first byte.
        parts: one for each algorithm.
        nopen: parts that are still to be worked on; 0 means that the crew is done with it.
        error: what failed.
    """

    __slots__ = ("error", "job", "nopen", "parts", "start")

    def __init__(self, job: HashJob, hashers: Sequence[Hasher]) -> None:
        """Take descriptors of its own, which `close` closes.

        Raises:
            OSError: there are too many.
        """
        self.job = job
        self.start = job.src.offset or 0
        self.error: BaseException | None = None
        self.parts: list[Part] = []
        try:
            for algorithm, hasher in zip(job.algorithms, hashers, strict=True):
                self.parts.append(Part(self, clone_descriptor(job.src), algorithm.speed, hasher))
        except OSError:
            self.close()
            raise
        self.nopen = len(self.parts)

    @property
    def taken(self) -> list[int]:
        """Bytes that each hasher has had."""
        return [part.offset - self.start for part in self.parts]

    def close(self) -> None:
        """Close its descriptors; the crew must be done with it, or have ended."""
        while self.parts:
            os.close(self.parts.pop().fd)


def clone_descriptor(src: Endpoint) -> int:
    """Open a file anew, so that the kernel reads ahead for each descriptor on its own; else duplicate it."""
    if not src.is_writable:  # else it may not be open for reading at all, and that is not to be got round
        with suppress(OSError):  # there is no /proc, or it may be read through this descriptor only
            return os.open(f"/proc/self/fd/{src.fd}", os.O_RDONLY | os.O_CLOEXEC | os.O_NOCTTY)
    return os.dup(src.fd)


class Crew:
    """A number of threads that hash the files they are given; where none can be had, the caller's thread does.

    Args:
        nthreads: how many, at most.
        done: takes each task that the crew is done with, in any thread.
        chunk_size: bytes of one read; None leaves it to the crew.

    Attributes:
        is_stopping: threads are to end after what they are at.
    """

    def __init__(self, nthreads: int, done: Callable[[Task], None], chunk_size: int | None = None) -> None:
        self.is_stopping = False
        self._done = done
        self._chunk_size = chunk_size or CHUNK_BYTES
        self._inbox: SimpleQueue[Task | None] = SimpleQueue()
        self._lock = threading.Lock()  # guards the rest, and is the threads' own
        self._parts: list[Part] = []
        self._waiting: list[Part] = []
        self._nidle = 0
        self._threads = [
            threading.Thread(target=self._work, daemon=True, name=f"aio-crew-{number}") for number in range(nthreads)
        ]

    def start(self) -> int:
        """Start the threads, as many as can be had, and return how many there are; `stop` ends them."""
        start_threads(self._threads)
        return len(self._threads)

    def add(self, task: Task) -> None:
        """Give the crew a file; without threads, return when it is done with it."""
        self._inbox.put(task)
        if not self._threads:
            self._work(lambda: task.job.tell(task.taken))

    def stop(self) -> None:
        """End the threads, in the middle of a file if need be, and wait for them."""
        self.is_stopping = True
        for _ in self._threads:
            self._inbox.put(None)
        for thread in self._threads:
            if thread.ident is not None:  # it uses descriptors that the caller closes next
                thread.join()

    def _work(self, tell: Callable[[], None] = lambda: None) -> None:
        """Hash slice by slice: the body of each thread."""
        buffer = memoryview(bytearray(self._chunk_size))
        while group := self._take():
            try:
                is_over, error = self._hash_slice(group, buffer), None
            except BaseException as failure:  # whatever it is, whoever waits for the task must learn of it
                is_over, error = True, failure
            self._put_back(group, error, is_over=is_over)
            tell()

    def _take(self) -> list[Part]:
        """Take what to hash next, waiting for it; nothing when the crew is to end, or nobody is there to give more."""
        while not self.is_stopping:
            with self._lock:
                with suppress(Empty):
                    while True:
                        self._accept(self._inbox.get_nowait())
                group = self._choose()
                if group:
                    if self._waiting and self._nidle:
                        self._inbox.put(None)  # somebody else can take these
                    return group
                if not self._threads:
                    return []
                self._nidle += 1
            task = self._inbox.get()
            with self._lock:
                self._nidle -= 1
                self._accept(task)
        return []

    def _accept(self, task: Task | None) -> None:
        if task is not None:
            self._parts += task.parts
            self._waiting += task.parts

    def _choose(self) -> list[Part]:
        """Choose the algorithm that needs longest of those that nobody is at, and what goes along with it."""
        if not self._waiting:
            return []
        room = sum(part.load for part in self._parts) / max(1, len(self._threads)) * _SLACK
        self._waiting.sort(key=lambda part: -part.load)
        first = self._waiting[0]
        group = []
        for part in self._waiting:
            is_beside = part.task is first.task and part.offset == first.offset
            if part is first or (is_beside and part.load <= room):
                group.append(part)
                room -= part.load
        for part in group:
            self._waiting.remove(part)
        return group

    def _hash_slice(self, group: Sequence[Part], buffer: memoryview) -> bool:
        """Hash the next slice; tell whether the file ends there.

        Raises:
            OSError: a read failed; the file's name is on it.
        """
        src, fd, offset = group[0].task.job.src, group[0].fd, group[0].offset
        end = offset + SLICE_BYTES
        try:
            if src.has_holes and offset < src.size:
                run = run_at(fd, offset, src.size)
                if run.is_hole:
                    self._pass_over(group, run.end - offset)
                    return False
                if run.end > offset:  # else it has become shorter, and reading tells where it ends
                    end = min(end, run.end)
            while offset < end and not self.is_stopping:
                nbytes = read_at(fd, buffer[: end - offset], offset)
                if nbytes == 0:
                    return True
                offset += nbytes
                for part in group:
                    part.hasher.update(buffer[:nbytes])
                    part.offset = offset
        except OSError as error:
            error.filename = src.name
            raise
        return False

    def _pass_over(self, group: Sequence[Part], nbytes: int) -> None:
        """Give all of a hole to hashers that know zeros, and a slice of it to others."""
        if not all(hasattr(part.hasher, "zeros") for part in group):
            nbytes = min(nbytes, SLICE_BYTES)
        for part in group:
            feed_zeros(part.hasher, nbytes, lambda _: not self.is_stopping)
            part.offset += nbytes

    def _put_back(self, group: Sequence[Part], error: BaseException | None, *, is_over: bool) -> None:
        """Let others take the parts, or count them as done; with an error, all others of the file, too."""
        task = group[0].task
        with self._lock:
            task.error = task.error or error
            over = list(group) if is_over or task.error is not None else []
            if task.error is not None:
                over += [part for part in self._waiting if part.task is task]
            self._waiting = [part for part in (*self._waiting, *(() if over else group)) if part not in over]
            self._parts = [part for part in self._parts if part not in over]
            task.nopen -= len(over)
            is_done = task.nopen == 0
        if is_done:
            self._done(task)
