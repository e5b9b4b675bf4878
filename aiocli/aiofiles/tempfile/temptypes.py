"""Asynchronous forms of tempfile's own types."""

from __future__ import annotations

import io
from tempfile import SpooledTemporaryFile  # what this is about
from typing import TYPE_CHECKING, Any

from aiocli.aiofiles._lane import Lane
from aiocli.aiofiles._methods import Attribute, in_turn, make_direct, make_in_turn
from aiocli.aiofiles.base import AsyncBase

if TYPE_CHECKING:
    from concurrent.futures import Executor

INLINE_BYTES = 64 * 1024
"""What is written to memory on the spot; copying more takes long enough to do it in a thread."""


class AsyncSpooledTemporaryFile(AsyncBase[Any]):
    """The asynchronous form of tempfile.SpooledTemporaryFile: in memory until it is large.

    A write of a few bytes that stays in memory is done on the spot; a rollover, and all that comes after, in a thread.
    """

    close = in_turn(io.BufferedRandom.close)
    flush = in_turn(io.BufferedRandom.flush)
    isatty = in_turn(io.BufferedRandom.isatty)
    read = make_in_turn("read")
    read1 = make_in_turn("read1")
    readable = in_turn(io.BufferedRandom.readable)
    readinto = in_turn(io.BufferedRandom.readinto)
    readline = make_in_turn("readline")
    readlines = make_in_turn("readlines")
    rollover = in_turn(SpooledTemporaryFile.rollover)
    seek = in_turn(io.BufferedRandom.seek)
    seekable = in_turn(io.BufferedRandom.seekable)
    tell = in_turn(io.BufferedRandom.tell)
    truncate = in_turn(io.BufferedRandom.truncate)
    writable = in_turn(io.BufferedRandom.writable)
    writelines = make_in_turn("writelines")
    fileno = in_turn(io.BufferedRandom.fileno)
    detach = make_direct("detach")
    closed = Attribute[bool]()
    encoding = Attribute[str]()
    errors = Attribute[str | None]()
    mode = Attribute[str]()
    name = Attribute[Any]()
    newlines = Attribute[str | tuple[str, ...] | None]()

    async def write(self, data: Any, /) -> int:
        """Write bytes or text; how much was written.

        Cancellation: the data is written whole, or not at all.
        """
        cursor = self._cursor
        with cursor.lane.lock:
            if cursor.lane.is_idle and self._stays_in_memory(data):
                return int(cursor.call_nowait(self._file, "write", data))
        return int(await cursor.call(self._file, self._executor, "write", data))

    def _stays_in_memory(self, data: Any) -> bool:
        file = self._file
        if file._rolled or file.closed or not isinstance(data, (bytes, bytearray, str)):
            return False
        # No codec of the standard library makes more than that of a character, or of a replacement for it.
        nbytes = 16 * len(data) + 16 if isinstance(data, str) else len(data)
        return nbytes <= INLINE_BYTES and (not file._max_size or file.tell() + nbytes <= file._max_size)


class AsyncTemporaryDirectory:
    """The asynchronous form of tempfile.TemporaryDirectory."""

    name = Attribute[Any]()

    def __init__(self, file: Any, loop: object, executor: Executor | None) -> None:
        """Wrap a tempfile.TemporaryDirectory; executor is whose threads remove it, None ours; loop is ignored."""
        self._file = file
        self._executor = executor
        self._lane = Lane()

    async def cleanup(self) -> None:
        """Remove the directory and all that is in it.

        Cancellation: it is removed all the same.
        """
        await self._lane.run(self._file.cleanup, self._executor, must_run=True)

    async def close(self) -> None:
        """Remove the directory and all that is in it.

        Cancellation: it is removed all the same.
        """
        await self.cleanup()
