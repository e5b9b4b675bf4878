"""Copies that the kernel does by itself: the bytes never enter this process.

Facts about the calls, seen on Linux 6.18:
- FICLONE (ioctl_ficlone(2)) shares blocks on Btrfs, XFS, bcachefs; ext4 and tmpfs answer EOPNOTSUPP.
- copy_file_range refuses an O_APPEND target with EBADF, another file system with EXDEV, a pipe with EINVAL,
  and gives 0 for files of /proc, whose size is 0.
- splice needs a pipe on one side and refuses an O_APPEND target with EINVAL.
- sendfile takes any source that can be mapped and refuses an O_APPEND target with EINVAL.
A zero as the first answer is therefore not trusted as the end of the file: the next strategy looks.
"""

from __future__ import annotations

import errno
import fcntl
import os
from typing import TYPE_CHECKING

from aiocli.core.endpoint import Kind
from aiocli.core.errors import Unsupported
from aiocli.engines.copy.job import SLICE_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from aiocli.engines.copy.job import CopyJob

_FICLONE = 0x40049409  # linux/fs.h; the fcntl module has it from Python 3.14 on
PIPE_BYTES = 1024 * 1024
"""Capacity asked for of pipes; the most that fs.pipe-max-size allows everyone by default."""


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
        """Call until nothing moves."""
        call = self.prepare(job)
        while room := job.room(SLICE_BYTES):
            try:
                nbytes = await job.offload(call, room)
            except OSError as error:
                refusal = self.fallback.get(error.errno or 0)
                if refusal is not None and not job.moved:
                    raise Unsupported(refusal) from None
                raise job.blame(error) from None
            if nbytes == 0:
                if not job.moved:
                    raise Unsupported("moved nothing, which may or may not be the end of the file")
                return
            job.count(nbytes)


class Reflink:
    """Shares the blocks of a whole file: no data is copied at all."""

    name = "reflink"
    fallback = {
        errno.EOPNOTSUPP: "the file system cannot share blocks",
        errno.ENOTTY: "the file system does not know the request",
        errno.EXDEV: "another file system",
        errno.EINVAL: "the file system cannot share these blocks",
        errno.EPERM: "not permitted here",  # containers
        errno.ENOSYS: "the kernel does not know it",
    }

    def refuses(self, job: CopyJob) -> str | None:
        """Refuse all but whole regular files of one file system into an empty one."""
        if not (job.src.is_regular and job.dst.is_regular):
            return "not two regular files"
        if job.src.device != job.dst.device:
            return "another file system"
        if job.src.offset or job.end is not None or job.dst.size or job.src.size == 0:
            return "not a whole file into an empty one"
        return None

    async def move(self, job: CopyJob) -> None:
        """Share the blocks."""
        try:
            await job.offload(fcntl.ioctl, job.dst.fd, _FICLONE, job.src.fd)
        except OSError as error:
            refusal = self.fallback.get(error.errno or 0)
            if refusal is not None:
                raise Unsupported(refusal) from None
            raise job.blame(error) from None
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
        """Refuse all but dense regular files."""
        if not (job.src.is_regular and job.dst.is_regular):
            return "not two regular files"
        if job.dst.is_append:
            return "the target is open for appending"
        if job.keeps_holes:
            return "the source has holes to keep"
        return None

    def prepare(self, job: CopyJob) -> Callable[[int], int]:
        """Copy at both file offsets."""
        src, dst = job.src.fd, job.dst.fd
        return lambda nbytes: os.copy_file_range(src, dst, nbytes)


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
        return None

    def prepare(self, job: CopyJob) -> Callable[[int], int]:
        """Make the pipes large and move what they hold."""
        for end in (job.src, job.dst):
            if end.kind is Kind.PIPE:
                _enlarge(end.fd)
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
        """Refuse all sources but regular files."""
        if not job.src.is_regular:
            return "the source is not a regular file"
        if job.dst.is_append:
            return "the target is open for appending"
        if job.keeps_holes:
            return "the source has holes to keep"
        return None

    def prepare(self, job: CopyJob) -> Callable[[int], int]:
        """Send from the file offset."""
        src, dst = job.src.fd, job.dst.fd
        return lambda nbytes: os.sendfile(dst, src, None, nbytes)


def _enlarge(pipe_fd: int) -> None:
    try:
        fcntl.fcntl(pipe_fd, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
    except OSError:  # over the user's limit: the pipe stays as it is
        return
