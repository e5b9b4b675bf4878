"""Temporary files and directories with the arguments of tempfile, made, used and removed in threads."""

from __future__ import annotations

import functools
import io
import tempfile  # what this is about
from typing import TYPE_CHECKING, Any, Literal, overload

from aiocli.aiofiles._cursor import cursor_of
from aiocli.aiofiles._lane import Lane, clean_up_late, close_late
from aiocli.aiofiles.base import AiofilesContextManager
from aiocli.aiofiles.tempfile.temptypes import AsyncSpooledTemporaryFile, AsyncTemporaryDirectory
from aiocli.aiofiles.threadpool.binary import AsyncBufferedIOBase, AsyncBufferedReader, AsyncFileIO
from aiocli.aiofiles.threadpool.text import AsyncTextIOWrapper

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Executor
    from types import TracebackType

    from _typeshed import OpenBinaryMode, OpenBinaryModeReading, OpenBinaryModeUpdating, OpenTextMode

    Text = AiofilesContextManager[AsyncTextIOWrapper]
    Raw = AiofilesContextManager[AsyncFileIO]
    Reader = AiofilesContextManager[AsyncBufferedReader]
    Buffered = AiofilesContextManager[AsyncBufferedIOBase]
    BufferedMode = OpenBinaryModeReading | OpenBinaryModeUpdating

__all__ = ["NamedTemporaryFile", "SpooledTemporaryFile", "TemporaryDirectory", "TemporaryFile"]


@overload
def NamedTemporaryFile(mode: OpenTextMode, *args: Any, **kwargs: Any) -> Text: ...
@overload
def NamedTemporaryFile(mode: OpenBinaryMode, buffering: Literal[0], *args: Any, **kwargs: Any) -> Raw: ...
@overload
def NamedTemporaryFile(mode: BufferedMode = "w+b", *args: Any, **kwargs: Any) -> Reader: ...
@overload
def NamedTemporaryFile(mode: OpenBinaryMode, *args: Any, **kwargs: Any) -> Buffered: ...
@overload
def NamedTemporaryFile(mode: str, *args: Any, **kwargs: Any) -> AiofilesContextManager[Any]: ...
def NamedTemporaryFile(
    mode: str = "w+b",
    buffering: int = -1,
    encoding: str | None = None,
    newline: str | None = None,
    suffix: Any = None,
    prefix: Any = None,
    dir: Any = None,  # noqa: A002  # tempfile's names
    delete: bool = True,
    delete_on_close: bool = True,
    loop: object = None,
    executor: Executor | None = None,
    *,
    errors: str | None = None,
) -> AiofilesContextManager[Any]:
    """Make a temporary file with a name; see `open` and tempfile for the arguments.

    Args:
        mode: text or bytes, as in open().
        buffering: as in open().
        encoding: of text.
        newline: as in open().
        suffix: the name's end.
        prefix: the name's beginning.
        dir: the directory.
        delete: whether the file is removed at all.
        delete_on_close: whether closing removes it, not leaving the `async with`; False needs Python 3.12.
        loop: accepted and ignored.
        executor: whose threads do all the work; None: daemon threads of our own.
        errors: how text that cannot be coded is treated.

    Cancellation: a file that is made after all is closed, and removed, at once.
    """
    arguments: dict[str, Any] = {"errors": errors, "delete": delete}
    if not delete_on_close:
        arguments["delete_on_close"] = False
    make = functools.partial(tempfile.NamedTemporaryFile, mode, buffering, encoding, newline, suffix, prefix, dir)
    return _manager(functools.partial(make, **arguments), wrap, newline, executor)


@overload
def TemporaryFile(mode: OpenTextMode, *args: Any, **kwargs: Any) -> Text: ...
@overload
def TemporaryFile(mode: OpenBinaryMode, buffering: Literal[0], *args: Any, **kwargs: Any) -> Raw: ...
@overload
def TemporaryFile(mode: BufferedMode = "w+b", *args: Any, **kwargs: Any) -> Reader: ...
@overload
def TemporaryFile(mode: OpenBinaryMode, *args: Any, **kwargs: Any) -> Buffered: ...
@overload
def TemporaryFile(mode: str, *args: Any, **kwargs: Any) -> AiofilesContextManager[Any]: ...
def TemporaryFile(
    mode: str = "w+b",
    buffering: int = -1,
    encoding: str | None = None,
    newline: str | None = None,
    suffix: Any = None,
    prefix: Any = None,
    dir: Any = None,  # noqa: A002
    loop: object = None,
    executor: Executor | None = None,
    *,
    errors: str | None = None,
) -> AiofilesContextManager[Any]:
    """Make a temporary file without a name; the arguments are those of `NamedTemporaryFile`.

    Cancellation: a file that is made after all is closed at once.
    """
    make = functools.partial(tempfile.TemporaryFile, mode, buffering, encoding, newline, suffix, prefix, dir)
    return _manager(functools.partial(make, errors=errors), wrap, newline, executor)


def SpooledTemporaryFile(
    max_size: int = 0,
    mode: str = "w+b",
    buffering: int = -1,
    encoding: str | None = None,
    newline: str | None = None,
    suffix: Any = None,
    prefix: Any = None,
    dir: Any = None,  # noqa: A002
    loop: object = None,
    executor: Executor | None = None,
    *,
    errors: str | None = None,
) -> AiofilesContextManager[AsyncSpooledTemporaryFile]:
    """Make a temporary file in memory, which becomes a real one when it exceeds max_size bytes (0: never).

    The other arguments are those of `NamedTemporaryFile`.

    Cancellation: a file that is made after all is closed at once.
    """
    make = functools.partial(
        tempfile.SpooledTemporaryFile, max_size, mode, buffering, encoding, newline, suffix, prefix, dir, errors=errors
    )

    def wrap_spooled(_: Any, file: Any, **kwargs: Any) -> AsyncSpooledTemporaryFile:
        return AsyncSpooledTemporaryFile(file, **kwargs)

    return _manager(make, wrap_spooled, newline, executor)


def TemporaryDirectory(
    suffix: Any = None,
    prefix: Any = None,
    dir: Any = None,  # noqa: A002
    loop: object = None,
    executor: Executor | None = None,
    *,
    ignore_cleanup_errors: bool = False,
    delete: bool = True,
) -> AiofilesContextManagerTempDir:
    """Make a temporary directory: `async with` gives its path, `await` an object with name, cleanup() and close().

    Args:
        suffix: the name's end.
        prefix: the name's beginning.
        dir: where it is made.
        loop: accepted and ignored.
        executor: whose threads do the work; None: daemon threads of our own.
        ignore_cleanup_errors: whether what cannot be removed is left without an error.
        delete: whether it is removed when the `async with` is left; False needs Python 3.12.

    Cancellation: a directory that is made after all is removed at once.
    """
    arguments: dict[str, Any] = {"ignore_cleanup_errors": ignore_cleanup_errors}
    if not delete:
        arguments["delete"] = False
    make = functools.partial(tempfile.TemporaryDirectory, suffix, prefix, dir, **arguments)

    async def open_directory() -> AsyncTemporaryDirectory:
        directory = await Lane().run(make, executor, keep=clean_up_late)
        return AsyncTemporaryDirectory(directory, loop=None, executor=executor)

    return AiofilesContextManagerTempDir(open_directory)


class AiofilesContextManagerTempDir(AiofilesContextManager[Any]):
    """What TemporaryDirectory() returns: entering it gives the path, as tempfile does, awaiting it the object."""

    __slots__ = ()

    async def __aenter__(self) -> str:
        """Make the directory and return its path (bytes if a part of its name was given so).

        Cancellation: a directory that is made after all is removed at once.
        """
        path: str = (await self._open()).name
        return path

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Remove the directory and all that is in it.

        Cancellation: it is removed all the same.
        """
        directory = self._obj
        leave = functools.partial(directory._file.__exit__, kind, error, traceback)
        await directory._lane.run(leave, directory._executor, must_run=True)


def _manager(
    make: Callable[[], Any], wrap_it: Callable[..., Any], newline: str | None, executor: Executor | None
) -> AiofilesContextManager[Any]:
    async def open_file() -> Any:
        file = await Lane().run(make, executor, keep=close_late)
        if newline is not None:
            cursor_of(file).kept.newline = newline
        wrapped = wrap_it(getattr(file, "file", file), file, loop=None, executor=executor)
        if hasattr(file, "delete"):  # of a named file, before Python 3.12
            wrapped.delete = file.delete
        return wrapped

    return AiofilesContextManager(open_file)


@functools.singledispatch
def wrap(base_io_obj: Any, file: Any, *, loop: object = None, executor: Executor | None = None) -> Any:
    """Make an asynchronous file object; `wrap.register` adds a type.

    Args:
        base_io_obj: decides by its type.
        file: what is wrapped: the same, or tempfile's object around it.
        loop: accepted and ignored.
        executor: whose threads do the work; None: daemon threads of our own.

    Raises:
        TypeError: it is of no type that is known.
    """
    raise TypeError(f"no asynchronous form is known for {base_io_obj!r}")


@wrap.register(io.TextIOBase)
def _(base_io_obj: Any, file: Any, *, loop: object = None, executor: Executor | None = None) -> AsyncTextIOWrapper:
    return AsyncTextIOWrapper(file, loop=loop, executor=executor)


@wrap.register(io.BufferedWriter)
def _(base_io_obj: Any, file: Any, *, loop: object = None, executor: Executor | None = None) -> AsyncBufferedIOBase:
    return AsyncBufferedIOBase(file, loop=loop, executor=executor)


@wrap.register(io.BufferedReader)
@wrap.register(io.BufferedRandom)
def _(base_io_obj: Any, file: Any, *, loop: object = None, executor: Executor | None = None) -> AsyncBufferedReader:
    return AsyncBufferedReader(file, loop=loop, executor=executor)


@wrap.register(io.FileIO)
def _(base_io_obj: Any, file: Any, *, loop: object = None, executor: Executor | None = None) -> AsyncFileIO:
    return AsyncFileIO(file, loop=loop, executor=executor)
