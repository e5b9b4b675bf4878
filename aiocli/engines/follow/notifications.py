"""The watcher that the kernel tells of changes: one inotify instance for all files and directories.

By asyncinotify, read without waiting, for its `get` loses events when it is cancelled just after they were read.

Facts:
    A watch sits on the inode, so that a file is watched by /proc/self/fd: whatever happened to its name meanwhile, it
    is the one that is open. Notices of one instance come in the order in which things happened.
    What another machine or a layer below does to a file is not told (`blind`). inotify(7).
"""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING

from aiocli.engines.follow.libc import finding_no_libc
from aiocli.engines.follow.watching import FileStirred, NameStirred, Overflowed, PlaceStirred, What

with finding_no_libc():
    from asyncinotify import Inotify, Mask

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asyncinotify import Event, Watch

    from aiocli.engines.follow.watching import Key, Notice

_DESCRIPTORS = "/proc/self/fd"
_READ_NAMES = 64  # of full length that are read at once: 500 events with short ones
_MAX_EVENTS = 1 << 17  # taken in one go: eight times as many as the kernel keeps by default

_SELF = Mask.MOVE_SELF | Mask.DELETE_SELF | Mask.ONLYDIR | Mask.MASK_ADD
_NAMES = _SELF | Mask.CREATE | Mask.DELETE | Mask.MOVE | Mask.ATTRIB

_WHATS = (
    (Mask.CREATE, What.CREATED),
    (Mask.MOVED_FROM, What.LEFT),
    (Mask.MOVED_TO, What.ARRIVED),
    (Mask.DELETE, What.REMOVED),
    (Mask.ATTRIB, What.CHANGED),
)
_WHAT_BY_BIT = {mask.value: what for mask, what in _WHATS}
_WHAT_BITS = sum(_WHAT_BY_BIT)
_FILE_BITS = Mask.MODIFY.value
_PLACE_BITS = (Mask.MOVE_SELF | Mask.DELETE_SELF | Mask.UNMOUNT).value
_OVERFLOW_BIT = Mask.Q_OVERFLOW.value


class Notifications:
    """A watcher on inotify."""

    def __init__(self) -> None:
        """Make the instance.

        Raises:
            OSError: EMFILE: the user has as many instances as fs.inotify.max_user_instances permits. ENOENT: there
                is no /proc, by which open files are watched.
        """
        os.stat(_DESCRIPTORS)
        self._inotify = Inotify(cache_size=_READ_NAMES, sync_timeout=0)
        self._watches: dict[Key, Watch] = {}

    @property
    def fd(self) -> int:
        """What becomes readable when there are notices."""
        return self._inotify.fd

    def watch_file(self, fd: int) -> Key:
        """Watch an open file.

        Raises:
            OSError: ENOSPC: the user has as many watches as fs.inotify.max_user_watches permits.
        """
        return self._add(f"{_DESCRIPTORS}/{fd}", Mask.MODIFY | Mask.MASK_ADD)

    def watch_name(self, directory: str, name: str) -> Key:
        """Watch a name in a directory.

        Raises:
            OSError: as above; EACCES, ENOENT, ENOTDIR of the directory.
        """
        return self._add(directory, _NAMES)

    def watch_place(self, directory: str) -> Key:
        """Watch for a directory to be renamed or removed.

        Raises:
            OSError: as above.
        """
        return self._add(directory, _SELF)

    def _add(self, path: str, mask: Mask) -> Key:
        watch = self._inotify.add_watch(path, mask)
        self._watches[watch.wd] = watch
        return watch.wd

    def forget(self, key: Key) -> None:
        """Watch it no more; the kernel may have given it up already."""
        watch = self._watches.pop(key, None)
        if watch is not None:
            with contextlib.suppress(OSError):
                self._inotify.rm_watch(watch)

    def notices(self) -> list[Notice]:
        """Return what has happened since."""
        found: list[Notice] = []
        for _, event in zip(range(_MAX_EVENTS), self._inotify, strict=False):
            found += _told_by(event)
        return found

    def close(self) -> None:
        """Close the instance, and all watches with it."""
        self._watches.clear()
        self._inotify.close()


def _told_by(event: Event) -> Iterator[Notice]:
    mask = int(event.mask)
    if mask & _OVERFLOW_BIT:
        yield Overflowed()
    watch = event.watch
    if watch is None:
        return
    if mask & _FILE_BITS:
        yield FileStirred(watch.wd)
    if mask & _WHAT_BITS and event.name is not None:
        yield NameStirred(watch.wd, os.fspath(event.name), _WHAT_BY_BIT[mask & _WHAT_BITS], event.cookie)
    if mask & _PLACE_BITS:
        yield PlaceStirred(watch.wd)
