"""One copy: both ends, how it may be done, and the record of what was tried."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING, NamedTuple

from aiocli.core.errors import OutputError
from aiocli.core.loop import Offload, inline

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aiocli.core.endpoint import Endpoint
    from aiocli.core.events import OnBytes

SLICE_BYTES = 8 * 1024 * 1024
"""Bytes of one kernel-side copy: any size from 1 MiB is equally fast, and progress shows between two."""

CHUNK_BYTES = 256 * 1024
"""Bytes of one read and write: the fastest of 64 KiB..1 MiB with reused buffers."""

CONTEXT_CHUNK_BYTES = 1024 * 1024
"""Bytes of one read through a caio context: 64 KiB take 1.7 (uring) to 5 (thread) times as long."""

DEPTH = 4
"""Reads in flight on a named backend."""

_OUTPUT_ERRNOS = frozenset(
    {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EPIPE, errno.ECONNRESET, errno.EROFS, errno.ETXTBSY}
)
"""What only a destination can answer; any other errno of a call that knows both ends is the source's."""


class Attempt(NamedTuple):
    """A strategy that was asked and why it gave the job back, or '' if it did the job."""

    strategy: str
    refusal: str


class CopyJob:
    """A copy from one open end to another, from the source's offset on.

    Attributes:
        src: where bytes come from; open for reading, borrowed.
        dst: where they go; open for writing, borrowed.
        backend: named backend that the data of regular files must move through; None is auto.
        end: offset in the source to stop at; None is the end of the file, wherever that is by then.
        chunk_size: bytes of one read and write; None leaves it to the strategy.
        depth: reads in flight on a named backend.
        keep_holes: leave the source's holes unwritten; the destination must be new or empty.
        disabled: names of strategies to leave out.
        offload: how a system call that may block is made.
        on_bytes: told of every move.
        moved: bytes moved so far.
        attempts: what was tried, in order; the last one did it.
    """

    def __init__(
        self,
        src: Endpoint,
        dst: Endpoint,
        *,
        backend: str | None = None,
        end: int | None = None,
        chunk_size: int | None = None,
        depth: int = DEPTH,
        keep_holes: bool = False,
        disabled: frozenset[str] = frozenset(),
        offload: Offload = inline,
        on_bytes: OnBytes | None = None,
    ) -> None:
        self.src = src
        self.dst = dst
        self.backend = backend
        self.end = end
        self.chunk_size = chunk_size
        self.depth = depth
        self.keep_holes = keep_holes
        self.disabled = disabled
        self.offload = offload
        self.on_bytes = on_bytes
        self.moved = 0
        self.attempts: list[Attempt] = []

    def count(self, nbytes: int) -> None:
        """Record that bytes arrived."""
        self.moved += nbytes
        if self.on_bytes is not None:
            self.on_bytes(nbytes)

    def blame(self, error: OSError) -> OSError:
        """Say which end failed in a call that knows both: the error to raise, with that end's name."""
        if error.errno in _OUTPUT_ERRNOS:
            return OutputError(error, self.dst.name)
        error.filename = self.src.name
        return error

    @property
    def is_bound(self) -> bool:
        """Whether a named backend must move the data: one is named, and an end is a regular file."""
        return self.backend is not None and (self.src.is_regular or self.dst.is_regular)

    @property
    def keeps_holes(self) -> bool:
        """Whether there are holes and they are to stay."""
        return self.keep_holes and self.src.has_holes and self.dst.is_regular and not self.dst.is_append

    @property
    def known_end(self) -> int:
        """Offset in the source up to which there were data when its facts were read."""
        return self.src.size if self.end is None else min(self.src.size, self.end)

    def room(self, nbytes: int) -> int:
        """Bytes that one call may move: nbytes, or less in front of the end that was asked for."""
        if self.end is None:
            return nbytes
        return max(0, min(nbytes, self.end - (self.src.offset or 0) - self.moved))

    def extents(self) -> Iterator[tuple[int, int]]:
        """Yield (offset, length) of the source's data up to its known end, without holes if they are kept.

        Offsets count from the beginning of the source.
        """
        start, end = self.src.offset or 0, self.known_end
        if not self.keeps_holes:
            if start < end:
                yield start, end - start
            return
        while start < end:
            try:
                start = os.lseek(self.src.fd, start, os.SEEK_DATA)
            except OSError as error:
                if error.errno == errno.ENXIO:  # nothing but a hole up to the end
                    return
                error.filename = self.src.name
                raise
            hole = min(os.lseek(self.src.fd, start, os.SEEK_HOLE), end)
            if start < hole:
                yield start, hole - start
            start = hole

    def pieces(self, chunk_size: int) -> Iterator[tuple[int, int]]:
        """Cut the extents into (offset, nbytes) of at most a chunk."""
        for offset, length in self.extents():
            end = offset + length
            for start in range(offset, end, chunk_size):
                yield start, min(chunk_size, end - start)

    def dst_offset(self, src_offset: int) -> int:
        """Translate an offset in the source to the one in the destination."""
        return (self.dst.offset or 0) + src_offset - (self.src.offset or 0)

    def leave_offsets_behind(self, src_offset: int) -> None:
        """Set both file offsets behind the bytes up to src_offset, as read and write would have left them."""
        if self.src.offset is not None:
            os.lseek(self.src.fd, src_offset, os.SEEK_SET)
        if self.dst.offset is not None and not self.dst.is_append:
            os.lseek(self.dst.fd, self.dst_offset(src_offset), os.SEEK_SET)

    def end_at(self, src_offset: int) -> None:
        """Let the destination end where the source does, with a hole in front if it is shorter, and go there.

        For what was written out of order: holes leave it too short, a source that shrank leaves it too long.
        """
        self.leave_offsets_behind(src_offset)
        if self.keeps_holes or src_offset < self.known_end:
            try:
                os.ftruncate(self.dst.fd, max(self.dst_offset(src_offset), self.dst.size))
            except OSError as error:
                raise OutputError(error, self.dst.name) from error
