"""One copy: both ends, how it may be done, and the record of what was tried."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from aiocli.core.errors import OutputError
from aiocli.core.filesystem import filesystem_type
from aiocli.core.loop import Offload, inline
from aiocli.engines.copy.rules import Clone, Sparse
from aiocli.engines.copy.zeros import BLOCK_BYTES, runs_of_data

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from aiocli.core.endpoint import Endpoint
    from aiocli.core.events import OnBytes
    from aiocli.engines.copy.tap import Tap

    PWrite = Callable[[int, memoryview, int], int]
    """(fd, data, offset) -> bytes written."""

Data = TypeVar("Data", bytes, memoryview)

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


_PREPARING_TYPES = frozenset({"xfs"})
"""File systems that allocate more than is written at the end of a file, and keep it once more is written behind."""

_LEAVE_HOLES = (Sparse.AUTO, Sparse.ALWAYS)


class Attempt(NamedTuple):
    """A strategy that was asked and why it gave the job back, or '' if it did the job.

    Attributes:
        strategy: its name.
        refusal: why.
        is_tried: the answer is the system's; else it was clear from the facts.
    """

    strategy: str
    refusal: str
    is_tried: bool = False


class CloneError(OSError):
    """Blocks were to be shared and are not: nothing has been copied, and nothing else is tried.

    An OSError with errno, text and the destination's name.
    """

    def __init__(self, error: OSError, name: str) -> None:
        super().__init__(error.errno, error.strerror, name)


class CopyJob:
    """A copy from one open end to another, from the source's offset on.

    Attributes:
        src: where bytes come from; open for reading, borrowed.
        dst: where they go; open for writing, borrowed.
        backend: named backend that the data of regular files must move through; None is auto.
        end: offset in the source to stop at; None is the end of the file, wherever that is by then.
        chunk_size: bytes of one read and write; None leaves it to the strategy.
        depth: reads in flight on a named backend.
        jobs: readers of one large file; None leaves it to the strategy.
        sparse: where holes in the destination come from; they come only behind what it holds. None: any way that
            gives the same bytes.
        clone: whether blocks are shared with the source. ALWAYS is that or nothing.
        disabled: names of strategies to leave out.
        tap: is shown all data between read and write, in order; None lets them go unseen.
        leaves_cache: the page cache is to keep what it held, and nothing else.
        offload: how a system call that may block is made.
        on_bytes: told of every move.
        bytes_behind: of other sources that come into the destination behind these, at least.
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
        jobs: int | None = None,
        sparse: Sparse | None = None,
        clone: Clone = Clone.AUTO,
        disabled: frozenset[str] = frozenset(),
        tap: Tap | None = None,
        leaves_cache: bool = False,
        offload: Offload = inline,
        on_bytes: OnBytes | None = None,
        bytes_behind: int = 0,
    ) -> None:
        self.src = src
        self.dst = dst
        self.backend = backend
        self.end = end
        self.chunk_size = chunk_size
        self.depth = depth
        self.jobs = jobs
        self.sparse = sparse
        self.clone = clone
        self.disabled = disabled
        self.tap = tap
        self.leaves_cache = leaves_cache
        self.offload = offload
        self.on_bytes = on_bytes
        self.bytes_behind = bytes_behind
        self.moved = 0
        self.attempts: list[Attempt] = []

    def count(self, nbytes: int) -> None:
        """Record that bytes arrived."""
        self.moved += nbytes
        if self.on_bytes is not None:
            self.on_bytes(nbytes)

    def blame(self, error: OSError) -> OSError:
        """Say which end failed in a call that knows both: the error to raise, with that end's name."""
        is_full_pipe = error.errno == errno.EAGAIN and os.get_blocking(self.src.fd)
        if is_full_pipe or error.errno in _OUTPUT_ERRNOS:
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
        return self.sparse in _LEAVE_HOLES and self.src.has_holes and self._is_open_ended

    @property
    def seeks_zeros(self) -> bool:
        """Whether zeros are to become holes."""
        return self.sparse is Sparse.ALWAYS and self._is_open_ended

    @property
    def leaves_holes(self) -> bool:
        """Whether some of the destination is not written."""
        return self.keeps_holes or self.seeks_zeros

    @property
    def _is_open_ended(self) -> bool:
        """Whether what is not written reads as zeros: not over bytes that are there, not in front of an append."""
        return self.dst.is_regular and not self.dst.is_append and self.dst.size <= (self.dst.offset or 0)

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

        Before it goes on behind a hole, what the file system has prepared there in the destination is given back.

        Offsets count from the beginning of the source.
        """
        start, end = self.src.offset or 0, self.known_end
        if not self.keeps_holes:
            if start < end:
                yield start, end - start
            return
        while start < end:
            data = min(self._seek(start, os.SEEK_DATA, end), end)
            self._free(self.dst_offset(start), data - start)
            if data == end:
                return
            # A hole that was made meanwhile may begin right here: the copy goes on nevertheless.
            hole = min(max(self._seek(data, os.SEEK_HOLE, end), data + BLOCK_BYTES), end)
            yield data, hole - data
            start = hole

    def _seek(self, offset: int, whence: int, end: int) -> int:
        """Find where data or a hole begin in the source; its end if they do not before that."""
        try:
            return os.lseek(self.src.fd, offset, whence)
        except OSError as error:
            if error.errno == errno.ENXIO:  # nothing but a hole from there on, or nothing at all any more
                return end
            if error.errno == errno.EINVAL:  # a file of /proc with a size and no blocks: all of it is data
                return offset if whence == os.SEEK_DATA else end
            error.filename = self.src.name
            raise

    def end_behind(self, src_offset: int) -> int:
        """Find the source's end behind all data that were read: there, or behind one more hole."""
        end = self.known_end
        if not self.keeps_holes or src_offset >= end or self._seek(src_offset, os.SEEK_DATA, end) < end:
            return src_offset
        return max(src_offset, min(end, os.fstat(self.src.fd).st_size))

    def pieces(self, chunk_size: int) -> Iterator[tuple[int, int]]:
        """Cut the extents into (offset, nbytes) of at most a chunk."""
        for offset, length in self.extents():
            end = offset + length
            for start in range(offset, end, chunk_size):
                yield start, min(chunk_size, end - start)

    def parts(self, src_offset: int, data: Data) -> Iterable[tuple[int, Data]]:
        """Cut data read at an offset into (offset in the destination, what to write there): all, or not the zeros."""
        target = self.dst_offset(src_offset)
        if not self.seeks_zeros:
            return ((target, data),)
        return self._parts_around_zeros(target, data)

    def _parts_around_zeros(self, target: int, data: Data) -> Iterator[tuple[int, Data]]:
        done = 0
        for start, end in runs_of_data(data, target):
            self._free(target + done, start - done)
            yield target + start, data[start:end]
            done = end
        self._free(target + done, len(data) - done)

    def _free(self, target: int, nbytes: int) -> None:
        """Give back the blocks that the file system may have prepared for a range of the destination."""
        if nbytes and filesystem_type(self.dst.device) in _PREPARING_TYPES:
            from aiocli.core.fallocate import punch_hole

            punch_hole(self.dst.fd, target, nbytes)

    def write_at(self, src_offset: int, data: memoryview, pwrite: PWrite = os.pwrite) -> None:
        """Write data read at an offset to the destination.

        Args:
            src_offset: where they were in the source.
            data: what was read.
            pwrite: how a regular file is written.

        Raises:
            OutputError: some of it may be written.

        Leaves:
            The file offset of a regular file where it was; what cannot seek takes the data as what comes next.
        """
        if not self.dst.is_regular:
            self.dst.write_all(data)
            return
        try:
            for target, part in self.parts(src_offset, data):
                offset, rest = target, part
                while rest:
                    written = pwrite(self.dst.fd, rest, offset)
                    rest, offset = rest[written:], offset + written
        except OSError as error:
            raise OutputError(error, self.dst.name) from error

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
        if self.dst.is_regular and not self.dst.is_append and (self.leaves_holes or src_offset < self.known_end):
            try:
                os.ftruncate(self.dst.fd, max(self.dst_offset(src_offset), self.dst.size))
            except OSError as error:
                raise OutputError(error, self.dst.name) from error
