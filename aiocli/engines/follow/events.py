"""What a follower is given and what it tells: plain values, one event for each thing that GNU has a message for.

Not for words: whoever prints has them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from aiocli.core.endpoint import Endpoint
    from aiocli.engines.follow.mark import Mark

CHUNK_BYTES = 256 * 1024
"""Most bytes of one `Data` event, and of one read."""

STDIN = "-"

UNTAILABLE = -1
"""In place of an errno: it can be opened, and is of a kind that cannot be followed."""


class Followed(NamedTuple):
    """A file to follow.

    Attributes:
        path: as given; "-" is standard input.
        src: open for reading, the follower's from now on, which closes it (not standard input's); None could not be
            opened.
        offset: up to where it has been read, in bytes from its beginning.
        error: the errno for which it could not be opened, or UNTAILABLE; 0 with a source.
        tail: what is in front of the offset (`mark.tail_at`), read as soon as that was known: it tells whether the file
            was cut off since. None is read when the following begins.
        landmark: a place that was in the file when it was opened, and is there no more: it was cut off.
    """

    path: str
    src: Endpoint | None = None
    offset: int = 0
    error: int = 0
    tail: bytes | None = None
    landmark: Mark | None = None


class FollowRules(NamedTuple):
    """How to follow.

    Attributes:
        by_name: follow whatever has the name; False follows the open file wherever it goes.
        retries: a name that leads nowhere is waited for, instead of given up.
        interval_s: seconds between two looks where nothing tells of changes.
        uses_inotify: False looks again and again at everything.
        max_unchanged_stats: polling by name, so many looks without a change until the name is looked up again.
        pids: end when all of these processes have ended.
        patterns: glob patterns and directories whose files are taken in as they appear, with by_name only.
        from_start_of_new: a file that a pattern takes in is told from its beginning; False from its end. What
            appears later is told from its beginning in any case.
        chunk_size: most bytes of one read.
        backend: named backend that the data of regular files come through; None is auto.
    """

    by_name: bool = False
    retries: bool = False
    interval_s: float = 1.0
    uses_inotify: bool = True
    max_unchanged_stats: int = 5
    pids: tuple[int, ...] = ()
    patterns: tuple[str, ...] = ()
    from_start_of_new: bool = True
    chunk_size: int = CHUNK_BYTES
    backend: str | None = None


class Using(NamedTuple):
    """The first event of all: what tells of changes, notifications or, without, looking again and again."""

    has_notifications: bool


class Data(NamedTuple):
    """Bytes of a file, in order and without gaps, as long as nothing else is told.

    Attributes:
        path: as given, or as found by a pattern.
        offset: of the first byte in its file.
        data: never empty.
        device: st_dev of the file that they come from.
        inode: its st_ino.
        is_late: written to the old file after the new one of this name had begun.
    """

    path: str
    offset: int
    data: bytes
    device: int = 0
    inode: int = 0
    is_late: bool = False


class Truncated(NamedTuple):
    """The file became shorter than what was read, or was written anew; what follows is told from its beginning.

    Attributes:
        path: its name.
        device: its st_dev.
        inode: its st_ino.
    """

    path: str
    device: int = 0
    inode: int = 0


class Replaced(NamedTuple):
    """Another file has the name now; the old one is drained, and what follows is the new one's.

    Attributes:
        path: its name.
        device: st_dev of the new file.
        inode: its st_ino.
        offset: where that is told from; 0, its beginning, unless it had the name before.
    """

    path: str
    device: int = 0
    inode: int = 0
    offset: int = 0


class Appeared(NamedTuple):
    """The name leads to a file again, or for the first time; what follows is its data.

    Attributes:
        path: its name.
        is_new_name: a pattern or directory took in the file: it is a name that was not there.
        device: st_dev of the file.
        inode: its st_ino.
        offset: as in `Replaced`.
    """

    path: str
    is_new_name: bool = False
    device: int = 0
    inode: int = 0
    offset: int = 0


class Accessible(NamedTuple):
    """What could not be opened for another reason than that it was not there can be.

    Attributes:
        path: its name.
        device: st_dev of the file.
        inode: its st_ino.
        offset: as in `Replaced`.
    """

    path: str
    device: int = 0
    inode: int = 0
    offset: int = 0


class Inaccessible(NamedTuple):
    """The name leads to no file that can be opened, and did before.

    Attributes:
        path: its name.
        errno: why.
    """

    path: str
    errno: int


class Untailable(NamedTuple):
    """The name leads to something of a kind that cannot be followed, a directory for example.

    Attributes:
        path: its name.
        is_given_up: the name is not looked at any more.
    """

    path: str
    is_given_up: bool


class Unreadable(NamedTuple):
    """Reading the file failed; it is followed no further, except by name when it is replaced.

    Attributes:
        path: its name.
        errno: why.
    """

    path: str
    errno: int


class Lost(NamedTuple):
    """Bytes may be missing here, and nothing can bring them back.

    Attributes:
        path: the name that their file had.
        why: a clause without a full stop.
    """

    path: str
    why: str


class Polling(NamedTuple):
    """Looking again and again has taken the place of notifications.

    Attributes:
        path: for this file; None for all.
        why: a clause without a full stop.
        errno: of the call that failed, 0 if none did.
    """

    path: str | None
    why: str
    errno: int = 0


class Ended(NamedTuple):
    """Nothing more can come from here: a pipe's last writer has gone, and no other can."""

    path: str


class NothingLeft(NamedTuple):
    """The last event of all where no file is left to follow."""


FollowEvent = (
    Using
    | Data
    | Truncated
    | Replaced
    | Appeared
    | Accessible
    | Inaccessible
    | Untailable
    | Unreadable
    | Lost
    | Polling
    | Ended
    | NothingLeft
)

IsWanted = Callable[[], bool]
"""Asked after each turn, and at least every few seconds while nothing happens; False ends the following."""
