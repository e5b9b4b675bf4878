"""One end of a data flow: a descriptor and the facts about it, read once.

Everything that chooses a fast path looks at these facts only, so that the choice is a pure function.
Not for reading the facts again: a file may change meanwhile, and the first zero is not the end of a file.
"""

from __future__ import annotations

import errno
import fcntl
import os
import stat
from enum import Enum
from typing import NamedTuple

from aiocli.core.errors import OutputError


class Kind(Enum):
    """What a descriptor refers to."""

    REGULAR = "regular file"
    DIRECTORY = "directory"
    PIPE = "pipe"
    SOCKET = "socket"
    TERMINAL = "terminal"
    CHARACTER = "character device"
    BLOCK = "block device"


_KINDS = {
    stat.S_IFREG: Kind.REGULAR,
    stat.S_IFDIR: Kind.DIRECTORY,
    stat.S_IFIFO: Kind.PIPE,
    stat.S_IFSOCK: Kind.SOCKET,
    stat.S_IFCHR: Kind.CHARACTER,
    stat.S_IFBLK: Kind.BLOCK,
}


class Endpoint(NamedTuple):
    """A descriptor, the name it has in messages, and its facts.

    Attributes:
        fd: borrowed; whoever opened it closes it.
        name: operand as given, str with surrogateescape.
        kind: what it refers to.
        size: st_size in bytes; 0 says nothing (/proc).
        allocated: bytes of blocks behind it; less than size means holes.
        device: st_dev.
        inode: st_ino.
        offset: file offset in bytes when the facts were read; None if it cannot seek.
        is_append: O_APPEND is set, so positional writes land at the end (Linux, pwrite(2) BUGS).
        is_writable: open for writing.
    """

    fd: int
    name: str
    kind: Kind
    size: int
    allocated: int
    device: int
    inode: int
    offset: int | None
    is_append: bool
    is_writable: bool = True

    @classmethod
    def of(cls, fd: int, name: str) -> Endpoint:
        """Read the facts of a descriptor.

        Raises:
            OSError: the descriptor is not open; its file name is `name`.
        """
        try:
            facts = os.fstat(fd)
            flags = fcntl.fcntl(fd, fcntl.F_GETFL)
        except OSError as error:
            error.filename = name
            raise
        kind = _KINDS.get(stat.S_IFMT(facts.st_mode), Kind.CHARACTER)
        if kind is Kind.CHARACTER and os.isatty(fd):
            kind = Kind.TERMINAL
        try:
            offset: int | None = os.lseek(fd, 0, os.SEEK_CUR)
        except OSError:
            offset = None
        return cls(
            fd=fd,
            name=name,
            kind=kind,
            size=facts.st_size,
            allocated=facts.st_blocks * 512,
            device=facts.st_dev,
            inode=facts.st_ino,
            offset=offset,
            is_append=bool(flags & os.O_APPEND),
            is_writable=flags & os.O_ACCMODE != os.O_RDONLY,
        )

    @property
    def is_regular(self) -> bool:
        """Whether positional reads and writes reach a file on a file system."""
        return self.kind is Kind.REGULAR

    @property
    def has_holes(self) -> bool:
        """Whether fewer blocks are allocated than the size needs (compression looks the same)."""
        return self.is_regular and self.allocated < self.size

    def is_same_file(self, other: Endpoint) -> bool:
        """Whether both lead to one file, through whatever names."""
        return self.device == other.device and self.inode == other.inode

    def at(self, offset: int) -> Endpoint:
        """Move the file offset and return the facts with it.

        Raises:
            OSError: it cannot seek.
        """
        try:
            return self._replace(offset=os.lseek(self.fd, offset, os.SEEK_SET))
        except OSError as error:
            error.filename = self.name
            raise

    def read(self, nbytes: int) -> bytes:
        """Read at the file offset, at most nbytes; b'' at end of file.

        Raises:
            OSError: with this end's name on it.
        """
        try:
            return os.read(self.fd, nbytes)
        except OSError as error:
            error.filename = self.name
            raise

    def write_all(self, data: bytes | bytearray | memoryview) -> None:
        """Write all of data at the file offset, going on after short writes.

        Raises:
            OutputError: some of it may be written.
        """
        try:
            written = os.write(self.fd, data)
            if written < len(data):
                rest = memoryview(data)[written:]
                while rest:
                    rest = rest[os.write(self.fd, rest) :]
        except OSError as error:
            raise OutputError(error, self.name) from error


def directory_error(name: str) -> OSError:
    """Make the error of reading a directory, which some calls would report as a mere EINVAL."""
    return IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), name)
