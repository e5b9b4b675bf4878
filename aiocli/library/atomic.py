"""Files that are written as a whole or not at all. The mechanism is `engines.replace`."""

from __future__ import annotations

import asyncio
import os
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Literal, TypeVar, overload

from aiocli.core.async_open import async_open
from aiocli.core.mode import parse_mode
from aiocli.core.threads import start
from aiocli.engines.replace import Replacement

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from concurrent.futures import Executor
    from contextlib import AbstractAsyncContextManager

    from aiocli.core.wrappers import BinaryFileWrapper, TextFileWrapper

T = TypeVar("T")
Path = str | bytes | os.PathLike[str] | os.PathLike[bytes]
TextMode = Literal["w", "wt", "tw", "w+", "wt+", "w+t", "x", "xt", "tx", "x+", "xt+", "x+t"]
BinaryMode = Literal["wb", "bw", "wb+", "w+b", "xb", "bx", "xb+", "x+b"]


@overload
def atomic_write(
    path: Path,
    mode: TextMode = "w",
    *,
    encoding: str | None = "utf-8",
    errors: str | None = None,
    newline: str | None = None,
    fsync: bool = True,
    exclusive: bool = False,
    follow_symlinks: bool = True,
    executor: Executor | None = None,
) -> AbstractAsyncContextManager[TextFileWrapper]: ...
@overload
def atomic_write(
    path: Path,
    mode: BinaryMode,
    *,
    encoding: str | None = "utf-8",
    errors: str | None = None,
    newline: str | None = None,
    fsync: bool = True,
    exclusive: bool = False,
    follow_symlinks: bool = True,
    executor: Executor | None = None,
) -> AbstractAsyncContextManager[BinaryFileWrapper]: ...
@overload
def atomic_write(
    path: Path,
    mode: str,
    *,
    encoding: str | None = "utf-8",
    errors: str | None = None,
    newline: str | None = None,
    fsync: bool = True,
    exclusive: bool = False,
    follow_symlinks: bool = True,
    executor: Executor | None = None,
) -> AbstractAsyncContextManager[Any]: ...
def atomic_write(
    path: Path,
    mode: str = "w",
    *,
    encoding: str | None = "utf-8",
    errors: str | None = None,
    newline: str | None = None,
    fsync: bool = True,
    exclusive: bool = False,
    follow_symlinks: bool = True,
    executor: Executor | None = None,
) -> AbstractAsyncContextManager[Any]:
    """Write a file that takes its name at the end of the block, all at once.

    `async with atomic_write(path) as file:` gives an empty file, as `async_open` does. Leaving the block replaces
    the target; an exception or a cancellation in the block leaves it as it was. Whoever opens the target finds
    the old content or the new, also after SIGKILL, and with fsync after a crash of the machine. The target
    keeps its mode, and as far as permitted its owner and extended attributes; a new one is made as by open().
    See `engines.replace.Replacement.commit` for the details.

    Args:
        path: the target. A read-only file in a writable directory is replaced, too.
        mode: w or x, with b or t, and + to read what was written. x is w with exclusive.
        encoding: of text modes.
        errors: as in open().
        newline: as in open().
        fsync: bring the file and its directory to the device before the block is left.
        exclusive: fail if the target exists, at the beginning or at the end of the block.
        follow_symlinks: replace what a symbolic link points to; False replaces the link.
        executor: whose threads open and replace; None means our own.

    Raises:
        ValueError: mode is none of these. LookupError: an unknown encoding.
        FileExistsError: the target exists, and must not.
        OSError: with the target's name; from the end of the block, too. If only syncing the directory failed
            the target is the new file already, otherwise it is the old one.

    Cancellation: in the block, the target stays. Afterwards, what is being done is finished first: it is the old
        file or the new one. Either way nothing else is left.
    """
    letters = parse_mode(mode)
    if letters.appending or not (letters.created or letters.flags & os.O_TRUNC):
        raise ValueError(f"mode must be made of w or x, not {mode!r}: the file is written anew")
    new = Replacement(path, sync=fsync, exclusive=exclusive or letters.created, follow_symlinks=follow_symlinks)
    return _replace(new, mode, {"encoding": encoding, "errors": errors, "newline": newline}, executor)


@asynccontextmanager
async def _replace(
    new: Replacement, mode: str, text: dict[str, str | None], executor: Executor | None
) -> AsyncIterator[BinaryFileWrapper | TextFileWrapper]:
    try:
        await _finish(new.open, executor)
        async with _open(new, mode, text) as file:
            yield file
        await _finish(new.commit, executor)
    except BaseException:
        await _finish(new.discard)  # not in the executor, which may be shut down by now
        raise


def _open(new: Replacement, mode: str, text: dict[str, str | None]) -> BinaryFileWrapper | TextFileWrapper:
    # On a descriptor of its own, which stays open as long as a cancelled write may use it. `commit` syncs.
    fd = os.dup(new.fd)
    try:
        wrapper = async_open(fd, mode, sync=False, **text)
    except BaseException:
        os.close(fd)
        raise
    wrapper.file.name = new.path
    return wrapper


async def _finish(function: Callable[[], T], executor: Executor | None = None) -> T:
    """Call a function in a thread and wait until it has returned; it is not cut short by a cancellation.

    Cancellation: raised afterwards, unless the function fails.
    """
    call = start(function) if executor is None else start(lambda: executor.submit(function).result())
    cancellation = None
    while True:
        try:
            result = await call.wait()
        except asyncio.CancelledError as error:
            cancellation = error
        else:
            break
    if cancellation is not None:
        raise cancellation
    return result
