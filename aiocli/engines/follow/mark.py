"""Where somebody was in a file, so that the place is found again, or known to be another, whatever its name is."""

from __future__ import annotations

import os
from typing import NamedTuple

TAIL_BYTES = 256
"""So many bytes in front of a place tell whether it is the same place still: some lines of any log."""


class Sibling(NamedTuple):
    """A file that lay beside another, with a name as rotation gives.

    Attributes:
        device: st_dev.
        inode: st_ino.
        mtime_ns: st_mtime_ns, which it keeps when it is renamed or compressed.
        head: its first bytes, as many as there were, TAIL_BYTES at most.
    """

    device: int
    inode: int
    mtime_ns: int
    head: bytes


class Mark(NamedTuple):
    """A place in a file.

    Attributes:
        device: st_dev.
        inode: st_ino.
        offset: in bytes from the beginning.
        tail: the bytes in front of it, TAIL_BYTES or as many as there are.
        siblings: at offset 0, which no bytes tell from another: what rotation had put beside the file; None is unknown.
    """

    device: int
    inode: int
    offset: int
    tail: bytes
    siblings: tuple[Sibling, ...] | None = None

    @property
    def is_whole(self) -> bool:
        """Whether the bytes in front of it are known: they are not if the file was cut off before they were read."""
        return len(self.tail) >= min(TAIL_BYTES, self.offset)

    def fits(self, fd: int) -> bool:
        """Tell whether a regular file holds, in front of the offset, what was there.

        A file of another identity may fit: a copy does.

        Raises:
            OSError: it cannot be read.
        """
        return tail_at(fd, self.offset, len(self.tail)) == self.tail

    def is_of(self, facts: os.stat_result) -> bool:
        """Tell whether facts are those of the file that it is a place in, unless the number was used again."""
        return (self.device, self.inode) == (facts.st_dev, facts.st_ino)


def mark_at(fd: int, offset: int) -> Mark:
    """Mark a place in a regular file.

    Raises:
        OSError: it cannot be read.
    """
    facts = os.fstat(fd)
    return Mark(facts.st_dev, facts.st_ino, offset, tail_at(fd, offset))


def tail_at(fd: int, offset: int, nbytes: int = TAIL_BYTES) -> bytes:
    """Read what is in front of an offset, fewer bytes where the file is shorter.

    Raises:
        OSError: it cannot be read.
    """
    nbytes = min(nbytes, offset)
    return os.pread(fd, nbytes, offset - nbytes) if nbytes else b""
