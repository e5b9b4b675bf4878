"""Moves a file aside under a name of its own before another takes its place: GNU's three kinds of backups.

Deviations from GNU: where the directory cannot be listed and a numbered name is taken, the next number is tried; GNU cp
tries the same one for ever.
"""

from __future__ import annotations

import errno
import os
from typing import NamedTuple

from aiocli.core.renameat2 import rename_noreplace
from aiocli.engines.copy.node import Node
from aiocli.engines.copy.rules import BackupMethod
from aiocli.engines.copy.special import make_hard_link

_DEFAULT_SUFFIX = "~"
_NO_LINKS = {
    errno.EPERM,  # the file system has none, or fs.protected_hardlinks forbids this one
    errno.EMLINK,
    errno.EOPNOTSUPP,
}
_NAME_MAX = 255
"""Bytes of a name, where the directory does not tell: NAME_MAX of limits.h."""


def is_numbered(method: BackupMethod | None) -> bool:
    """Tell whether a method never replaces an earlier backup."""
    return method is BackupMethod.NUMBERED


def backup_name(target: Node, method: BackupMethod, suffix: str) -> str:
    """Return the path that messages would have for a backup that was made now; nothing is moved.

    Args:
        target: the file to back up.
        method: how its backup is named.
        suffix: of simple backups; `~` stands in for one that is empty or has a slash.
    """
    return _Names(target, method, suffix).path_of(0)


def make_backup(target: Node, method: BackupMethod, suffix: str, *, stays: bool = False) -> str:
    """Rename a file to its backup's name, in the same directory, and return that as a path for messages.

    A simple backup replaces an earlier one; a numbered one never replaces anything.

    Args:
        target: the file.
        method: how its backup is named.
        suffix: of simple backups; `~` stands in for one that is empty or has a slash.
        stays: the file keeps its name as well until another one takes it, where hard links are possible.

    Returns:
        The path; empty if the file is gone.

    Raises:
        FileExistsError: a numbered name is too long to hold its number, and taken.
        OSError: of renameat(2).
    """
    names = _Names(target, method, suffix)
    tries = 0
    while True:
        backup = names.head + names.base_of(tries)
        try:
            if stays and _link(target, names.head + names.base, backup, replaces=not names.number):
                pass
            elif names.number:
                rename_noreplace(names.head + names.base, backup, dir_fd=target.dir_fd)
            else:
                os.rename(names.head + names.base, backup, src_dir_fd=target.dir_fd, dst_dir_fd=target.dir_fd)
        except FileNotFoundError:
            return ""
        except FileExistsError:
            if not names.number or names.base_of(tries + 1) == names.base_of(tries):
                raise
            tries += 1
        else:
            return names.path_of(tries)


def _link(target: Node, name: str, backup: str, *, replaces: bool) -> bool:
    """Give a file its backup's name beside its own; False where a file cannot have two."""
    file, other = Node(target.dir_fd, name, target.path), Node(target.dir_fd, backup, target.path)
    try:
        make_hard_link(file, other, follow=False, replaces=replaces)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        return False
    return True


def would_destroy_source(source: Node, facts: os.stat_result, target: Node, method: BackupMethod, suffix: str) -> bool:
    """Tell whether the source is what the target's backup would replace.

    Args:
        source: what is to be copied.
        facts: of the source.
        target: the file to back up.
        method: how its backup is named.
        suffix: of simple backups.
    """
    if is_numbered(method):
        return False
    head, base = _split(target.name)
    backup = base + _checked(suffix)
    if _split(source.name)[1] != backup:
        return False
    try:
        return os.path.samestat(facts, os.stat(head + backup, dir_fd=target.dir_fd))
    except OSError:
        return False


class _Directory(NamedTuple):
    """What is to be known of the directory.

    Attributes:
        highest: number of a file's backups, 0 if there is none.
        name_max: bytes of a name.
    """

    highest: int = 0
    name_max: int = _NAME_MAX


class _Names:
    """The names that a backup may get.

    Attributes:
        head: path of the target's directory, up to its slash.
        base: the target's name there.
        number: of the first backup to try; 0 if it has none.
    """

    def __init__(self, target: Node, method: BackupMethod, suffix: str) -> None:
        self.head, self.base = _split(target.name)
        self._path_head = _split(target.path)[0]
        self._suffix = _checked(suffix)
        looks = method is not BackupMethod.SIMPLE
        highest, self._name_max = _look(self.head or ".", target.dir_fd, self.base) if looks else _Directory()
        is_simple = not looks or (method is BackupMethod.EXISTING and not highest)
        self.number = 0 if is_simple else highest + 1
        # As GNU has it: what is no longer than an earlier backup is known to fit.
        self._is_cut = looks and (not highest or len(str(highest + 1)) > len(str(highest)))

    def path_of(self, tries: int) -> str:
        """Return the path for messages."""
        return self._path_head + self.base_of(tries)

    def base_of(self, tries: int) -> str:
        """Return the name in the directory after so many that were taken."""
        name = self.base + (f".~{self.number + tries}~" if self.number else self._suffix)
        limit = self._name_max - 1  # one less than fits, as GNU has it
        if self._is_cut and len(os.fsencode(name)) > limit:
            return os.fsdecode(os.fsencode(self.base)[: limit - 1] + b"~")
        return name


def _checked(suffix: str) -> str:
    return _DEFAULT_SUFFIX if not suffix or "/" in suffix else suffix


def _split(path: str) -> tuple[str, str]:
    """Cut behind the last slash, trailing ones aside."""
    path = path.rstrip("/") or path
    cut = path.rfind("/") + 1
    return path[:cut], path[cut:]


def _look(directory: str, dir_fd: int, base: str) -> _Directory:
    """Look for numbered backups of a file; there are none in a directory that cannot be read."""
    try:
        fd = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=dir_fd)
    except OSError:
        return _Directory()
    start = f"{base}.~"
    try:
        name_max = os.fpathconf(fd, "PC_NAME_MAX")
        with os.scandir(fd) as entries:
            highest = max((_number(entry.name, start) for entry in entries if entry.name.startswith(start)), default=0)
    finally:
        os.close(fd)
    return _Directory(highest, name_max)


def _number(name: str, start: str) -> int:
    """Return the number in a backup's name; 0 if it is none: numbers do not begin with zeros."""
    digits = name[len(start) : -1]
    if name[-1] != "~" or not digits.isascii() or not digits.isdigit() or digits[0] == "0":
        return 0
    return int(digits)
