"""A log that is written record by record and rotated by size and time: the asynchronous face of `logfile`.

Records that are written while an append is under way go out together in the next one. A thread takes them from
a queue, so that nothing is cut short when tasks are cancelled, and tasks of several loops may share a writer.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import threading
import warnings
from collections import deque
from itertools import groupby
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from aiocli.core.threads import start
from aiocli.library.logfile import LogFile
from aiocli.library.rotated import COMPRESSIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from concurrent.futures import Executor
    from typing import Self


class RotatingWriter:
    """Appends records to a log, and rotates it: `async with RotatingWriter(path, keep=5, max_bytes=...) as log`.

    The log becomes NAME.1 before the record that would make it larger than max_bytes, or that is the first of a
    new interval; NAME.1 becomes NAME.2, and so on. Compression follows in the background; what a crash or a full
    disk has left uncompressed is done at the next opening or rotation. A log that somebody else renames or
    removes is made anew for the next record. Only one writer at a time may use a log.
    """

    def __init__(
        self,
        path: str | bytes | os.PathLike[str] | os.PathLike[bytes],
        *,
        keep: int,
        max_bytes: int | None = None,
        interval: float | Literal["hourly", "daily"] | None = None,
        compress: Literal["gz", "bz2", "xz"] | None = None,
        encoding: str = "utf-8",
        mode: int = 0o666,
        executor: Executor | None = None,
    ) -> None:
        """Describe a log; nothing is opened.

        Args:
            path: the log; of a symbolic link, the file it leads to when it is opened is rotated in its place.
            keep: how many old files stay; 0 drops the log's content at each rotation.
            max_bytes: size of the log, which only a record that is longer exceeds; None means any.
            interval: a file has records of one interval only, in local time; seconds count from 1970 in UTC: 900
                means at each quarter of an hour. A log that is there belongs to the interval of its last change.
                Nothing happens before a record comes. None means any time.
            compress: how old files are compressed; None leaves them plain.
            encoding: of records that are str, each by itself.
            mode: permissions of a new log, before the umask.
            executor: of threads, for all work; None means our own.

        Raises:
            ValueError: a value makes no sense. LookupError: an unknown encoding.
        """
        if keep < 0 or (max_bytes is not None and max_bytes < 1):
            raise ValueError(f"keep must be at least 0 and max_bytes at least 1, not {keep} and {max_bytes}")
        if compress is not None and compress not in COMPRESSIONS:
            raise ValueError(f"compress must be one of {', '.join(COMPRESSIONS)}, not {compress!r}")
        "".encode(encoding)
        self.encoding = encoding
        self.name = os.fsdecode(path)
        self._log = LogFile(
            os.path.abspath(self.name),
            keep=keep,
            compress=compress,
            max_bytes=max_bytes,
            interval=interval,
            mode=mode,
        )
        self._executor = executor
        self._mutex = threading.Lock()
        self._queue: deque[_Entry] = deque()
        self._is_draining = False
        self._state: Literal["not open", "open", "closed"] = "not open"

    async def open(self) -> None:
        """Open the log, and begin to compress what has been left.

        Raises:
            OSError: with the log's name; EINVAL if it is no regular file. ValueError: it was opened before.

        Cancellation: the log may have been made; it is closed again.
        """
        if self._state != "not open":
            raise ValueError(f"{self.name!r} is {self._state}")
        self._state = "open"
        try:
            await self._enqueue(command=self._log.open)
        except BaseException:
            self._state = "closed"
            self._enqueue(command=self._log.close)
            raise

    async def write(self, record: str | bytes | bytearray | memoryview) -> int:
        """Append a record, as it is: a newline is not added. Concurrent calls keep their order.

        Returns:
            The count of bytes, when the kernel has them all; they are not brought to the device.

        Raises:
            OSError: with the log's name. Nothing of the record is in the log, unless another process has appended
                behind the first part of it. A rotation that fails is no reason: the log grows then.
            ValueError: the log is not open. TypeError: record is neither text nor bytes.

        Cancellation: the record is written whole or not at all.
        """
        data = self._encode(record)
        if self._state != "open":
            raise ValueError(f"{self.name!r} is {self._state}")
        if data:
            await self._enqueue(record=data)
        return len(data)

    async def rotate(self) -> None:
        """Rotate now, behind the records written before; an empty log stays.

        Raises:
            OSError: with a file's name; the log is as it was. ValueError: the log is not open.

        Cancellation: it is rotated all the same.
        """
        if self._state != "open":
            raise ValueError(f"{self.name!r} is {self._state}")
        await self._enqueue(command=self._log.rotate)

    async def aclose(self) -> None:
        """Close, behind the records written before, and wait until the old files are compressed.

        Raises:
            OSError: the last rotation that was due has failed, or compressing has; no record is lost, and the
                log is closed all the same.

        Cancellation: the log is closed all the same; what is not compressed is left to the next opening.
        """
        was_open = self._state == "open"
        self._state = "closed"
        await self._enqueue(command=self._log.close)
        if was_open:
            await self._enqueue(command=self._log.files.compress_all)
            if self._log.failure is not None:
                raise self._log.failure

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    def __del__(self) -> None:
        if getattr(self, "_state", None) == "open":
            warnings.warn(f"unclosed log {self.name!r}", ResourceWarning, stacklevel=2, source=self)
            self._log.close()

    def _encode(self, record: Any) -> bytes:
        if isinstance(record, str):
            return record.encode(self.encoding)
        if isinstance(record, (bytes, bytearray, memoryview)):
            return bytes(record)
        raise TypeError(f"a record is str or bytes, not {type(record).__name__}")

    def _enqueue(self, *, record: bytes = b"", command: Callable[[], None] | None = None) -> asyncio.Future[None]:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        with self._mutex:
            self._queue.append(_Entry(future, record, command))
            is_draining, self._is_draining = self._is_draining, True
        if not is_draining:
            try:
                self._start(self._drain)
            except RuntimeError:  # there are too many threads
                self._give_up(OSError(errno.EAGAIN, os.strerror(errno.EAGAIN), self.name))
        return future

    def _give_up(self, error: OSError) -> None:
        """Fail what waits; the next record tries to start a thread again."""
        with self._mutex:
            entries, self._queue = self._queue, deque()
            self._is_draining = False
        _report(entries, error)

    def _start(self, function: Callable[[], None]) -> None:
        if self._executor is not None:
            with contextlib.suppress(RuntimeError):  # it is shut down; a log does not fall silent for that
                self._executor.submit(function)
                return
        start(function)

    def _drain(self) -> None:
        """Work off the queue, in a thread; one at a time."""
        while True:
            with self._mutex:
                if not self._queue:
                    self._is_draining = False
                    return
                entries, self._queue = self._queue, deque()
            try:
                self._work_off(entries)
            except BaseException as error:  # MemoryError, say: it belongs to those who wait, who would wait for ever
                _report(entries, error)

    def _work_off(self, entries: Iterable[_Entry]) -> None:
        for command, group in groupby(entries, lambda entry: entry.command):
            if command is None:
                self._append([entry for entry in group if not entry.future.cancelled()])
            else:
                for entry in group:
                    _report([entry], _error_of(command))
            if self._log.has_old_files:
                with contextlib.suppress(RuntimeError):  # there are too many threads: the next record tries again
                    self._start(self._compress)
                    self._log.has_old_files = False

    def _append(self, entries: list[_Entry]) -> None:
        count, error = self._log.append([entry.record for entry in entries])
        _report(entries[:count], None)
        _report(entries[count:], error)

    def _compress(self) -> None:
        with contextlib.suppress(OSError):  # aclose() tries again, and tells
            self._log.files.compress_all(is_last=False)


class _Entry(NamedTuple):
    """A record, or a command that is carried out behind the records before it."""

    future: asyncio.Future[None]
    record: bytes
    command: Callable[[], None] | None


def _error_of(command: Callable[[], None]) -> OSError | None:
    try:
        command()
    except OSError as error:
        return error
    return None


def _report(entries: Iterable[_Entry], error: BaseException | None) -> None:
    """Let the tasks know, each in its loop; those whose loop is closed do not wait any more."""
    for loop, group in groupby(entries, lambda entry: entry.future.get_loop()):
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(_settle, [entry.future for entry in group], error)


def _settle(futures: list[asyncio.Future[None]], error: BaseException | None) -> None:
    for future in futures:
        if future.done():
            continue
        if error is None:
            future.set_result(None)
        elif isinstance(error, OSError):  # one for each, as each gets a traceback
            future.set_exception(OSError(error.errno, error.strerror, error.filename))
        else:
            future.set_exception(error)
