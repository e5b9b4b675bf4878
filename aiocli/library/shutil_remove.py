"""Removes a directory tree without ever leaving it; blocking, for a `Work`.

Every name is removed relative to the open descriptor of its directory, and directories are opened without
following links: whoever puts a link into the tree meanwhile loses the link, not what it points to. As many
descriptors are open as the tree is deep.
"""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from aiocli.library.shutil_work import Work

    OnError = Callable[[Callable[..., Any], str, OSError], object]

_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


class _Level(NamedTuple):
    """A directory that is being emptied: where it is, its open descriptor, and what is left in it."""

    name: str
    path: str
    parent_fd: int | None
    fd: int
    entries: Iterator[os.DirEntry[str]]


class Removal:
    """Removes one tree.

    Args:
        work: is asked at every entry whether to go on.
        on_error: told the function that failed, the path and the error; what it raises ends the removal.
    """

    def __init__(self, work: Work, on_error: OnError) -> None:
        self._work = work
        self._on_error = on_error
        self._levels: list[_Level] = []

    def remove(self, path: str, dir_fd: int | None = None) -> None:
        """Remove a directory and all in it.

        Args:
            path: where it is; no symbolic link.
            dir_fd: open directory that path is relative to; None is the current one.
        """
        try:
            facts = os.lstat(path, dir_fd=dir_fd)
        except OSError as error:
            self._on_error(os.lstat, path, error)
            return
        if stat.S_ISLNK(facts.st_mode):
            self._on_error(os.path.islink, path, OSError(f"{path!r} is a symbolic link, not a directory tree"))
            return
        try:
            self._enter(path, path, dir_fd)
            while self._levels:
                self._work.check()
                self._remove_next(self._levels[-1])
        finally:
            for level in self._levels:
                os.close(level.fd)

    def _remove_next(self, level: _Level) -> None:
        """Remove the next entry of a directory, or the directory itself once nothing is left to do in it."""
        entry = next(level.entries, None)
        if entry is None:
            self._levels.pop()
            os.close(level.fd)
            self._remove_name(os.rmdir, level.name, level.path, level.parent_fd)
        elif _is_directory(entry):
            self._enter(entry.name, os.path.join(level.path, entry.name), level.fd)
        else:
            self._remove_name(os.unlink, entry.name, os.path.join(level.path, entry.name), level.fd)

    def _enter(self, name: str, path: str, parent_fd: int | None) -> None:
        try:
            fd = os.open(name, _FLAGS, dir_fd=parent_fd)
        except OSError as error:
            self._report(os.open, path, error)
            return
        entries: list[os.DirEntry[str]] = []
        try:
            with os.scandir(fd) as scanned:
                entries.extend(scanned)
        except OSError as error:
            os.close(fd)
            self._report(os.scandir, path, error)
        else:
            self._levels.append(_Level(name, path, parent_fd, fd, iter(entries)))

    def _remove_name(self, function: Callable[..., None], name: str, path: str, parent_fd: int | None) -> None:
        try:
            function(name, dir_fd=parent_fd)
        except OSError as error:
            self._report(function, path, error)

    def _report(self, function: Callable[..., Any], path: str, error: OSError) -> None:
        if self._levels and isinstance(error, FileNotFoundError):
            return  # somebody else has removed it: that is what was wanted
        error.filename = path
        self._on_error(function, path, error)


def _is_directory(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir(follow_symlinks=False)
    except OSError:  # unlinking it tells why
        return False
