"""Counts what a tree holds while it is being copied, so that progress can be told as a share.

A count is cut into units that are short, as workers that count do not copy meanwhile, and as no unit must keep a copy
waiting that is done before it. It goes by names, so a directory that is swapped for another one meanwhile is counted
in its place: that makes the total wrong, and nothing else.
"""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from aiocli.engines.copy.rules import Dereference
from aiocli.engines.selection import is_meant

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from concurrent.futures import Executor, Future

    from aiocli.engines.copy.rules import CopyRules

    OnCount = Callable[[int, int, bool], None]
    """(bytes, files, whether that is all): called from any thread, with all that is counted so far."""

UNIT_ENTRIES = 5_000
"""Entries after which a unit ends with the directory that it is in: 10 ms where all is cached."""

_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC | os.O_NOCTTY


class Folder(NamedTuple):
    """A directory to count.

    Attributes:
        path: where it is.
        below: the way to it from the operand, with a slash at its end; empty for the operand itself.
        device: that its files are to be on; None for any.
        outer: identities of the directories around it, where links are followed: they may lead back.
        is_followed: it may be a symbolic link to a directory.
    """

    path: str
    below: str = ""
    device: int | None = None
    outer: tuple[tuple[int, int], ...] = ()
    is_followed: bool = False


class Counted(NamedTuple):
    """What a unit has found.

    Attributes:
        nbytes: of regular files, holes included.
        files: regular files.
        rest: directories that are still to be counted.
        is_known: no source is without a size that is to be read, such as a pipe.
    """

    nbytes: int
    files: int
    rest: tuple[Folder, ...] = ()
    is_known: bool = True


def count_operands(sources: Sequence[str], rules: CopyRules) -> Counted:
    """Count the operands that are files; those that are directories are the rest. What cannot be seen is left out."""
    nbytes = files = 0
    is_known = True
    folders: list[Folder] = []
    for source in sources:
        try:
            facts = os.stat(source, follow_symlinks=rules.dereference is not Dereference.NEVER)
        except OSError:
            continue
        if stat.S_ISREG(facts.st_mode):
            nbytes += facts.st_size
            files += 1
        elif stat.S_ISDIR(facts.st_mode) and rules.is_recursive:
            folders.append(Folder(source, device=facts.st_dev if rules.stays_on_filesystem else None, is_followed=True))
        elif not (stat.S_ISDIR(facts.st_mode) or stat.S_ISLNK(facts.st_mode)):
            is_known = is_known and not rules.reads_special
    return Counted(nbytes, files, tuple(reversed(folders)), is_known)


def count_some(folders: Sequence[Folder], rules: CopyRules) -> Counted:
    """Count some of what is in directories: a work unit for any executor. What cannot be read is left out."""
    todo = list(folders)
    nbytes = files = entries = 0
    while todo and entries < UNIT_ENTRIES:
        folder = todo.pop()
        with suppress(OSError):
            fd = os.open(folder.path, _DIRECTORY | (0 if folder.is_followed else os.O_NOFOLLOW))
            try:
                here = _count_folder(folder, fd, rules)
            finally:
                os.close(fd)
            nbytes += here.nbytes
            files += here.files
            todo += here.rest
            entries += here.files
        entries += 1
    return Counted(nbytes, files, tuple(todo))


def _count_folder(folder: Folder, fd: int, rules: CopyRules) -> Counted:
    """Count one directory; the rest is what is in it."""
    facts = os.fstat(fd)
    if folder.device not in (None, facts.st_dev):
        return Counted(0, 0)
    follows = rules.dereference is Dereference.ALWAYS
    outer: tuple[tuple[int, int], ...] = ()
    if follows:
        identity = facts.st_dev, facts.st_ino
        if identity in folder.outer:
            return Counted(0, 0)
        outer = (*folder.outer, identity)
    nbytes = files = 0
    inner: list[Folder] = []
    with os.scandir(fd) as entries:
        for entry in entries:
            below = folder.below + entry.name
            if not is_meant(rules.patterns, below, is_directory=entry.is_dir(follow_symlinks=False)):
                continue
            if entry.is_dir(follow_symlinks=follows):
                path = f"{folder.path.rstrip('/')}/{entry.name}"
                inner.append(Folder(path, f"{below}/", folder.device, outer, follows))
            elif entry.is_file(follow_symlinks=follows):
                with suppress(OSError):  # it has vanished
                    nbytes += entry.stat(follow_symlinks=follows).st_size
                    files += 1
    return Counted(nbytes, files, tuple(inner))


class Count:
    """A count that goes on beside a copy.

    Args:
        sources: operands of the copy.
        rules: of the copy.
        on_count: told after each unit.
        executor: does the units; None has a thread do them.
    """

    def __init__(
        self, sources: Sequence[str], rules: CopyRules, on_count: OnCount, executor: Executor | None = None
    ) -> None:
        self._sources = sources
        self._rules = rules
        self._on_count = on_count
        self._executor = executor
        self._nbytes = self._files = 0
        self._is_stopped = False

    def start(self) -> None:
        """Begin to count; from any thread, once."""
        rest = self._add(count_operands(self._sources, self._rules))
        if not rest:
            return
        if self._executor is not None:
            self._submit(rest)
            return
        from threading import Thread

        from aiocli.core.errors import NoThreads
        from aiocli.core.threads import start_thread

        with suppress(NoThreads):  # then nobody learns how much it is
            start_thread(Thread(target=self._run, args=(rest,), daemon=True, name="aio-count"))

    def stop(self) -> None:
        """Count no more; a unit that is under way ends by itself, and nothing waits for it here."""
        self._is_stopped = True

    def _add(self, counted: Counted) -> tuple[Folder, ...]:
        """Take in a unit's result; return what is still to be done."""
        self._nbytes += counted.nbytes
        self._files += counted.files
        if self._is_stopped:
            return ()
        self._on_count(self._nbytes, self._files, not counted.rest)
        return counted.rest

    def _run(self, rest: tuple[Folder, ...]) -> None:
        while rest:
            rest = self._add(count_some(rest, self._rules))

    def _submit(self, rest: tuple[Folder, ...]) -> None:
        assert self._executor is not None
        with suppress(RuntimeError):  # the executor takes no more units: the copy is over, or its worker is gone
            self._executor.submit(count_some, rest, self._rules).add_done_callback(self._take)

    def _take(self, future: Future[Counted]) -> None:
        if future.cancelled() or future.exception() is not None:
            return
        rest = self._add(future.result())
        if rest:
            self._submit(rest)
