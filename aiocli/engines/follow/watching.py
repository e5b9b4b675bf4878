"""What a watcher can do, and what it tells: the one protocol of notifications and of polling.

A watcher says where something may have happened, and no more: what has, the follower finds out by looking. Only the
notices of names have an order and a story: what was created, moved and removed, in which order, so that a file that
had a name for a moment can be found under the one that it has now.
"""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple, Protocol

Key = int
"""What a watcher calls a file or directory; never the same in two watchers, nor used for two things."""


class What(Enum):
    """What has happened to a name in a directory."""

    CREATED = "created"
    LEFT = "left"
    """It was renamed; ARRIVED with the same cookie tells the new name, if that is in a watched directory."""
    ARRIVED = "arrived"
    """A file was given this name, which may have been another's until then."""
    REMOVED = "removed"
    CHANGED = "changed"
    """It leads to another file, or its permissions are others: nothing more is known."""


class FileStirred(NamedTuple):
    """A file may have changed."""

    key: Key


class NameStirred(NamedTuple):
    """A name in a directory has changed.

    Attributes:
        key: of the directory.
        name: in it.
        what: has happened.
        cookie: joins LEFT and ARRIVED; 0 joins nothing.
    """

    key: Key
    name: str
    what: What
    cookie: int = 0


class PlaceStirred(NamedTuple):
    """A directory itself was renamed or removed: its path leads elsewhere."""

    key: Key


class Overflowed(NamedTuple):
    """Notices were lost: anything may have happened."""


Notice = FileStirred | NameStirred | PlaceStirred | Overflowed


class Watcher(Protocol):
    """Tells where something may have happened."""

    @property
    def fd(self) -> int | None:
        """What becomes readable when there are notices; None: they are to be asked for once an interval."""

    def watch_file(self, fd: int) -> Key:
        """Watch an open file; a file that is watched already keeps its key.

        Raises:
            OSError: it cannot be watched.
        """

    def watch_name(self, directory: str, name: str) -> Key:
        """Watch a name in a directory, there or not; "" are all names. Returns the directory's key.

        Raises:
            OSError: it cannot be watched.
        """

    def watch_place(self, directory: str) -> Key:
        """Watch for a directory to be renamed or removed.

        Raises:
            OSError: it cannot be watched.
        """

    def forget(self, key: Key) -> None:
        """Watch a file, a name or a place no more; a key that is unknown by now is none of its business."""

    def notices(self) -> list[Notice]:
        """Return what has happened since, in order; never waits."""

    def close(self) -> None:
        """Give everything back."""
