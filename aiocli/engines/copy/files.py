"""Copies a file by its names: opens both, moves the bytes, and says as a value what failed.

A failure is an event, not an exception: it also comes back from worker processes and is told later, in order.
"""

from __future__ import annotations

import errno
import os
import stat
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from aiocli.core.endpoint import Endpoint
from aiocli.core.errors import BackendUnavailable, OutputError
from aiocli.core.events import Failure, OnBytes
from aiocli.engines.copy import CopyJob, move
from aiocli.engines.copy.job import CHUNK_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


class Step:
    """What was being done when a copy failed: the values of Failure.step."""

    OPEN_SOURCE = "open source"
    CREATE = "create"
    WRITE_THROUGH_LINK = "write through a dangling link"
    OVERWRITE_DIRECTORY = "overwrite a directory"
    READ = "read"
    WRITE = "write"
    CLOSE = "close"
    STAT = "stat"
    LIST = "list"
    MAKE_DIRECTORY = "make directory"
    OVERWRITE_WITH_DIRECTORY = "overwrite with a directory"
    INTO_ITSELF = "copy into itself"
    SET_MODE = "set mode"
    READ_LINK = "read link"
    MAKE_LINK = "make link"
    SAME_FILE = "same file"
    REMOVE = "remove"
    MAKE_SPECIAL = "make special file"


class CopySettings(NamedTuple):
    """How files are copied, for CopyJob's attributes of these names."""

    backend: str | None = None
    chunk_size: int | None = None
    disabled: frozenset[str] = frozenset()


class _Failed(Exception):
    def __init__(self, step: str, name: str, error: OSError, other: str = "") -> None:
        super().__init__(step, name)
        self.failure = Failure(step, name, error.errno or 0, other)


def open_source(name: str, *, follow: bool) -> int:
    """Open a file for reading; without following, a symbolic link fails with ELOOP.

    Raises:
        OSError: of open(2).
    """
    flags = os.O_RDONLY | os.O_CLOEXEC | os.O_NOCTTY
    return os.open(name, flags if follow else flags | os.O_NOFOLLOW)


def _open_pair(src: str, dst: str, *, follow: bool) -> tuple[int, int]:
    try:
        src_fd = open_source(src, follow=follow)
    except OSError as error:
        raise _Failed(Step.OPEN_SOURCE, src, error) from None
    try:
        return src_fd, _open_destination(dst, src, os.fstat(src_fd))
    except _Failed:
        os.close(src_fd)
        raise


def _open_destination(name: str, src: str, facts: os.stat_result) -> int:
    """Create a file, or empty one that is there, unless it is the source itself through another name."""
    flags = os.O_WRONLY | os.O_CLOEXEC | os.O_NOCTTY
    try:
        return os.open(name, flags | os.O_CREAT | os.O_EXCL, stat.S_IMODE(facts.st_mode) & 0o777)
    except FileExistsError:
        pass
    except OSError as error:
        if error.errno == errno.EISDIR and name.endswith("/"):  # open(2) means: no directory can be made so
            error = NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
        raise _Failed(Step.CREATE, name, error) from None
    try:
        fd = os.open(name, flags)
    except FileNotFoundError as error:
        raise _Failed(Step.WRITE_THROUGH_LINK, name, error) from None
    except IsADirectoryError as error:
        raise _Failed(Step.OVERWRITE_DIRECTORY, name, error, src) from None
    except OSError as error:
        raise _Failed(Step.CREATE, name, error) from None
    try:
        _empty(fd, name, src, facts)
    except _Failed:
        os.close(fd)
        raise
    return fd


def _empty(fd: int, name: str, src: str, facts: os.stat_result) -> None:
    """Cut a file to nothing; by the open descriptor, so that no link can be changed in between."""
    existing = os.fstat(fd)
    if os.path.samestat(existing, facts):
        raise _Failed(Step.SAME_FILE, src, OSError(0, ""), name)
    if stat.S_ISREG(existing.st_mode):
        try:
            os.ftruncate(fd, 0)
        except OSError as error:
            raise _Failed(Step.CREATE, name, error) from None


@contextmanager
def _pair(src: str, dst: str, *, follow: bool) -> Iterator[tuple[int, int]]:
    """Open both ends, and close them; a close that tells of lost data is a failure unless there is one already."""
    src_fd, dst_fd = _open_pair(src, dst, follow=follow)
    try:
        yield src_fd, dst_fd
    except BaseException:
        os.close(src_fd)
        os.close(dst_fd)
        raise
    os.close(src_fd)
    try:
        os.close(dst_fd)
    except OSError as error:  # NFS and quotas tell here that the data did not arrive
        raise _Failed(Step.CLOSE, dst, error) from None


async def copy_file(
    src: str,
    dst: str,
    settings: CopySettings,
    *,
    follow: bool = True,
    on_bytes: OnBytes | None = None,
) -> Failure | None:
    """Copy one file's data by the best strategy; None if all went well.

    Args:
        src: name of what is read.
        dst: name of what is created, or emptied and filled again.
        settings: how.
        follow: read through a symbolic link.
        on_bytes: told of every move.

    Leaves:
        After a failure at READ or WRITE, what was copied until then stays.
    """
    try:
        with _pair(src, dst, follow=follow) as (src_fd, dst_fd):
            await _move(src_fd, dst_fd, src, dst, settings, on_bytes)
    except _Failed as failed:
        return failed.failure
    return None


async def _move(src_fd: int, dst_fd: int, src: str, dst: str, settings: CopySettings, on_bytes: OnBytes | None) -> None:
    job = CopyJob(
        Endpoint.of(src_fd, src),
        Endpoint.of(dst_fd, dst),
        backend=settings.backend,
        chunk_size=settings.chunk_size,
        disabled=settings.disabled,
        keep_holes=True,
        on_bytes=on_bytes,
    )
    try:
        await move(job)
    except OutputError as error:
        raise _Failed(Step.WRITE, dst, error) from None
    except BackendUnavailable:
        raise
    except OSError as error:
        raise _Failed(Step.READ, src, error) from None


def copy_small_files(pairs: Sequence[tuple[str, str]]) -> list[Failure | None]:
    """Copy regular files of a tree through one buffer: a work unit for any executor.

    Args:
        pairs: names of (src, dst); a src that has become a symbolic link since is not followed.

    Returns:
        One failure for each pair, None where all went well.
    """
    buffer = memoryview(bytearray(CHUNK_BYTES))
    return [_copy_small_file(src, dst, buffer) for src, dst in pairs]


def _copy_small_file(src: str, dst: str, buffer: memoryview) -> Failure | None:
    try:
        with _pair(src, dst, follow=False) as (src_fd, dst_fd):
            _pump(src_fd, dst_fd, src, dst, buffer)
    except _Failed as failed:
        return failed.failure
    return None


def _pump(src_fd: int, dst_fd: int, src: str, dst: str, buffer: memoryview) -> None:
    while True:
        try:
            nbytes = os.readv(src_fd, [buffer])
        except OSError as error:
            raise _Failed(Step.READ, src, error) from None
        if nbytes == 0:
            return
        rest = buffer[:nbytes]
        try:
            while rest:
                rest = rest[os.write(dst_fd, rest) :]
        except OSError as error:
            raise _Failed(Step.WRITE, dst, error) from None
