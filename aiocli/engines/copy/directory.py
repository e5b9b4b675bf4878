"""One directory of a tree that is being copied: made, held open by both ends, and finished when it is full."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from typing import TYPE_CHECKING

from aiocli.core.events import File, Note
from aiocli.engines.copy.attributes import carry_over
from aiocli.engines.copy.destination import sync
from aiocli.engines.copy.entry import Entry
from aiocli.engines.copy.history import identity
from aiocli.engines.copy.node import AT_FDCWD, Node, is_same_entry
from aiocli.engines.copy.place import set_mode
from aiocli.engines.copy.steps import CopyFailed, Step, Warn, failing

if TYPE_CHECKING:
    from collections.abc import Callable

    from aiocli.core.events import Event, Failure
    from aiocli.engines.copy.copier import Copier

_BITS = 0o7777
_SHARED_WRITE = 0o022
_DIRECTORY = os.O_DIRECTORY | os.O_CLOEXEC | os.O_NOCTTY


class IntoItself(Exception):
    """The directory to copy is one that the copy has made: there would be no end."""


class Directory:
    """A source directory and its copy.

    Attributes:
        entry: what it was made for.
        facts: of the source.
        parent: the directory around it; None for an operand.
        is_new: it was made just now.
        backup: where what was in its place is now; empty if nothing was, or that stays.
        src_fd: open on the source once it is listed, else -1; owned.
        dst_fd: open on the copy, else -1; owned.
        dst_identity: device and inode of the copy.
        is_in_source: the copy is somewhere below the source; known of operands alone.
    """

    def __init__(self, copier: Copier, entry: Entry, facts: os.stat_result, parent: Directory | None) -> None:
        self.copier = copier
        self.entry = entry
        self.facts = facts
        self.parent = parent
        self.is_new = False
        self.backup = ""
        self.src_fd = self.dst_fd = -1
        self.dst_identity = (0, 0)
        self.is_in_source = False
        self._can_change = False
        self._final_mode: int | None = None

    def make(self, tell: Callable[[Event], None], top: Directory) -> bool:
        """Make the copy, or find it; return whether there is something to put into it.

        Args:
            tell: takes events.
            top: the operand's directory, maybe this one.

        Raises:
            CopyFailed: there is no copy.
            IntoItself: it is a copy itself; told if that had not been.
        """
        entry, facts = self.entry, self.facts
        existing = self.copier.rooms.look_at_target(entry, facts)
        if existing is not None:
            if self.copier.rooms.refuse_clash(entry, facts, existing):
                return False
            if not stat.S_ISDIR(existing.st_mode):
                self.backup = self.copier.rooms.give_way(entry, facts, existing)
                existing = None
        if not self._is_first(tell, top):
            return False
        if any(os.path.samestat(facts, outer.facts) for outer in self._outer()):
            raise CopyFailed(Step.CYCLE, entry.source.path)
        if self.copier.rules.is_dry:
            return self._pretend(tell, is_new=existing is None)
        if existing is None:
            self._create(tell, top)
        self._open_target()
        return True

    def open_source(self) -> None:
        """Open the source for reading.

        Raises:
            CopyFailed: it cannot be, or is another one by now.
        """
        source = self.entry.source
        flags = os.O_RDONLY | _DIRECTORY | (0 if self.copier.follows(self.entry) else os.O_NOFOLLOW)
        with failing(Step.LIST, source.path):
            self.src_fd = os.open(source.name, flags, dir_fd=source.dir_fd)
        if not os.path.samestat(os.fstat(self.src_fd), self.facts):
            raise CopyFailed(Step.REPLACED_MEANWHILE, source.path)

    def child(self, name: str) -> Entry:
        """Describe a file in it."""
        entry = self.entry
        below = f"/{name}"
        source = Node(self.src_fd, name, _join(entry.source.path, name))
        target = Node(self.dst_fd, name, _join(entry.target.path, name))
        return Entry(source, target, entry.top, entry.below + below, self.is_new)

    def finish(self) -> list[Failure]:
        """Give the copy its attributes, now that nothing more is put into it."""
        failures: list[Failure] = []
        if self.copier.rules.is_dry:
            return failures
        target = self.entry.target._replace(fd=self.dst_fd if self._can_change else None)
        for step in (self._carry_over, self._set_final_mode, self._sync):
            try:
                failures += step(target)
            except CopyFailed as failed:
                failures.append(failed.failure)
        return failures

    def close(self) -> None:
        """Close both ends."""
        for fd in (self.src_fd, self.dst_fd):
            if fd >= 0:
                os.close(fd)
        self.src_fd = self.dst_fd = -1

    def _carry_over(self, target: Node) -> list[Failure]:
        rules = self.copier.rules
        if not rules.preserve.is_any:
            return []
        source = self.entry.source._replace(fd=self.src_fd if self.src_fd >= 0 else None)
        return carry_over(source, self.facts, target, self._made(), rules, is_new=self.is_new)

    def _set_final_mode(self, target: Node) -> list[Failure]:
        preserve = self.copier.rules.preserve
        if self._final_mode is not None and not (preserve.mode or preserve.is_default_mode):
            with failing(Step.SET_MODE, target.path):
                set_mode(target, self._made(), self._final_mode)
        return []

    def _sync(self, target: Node) -> list[Failure]:
        if self.copier.rules.is_durable and self._can_change:
            sync(self.dst_fd, target.path)
        return []

    def _made(self) -> os.stat_result:
        """Tell the facts of the copy, that is of what is open."""
        with failing(Step.STAT, self.entry.target.path):
            return os.fstat(self.dst_fd)

    def _pretend(self, tell: Callable[[Event], None], *, is_new: bool) -> bool:
        """Say what would be made; nothing below it is looked at then."""
        self.is_new = is_new
        if is_new:
            from aiocli.engines.copy.foresight import foresee_new, opened_directory

            foresee_new(self.entry, Step.MAKE_DIRECTORY, is_directory=True)
            if self.entry.is_operand:
                with suppress(OSError), opened_directory(self.entry.target) as fd:
                    if _is_below(fd, self.facts):
                        raise IntoItself
            tell(File(self.entry.source.path, self.entry.target.path, is_data=False))
        else:
            self._open_target()
        return True

    def _outer(self) -> list[Directory]:
        outer: list[Directory] = []
        directory = self.parent
        while directory is not None:
            outer.append(directory)
            directory = directory.parent
        return outer

    def _is_first(self, tell: Callable[[Event], None], top: Directory) -> bool:
        """Tell whether the source was not copied before; the copies of this operand count as copied."""
        entry, history = self.entry, self.copier.history
        source = identity(self.facts)
        if entry.is_operand:
            earlier = history.first_copy(source, entry.top, entry.below)
        else:
            earlier = history.copies.get(source)
        if earlier is None:
            return True
        path = entry.source.path
        if is_same_entry(Node(AT_FDCWD, path, path), earlier.node):
            raise IntoItself
        if is_same_entry(entry.target, earlier.node):
            tell(Note(Warn.REPEATED_DIRECTORY, top.entry.source.path))
            return False
        if self.copier.follows(entry):
            return True
        raise CopyFailed(Step.LINK_TO_DIRECTORY, entry.target.path, None, earlier.node.path)

    def _create(self, tell: Callable[[Event], None], top: Directory) -> None:
        """Make the copy with no more permissions than it will have, and enough to be filled."""
        target, rules = self.entry.target, self.copier.rules
        mode = stat.S_IMODE(self.facts.st_mode) & _BITS
        omitted = mode & (rules.omitted or _SHARED_WRITE)
        with failing(Step.MAKE_DIRECTORY, target.path):
            os.mkdir(target.name, mode & ~omitted, dir_fd=target.dir_fd)
        with failing(Step.STAT, target.path):
            made = target.stat()
        self.is_new = True
        made_mode = stat.S_IMODE(made.st_mode)
        if made_mode & stat.S_IRWXU != stat.S_IRWXU:
            with failing(Step.OPEN_UP_DIRECTORY, target.path):
                set_mode(target, made, made_mode | stat.S_IRWXU)
            self._final_mode = made_mode
        given_back = omitted & ~rules.umask
        if given_back & ~made_mode:
            self._final_mode = made_mode | given_back
        if not top.has_made:
            top.has_made = True
            self.copier.history.first_copy(identity(made), self.entry.top, self.entry.below)
        tell(File(self.entry.source.path, target.path, is_data=False))

    has_made = False
    """Whether the operand's copy has made a directory: the first one is enough to notice a copy into itself."""

    def _open_target(self) -> None:
        target = self.entry.target
        may_be_link = not self.is_new and self.copier.rules.keeps_directory_links
        flags = _DIRECTORY | (0 if may_be_link else os.O_NOFOLLOW)
        with failing(Step.LIST, target.path):
            with suppress(PermissionError):
                self.dst_fd = os.open(target.name, os.O_RDONLY | flags, dir_fd=target.dir_fd)
                self._can_change = True
            if self.dst_fd < 0:
                self.dst_fd = os.open(target.name, os.O_PATH | flags, dir_fd=target.dir_fd)
            self.dst_identity = identity(os.fstat(self.dst_fd))
        if self.parent is None:
            self.is_in_source = _is_below(self.dst_fd, self.facts)


def _join(folder: str, name: str) -> str:
    return f"{folder.rstrip('/')}/{name}"


def _is_below(fd: int, facts: os.stat_result) -> bool:
    """Tell whether the way up from an open directory leads to another one; False where it ends before."""
    above = os.dup(fd)
    try:
        while not os.path.samestat(here := os.fstat(above), facts):
            outer = os.open("..", os.O_PATH | _DIRECTORY, dir_fd=above)
            os.close(above)
            above = outer
            if os.path.samestat(os.fstat(above), here):
                return False
    except OSError:
        return False
    finally:
        os.close(above)
    return True
