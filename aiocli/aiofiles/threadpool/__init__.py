"""Asynchronous open(): file objects whose work is done in threads."""

# ruff: noqa: A001  # open() is the name of what this offers

from __future__ import annotations

import builtins
import functools
import io
import sys
from typing import TYPE_CHECKING, Any, Literal, overload

from aiocli.aiofiles._cursor import cursor_of
from aiocli.aiofiles._lane import Lane, close_late
from aiocli.aiofiles._nowait import open_at_once
from aiocli.aiofiles.base import AiofilesContextManager
from aiocli.aiofiles.threadpool.binary import (
    AsyncBufferedIOBase,
    AsyncBufferedReader,
    AsyncFileIO,
    AsyncIndirectBufferedIOBase,
)
from aiocli.aiofiles.threadpool.text import AsyncTextIndirectIOWrapper, AsyncTextIOWrapper

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop
    from collections.abc import Callable
    from concurrent.futures import Executor

    from _typeshed import (
        FileDescriptorOrPath,
        OpenBinaryMode,
        OpenBinaryModeReading,
        OpenBinaryModeUpdating,
        OpenBinaryModeWriting,
        OpenTextMode,
    )

    Opener = Callable[[str, int], int]

sync_open = builtins.open
"""What opens; looked up at each opening, so that it can be replaced."""

__all__ = ("open", "stderr", "stderr_bytes", "stdin", "stdin_bytes", "stdout", "stdout_bytes")


@overload
def open(
    file: FileDescriptorOrPath,
    mode: OpenTextMode = "r",
    buffering: int = -1,
    encoding: str | None = None,
    errors: str | None = None,
    newline: str | None = None,
    closefd: bool = True,
    opener: Opener | None = None,
    *,
    loop: AbstractEventLoop | None = None,
    executor: Executor | None = None,
) -> AiofilesContextManager[AsyncTextIOWrapper]: ...
@overload
def open(
    file: FileDescriptorOrPath,
    mode: OpenBinaryMode,
    buffering: Literal[0],
    encoding: None = None,
    errors: None = None,
    newline: None = None,
    closefd: bool = True,
    opener: Opener | None = None,
    *,
    loop: AbstractEventLoop | None = None,
    executor: Executor | None = None,
) -> AiofilesContextManager[AsyncFileIO]: ...
@overload
def open(
    file: FileDescriptorOrPath,
    mode: OpenBinaryModeReading | OpenBinaryModeUpdating,
    buffering: Literal[-1, 1] = -1,
    encoding: None = None,
    errors: None = None,
    newline: None = None,
    closefd: bool = True,
    opener: Opener | None = None,
    *,
    loop: AbstractEventLoop | None = None,
    executor: Executor | None = None,
) -> AiofilesContextManager[AsyncBufferedReader]: ...
@overload
def open(
    file: FileDescriptorOrPath,
    mode: OpenBinaryModeWriting,
    buffering: Literal[-1, 1] = -1,
    encoding: None = None,
    errors: None = None,
    newline: None = None,
    closefd: bool = True,
    opener: Opener | None = None,
    *,
    loop: AbstractEventLoop | None = None,
    executor: Executor | None = None,
) -> AiofilesContextManager[AsyncBufferedIOBase]: ...
@overload
def open(
    file: FileDescriptorOrPath,
    mode: OpenBinaryMode,
    buffering: int,
    encoding: None = None,
    errors: None = None,
    newline: None = None,
    closefd: bool = True,
    opener: Opener | None = None,
    *,
    loop: AbstractEventLoop | None = None,
    executor: Executor | None = None,
) -> AiofilesContextManager[AsyncBufferedIOBase | AsyncFileIO]: ...
@overload
def open(
    file: FileDescriptorOrPath,
    mode: str,
    buffering: int = -1,
    encoding: str | None = None,
    errors: str | None = None,
    newline: str | None = None,
    closefd: bool = True,
    opener: Opener | None = None,
    *,
    loop: AbstractEventLoop | None = None,
    executor: Executor | None = None,
) -> AiofilesContextManager[Any]: ...
def open(
    file: Any,
    mode: str = "r",
    buffering: int = -1,
    encoding: str | None = None,
    errors: str | None = None,
    newline: str | None = None,
    closefd: bool = True,
    opener: Opener | None = None,
    *,
    loop: AbstractEventLoop | None = None,
    executor: Executor | None = None,
) -> AiofilesContextManager[Any]:
    """Open a file as the builtin open does; `await` the result, or enter it by `async with`.

    Args:
        file: a path or a descriptor.
        mode: as in the builtin open, as are all the others up to opener.
        buffering: 0: raw, 1: by line, else the buffer's size in bytes; -1: the default.
        encoding: of text.
        errors: how text that cannot be coded is treated.
        newline: how line ends of text are treated.
        closefd: whether closing the file closes a descriptor that was given.
        opener: called in the thread, with path and flags, to get the descriptor.
        loop: accepted and ignored: the file belongs to no loop.
        executor: whose threads do all the work for this file; None: daemon threads of our own.

    Raises:
        OSError: as from the builtin open, with the same errno and text.

    Cancellation: a file that is opened after all is closed at once; it may have been created, or emptied.
    """
    arguments = {
        "mode": mode,
        "buffering": buffering,
        "encoding": encoding,
        "errors": errors,
        "newline": newline,
        "closefd": closefd,
        "opener": opener,
    }
    return AiofilesContextManager(functools.partial(_open, file, arguments, executor))


async def _open(file: Any, arguments: dict[str, Any], executor: Executor | None) -> Any:
    opened = None
    if executor is None and sync_open is builtins.open:
        opened = open_at_once(file, **arguments)
    if opened is None:
        call = functools.partial(sync_open, file, **arguments)
        opened = await Lane().run(call, executor, keep=close_late)
    try:
        wrapped = wrap(opened, loop=None, executor=executor)
    except TypeError:
        close_late(opened)
        raise
    if arguments["newline"] is not None:
        cursor_of(opened).kept.newline = arguments["newline"]
    return wrapped


@functools.singledispatch
def wrap(file: Any, *, loop: AbstractEventLoop | None = None, executor: Executor | None = None) -> Any:
    """Make an asynchronous file object around a file object; `wrap.register` adds a type.

    Args:
        file: the file object.
        loop: accepted and ignored.
        executor: whose threads do the work; None: daemon threads of our own.

    Raises:
        TypeError: it is of no type that is known.
    """
    raise TypeError(f"no asynchronous form is known for {file!r}")


@wrap.register(io.TextIOBase)
def _(file: Any, *, loop: object = None, executor: Executor | None = None) -> AsyncTextIOWrapper:
    return AsyncTextIOWrapper(file, loop=loop, executor=executor)


@wrap.register(io.BufferedWriter)
@wrap.register(io.BufferedIOBase)
def _(file: Any, *, loop: object = None, executor: Executor | None = None) -> AsyncBufferedIOBase:
    return AsyncBufferedIOBase(file, loop=loop, executor=executor)


@wrap.register(io.BufferedReader)
@wrap.register(io.BufferedRandom)
def _(file: Any, *, loop: object = None, executor: Executor | None = None) -> AsyncBufferedReader:
    return AsyncBufferedReader(file, loop=loop, executor=executor)


@wrap.register(io.FileIO)
def _(file: Any, *, loop: object = None, executor: Executor | None = None) -> AsyncFileIO:
    return AsyncFileIO(file, loop=loop, executor=executor)


stdin = AsyncTextIndirectIOWrapper("sys.stdin", None, None, indirect=lambda: sys.stdin)
stdout = AsyncTextIndirectIOWrapper("sys.stdout", None, None, indirect=lambda: sys.stdout)
stderr = AsyncTextIndirectIOWrapper("sys.stderr", None, None, indirect=lambda: sys.stderr)
stdin_bytes = AsyncIndirectBufferedIOBase("sys.stdin.buffer", None, None, indirect=lambda: sys.stdin.buffer)
stdout_bytes = AsyncIndirectBufferedIOBase("sys.stdout.buffer", None, None, indirect=lambda: sys.stdout.buffer)
stderr_bytes = AsyncIndirectBufferedIOBase("sys.stderr.buffer", None, None, indirect=lambda: sys.stderr.buffer)
