"""Where a file's user is, which may be behind where the file object is.

The file object gets ahead in two ways: lines are read in batches, one thread hop for many, and a cancelled read gets
what nobody waits for. A regular file, or one in memory, goes back when that matters: it remembers a position from
before and steps forward again by what was handed out. Any other file (pipe, terminal, device) is never read ahead,
and what a cancelled read got is `Kept`.
"""

from __future__ import annotations

import io
import os
import stat
import sys
import weakref
from collections import deque
from functools import partial
from threading import Lock
from time import monotonic
from typing import TYPE_CHECKING, Any

from aiocli.aiofiles._kept import Kept
from aiocli.aiofiles._lane import Lane
from aiocli.aiofiles._nowait import closes_at_once, is_regular

if TYPE_CHECKING:
    from concurrent.futures import Executor

FIRST_BATCH = 1024
LAST_BATCH = 64 * 1024
"""Bytes or characters of lines fetched in one go; each batch that is used up makes the next one four times as long."""

TURN_S = 0.001
"""How long lines that are there already may keep the loop from its other tasks."""

_LINES_MASK = 15  # so many lines and one look at the clock together

CLOSING = frozenset({"close", "__exit__"})
STAY = frozenset({"isatty", "readable", "seekable", "writable"})
"""What does not depend on the position."""


class Cursor:
    """The queue of a file's calls, and what they left unread.

    Attributes:
        lane: all calls for the file go this way.
        kept: what cancelled reads got from a file that cannot go back.
    """

    __slots__ = (
        "__weakref__",
        "_back",
        "_batch",
        "_batch_start",
        "_batch_total",
        "_lines",
        "_turned_at",
        "kept",
        "lane",
    )

    def __init__(self) -> None:
        self.lane = Lane()
        self.kept = Kept()
        self._lines: deque[Any] = deque()
        self._batch = FIRST_BATCH
        self._batch_start: Any = None
        self._batch_total = 0
        self._back: Any = None
        self._turned_at = 0.0

    def line_nowait(self) -> Any:
        """Take a line that is there already; None if there is none, other calls come first, or the loop its turn."""
        if not self._lines:
            return None
        if not len(self._lines) & _LINES_MASK and monotonic() - self._turned_at > TURN_S:
            return None
        with self.lane.lock:
            return self._lines.popleft() if self._lines and self.lane.is_idle else None

    async def line(self, file: Any, executor: Executor | None) -> Any:
        """Read a line.

        Cancellation: the line is the next call's.
        """
        return await self.lane.run(partial(self._line, file), executor, keep=self._put_line_back)

    async def read(self, file: Any, executor: Executor | None, name: str, *args: Any, **kwargs: Any) -> Any:
        """Call a method that reads.

        Cancellation: what was read is the next call's.
        """
        read = _Read(self, file, name, args, kwargs)
        return read.deliver(await self.lane.run(read.run, executor, keep=read.put_back))

    async def call(self, file: Any, executor: Executor | None, name: str, *args: Any, **kwargs: Any) -> Any:
        """Call any other method.

        Closing does not wait for a cancelled call that may wait for ever: then it takes place after that.

        Cancellation: it is called as a whole, or not at all; closing takes place in any case.
        """
        call = partial(self._call, file, name, args, kwargs)
        if name not in CLOSING:
            return await self.lane.run(call, executor)
        if executor is None and self.lane.is_idle and closes_at_once(file):
            with self.lane.lock:
                if self.lane.is_idle:
                    return call()
        if self.lane.is_deserted and not is_regular(file):
            # Or a time-out on a pipe that stays silent would not get its task out of the `async with`.
            self.lane.run_later(call, executor)
            return None
        return await self.lane.run(call, executor, must_run=True)

    def call_nowait(self, file: Any, name: str, *args: Any, **kwargs: Any) -> Any:
        """Call a method here and now.

        Raises:
            RuntimeError: other calls are under way.
        """
        with self.lane.lock:
            if not self.lane.is_idle:
                raise RuntimeError(f"{name}() while another call for this file is under way")
            return self._call(file, name, args, kwargs)

    def settle(self, file: Any) -> None:
        """Put the file where its user thinks it is."""
        back, self._back = self._back, None
        if self._lines:
            back = self._batch_start
            skip = self._batch_total - sum(map(len, self._lines))
            self._lines.clear()
            self._batch = FIRST_BATCH
            _go(file, back, skip)
        elif back is not None:
            file.seek(back)

    def _call(self, file: Any, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if name in CLOSING:
            self._lines.clear()
            self.kept.drop()
        elif name not in STAY:
            self.settle(file)
        result = getattr(file, name)(*args, **kwargs)
        if name == "seek":
            self.kept.drop()
        elif name == "reconfigure" and "newline" in kwargs:
            self.kept.newline = kwargs["newline"]
        return result

    def _line(self, file: Any) -> Any:
        self._turned_at = monotonic()  # whoever called waits for this thread
        if self._lines:
            return self._lines.popleft()
        self.settle(file)
        if self.kept:
            self._batch_start = None
            return self.kept.readline(file)
        start = self.position(file)
        if start is None:
            return file.readline()
        self._batch_start = start
        lines = self._fetch(file, start)
        self._batch_total = sum(map(len, lines))
        self._lines.extend(lines)
        return self._lines.popleft()

    def _fetch(self, file: Any, start: Any) -> list[Any]:
        try:
            lines = _read_lines(file, self._batch)
        except (OSError, ValueError):  # the lines before the bad one are good: as if read one by one
            file.seek(start)
            self._batch = FIRST_BATCH
            return [file.readline()]
        self._batch = min(self._batch * 4, LAST_BATCH)
        if len(lines) > 1 and not _is_whole(lines[-1]):
            # Nobody asked for it yet, and when somebody does it may have grown.
            lines.pop()
            _go(file, start, sum(map(len, lines)))
        return lines or [file.readline()]

    def _put_line_back(self, line: Any) -> None:
        if self._batch_start is None:
            self.kept.put_back(line)
        elif line is None:
            self._back = self._batch_start  # the error is the next call's, too
        elif line:
            self._lines.appendleft(line)

    def position(self, file: Any) -> Any:
        """Return where the file object is, for a later seek; None if it cannot go back."""
        if not _can_go_back(file):
            self._batch_start = None
            return None
        try:
            return file.tell()
        except (OSError, ValueError, OverflowError):  # iteration by somebody else, or a codec that cannot
            self._batch_start = None
            return None

    def go_back_to(self, position: Any) -> None:
        """Have the next call begin at a position."""
        self._back = position


class _Read:
    """One call of a reading method."""

    __slots__ = ("_args", "_cursor", "_file", "_into", "_kwargs", "_name", "_start")

    def __init__(self, cursor: Cursor, file: Any, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        self._cursor = cursor
        self._file = file
        self._name = name
        self._args = args
        self._kwargs = kwargs
        self._start: Any = None
        self._into: memoryview | None = None

    def run(self) -> Any:
        """Read, in the thread."""
        file, name, kept = self._file, self._name, self._cursor.kept
        self._cursor.settle(file)
        if not kept:
            self._start = self._cursor.position(file)
        if name in {"readinto", "readinto1"} and self._start is None and _is_readable_stream(file):
            buffer = memoryview(*self._args).cast("B")
            if not buffer.readonly:
                # The caller's memory gets it once it is known that the caller still waits.
                self._into = buffer
                return (kept.read1 if name == "readinto1" else kept.read)(file, len(buffer))
        if name == "readlines" and not kept and _is_io(file) and _is_text(file):
            return _text_lines(file, *self._args)
        read = partial(getattr(kept, name), file) if kept else getattr(file, name)
        return read(*self._args, **self._kwargs)

    def put_back(self, result: Any) -> None:
        """Keep what nobody took for the next call."""
        if self._name == "peek":
            return
        if self._start is not None:
            self._cursor.go_back_to(self._start)
        else:
            self._cursor.kept.put_back(result)

    def deliver(self, result: Any) -> Any:
        """Return the result as its caller wants it."""
        if self._into is None or result is None:
            return result
        self._into[: len(result)] = result
        return len(result)


def cursor_of(file: Any) -> Cursor:
    """Return the cursor of a file object, one for all its wrappers."""
    with _lock:
        try:
            cursor = _cursors.get(file)
            if cursor is None:
                cursor = _cursors[file] = Cursor()
        except TypeError:  # cannot be a key, or not weakly: each wrapper has its own
            cursor = Cursor()
        return cursor


_cursors: weakref.WeakKeyDictionary[Any, Cursor] = weakref.WeakKeyDictionary()
_lock = Lock()


def _can_go_back(file: Any) -> bool:
    if not _is_io(file):
        return False
    try:
        if not (file.readable() and file.seekable()):
            return False
        if getattr(file, "_rolled", True) is False:
            return True  # asking a spooled file for its descriptor would end its life in memory
        facts = os.fstat(file.fileno())
    except io.UnsupportedOperation:
        return True  # in memory
    except (OSError, ValueError, AttributeError):
        return False  # closed: the call itself says so
    # Devices go nowhere, and files of /proc, of size 0, may make up new content at each read.
    return stat.S_ISREG(facts.st_mode) and facts.st_size > 0


def _is_readable_stream(file: Any) -> bool:
    return isinstance(file, (io.RawIOBase, io.BufferedIOBase)) and not file.closed and file.readable()


def _go(file: Any, start: Any, nbytes: int) -> None:
    """Put a file behind what was handed out: bytes, or characters, after a position."""
    if isinstance(start, int) and not _is_text(file):
        file.seek(start + nbytes)
        return
    file.seek(start)
    if nbytes:
        file.read(nbytes)


def _is_io(file: Any) -> bool:
    """Tell whether a file object is of the io module, or tempfile's wrapper of one; others may be anything."""
    return isinstance(getattr(file, "file", file), io.IOBase)


def _is_text(file: Any) -> bool:
    return hasattr(file, "encoding")


def _is_whole(line: Any) -> bool:
    return bool(line.endswith(("\n", "\r")) if isinstance(line, str) else line.endswith(b"\n"))


def _read_lines(file: Any, nbytes: int) -> list[Any]:
    """Read whole lines of more than so many bytes or characters together, or to the end."""
    if _is_text(file):
        return _text_lines(file, nbytes)
    lines: list[Any] = file.readlines(nbytes)
    return lines


def _text_lines(file: Any, hint: int | None = -1) -> list[str]:
    """Read as `file.readlines` does, line by line: that method disables tell(), or makes it tell a wrong position."""
    lines = []
    left = sys.maxsize if hint is None or hint <= 0 else hint
    readline = file.readline
    while left >= 0 and (line := readline()):
        lines.append(line)
        left -= len(line)
    return lines
