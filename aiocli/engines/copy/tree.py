"""Copies a directory tree: walks ahead of what is told, hands small files to workers, and keeps GNU's order.

The walk makes directories and cuts what is in them into turns. Turns are taken in order: what they tell comes out
as if everything had happened in sequence. Only simple files are copied before their turn, in batches by an executor.
"""

from __future__ import annotations

import os
import resource
import stat
from collections import deque
from itertools import islice
from typing import TYPE_CHECKING

from aiocli.core.events import File, Progress
from aiocli.engines.copy import batch, move
from aiocli.engines.copy.directory import Directory, IntoItself
from aiocli.engines.copy.history import identity
from aiocli.engines.copy.steps import CopyFailed, Step
from aiocli.engines.selection import is_meant

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import Future

    from aiocli.core.events import Event
    from aiocli.engines.copy.copier import Copier
    from aiocli.engines.copy.entry import Entry

LISTED_ENTRIES = 100_000
"""Entries of a directory that are sorted at once; bounds the memory where there are more."""

UNIT_FILES = 64
"""Files of one work unit: a round trip to a worker costs as much as copying two or three."""

UNIT_RUNS = 32
"""Directories of one work unit."""

WAITING_TURNS = 256
"""Turns that wait to be told; each may hold two open directories, which together are a quarter of all at most."""

WAITING_UNITS = 8


class _Unit:
    """Runs that go to a worker together."""

    def __init__(self) -> None:
        self.runs: list[batch.Run] = []
        self.nfiles = 0
        self.future: Future[list[batch.RunResult]] | None = None
        self.results: list[batch.RunResult] | None = None


class _Turn:
    """Something to be done or told when all before it is."""

    def is_ready(self) -> bool:
        """Tell whether taking it needs no waiting."""
        return True

    async def take(self, tree: TreeCopy) -> bool:
        """Do it; return whether all went well."""
        raise NotImplementedError


class _Tell(_Turn):
    """Something that has happened in the walk."""

    def __init__(self, event: Event, *, is_failure: bool) -> None:
        self.event = event
        self.is_failure = is_failure

    async def take(self, tree: TreeCopy) -> bool:
        tree.copier.on_event(self.event)
        return not self.is_failure


class _Copy(_Turn):
    """A file that needs thought."""

    def __init__(self, entry: Entry, facts: os.stat_result | None = None) -> None:
        self.entry = entry
        self.facts = facts

    async def take(self, tree: TreeCopy) -> bool:
        return await tree.copy_file(self.entry, self.facts)


class _UndoBackup(_Turn):
    """A file that made place for a directory, which could not be made."""

    def __init__(self, directory: Directory) -> None:
        self.directory = directory

    async def take(self, tree: TreeCopy) -> bool:
        tree.copier.rooms.undo_backup(self.directory.entry, self.directory.backup)
        return True


class _Run(_Turn):
    """Files that a worker copies."""

    def __init__(self, directory: Directory, unit: _Unit) -> None:
        self.directory = directory
        self.unit = unit
        self.index = len(unit.runs)

    def is_ready(self) -> bool:
        return self.unit.results is not None or (self.unit.future is not None and self.unit.future.done())

    async def take(self, tree: TreeCopy) -> bool:
        result = tree.result_of(self.unit)[self.index]
        run = self.unit.runs[self.index]
        if not result.odd and not tree.copier.wants_files:
            tree.copier.on_event(Progress(sum(result.sizes), len(run.names)))
            return True
        is_well = True
        for index, name in enumerate(run.names):
            failures = result.odd.get(index, ())
            if failures is None:
                is_well &= await tree.copy_file(self.directory.child(name), None)
                continue
            child = self.directory.child(name)
            tree.copier.on_event(File(child.source.path, child.target.path, result.sizes[index]))
            if tree.copier.on_bytes is not None:
                tree.copier.on_bytes(result.sizes[index])
            is_well &= tree.copier.tell_failures(failures)
        return is_well


class _Finish(_Turn):
    """The end of a directory."""

    def __init__(self, directory: Directory) -> None:
        self.directory = directory

    async def take(self, tree: TreeCopy) -> bool:
        failures = self.directory.finish()
        tree.close(self.directory)
        return tree.copier.tell_failures(failures)


def _waiting_turns() -> int:
    most_open, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return min(WAITING_TURNS, most_open // 8)


class TreeCopy:
    """Copies one operand that is a directory."""

    def __init__(self, copier: Copier, entry: Entry, facts: os.stat_result) -> None:
        self.copier = copier
        self.top = Directory(copier, entry, facts, None)
        self._is_into_itself = False
        self._open: set[Directory] = set()
        self._unit = _Unit()
        self._units = 0
        self._has_batches = batch.takes(copier.rules) and copier.mover is move

    async def run(self) -> bool:
        """Copy it; return whether all went well."""
        is_well = True
        waiting: deque[_Turn] = deque()
        room = _waiting_turns() if self._has_batches and self.copier.executor is not None else 0
        try:
            for turn in self._turns():
                if self.top.is_in_source:  # what is copied shows up where the walk comes to next
                    room = 0
                waiting.append(turn)
                while waiting and (len(waiting) > room or self._units > WAITING_UNITS or waiting[0].is_ready()):
                    is_well &= await waiting.popleft().take(self)
            self._submit()
            while waiting:
                is_well &= await waiting.popleft().take(self)
        finally:
            for directory in self._open:
                directory.close()
        return is_well

    async def copy_file(self, entry: Entry, facts: os.stat_result | None) -> bool:
        """Copy a file with all due thought."""
        try:
            if facts is None:
                facts = self.copier.look(entry)
            if stat.S_ISDIR(facts.st_mode):  # it has become one since it was listed
                raise CopyFailed(Step.REPLACED_MEANWHILE, entry.source.path)
        except CopyFailed as failed:
            self.copier.on_event(failed.failure)
            return False
        return await self.copier.copy_file(entry, facts)

    def close(self, directory: Directory) -> None:
        """Close a directory that is finished."""
        self._open.discard(directory)
        directory.close()

    def result_of(self, unit: _Unit) -> list[batch.RunResult]:
        """Return what became of a unit's runs, waiting for it or doing it here if it must be."""
        if unit.results is None:
            if unit is self._unit:
                self._submit()
            if unit.future is not None:
                unit.results = unit.future.result()
                self._units -= 1
            else:
                unit.results = batch.copy_runs(unit.runs, self.copier.rules)
        return unit.results

    def _turns(self) -> Iterator[_Turn]:
        """Walk the tree, the innermost directory first; with a stack, so that no depth is too deep."""
        stack = [self._walk(self.top)]
        while stack:
            step = next(stack[-1], None)
            if step is None:
                stack.pop()
            elif isinstance(step, Directory):
                stack.append(self._walk(step))
            else:
                yield step

    def _walk(self, directory: Directory) -> Iterator[_Turn | Directory]:
        """Make a directory and cut into turns what is to be done in it; directories in it are yielded as such."""
        told: list[Event] = []
        failure: Event | None = None
        has_content = False
        try:
            has_content = directory.make(told.append, self.top)
        except CopyFailed as failed:
            failure = failed.failure
            self.copier.history.forget(identity(directory.facts), directory.entry.top, directory.entry.below)
        except IntoItself:
            self._is_into_itself = True
            top = self.top.entry
            failure = CopyFailed(Step.INTO_ITSELF, top.source.path, None, top.target.path).failure
        for event in told:
            yield _Tell(event, is_failure=False)
        if failure is not None:
            yield _Tell(failure, is_failure=True)
            if directory.backup:
                yield _UndoBackup(directory)
        if not has_content:
            return
        self._open.add(directory)
        if not self._is_elsewhere(directory):
            yield from self._walk_entries(directory)
        yield _Finish(directory)

    def _is_elsewhere(self, directory: Directory) -> bool:
        """Tell whether a directory is to stay empty, as it is on another file system."""
        parent = directory.parent
        is_bound = self.copier.rules.stays_on_filesystem
        return is_bound and parent is not None and parent.facts.st_dev != directory.facts.st_dev

    def _walk_entries(self, directory: Directory) -> Iterator[_Turn | Directory]:
        try:
            directory.open_source()
            entries = os.scandir(directory.src_fd)
        except (CopyFailed, OSError) as error:
            if isinstance(error, OSError):
                error = CopyFailed(Step.LIST, directory.entry.source.path, error)
            yield _Tell(error.failure, is_failure=True)
            return
        with entries:
            while True:
                try:
                    # By inode, as GNU has it: then files are read in the order in which they lie on the disk.
                    listed = sorted(islice(entries, LISTED_ENTRIES), key=os.DirEntry.inode)
                except OSError as error:
                    yield _Tell(CopyFailed(Step.LIST, directory.entry.source.path, error).failure, is_failure=True)
                    return
                if not listed:
                    return
                yield from self._cut(directory, listed)
                if self._is_into_itself:
                    return

    def _cut(self, directory: Directory, listed: list[os.DirEntry[str]]) -> Iterator[_Turn | Directory]:
        """Cut entries into runs of simple files and what is between them."""
        names: list[str] = []
        inodes: list[int] = []
        for item in listed:
            if not self._is_meant(directory, item):
                continue
            if self._has_batches and item.is_file(follow_symlinks=False):
                names.append(item.name)
                inodes.append(item.inode())
                if len(names) + self._unit.nfiles >= UNIT_FILES:
                    yield self._run(directory, names, inodes)
                    names, inodes = [], []
                continue
            if names:
                yield self._run(directory, names, inodes)
                names, inodes = [], []
            entry = directory.child(item.name)
            if item.is_file(follow_symlinks=False) or (item.is_symlink() and not self.copier.follows(entry)):
                yield _Copy(entry)
                continue
            try:
                facts = self.copier.look(entry)
            except CopyFailed as failed:
                yield _Tell(failed.failure, is_failure=True)
                continue
            if stat.S_ISDIR(facts.st_mode):
                yield Directory(self.copier, entry, facts, directory)
                if self._is_into_itself:
                    return
            else:
                yield _Copy(entry, facts)
        if names:
            yield self._run(directory, names, inodes)

    def _is_meant(self, directory: Directory, item: os.DirEntry[str]) -> bool:
        patterns = self.copier.rules.patterns
        if not patterns:
            return True
        path = f"{directory.entry.below}/{item.name}"[1:]
        return is_meant(patterns, path, is_directory=item.is_dir(follow_symlinks=False))

    def _run(self, directory: Directory, names: list[str], inodes: list[int]) -> _Run:
        """Add files to the unit that is being filled, and hand it over when it is full."""
        unit = self._unit
        turn = _Run(directory, unit)
        entry = directory.entry
        src, dst = entry.source.path.rstrip("/"), entry.target.path.rstrip("/")
        unit.runs.append(batch.Run((src, *identity(directory.facts)), (dst, *directory.dst_identity), names, inodes))
        unit.nfiles += len(names)
        if unit.nfiles >= UNIT_FILES or len(unit.runs) >= UNIT_RUNS:
            self._submit()
        return turn

    def _submit(self) -> None:
        unit, self._unit = self._unit, _Unit()
        if unit.runs and self.copier.executor is not None:
            unit.future = self.copier.executor.submit(batch.copy_runs, unit.runs, self.copier.rules)
            self._units += 1
