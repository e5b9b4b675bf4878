"""Copies between open files of any make: asynchronous ones, and blocking ones in threads."""

from __future__ import annotations

import inspect
import os
from typing import TYPE_CHECKING, Any, Protocol

from aiocli.core.file import AIOFile
from aiocli.core.threads import offload_to
from aiocli.core.wrappers import BinaryFileWrapper, TextFileWrapper
from aiocli.engines.copy.job import CHUNK_BYTES
from aiocli.library.shutil_copy import Copier, is_regular_file
from aiocli.library.shutil_work import Work

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from concurrent.futures import Executor

    from aiocli.core.loop import Offload


class SupportsRead(Protocol):
    """Anything with read(length): bytes or text, or an awaitable of them."""

    def read(self, length: int = ..., /) -> Any:
        """Read at most so much; empty at the end."""


class SupportsWrite(Protocol):
    """Anything with write(data), perhaps awaitable."""

    def write(self, data: Any, /) -> Any:
        """Write all of data."""


async def copyfileobj(
    fsrc: SupportsRead, fdst: SupportsWrite, length: int = 0, *, executor: Executor | None = None
) -> None:
    """Copy from an open file to another, from the position of each on, to the end of the first.

    Two plain binary file objects of regular files are copied by the copy engine. Otherwise chunks are read and
    written: by awaiting where read or write is a coroutine function (`async_open`, aiofiles), in a thread else.
    An AIOFile, which has no position, is read from its start, and written there, or at its end in append modes.

    Args:
        fsrc: where data comes from.
        fdst: where it goes; not flushed.
        length: bytes or characters of a chunk; 0 chooses, below 0 takes everything at once.
        executor: threads of the caller, for what blocks.

    Raises:
        What reading and writing raise.

    Leaves:
        Both positions behind what was copied; after a failure anywhere.

    Cancellation: what was written stays. The copy engine is waited for, 8 MiB at most; both positions are
        anywhere then. A chunk in a thread is not: it is lost, or gets written still.
    """
    if _suits_engine(fsrc, fdst):
        work = Work(executor)
        await work.run(Copier(work).copyfileobj, fsrc, fdst)
        return
    offload = offload_to(executor)
    read = _awaitable(_with_position(fsrc).read, offload)
    write = _awaitable(_with_position(fdst).write, offload)
    while data := await read(length or CHUNK_BYTES):
        await _write_all(write, data)


def _suits_engine(fsrc: Any, fdst: Any) -> bool:
    """Tell whether both are plain files, and two of them: nobody knows what shutil does to one."""
    if not (is_regular_file(fsrc) and is_regular_file(fdst)):
        return False
    if not (fsrc.readable() and fdst.writable()):
        return False  # reading or writing tells so
    return not os.path.sameopenfile(fsrc.fileno(), fdst.fileno())


def _with_position(fp: Any) -> Any:
    if not isinstance(fp, AIOFile):
        return fp
    return BinaryFileWrapper(fp) if fp.mode.binary else TextFileWrapper(fp)


def _awaitable(method: Callable[..., Any], offload: Offload) -> Callable[[Any], Coroutine[Any, Any, Any]]:
    async def call(argument: Any) -> Any:
        if inspect.iscoroutinefunction(method):
            return await method(argument)
        result = await offload(method, argument)
        return await result if inspect.isawaitable(result) else result

    return call


async def _write_all(write: Callable[[Any], Coroutine[Any, Any, Any]], data: Any) -> None:
    """Write, and go on after short writes, which raw file objects do."""
    written = await write(data)
    while isinstance(data, bytes) and isinstance(written, int) and 0 < written < len(data):
        data = data[written:]
        written = await write(data)
