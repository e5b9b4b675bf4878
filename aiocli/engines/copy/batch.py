"""A work unit of small files: copies what needs no thought, and leaves all else to whoever gave it.

A file is simple if its target is not there and neither holes nor other names of it need care. Directories come by
name and identity: a worker opens the name and goes on only if that is the directory that was meant, so that a
swapped link leads nowhere.
"""

from __future__ import annotations

import fcntl
import os
import stat
from typing import TYPE_CHECKING, NamedTuple

from aiocli.core.events import Failure
from aiocli.engines.copy.attributes import carry_over
from aiocli.engines.copy.destination import sync
from aiocli.engines.copy.job import CHUNK_BYTES
from aiocli.engines.copy.kernel import FICLONE, Reflink
from aiocli.engines.copy.node import Node
from aiocli.engines.copy.rules import Clone, CopyRules, Dereference, Make, Sparse
from aiocli.engines.copy.steps import CopyFailed, Step

if TYPE_CHECKING:
    from collections.abc import Sequence

SMALL_BYTES = 1024 * 1024
"""Larger files are not for workers: one of them keeps both cores busy anyway."""

_PERMISSIONS = 0o777
_BLOCK_BYTES = 512
_DIRECTORY = os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC
_READ = os.O_RDONLY | os.O_CLOEXEC | os.O_NOCTTY | os.O_NOFOLLOW | os.O_NONBLOCK
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOCTTY | os.O_NOFOLLOW


class Run(NamedTuple):
    """Regular files of one directory that follow one another.

    Attributes:
        source: the directory's name and identity.
        target: those of the directory to copy to.
        names: of the files.
        inodes: of the files, as the directory had them.
    """

    source: tuple[str, int, int]
    target: tuple[str, int, int]
    names: Sequence[str]
    inodes: Sequence[int]


class RunResult(NamedTuple):
    """What became of a run.

    Attributes:
        sizes: bytes of each file, 0 where it was left alone.
        odd: index of a file -> what failed after it was made, or None if it was left alone; all others are done.
    """

    sizes: list[int]
    odd: dict[int, tuple[Failure, ...] | None]


def takes(rules: CopyRules) -> bool:
    """Tell whether anything can be simple under these rules."""
    return (
        rules.make is Make.COPY
        and not rules.is_dry
        and rules.backend is None
        and rules.sparse is not Sparse.ALWAYS
        and rules.clone is not Clone.ALWAYS
        and not rules.preserve.requires_context
        # With links followed, any file may be met again under another name.
        and not (rules.preserve.links and rules.dereference is Dereference.ALWAYS)
        and not (rules.is_atomic or rules.sees_data or rules.leaves_cache or rules.explains or rules.tells_details)
    )


def copy_runs(runs: Sequence[Run], rules: CopyRules) -> list[RunResult]:
    """Copy what is simple of these files: a work unit for any executor."""
    return [_RunCopy(run, rules).copy() for run in runs]


class _RunCopy:
    """Copies the files of one run."""

    buffer = memoryview(bytearray(CHUNK_BYTES))

    def __init__(self, run: Run, rules: CopyRules) -> None:
        self.run = run
        self.rules = rules
        self.carries_over = rules.preserve.is_any
        self.clones = (
            rules.clone is Clone.AUTO and rules.sparse is not Sparse.NEVER and Reflink.name not in rules.disabled
        )
        self.src_dir = self.dst_dir = -1
        self.sizes = [0] * len(run.names)
        self.odd: dict[int, tuple[Failure, ...] | None] = {}

    def copy(self) -> RunResult:
        """Copy what is simple."""
        try:
            self.src_dir = _open_directory(*self.run.source)
            self.dst_dir = _open_directory(*self.run.target)
            if self.src_dir < 0 or self.dst_dir < 0:
                return RunResult(self.sizes, dict.fromkeys(range(len(self.run.names))))
            for index, (name, inode) in enumerate(zip(self.run.names, self.run.inodes, strict=True)):
                failures = self._copy_if_simple(index, name, inode)
                if failures is None or failures:
                    self.odd[index] = failures
        finally:
            for fd in (self.src_dir, self.dst_dir):
                if fd >= 0:
                    os.close(fd)
        return RunResult(self.sizes, self.odd)

    def _copy_if_simple(self, index: int, name: str, inode: int) -> tuple[Failure, ...] | None:
        """Copy a file; None if it is not simple or cannot be opened, else what failed."""
        try:
            src_fd = os.open(name, _READ, dir_fd=self.src_dir)
        except OSError:
            return None
        try:
            facts = os.fstat(src_fd)
            if facts.st_ino != inode or not _is_simple(src_fd, facts, self.rules):
                return None
            failures = self._copy(name, src_fd, facts)
            if failures is not None:
                self.sizes[index] = facts.st_size
            return failures
        finally:
            os.close(src_fd)

    def _copy(self, name: str, src_fd: int, facts: os.stat_result) -> tuple[Failure, ...] | None:
        """Make a new file of an open one; None if it cannot be made, else what failed."""
        mode = facts.st_mode & _PERMISSIONS & ~self.rules.omitted
        try:
            dst_fd = os.open(name, _CREATE, mode, dir_fd=self.dst_dir)
        except OSError:
            return None
        failures: list[Failure] = []
        try:
            if not (self.clones and facts.st_size and self._clone(src_fd, dst_fd, name)):
                self._pump(src_fd, dst_fd, name, facts.st_size)
            if self.carries_over:
                failures = carry_over(
                    Node(self.src_dir, name, f"{self.run.source[0]}/{name}", src_fd),
                    facts,
                    Node(self.dst_dir, name, f"{self.run.target[0]}/{name}", dst_fd),
                    os.fstat(dst_fd),
                    self.rules,
                    is_new=True,
                    omitted=self.rules.omitted,
                )
            if self.rules.syncs:
                sync(dst_fd, f"{self.run.target[0]}/{name}")
        except CopyFailed as failed:
            failures.append(failed.failure)
        try:
            os.close(dst_fd)
        except OSError as error:
            if not failures:
                failures.append(Failure(Step.CLOSE, f"{self.run.target[0]}/{name}", error.errno or 0))
        return tuple(failures)

    def _clone(self, src_fd: int, dst_fd: int, name: str) -> bool:
        """Share the blocks, if the file system can; where it cannot once, it is not asked again."""
        try:
            fcntl.ioctl(dst_fd, FICLONE, src_fd)
        except OSError as error:
            if error.errno not in Reflink.fallback:
                source, target = f"{self.run.source[0]}/{name}", f"{self.run.target[0]}/{name}"
                raise CopyFailed(Step.CLONE, target, error, source) from None
            self.clones = False
        return self.clones

    def _pump(self, src_fd: int, dst_fd: int, name: str, size: int) -> None:
        """Copy all data; a read that is short and ends where the file's size says is the last one."""
        buffer, done = self.buffer, 0
        while True:
            try:
                nbytes = os.readv(src_fd, [buffer])
            except OSError as error:
                raise CopyFailed(Step.READ, f"{self.run.source[0]}/{name}", error) from None
            if nbytes == 0:
                return
            rest = buffer[:nbytes]
            try:
                while rest:
                    rest = rest[os.write(dst_fd, rest) :]
            except OSError as error:
                raise CopyFailed(Step.WRITE, f"{self.run.target[0]}/{name}", error) from None
            done += nbytes
            if done == size and nbytes < len(buffer):
                return


def _open_directory(name: str, device: int, inode: int) -> int:
    """Open a directory to reach what is in it; -1 if the name does not lead to the one that is meant."""
    try:
        fd = os.open(name, _DIRECTORY)
    except OSError:
        return -1
    facts = os.fstat(fd)
    if (facts.st_dev, facts.st_ino) != (device, inode):
        os.close(fd)
        return -1
    return fd


def _is_simple(fd: int, facts: os.stat_result, rules: CopyRules) -> bool:
    """Tell whether a file is small, has no holes and no other name that matters."""
    if not stat.S_ISREG(facts.st_mode) or facts.st_size > SMALL_BYTES:
        return False
    if facts.st_nlink > 1 and rules.preserve.links:
        return False
    if facts.st_blocks * _BLOCK_BYTES >= facts.st_size:
        return True
    try:
        return os.lseek(fd, 0, os.SEEK_HOLE) == facts.st_size and os.lseek(fd, 0, os.SEEK_SET) == 0
    except OSError:  # EINVAL in /proc, where files have a size and no blocks
        return False
