"""The directories above a file that are copied with it, as --parents has it: made on the way, finished on the way back.

Only names below one directory that stays open are changed. That there is a directory already is no news, and if all
are there, none of them changes.
"""

from __future__ import annotations

import errno
import os
import re
import stat
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from aiocli.engines.copy.foresight import look_at_place
from aiocli.engines.copy.node import AT_FDCWD, Node
from aiocli.engines.copy.permissions import copy_permissions
from aiocli.engines.copy.place import reaching, set_mode
from aiocli.engines.copy.steps import CopyFailed, Step, failing
from aiocli.engines.copy.xattrs import list_names

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from aiocli.engines.copy.rules import CopyRules

_BITS = 0o7777
_SHARED_WRITE = 0o022


class _Parent(NamedTuple):
    """One directory on the way.

    Attributes:
        source: the directory that it is like.
        target: it.
        facts: of the source.
        mode: what it is to have at the end, if modes are not kept; None leaves it.
    """

    source: Node
    target: Node
    facts: os.stat_result
    mode: int | None = None


class Parents:
    """The directories above one target.

    Args:
        source: the operand's name.
        target: the name of its copy, below the directory that stays open; its last parts are the operand's.
        rules: what is kept of the sources' attributes.
        on_made: told the names of each directory that is made and the one that it is like.
    """

    def __init__(self, source: str, target: Node, rules: CopyRules, on_made: Callable[[str, str], None]) -> None:
        self.source = source
        self.target = target
        self.rules = rules
        self.on_made = on_made
        self._parents: list[_Parent] = []

    def make(self) -> bool:
        """Make what is not there.

        Returns:
            Whether the last one is new.

        Raises:
            CopyFailed: one cannot be made; what was made until then stays.
        """
        ways = list(self._ways())
        if not ways:
            return False
        last = ways[-1][1]
        try:
            facts = last.stat(follow=True)
        except OSError:
            is_new = False
            for source, target in ways:
                is_new = self._make(source, target, is_below_new=is_new)
            return is_new
        if not stat.S_ISDIR(facts.st_mode):
            raise CopyFailed(Step.PARENT_IS_FILE, last.path)
        return False

    def finish(self) -> None:
        """Give attributes and modes, the innermost first.

        Raises:
            CopyFailed: something could not be kept; the others are not touched.
        """
        preserve = self.rules.preserve
        for parent in reversed(self._parents):
            target, facts = parent.target, parent.facts
            if preserve.timestamps:
                with failing(Step.PARENT_TIMES, target.path):
                    os.utime(target.name, ns=(facts.st_atime_ns, facts.st_mtime_ns), dir_fd=target.dir_fd)
            if preserve.ownership:
                self._give_away(target, facts)
            if preserve.mode:
                _keep_mode(parent)
            elif parent.mode is not None:
                with failing(Step.PARENT_MODE, target.path):
                    os.chmod(target.name, parent.mode, dir_fd=target.dir_fd)

    def _ways(self) -> Iterator[tuple[str, Node]]:
        """Tell the names of each directory above the operand, from the outermost, and of its copy."""
        names = self.source.rstrip("/")
        above_path, above_name = len(self.target.path) - len(names), len(self.target.name) - len(names.lstrip("/"))
        start = len(names) - len(names.lstrip("/"))
        for match in list(re.finditer(r"[^/]+", names))[:-1]:
            end = match.end()
            name = self.target.name[: above_name + end - start]
            yield names[:end], Node(self.target.dir_fd, name, self.target.path[: above_path + end])

    def _make(self, source: str, target: Node, *, is_below_new: bool) -> bool:
        """Make one directory like another one, or find it; return whether it was made, or would be."""
        try:
            existing = target.stat(follow=True)
        except OSError:
            facts = _facts_of(source)
            if self.rules.is_dry:
                if not is_below_new:
                    with failing(Step.MAKE_PARENT, target.path):
                        look_at_place(target, is_directory=True)
                self.on_made(source, target.path)
                return True
            mode = self._create(source, target, facts)
            self._parents.append(_Parent(Node(AT_FDCWD, source, source), target, facts, mode))
            return True
        preserve = self.rules.preserve
        if not self.rules.is_dry and (preserve.ownership or preserve.mode or preserve.timestamps):
            self._parents.append(_Parent(Node(AT_FDCWD, source, source), target, _facts_of(source)))
        if not stat.S_ISDIR(existing.st_mode):
            raise CopyFailed(Step.PARENT_IS_FILE, target.path)
        return False

    def _create(self, source: str, target: Node, facts: os.stat_result) -> int | None:
        """Make a directory that can be filled, and is open to no more people than it will be at the end.

        Returns:
            Its mode at the end, if it is to have another one than now.
        """
        preserve = self.rules.preserve
        wanted = 0o777 if preserve.is_default_mode else stat.S_IMODE(facts.st_mode) & _BITS
        omitted = self.rules.omitted or (_SHARED_WRITE if preserve.mode else 0)
        with failing(Step.MAKE_PARENT, target.path):
            os.mkdir(target.name, wanted & ~omitted, dir_fd=target.dir_fd)
        self.on_made(source, target.path)
        with failing(Step.STAT_PARENT, target.path):
            made = target.stat()
        mode = stat.S_IMODE(made.st_mode)
        final = mode | (wanted & omitted & ~self.rules.umask)
        if mode & stat.S_IRWXU != stat.S_IRWXU:
            with failing(Step.OPEN_UP_DIRECTORY, target.path):
                set_mode(target, made, mode | stat.S_IRWXU)
            return final
        return final if final != mode else None

    def _give_away(self, target: Node, facts: os.stat_result) -> None:
        """Set owner and group; who may not give files away sets the group alone, if that is possible."""
        try:
            _change_owner(target, facts.st_uid, facts.st_gid)
        except OSError as error:
            if self.rules.has_chown_privilege or error.errno not in (errno.EPERM, errno.EINVAL):
                raise CopyFailed(Step.PARENT_OWNER, target.path, error) from None
            with suppress(OSError):
                _change_owner(target, -1, facts.st_gid)


def _keep_mode(parent: _Parent) -> None:
    """Set the mode and the access control lists of the directory that it is like."""
    source, target = parent.source, parent.target
    with (
        failing(Step.KEEP_PERMISSIONS, target.path),
        reaching(source, parent.facts) as src,
        reaching(target, target.stat(follow=True)) as dst,
    ):
        copy_permissions(src, dst, stat.S_IMODE(parent.facts.st_mode), list_names(src))


def _change_owner(target: Node, user: int, group: int) -> None:
    os.chown(target.name, user, group, dir_fd=target.dir_fd, follow_symlinks=False)


def _facts_of(source: str) -> os.stat_result:
    with failing(Step.STAT_PARENT, source):
        facts = os.stat(source)
    if not stat.S_ISDIR(facts.st_mode):
        raise CopyFailed(Step.STAT_PARENT, source, OSError(errno.ENOTDIR, os.strerror(errno.ENOTDIR)))
    return facts
