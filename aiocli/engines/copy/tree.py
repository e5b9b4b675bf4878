"""Copies a directory tree: walks it in directory order, hands small files to workers, reports in order.

One process walks, makes directories and moves big files; batches of small files go as work units to an executor
if there is one. What is reported comes out as if everything had happened in sequence.
"""

from __future__ import annotations

import os
import stat
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aiocli.core.events import Failure, File, OnBytes
from aiocli.engines.copy.files import CopySettings, Step, copy_file, copy_small_files

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator
    from concurrent.futures import Executor, Future

SMALL_BYTES = 1024 * 1024
"""Larger files are not for workers: one of them keeps both cores busy anyway."""

BATCH_FILES = 64
"""Files of one work unit: a round trip to a worker costs as much as copying two or three."""

BATCH_BYTES = 4 * 1024 * 1024
PENDING_UNITS = 32
"""Units that wait for their turn to be reported; bounds the memory."""

_DIRECTORY_MODE = 0o1777


@dataclass(slots=True)
class _Unit:
    """A batch of files and, once it runs elsewhere, its future."""

    files: list[File]
    future: Future[list[Failure | None]] | None = None

    def records(self, outcomes: list[Failure | None]) -> Iterator[File | Failure]:
        for file, failure in zip(self.files, outcomes, strict=True):
            yield file
            if failure is not None:
                yield failure


class TreeCopy:
    """Copies trees one after the other and remembers which directories it made.

    Args:
        settings: how files are copied.
        executor: takes batches of small files; None copies them here.
        on_bytes: told of moves in this process, and of each unit's files when it is done.
    """

    def __init__(
        self, settings: CopySettings, executor: Executor | None = None, on_bytes: OnBytes | None = None
    ) -> None:
        self.settings = settings
        self.executor = executor
        self.on_bytes = on_bytes
        self._made: set[tuple[int, int]] = set()
        self._told: set[tuple[str, str]] = set()
        self._modes: list[tuple[str, int]] = []
        self._umask = os.umask(0)
        os.umask(self._umask)

    async def copy(self, src: str, dst: str) -> AsyncIterator[File | Failure]:
        """Copy a directory to a name, into what is there if it is a directory; yield what is done and what fails.

        Symbolic links are copied as links and never followed; FIFOs, devices and sockets are made again.
        """
        waiting: deque[_Unit | File | Failure] = deque()
        batch: list[File] = []
        for item in self._walk(src, dst, (src, dst)):
            if isinstance(item, Failure) or not item.is_data or not self._is_for_batch(item):
                self._submit(batch, waiting)
                batch = []
                waiting.append(item)
                if isinstance(item, File) and item.is_data:
                    failure = await copy_file(item.src, item.dst, self.settings, follow=False, on_bytes=self.on_bytes)
                    if failure is not None:
                        waiting.append(failure)
            else:
                batch.append(item)
                if len(batch) >= BATCH_FILES or sum(file.size for file in batch) >= BATCH_BYTES:
                    self._submit(batch, waiting)
                    batch = []
            for record in self._ready(waiting, keep=PENDING_UNITS):
                yield record
        self._submit(batch, waiting)
        for record in self._ready(waiting, keep=0):
            yield record
        for failure in self._set_modes():
            yield failure

    def _is_for_batch(self, file: File) -> bool:
        return self.settings.backend is None and file.size <= SMALL_BYTES

    def _submit(self, files: list[File], waiting: deque[_Unit | File | Failure]) -> None:
        if files:
            unit = _Unit(files)
            if self.executor is not None:
                pairs = [(file.src, file.dst) for file in files]
                unit.future = self.executor.submit(copy_small_files, pairs)
            waiting.append(unit)

    def _ready(self, waiting: deque[_Unit | File | Failure], *, keep: int) -> Iterator[File | Failure]:
        """Yield from the left what is done, waiting for it while more than `keep` units are under way."""
        while waiting:
            head = waiting[0]
            if isinstance(head, _Unit):
                is_done = head.future is None or head.future.done()
                if not is_done and len(waiting) <= keep:
                    return
                waiting.popleft()
                pairs = [(file.src, file.dst) for file in head.files]
                outcomes = head.future.result() if head.future else copy_small_files(pairs)
                if self.on_bytes is not None:
                    self.on_bytes(sum(file.size for file in head.files))
                yield from head.records(outcomes)
            else:
                waiting.popleft()
                yield head

    def _walk(self, src: str, dst: str, top: tuple[str, str]) -> Iterator[File | Failure]:
        """Make directories, links and special files; yield regular files to copy, and everything to report."""
        try:
            facts = os.lstat(src)
        except OSError as error:
            yield _failure(Step.STAT, src, error)
            return
        kind = stat.S_IFMT(facts.st_mode)
        if kind == stat.S_IFDIR:
            yield from self._walk_directory(src, dst, facts, top)
        elif kind == stat.S_IFREG:
            yield File(src, dst, facts.st_size)
        else:
            yield File(src, dst, is_data=False)
            failure = _make_again(src, dst, facts)
            if failure is not None:
                yield failure

    def _walk_directory(
        self, src: str, dst: str, facts: os.stat_result, top: tuple[str, str]
    ) -> Iterator[File | Failure]:
        if (facts.st_dev, facts.st_ino) in self._made:
            if top not in self._told:
                self._told.add(top)
                yield Failure(Step.INTO_ITSELF, top[0], 0, top[1])
            return
        try:
            # The name that was asked for may be a link to a directory; nothing below it is written through one.
            is_asked_for = (src, dst) == top and os.path.exists(dst)
            existing: os.stat_result | None = os.stat(dst) if is_asked_for else os.lstat(dst)
        except OSError:
            existing = None
        if existing is not None and not stat.S_ISDIR(existing.st_mode):
            yield Failure(Step.OVERWRITE_WITH_DIRECTORY, dst, 0, src)
            return
        if existing is None:
            mode = stat.S_IMODE(facts.st_mode) & _DIRECTORY_MODE
            try:
                os.mkdir(dst, mode | stat.S_IRWXU)
            except OSError as error:
                yield _failure(Step.MAKE_DIRECTORY, dst, error)
                return
            made = os.stat(dst)
            self._made.add((made.st_dev, made.st_ino))
            if mode & ~self._umask != stat.S_IMODE(made.st_mode) & _DIRECTORY_MODE:
                self._modes.append((dst, mode & ~self._umask))
            yield File(src, dst, is_data=False)
        try:
            with os.scandir(src) as entries:
                # By inode, as GNU has it: then files are read in the order in which they lie on the disk.
                names = [entry.name for entry in sorted(entries, key=os.DirEntry.inode)]
        except OSError as error:
            yield _failure(Step.LIST, src, error)
            return
        for name in names:
            yield from self._walk(os.path.join(src, name), os.path.join(dst, name), top)

    def _set_modes(self) -> Iterator[Failure]:
        """Give directories that had to be writable meanwhile their own mode, the innermost first."""
        while self._modes:
            name, mode = self._modes.pop()
            try:
                os.chmod(name, mode)
            except OSError as error:
                yield _failure(Step.SET_MODE, name, error)


def _failure(step: str, name: str, error: OSError) -> Failure:
    return Failure(step, name, error.errno or 0)


def _make_again(src: str, dst: str, facts: os.stat_result) -> Failure | None:
    """Make a symbolic link, FIFO, device or socket like src, in place of what is there unless it is a directory."""
    step, target = Step.MAKE_SPECIAL, ""
    if stat.S_ISLNK(facts.st_mode):
        step = Step.MAKE_LINK
        try:
            target = os.readlink(src)
        except OSError as error:
            return _failure(Step.READ_LINK, src, error)

    def make() -> None:
        if target:
            os.symlink(target, dst)
        else:
            os.mknod(dst, facts.st_mode, facts.st_rdev)

    try:
        make()
    except FileExistsError:
        return _replace(src, dst, make, step)
    except OSError as error:
        return _failure(step, dst, error)
    return None


def _replace(src: str, dst: str, make: Callable[[], None], step: str) -> Failure | None:
    if leads_to(src, dst):
        return Failure(Step.SAME_FILE, src, 0, dst)
    try:
        os.unlink(dst)
    except IsADirectoryError:
        return Failure(Step.OVERWRITE_DIRECTORY, dst, 0, src)
    except OSError as error:
        return _failure(Step.REMOVE, dst, error)
    try:
        make()
    except OSError as error:
        return _failure(step, dst, error)
    return None


def leads_to(link: str, name: str) -> bool:
    """Tell whether following a link ends at the very file of this name, which must then not be replaced by the link."""
    try:
        return os.path.samestat(os.stat(link), os.lstat(name))
    except OSError:
        return False
