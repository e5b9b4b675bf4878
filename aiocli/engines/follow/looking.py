"""The watcher that looks again and again: for file systems that tell of nothing, and where there is no inotify.

It tells of each change once, by comparing with what it saw before; of what comes and goes between two looks it knows
nothing.
"""

from __future__ import annotations

import os
import stat
from itertools import count
from typing import TYPE_CHECKING

from aiocli.engines.follow.watching import FileStirred, NameStirred, What

if TYPE_CHECKING:
    from aiocli.engines.follow.watching import Key, Notice

_keys = count(-1, -1)  # inotify's are positive

_Facts = tuple[int, ...] | None


class Looking:
    """A watcher that compares."""

    fd = None

    def __init__(self) -> None:
        self._files: dict[Key, tuple[int, _Facts]] = {}
        self._names: dict[Key, tuple[str, dict[str, _Facts]]] = {}
        self._lists: dict[Key, tuple[str, frozenset[str]]] = {}

    @property
    def has_work(self) -> bool:
        """Whether there is anything to look at."""
        return bool(self._files or self._names or self._lists)

    def watch_file(self, fd: int) -> Key:
        """Watch an open file; how it is now counts as known.

        Raises:
            OSError: the descriptor is not open.
        """
        key = next(_keys)
        self._files[key] = fd, _state_of(os.fstat(fd))
        return key

    def watch_name(self, directory: str, name: str) -> Key:
        """Watch a name in a directory; "" watches all, and tells of those that come and go."""
        known = (key for key, (path, _) in self._lists.items() if not name and path == directory)
        key = next(known, None) or next(_keys)
        if name:
            self._names[key] = directory, {name: _identity_of(directory, name)}
        else:
            self._lists.setdefault(key, (directory, _list(directory)))
        return key

    def watch_place(self, directory: str) -> Key:
        """Do nothing: when a directory was replaced, its names have, too."""
        return next(_keys)

    def forget(self, key: Key) -> None:
        """Look at it no more."""
        self._files.pop(key, None)
        self._names.pop(key, None)
        self._lists.pop(key, None)

    def notices(self) -> list[Notice]:
        """Look at everything, and return what differs from the last look."""
        return [*self._look_at_files(), *self._look_at_names(), *self._look_at_lists()]

    def _look_at_files(self) -> list[Notice]:
        found: list[Notice] = []
        for key, (fd, known) in self._files.items():
            facts = os.fstat(fd)
            state = _state_of(facts)
            # What is no regular file, and what has no size, shows nothing until it is read.
            if state != known or not stat.S_ISREG(facts.st_mode) or not facts.st_size:
                self._files[key] = fd, state
                found.append(FileStirred(key))
        return found

    def _look_at_names(self) -> list[Notice]:
        found: list[Notice] = []
        for key, (directory, names) in self._names.items():
            for name, known in names.items():
                identity = _identity_of(directory, name)
                if identity != known:
                    names[name] = identity
                    found.append(NameStirred(key, name, What.CHANGED))
        return found

    def _look_at_lists(self) -> list[Notice]:
        found: list[Notice] = []
        for key, (directory, known) in self._lists.items():
            names = _list(directory)
            if names != known:
                self._lists[key] = directory, names
                found += [NameStirred(key, name, What.CREATED) for name in sorted(names - known)]
                found += [NameStirred(key, name, What.REMOVED) for name in sorted(known - names)]
        return found

    def close(self) -> None:
        """Forget everything."""
        self._files.clear()
        self._names.clear()
        self._lists.clear()


def _state_of(facts: os.stat_result) -> _Facts:
    return facts.st_size, facts.st_mtime_ns


def _identity_of(directory: str, name: str) -> _Facts:
    """Tell what a name leads to and who may read it; a link's own number, for what it leads to is another name's."""
    try:
        facts = os.lstat(os.path.join(directory, name))
    except OSError as error:
        return (-(error.errno or 0),)
    time = facts.st_ctime_ns if stat.S_ISLNK(facts.st_mode) else 0  # a new link may have the number of the old
    return facts.st_dev, facts.st_ino, facts.st_mode, facts.st_uid, facts.st_gid, time


def _list(directory: str) -> frozenset[str]:
    try:
        return frozenset(os.listdir(directory))
    except OSError:
        return frozenset()
