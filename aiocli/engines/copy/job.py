"""One copy: both ends, how it may be done, and the record of what was tried."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aiocli.core.errors import OutputError
from aiocli.core.events import OnBytes, ignore_bytes
from aiocli.core.loop import Offload, inline
from aiocli.engines.source import DEPTH

if TYPE_CHECKING:
    from aiocli.core.endpoint import Endpoint

SLICE_BYTES = 8 * 1024 * 1024
"""Bytes of one kernel-side copy: any size from 1 MiB is equally fast, and progress shows between two."""

_OUTPUT_ERRNOS = frozenset(
    {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EPIPE, errno.ECONNRESET, errno.EROFS, errno.ETXTBSY}
)
"""What only a destination can answer; any other errno of a call that knows both ends is the source's."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """A strategy that was asked and why it gave the job back, or '' if it did the job."""

    strategy: str
    refusal: str


@dataclass(slots=True)
class CopyJob:
    """A copy from one open end to another, from the source's offset to its end.

    Attributes:
        src: where bytes come from; open for reading, borrowed.
        dst: where they go; open for writing, borrowed.
        backend: named backend that the data of regular files must move through; None is auto.
        chunk_size: bytes of one read and write; None leaves it to the strategy.
        depth: reads in flight on a named backend.
        keep_holes: leave the source's holes unwritten; the destination must be new or empty.
        disabled: names of strategies to leave out.
        offload: how a system call that may block is made.
        on_bytes: told of every move.
        moved: bytes moved so far.
        attempts: what was tried, in order; the last one did it.
    """

    src: Endpoint
    dst: Endpoint
    backend: str | None = None
    chunk_size: int | None = None
    depth: int = DEPTH
    keep_holes: bool = False
    disabled: frozenset[str] = frozenset()
    offload: Offload = inline
    on_bytes: OnBytes = ignore_bytes
    moved: int = 0
    attempts: list[Attempt] = field(default_factory=list)

    def count(self, nbytes: int) -> None:
        """Record that bytes arrived."""
        self.moved += nbytes
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

    def extents(self) -> Iterator[tuple[int, int]]:
        """Yield (offset, length) of the source's data up to its known size, without holes if they are kept.

        Offsets count from the beginning of the source.
        """
        start, end = self.src.offset or 0, self.src.size
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
        if self.keeps_holes or src_offset < self.src.size:
            try:
                os.ftruncate(self.dst.fd, max(self.dst_offset(src_offset), self.dst.size))
            except OSError as error:
                raise OutputError(error, self.dst.name) from error
