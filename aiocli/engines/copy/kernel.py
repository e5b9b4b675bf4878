"""Copies that the kernel does by itself: the bytes never enter this process.

Facts about the calls, seen on Linux 6.18:
- FICLONE (ioctl_ficlone(2)) shares blocks on Btrfs, XFS, bcachefs; ext4 and tmpfs answer EOPNOTSUPP. Containers
  answer EPERM, CIFS ENOENT or EACCES, some FUSE file systems EBADF or ENOENT.
- copy_file_range refuses an O_APPEND target with EBADF, another file system with EXDEV, a pipe with EINVAL,
  and gives 0 for files of /proc, whose size is 0. It may share blocks instead of copying them (Btrfs, XFS, NFS),
  holes included: not where blocks are not to be shared, or all of them are to be written.
- splice needs a pipe on one side and refuses an O_APPEND target with EINVAL.
- sendfile takes any source that can be mapped and refuses an O_APPEND target with EINVAL.
- splice and sendfile from a file into a pipe or socket lend pages of the page cache: who reads them later gets what
  the file holds by then. So as much as may wait there unread when the copy ends is written as a copy.
A zero as the first answer is therefore not trusted as the end of the file: the next strategy looks.
"""

from __future__ import annotations

import errno
import fcntl
import os
from typing import TYPE_CHECKING

from aiocli.core.endpoint import Kind
from aiocli.core.errors import Unsupported
from aiocli.engines.copy.job import SLICE_BYTES, CloneError
from aiocli.engines.copy.plain import Plain
from aiocli.engines.copy.reserved import reserved_blocks
from aiocli.engines.copy.rules import Clone, Sparse

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from aiocli.core.endpoint import Endpoint
    from aiocli.engines.copy.job import CopyJob

FICLONE = 0x40049409  # linux/fs.h; the fcntl module has it from Python 3.14 on
MOST_BYTES_OF_CALL = 0x7FFFF000
"""The most that Linux copies in one call, a page less than 2 GiB. Slices of copy_file_range end there, too, as GNU cp's
calls do: behind it they begin at odd pages, and the kernel takes single pages for the target. Without that it goes on
to look for large ones when few are left: 4 GiB took 2.7 s instead of 1.3 on a machine whose memory was in use (3 runs
of each by turns, Linux 6.18, ext4)."""

PIPE_BYTES = 1024 * 1024
"""Capacity asked for of pipes; the most that fs.pipe-max-size allows everyone by default."""


SOCKET_BYTES = 16 * 1024 * 1024
"""More than a connection holds that nobody has read: by default TCP has 4 MiB to send and 6 MiB to be read."""


class _KernelCopy:
    """A system call that moves at most a slice, called until it moves nothing."""

    name: str
    fallback: Mapping[int, str]
    """The only errnos that mean "not me", and why."""

    def refuses(self, job: CopyJob) -> str | None:
        raise NotImplementedError

    def prepare(self, job: CopyJob) -> Callable[[int], int]:
        """Return the call that moves at most so many bytes."""
        raise NotImplementedError

    async def move(self, job: CopyJob) -> None:
        """Call until nothing moves, or only what has to be written as a copy is left."""
        call, lendable = self.prepare(job), _lendable_bytes(job)
        while room := job.room(SLICE_BYTES if lendable is None else min(SLICE_BYTES, lendable - job.moved)):
            nbytes = await self._call(job, call, room)
            if nbytes == 0:
                return
            job.count(nbytes)
        if lendable is not None:
            await Plain().move(job)

    async def _call(self, job: CopyJob, call: Callable[..., int], *arguments: int) -> int:
        """Make a call; return the bytes that it moved, 0 at the end."""
        try:
            nbytes = await job.offload(call, *arguments)
        except OSError as error:
            refusal = self.fallback.get(error.errno or 0)
            if refusal is not None and not job.moved:
                raise Unsupported(refusal) from None
            raise job.blame(error) from None
        if nbytes == 0 and not job.moved:
            raise Unsupported("moved nothing, which may or may not be the end of the file")
        return nbytes


class Reflink:
    """Shares the blocks of a whole file: no data is copied at all."""

    name = "reflink"
    fallback = {
        errno.EOPNOTSUPP: "the file system cannot share blocks",
        errno.ENOTTY: "the file system does not know the request",
        errno.EXDEV: "another file system",
        errno.EINVAL: "the file system cannot share these blocks",
        errno.EPERM: "not permitted here",
        errno.EACCES: "not permitted here",
        errno.ENOENT: "the server does not know the request",
        errno.EBADF: "the file system does not know the request",
        errno.ENOSYS: "the kernel does not know it",
    }
    """Whatever else goes wrong (EIO, ENOMEM, ENOSPC, EDQUOT) means a file system that can, and is in trouble."""

    def refuses(self, job: CopyJob) -> str | None:
        """Refuse all but whole regular files of one file system into an empty one; nothing that must be cloned."""
        if job.clone is Clone.NEVER or job.sparse is Sparse.NEVER:
            return "blocks are not to be shared"
        if job.clone is Clone.ALWAYS:
            return None  # the system is to say why not
        if not (job.src.is_regular and job.dst.is_regular):
            return "not two regular files"
        if job.src.device != job.dst.device:
            return "another file system"
        if job.src.offset or job.end is not None or job.dst.size or job.src.size == 0:
            return "not a whole file into an empty one"
        return None

    async def move(self, job: CopyJob) -> None:
        """Share the blocks.

        Raises:
            CloneError: it failed where it should not, or nothing else would do.
        """
        try:
            await job.offload(fcntl.ioctl, job.dst.fd, FICLONE, job.src.fd)
        except OSError as error:
            refusal = self.fallback.get(error.errno or 0)
            if refusal is not None and job.clone is not Clone.ALWAYS:
                raise Unsupported(refusal) from None
            raise CloneError(error, job.dst.name) from None
        job.count(os.fstat(job.dst.fd).st_size)
        job.leave_offsets_behind(job.moved)


class CopyRange(_KernelCopy):
    """copy_file_range(2): file to file within the kernel, on the server for NFS and CIFS."""

    name = "copy_range"
    fallback = {
        errno.EXDEV: "another file system",
        errno.EINVAL: "the file system cannot do it",
        errno.EOPNOTSUPP: "the file system cannot do it",
        errno.ENOSYS: "the kernel does not know it",
        errno.EPERM: "not permitted here",  # containers, immutable targets: the write that follows says which
    }

    def refuses(self, job: CopyJob) -> str | None:
        """Refuse all but regular files whose data may be shared and need not be looked at."""
        if not (job.src.is_regular and job.dst.is_regular):
            return "not two regular files"
        if job.dst.is_append:
            return "the target is open for appending"
        if job.clone is Clone.NEVER or job.sparse is Sparse.NEVER:
            return "blocks are not to be shared"
        if job.seeks_zeros:
            return "zeros are to become holes"
        return None

    def prepare(self, job: CopyJob) -> Callable[[int], int]:
        """Copy at both file offsets."""
        src, dst = job.src.fd, job.dst.fd

        def copy(nbytes: int) -> int:
            try:
                return os.copy_file_range(src, dst, _up_to_most(nbytes, job.moved))
            except OSError as error:
                # It looks whether the target may become larger (RLIMIT_FSIZE) before it looks for something to copy.
                if error.errno == errno.EFBIG and os.lseek(src, 0, os.SEEK_CUR) >= os.fstat(src).st_size:
                    return 0
                raise

        return copy

    async def move(self, job: CopyJob) -> None:
        """Copy from hole to hole, if they are to stay; then on to the end."""
        if not job.keeps_holes:
            async with reserved_blocks(job):
                await super().move(job)
            return
        start = end = job.src.offset or 0
        for offset, length in job.extents():
            try:
                end = await self._copy_extent(job, offset, offset + length)
            except Unsupported:
                job.leave_offsets_behind(start)
                raise
        end = job.end_behind(end)
        job.end_at(end)
        if job.end is None:
            await Plain().read_on(job, end)

    async def _copy_extent(self, job: CopyJob, offset: int, end: int) -> int:
        """Copy data of the source; return the end, or where the source ended before."""
        src, dst, start = job.src.fd, job.dst.fd, offset
        while offset < end:
            nbytes = _up_to_most(min(SLICE_BYTES, end - offset), offset - start)
            copied = await self._call(job, os.copy_file_range, src, dst, nbytes, offset, job.dst_offset(offset))
            if copied == 0:
                break
            job.count(copied)
            offset += copied
        return offset


class Splice(_KernelCopy):
    """splice(2): pages move into a pipe or out of one."""

    name = "splice"
    fallback = {
        errno.EINVAL: "one end cannot be spliced",
        errno.ENOSYS: "the kernel does not know it",
    }

    def refuses(self, job: CopyJob) -> str | None:
        """Refuse where neither end is a pipe."""
        if Kind.PIPE not in (job.src.kind, job.dst.kind):
            return "neither end is a pipe"
        if job.dst.is_append and job.dst.is_regular:
            return "the target is open for appending"
        if Kind.TERMINAL in (job.src.kind, job.dst.kind):
            return "one end is a terminal"
        if job.seeks_zeros:
            return "zeros are to become holes"
        return _WAITS if _lendable_bytes(job) == 0 else None

    def prepare(self, job: CopyJob) -> Callable[[int], int]:
        """Make the pipes large and move what they hold."""
        for end in (job.src, job.dst):
            if end.kind is Kind.PIPE:
                enlarge_pipe(end.fd)
        src, dst = job.src.fd, job.dst.fd
        return lambda nbytes: os.splice(src, dst, nbytes)


class Sendfile(_KernelCopy):
    """sendfile(2): a file to a socket, a device, or a file on another file system."""

    name = "sendfile"
    fallback = {
        errno.EINVAL: "one end cannot do it",
        errno.EOVERFLOW: "one end cannot do it",
        errno.ENOSYS: "the kernel does not know it",
    }

    def refuses(self, job: CopyJob) -> str | None:
        """Refuse all sources but regular files, and pipes, which are for splice."""
        if not job.src.is_regular:
            return "the source is not a regular file"
        if job.dst.kind is Kind.PIPE:
            return "the target is a pipe"
        if job.dst.is_append:
            return "the target is open for appending"
        if job.leaves_holes:
            return "there are holes to keep or to make"
        return _WAITS if _lendable_bytes(job) == 0 else None

    def prepare(self, job: CopyJob) -> Callable[[int], int]:
        """Send from the file offset."""
        src, dst = job.src.fd, job.dst.fd
        return lambda nbytes: os.sendfile(dst, src, None, nbytes)


_WAITING_BYTES = {Kind.PIPE: PIPE_BYTES, Kind.SOCKET: SOCKET_BYTES}
_WAITS = "what waits to be read has to be a copy"


def _lendable_bytes(job: CopyJob) -> int | None:
    """Tell how much of a file may go into a pipe or socket without a copy; None if that is no question."""
    waiting = waiting_bytes(job.dst)
    if not waiting or not job.src.is_regular:
        return None
    return max(0, job.known_end - (job.src.offset or 0) - max(0, waiting - job.bytes_behind))


def waiting_bytes(end: Endpoint) -> int:
    """Tell how many bytes may be in a pipe or socket that nobody has read; 0 of everything else."""
    return _WAITING_BYTES.get(end.kind, 0)


def _up_to_most(nbytes: int, done: int) -> int:
    """Cut a slice so that none reaches across MOST_BYTES_OF_CALL of the bytes that lie one behind the other."""
    return min(nbytes, MOST_BYTES_OF_CALL - done) if done < MOST_BYTES_OF_CALL else nbytes


def enlarge_pipe(pipe_fd: int) -> None:
    """Give a pipe room for as much as everyone may have; it stays as it is where that is too much for the user."""
    try:
        fcntl.fcntl(pipe_fd, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
    except OSError:
        return
