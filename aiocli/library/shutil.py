"""The standard library's shutil, asynchronous, on the copy engine.

Signatures, results and errors are those of `shutil`; `executor` is new everywhere: an executor of the caller,
with threads, instead of a daemon thread of ours. Callbacks (ignore, onerror, onexc, a copy_function that is no
coroutine function) are called in that thread and may block.

A copied or removed tree takes one thread. Copying 3000 small files on tmpfs, two threads take 1.2 and four 1.4 times
as long, because they wait for each other (the GIL); on a busy ext4 disk two take 0.7 of the time. Who has slow disks
copies several trees at once. Nothing here forks.
"""

from __future__ import annotations

import os
import shutil
from functools import partial
from shutil import Error, SameFileError, SpecialFileError, ignore_patterns
from typing import TYPE_CHECKING, Any, TypeVar

from aiocli.core.threads import offload_to
from aiocli.library.shutil_copy import Copier
from aiocli.library.shutil_objects import copyfileobj
from aiocli.library.shutil_remove import Removal
from aiocli.library.shutil_work import Work

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from concurrent.futures import Executor

    from _typeshed import StrOrBytesPath, StrPath

    from aiocli.core.events import OnBytes
    from aiocli.library.shutil_remove import OnError

__all__ = [
    "Error",
    "SameFileError",
    "SpecialFileError",
    "chown",
    "copy",
    "copy2",
    "copyfile",
    "copyfileobj",
    "copymode",
    "copystat",
    "copytree",
    "disk_usage",
    "ignore_patterns",
    "move",
    "rmtree",
    "which",
]

Dst = TypeVar("Dst", bound="StrOrBytesPath")


async def copyfile(
    src: StrOrBytesPath,
    dst: Dst,
    *,
    follow_symlinks: bool = True,
    executor: Executor | None = None,
    on_bytes: OnBytes | None = None,
) -> Dst:
    """Copy the data of a file to a name, and return that.

    Args:
        src: what is read.
        dst: what is made, or emptied and written; no directory.
        follow_symlinks: if False and src is a symbolic link, dst becomes a link like it.
        executor: see the module.
        on_bytes: called in the loop's thread with the bytes that moved since the last call.

    Raises:
        SameFileError: both are one file. SpecialFileError: one of them is a FIFO.
        OSError: with the name of the file that failed; dst may have been written in part.

    Cancellation: waits for what is being moved, at most 8 MiB, then closes both. A dst that was begun stays
        as it is: with a part of the data.
    """
    work = Work(executor, on_bytes)
    await work.run(Copier(work).copyfile, src, dst, follow_symlinks)
    return dst


async def copy(
    src: StrPath,
    dst: StrPath,
    *,
    follow_symlinks: bool = True,
    executor: Executor | None = None,
    on_bytes: OnBytes | None = None,
) -> StrPath:
    """Copy data and mode of a file to a name or into a directory, and return the name that was written.

    Raises:
        As `copyfile`.

    Cancellation: as in `copyfile`; the mode may not have been set.
    """
    work = Work(executor, on_bytes)
    return await work.run(Copier(work).copy, src, dst, follow_symlinks)


async def copy2(
    src: StrPath,
    dst: StrPath,
    *,
    follow_symlinks: bool = True,
    executor: Executor | None = None,
    on_bytes: OnBytes | None = None,
) -> StrPath:
    """Copy a file as `copy` does, with times, flags and extended attributes as far as possible.

    Raises:
        As `copyfile`.

    Cancellation: as in `copyfile`; mode and times may not have been set.
    """
    work = Work(executor, on_bytes)
    return await work.run(Copier(work).copy2, src, dst, follow_symlinks)


async def copytree(
    src: StrPath,
    dst: StrPath,
    symlinks: bool = False,
    ignore: Callable[[Any, list[str]], Iterable[str]] | None = None,
    copy_function: Callable[[str, str], object] = copy2,
    ignore_dangling_symlinks: bool = False,
    dirs_exist_ok: bool = False,
    *,
    executor: Executor | None = None,
    on_bytes: OnBytes | None = None,
) -> StrPath:
    """Copy a directory tree to a name, and return that.

    Args:
        src: the directory.
        dst: what is made.
        symlinks: copy links as links, instead of what they lead to.
        ignore: told a directory and the names in it, returns those to leave out; see `ignore_patterns`.
        copy_function: copies one file: one of this module, of shutil, or any other; a coroutine function is run
            in the loop.
        ignore_dangling_symlinks: leave out links that lead nowhere, unless symlinks is set.
        dirs_exist_ok: dst, and directories in it, may be there already.
        executor: see the module.
        on_bytes: as in `copyfile`; not told of what a copy_function of the caller does.

    Raises:
        Error: some files could not be copied, the others have been; its args[0] lists (src, dst, reason).
        FileExistsError: dst exists. OSError: src cannot be listed.

    Cancellation: waits for the file that is being copied, of a large one for 8 MiB at most. What was copied
        until then stays; directories may not have their mode and times yet.
    """
    work = Work(executor, on_bytes)
    copier = Copier(work)
    await work.run(
        partial(
            shutil.copytree,
            src,
            dst,
            symlinks,
            copier.ignore(ignore),
            copier.for_tree(_blocking(copier, copy_function)),
            ignore_dangling_symlinks,
            dirs_exist_ok,
        )
    )
    return dst


async def rmtree(
    path: StrOrBytesPath,
    ignore_errors: bool = False,
    onerror: Callable[[Callable[..., Any], str, Any], object] | None = None,
    *,
    onexc: OnError | None = None,
    dir_fd: int | None = None,
    executor: Executor | None = None,
) -> None:
    """Remove a directory tree, without following a link that somebody puts into it meanwhile.

    What disappears by itself meanwhile is no error; path itself must be there.

    Args:
        path: a directory; no symbolic link to one.
        ignore_errors: go on without a word.
        onerror: called with the function that failed, the path and sys.exc_info(), unless onexc is given.
        onexc: called with the function that failed, the path and the exception, on every Python.
        dir_fd: open directory that path is relative to.
        executor: see the module.

    Raises:
        OSError: the first that happened, with the name that failed, if there is neither callback.

    Cancellation: waits for the entry that is being removed; what is gone is gone.
    """
    report: OnError
    if ignore_errors:
        report = _ignore
    elif onexc is not None:
        report = onexc
    elif onerror is not None:
        report = partial(_tell_with_traceback, onerror)
    else:
        report = _raise
    work = Work(executor)
    await work.run(Removal(work, report).remove, os.fsdecode(path), dir_fd)


async def move(
    src: StrPath,
    dst: StrPath,
    copy_function: Callable[[str, str], object] = copy2,
    *,
    executor: Executor | None = None,
    on_bytes: OnBytes | None = None,
) -> StrPath:
    """Move a file or a tree to a name or into a directory: rename it, or copy and remove it.

    Args:
        src: what to move; a symbolic link itself, not what it leads to.
        dst: a name, or an existing directory that gets it.
        copy_function: as in `copytree`; used where renaming does not work, between file systems mostly.
        executor: see the module.
        on_bytes: as in `copytree`.

    Returns:
        The name that it has now.

    Raises:
        Error: a tree cannot move into itself; or dst is a directory that has such a name; or as `copytree`,
            and src is still complete then.
        OSError: what else failed.

    Cancellation: waits as `copytree` does. While it copies, src stays complete and dst has a part of it; once
        the copy is complete, src is removed all the same.
    """
    work = Work(executor, on_bytes)
    copier = Copier(work)
    moved: StrPath = await work.run(shutil.move, src, dst, copier.for_tree(_blocking(copier, copy_function)))
    return moved


async def copymode(
    src: StrOrBytesPath, dst: StrOrBytesPath, *, follow_symlinks: bool = True, executor: Executor | None = None
) -> None:
    """Copy the permission bits.

    Raises:
        OSError: with the name.

    Cancellation: it happens all the same.
    """
    await offload_to(executor)(partial(shutil.copymode, src, dst, follow_symlinks=follow_symlinks))


async def copystat(
    src: StrOrBytesPath, dst: StrOrBytesPath, *, follow_symlinks: bool = True, executor: Executor | None = None
) -> None:
    """Copy permission bits, times, flags and extended attributes, as far as the system can.

    Raises:
        OSError: with the name.

    Cancellation: it happens all the same.
    """
    await offload_to(executor)(partial(shutil.copystat, src, dst, follow_symlinks=follow_symlinks))


async def chown(
    path: StrOrBytesPath | int,
    user: str | int | None = None,
    group: str | int | None = None,
    *,
    dir_fd: int | None = None,
    follow_symlinks: bool = True,
    executor: Executor | None = None,
) -> None:
    """Change the owner, the group, or both.

    Args:
        path: a name, or an open descriptor.
        user: name or number; None leaves it.
        group: name or number; None leaves it.
        dir_fd: open directory that path is relative to; before Python 3.13 a TypeError.
        follow_symlinks: False changes a symbolic link itself; before Python 3.13 a TypeError.
        executor: see the module.

    Raises:
        LookupError: there is no such user or group. ValueError: neither is given. OSError: with the name.

    Cancellation: it happens all the same.
    """
    newer: dict[str, Any] = {} if dir_fd is None else {"dir_fd": dir_fd}
    if not follow_symlinks:
        newer["follow_symlinks"] = False
    change: Callable[..., None] = shutil.chown
    await offload_to(executor)(partial(change, path, user, group, **newer))


async def disk_usage(path: int | StrOrBytesPath, *, executor: Executor | None = None) -> shutil._ntuple_diskusage:
    """Tell total, used and free bytes of the file system that a path is on.

    Raises:
        OSError: with the name.

    Cancellation: harmless.
    """
    return await offload_to(executor)(shutil.disk_usage, path)


async def which(
    cmd: StrPath,
    mode: int = os.F_OK | os.X_OK,
    path: StrPath | None = None,
    *,
    executor: Executor | None = None,
) -> str | None:
    """Find a program in a list of directories, PATH if path is None; None if it is in none of them.

    Cancellation: harmless.
    """
    found: str | None = await offload_to(executor)(partial(shutil.which, cmd, mode, path))
    return found


def _blocking(copier: Copier, function: Callable[[str, str], object]) -> Callable[[str, str], object]:
    """Return what stands for a copy function of this module or of shutil in the thread; any other itself."""
    ours: dict[Any, Callable[[str, str], object]] = {
        copy: copier.copy,
        copy2: copier.copy2,
        copyfile: copier.copyfile,
        shutil.copy: copier.copy,
        shutil.copy2: copier.copy2,
        shutil.copyfile: copier.copyfile,
    }
    return ours.get(function, function)


def _ignore(function: Callable[..., Any], path: str, error: OSError) -> None:
    """Go on."""


def _raise(function: Callable[..., Any], path: str, error: OSError) -> None:
    raise error


def _tell_with_traceback(
    onerror: Callable[[Callable[..., Any], str, Any], object],
    function: Callable[..., Any],
    path: str,
    error: OSError,
) -> None:
    onerror(function, path, (type(error), error, error.__traceback__))
