"""A file that is opened to be hashed by itself, and what becomes of it."""

from __future__ import annotations

import errno
import os
import time
from typing import TYPE_CHECKING

from aiocli.core.endpoint import Endpoint, Kind, directory_error
from aiocli.core.errors import BackendUnavailable
from aiocli.core.events import File
from aiocli.engines.hash.algorithms import find
from aiocli.engines.hash.digest import Clones, digest, digests_of
from aiocli.engines.hash.job import HashJob
from aiocli.engines.hash.wanted import STDIN, Hashed, HashRules, Step, Wanted

if TYPE_CHECKING:
    from aiocli.core.events import OnBytes, OnEvent
    from aiocli.engines.hash.job import Digests
    from aiocli.engines.hash.threads import Task

_STDIN_FD = 0


class NotOpened(Exception):
    """A file cannot be hashed.

    Attributes:
        hashed: says why.
    """

    def __init__(self, hashed: Hashed) -> None:
        super().__init__(hashed.wanted.name)
        self.hashed = hashed


class OpenFile:
    """One file, opened; `close` it.

    Args:
        want: which, and what to compute.
        rules: how to read.
        on_event: told of it.
        on_bytes: told of bytes that were taken in.

    Attributes:
        job: what is to be done.

    Raises:
        NotOpened: it cannot be opened, is a directory, or is to be left alone.
        KeyError: there is no such algorithm.
    """

    def __init__(self, want: Wanted, rules: HashRules, on_event: OnEvent | None, on_bytes: OnBytes | None) -> None:
        self.want = want
        self._on_event = on_event
        self._started = time.perf_counter()
        self._task: Task | None = None
        algorithms = [find(name) for name in want.algorithms]
        try:
            self._fd = _open(want.name, rules)
        except OSError as error:
            raise NotOpened(Hashed(want, step=Step.OPEN, error=error)) from None
        try:
            src = self._look(rules)
        except BaseException:
            self.close()
            raise
        self.job = HashJob(
            src,
            algorithms,
            backend=rules.backend,
            disabled=rules.disabled,
            on_bytes=on_bytes,
            chunk_size=rules.chunk_size,
            jobs=rules.jobs,
            leaves_cache=rules.no_cache,
            on_event=on_event,
        )

    async def digest(self) -> Hashed:
        """Hash it, in the best way there is.

        Raises:
            BackendUnavailable: the named backend does not work here.
            MissingPackage: an algorithm needs one that is not installed.
        """
        if self._on_event is not None:
            self._on_event(File(self.want.name, "", self.job.length))
        try:
            digests = await digest(self.job)
        except BackendUnavailable:
            raise
        except OSError as error:
            return self._failed(error)
        return self._done(digests)

    def begin(self) -> Task:
        """Make of it a task for a crew.

        Raises:
            OSError: there are too many descriptors.
            MissingPackage: an algorithm needs one that is not installed.
        """
        from aiocli.engines.hash.threads import Task

        self._before = os.fstat(self._fd)
        self.job.attempts.append((Clones.name, ""))
        self._task = Task(self.job, [algorithm.new() for algorithm in self.job.algorithms])
        return self._task

    def finish(self) -> Hashed:
        """Take what a crew has made of its task."""
        task = self._task
        assert task is not None
        if isinstance(task.error, OSError):
            return self._failed(task.error)
        if task.error is not None:
            raise task.error
        hashers = [part.hasher for part in task.parts]
        try:
            digests = digests_of(self.job, hashers, task.taken, self._before)
        except OSError as error:
            return self._failed(error)
        return self._done(digests)

    def close(self) -> None:
        """Close it."""
        if self._task is not None:
            self._task.close()
        if self._fd != _STDIN_FD:
            os.close(self._fd)

    def _look(self, rules: HashRules) -> Endpoint:
        """Read the file's facts.

        Raises:
            NotOpened: it is nothing to be hashed.
        """
        try:
            src = Endpoint.of(self._fd, self.want.name)
        except OSError as error:
            raise NotOpened(self._failed(error)) from None
        if src.kind is Kind.DIRECTORY:
            raise NotOpened(Hashed(self.want, step=Step.DIRECTORY, error=directory_error(src.name)))
        if rules.skips_special and not src.is_regular and self.want.name != STDIN:
            raise NotOpened(Hashed(self.want, step=Step.SPECIAL))
        return src

    def _failed(self, error: OSError) -> Hashed:
        error.filename = self.want.name
        return Hashed(self.want, step=Step.READ, error=error)

    def _done(self, digests: Digests) -> Hashed:
        return Hashed(
            self.want,
            *digests,
            attempts=tuple(self.job.attempts),
            seconds=time.perf_counter() - self._started,
        )


def _open(name: str, rules: HashRules) -> int:
    """Open a file for reading; standard input is open.

    Raises:
        OSError: with the file's name on it.
    """
    if name == STDIN:
        return _STDIN_FD
    flags = os.O_RDONLY | os.O_CLOEXEC | os.O_NOCTTY
    try:
        return os.open(name, flags | os.O_NONBLOCK if rules.skips_special else flags)
    except ValueError:  # a NUL, or a surrogate that stands for no byte: no file can have that name
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), name) from None
