"""The ways to the bytes of an open descriptor: one bounded operation each, positional where that exists.

`ContextAccess` is what a named backend promises, and the base of the others: `core.cached` is what auto does for
regular files, `core.stream` serves what has no offsets, `core.uncached` what shall not go through the page cache,
`core.foreign` what is no descriptor. Modes and names are `AIOFile`'s.
"""

from __future__ import annotations

import contextlib
import io
import os
from typing import TYPE_CHECKING, Any, TypeVar

from aiocli.core.blank import blank_bytes
from aiocli.core.context import PIECE_BYTES, Context, get_default_context
from aiocli.core.loop import wait_for_loop
from aiocli.core.threads import start
from aiocli.core.turn import Turn

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Awaitable, Callable

    from aiocli.core.descriptor import Descriptor
    from aiocli.core.threads import Call

T = TypeVar("T")

_UNKNOWN_SIZE_BYTES = 1 << 16


class ContextAccess:
    """Everything through a context: the given one, or the running loop's of the named backend."""

    def __init__(self, descriptor: Descriptor, context: Any = None, backend: str | None = None) -> None:
        self.descriptor = descriptor
        self.turn = Turn()  # of writes whose order counts
        self._given = context
        self._backend = backend
        self._current: Any = context

    def read_nowait(self, nbytes: int, offset: int) -> bytes | None:
        """Read without waiting, and perhaps less than there is; None where only `read` can tell. Here: always."""
        return None

    def read_rest_nowait(self, offset: int) -> bytes | None:
        """Read to the end of a small file without waiting; None if that cannot be done."""
        return None

    def readinto_nowait(self, buffer: memoryview | bytearray, offset: int) -> int | None:
        """Fill a buffer as `read_nowait` would; the count of bytes."""
        return None

    def read(self, nbytes: int, offset: int) -> Awaitable[bytes]:
        """Read at most nbytes; b"" at end of file."""
        return self._fetch(nbytes, offset)

    def readinto(self, buffer: memoryview, offset: int) -> Awaitable[int]:
        """Fill a buffer as `read` would; the count of bytes. Nothing uses the buffer afterwards."""
        return self._fetch_into(buffer, offset)

    def write(self, payload: bytes, offset: int) -> Awaitable[int]:
        """Write; the count of bytes written, perhaps fewer."""
        return self._send(payload, offset)

    async def fsync(self) -> None:
        """Bring data and metadata to the device."""
        context = await self._context()
        await self._start(context, context.fsync, self.descriptor.fd)

    async def fdsync(self) -> None:
        """Bring data to the device."""
        context = await self._context()
        await self._start(context, context.fdsync, self.descriptor.fd)

    async def truncate(self, length: int) -> None:
        """Cut or extend the file, in a thread."""
        await self._call(os.ftruncate, self.descriptor.fd, length)

    def size(self) -> int:
        """Tell the size in bytes that the file has at this moment; 0 of what has none, and of /proc's files."""
        descriptor = self.descriptor
        if descriptor.is_positional and not descriptor.is_regular:
            return _device_bytes(descriptor.fd)
        size = descriptor.seen_bytes = os.fstat(descriptor.fd).st_size
        return size

    def expected_bytes(self) -> int:
        """Tell about how many bytes there are to read; 0 if that is not known."""
        return self.size()

    def keep(self, data: bytes) -> None:
        """Take back what was read and not delivered, where it could not be read again."""

    async def read_whole(self, size: int, offset: int) -> bytes:
        """Read size bytes, which are no more than a piece; fewer at end of file, or of a pipe."""
        head = await self.read(size, offset)
        if len(head) == size or not head or not self.descriptor.is_positional:
            return head
        return await self.read_all(size, offset, head)

    async def read_all(self, size: int, offset: int, head: bytes = b"") -> bytes:
        """Read size bytes, or to the end of file if size is -1, piece by piece.

        Args:
            size: bytes in all, with head.
            offset: where head begins.
            head: what is read already.
        """
        if not self.descriptor.is_positional:
            return await self._read_stream(size, offset, head)
        known = max(0, self.expected_bytes() - offset)
        # One byte more than the size says: a shorter answer is the end, without another question.
        wanted = known + 1 if size < 0 or known < size else size
        data = await self._gather(wanted, offset, head) if known > len(head) else head
        if len(data) == size or (known and len(data) < wanted and self.descriptor.is_regular):
            return data
        pieces = [data]
        missing = size - len(data)
        offset += len(data)
        while size < 0 or missing:  # it has grown, or its size says nothing
            nbytes = min(missing, PIECE_BYTES) if size >= 0 else self._unknown_bytes()
            piece = self.read_nowait(nbytes, offset)
            if piece is None:
                piece = await self.read(nbytes, offset)
            if not piece:
                break
            pieces.append(piece)
            offset += len(piece)
            missing -= len(piece)
        return b"".join(pieces)

    async def readinto_all(self, buffer: memoryview, offset: int) -> int:
        """Fill a buffer piece by piece; fewer bytes than it has only at end of file, or of a pipe."""
        filled = 0
        while filled < len(buffer):
            with buffer[filled : filled + PIECE_BYTES] as piece:  # released, also if an error's traceback stays
                nbytes = self.readinto_nowait(piece, offset + filled)
                if nbytes is None:
                    nbytes = await self.readinto(piece, offset + filled)
            filled += nbytes
            if not nbytes or not self.descriptor.is_positional:
                break
        return filled

    async def write_all(self, data: bytes | bytearray | memoryview, offset: int) -> int:
        """Write piece by piece, going on after short writes; the bytes written, which is all of them."""
        if isinstance(data, bytes) and len(data) <= PIECE_BYTES:
            written = _checked(await self.write(data, offset))
            if written == len(data):
                return written
        else:
            written = 0
        with memoryview(data) as whole, whole.cast("B") as view:
            while written < len(view):
                piece = bytes(view[written : written + PIECE_BYTES])
                written += _checked(await self.write(piece, offset + written))
        return written

    async def write_in_turn(self, data: bytes | bytearray | memoryview, offset: int) -> int:
        """Write as `write_all`, behind all that came before: where offsets mean nothing, the order counts."""
        async with self.turn:
            return await self.write_all(data, offset)

    def _unknown_bytes(self) -> int:
        """Choose how much to ask for where the size says nothing: /proc's files are small, devices large."""
        return _UNKNOWN_SIZE_BYTES if self.descriptor.is_regular else PIECE_BYTES

    async def _gather(self, nbytes: int, offset: int, head: bytes) -> bytes:
        """Read up to nbytes, head among them, into one object that is never copied; fewer at end of file."""
        # getvalue() gives the very object that getbuffer() has filled: the fastest way to a large bytes.
        result = io.BytesIO(blank_bytes(nbytes))
        with result.getbuffer() as buffer:
            buffer[: len(head)] = head
            filled = len(head) + await self.readinto_all(buffer[len(head) :], offset + len(head))
        result.truncate(filled)
        return result.getvalue()

    async def _read_stream(self, size: int, offset: int, head: bytes) -> bytes:
        """Read what is there, or, if size is -1, to the end of a pipe."""
        if size >= 0:
            return head or await self.read(min(size, PIECE_BYTES), offset)
        pieces = [head]
        try:
            while piece := await self.read(PIECE_BYTES, offset):
                pieces.append(piece)
        except BaseException:
            self.keep(b"".join(pieces))
            raise
        return b"".join(pieces)

    def _send(self, payload: bytes, offset: int) -> Awaitable[int]:
        """Write through the context."""
        # No coroutine, but the context's own future wherever there is a context: a layer less to go through.
        context = self._ready()
        if context is None:
            return self._first(self._send, payload, offset)
        return self._start(context, context.write, payload, self.descriptor.fd, offset)

    def _fetch(self, nbytes: int, offset: int) -> Awaitable[bytes]:
        """Read where that may take time."""
        context = self._ready()
        if context is None:
            return self._first(self._fetch, nbytes, offset)
        return self._start(context, context.read, nbytes, self.descriptor.fd, offset)

    async def _first(self, operation: Callable[..., Awaitable[T]], *args: Any) -> T:
        """Get a context, and then do an operation."""
        await self._context()
        return await operation(*args)

    async def _fetch_into(self, buffer: memoryview, offset: int) -> int:
        """Fill a buffer where that may take time; nothing uses it any more when this returns or raises."""
        data = await self._fetch(len(buffer), offset)
        buffer[: len(data)] = data
        return len(data)

    async def _call(self, function: Callable[..., T], *args: Any) -> T:
        """Call a function in a thread, which keeps the descriptor open to its end, also when cancelled."""
        await wait_for_loop()
        return await self._begin(function, *args).wait()

    async def _call_to_end(self, function: Callable[..., T], *args: Any) -> T:
        """Call a function in a thread and wait for it even when cancelled: it uses memory that is not ours."""
        import asyncio

        call = self._begin(function, *args)
        try:
            return await call.wait()
        except asyncio.CancelledError:
            while not call.is_done:
                with contextlib.suppress(asyncio.CancelledError, OSError):
                    await call.wait()
            raise

    def _begin(self, function: Callable[..., T], *args: Any) -> Call[T]:
        """Start calling a function in a thread, which keeps the descriptor open to its end."""
        self.descriptor.begin()
        try:
            return start(self._finish, function, *args)
        except RuntimeError:  # there are too many threads
            self.descriptor.end()
            raise

    def _finish(self, function: Callable[..., T], *args: Any) -> T:
        try:
            return function(*args)
        finally:
            self.descriptor.end()

    def _ready(self) -> Any:
        """Return the context of the last operation if it serves the running loop still, or None."""
        context = self._current
        if context is None or context is self._given:
            return context
        return context if context.loop is context.get_running_loop() and not context.is_closed else None

    async def _context(self) -> Any:
        await wait_for_loop()
        context = self._ready()
        if context is None:
            context = self._current = get_default_context(self._backend)
        return context

    def _start(self, context: Any, start: Callable[..., Any], *args: Any) -> asyncio.Future[Any]:
        """Start an operation that keeps the descriptor open until it is really over, also when cancelled."""
        descriptor = self.descriptor
        descriptor.begin()
        try:
            if isinstance(context, Context):
                return start(*args, on_complete=descriptor.end)  # type: ignore[no-any-return]
            from aiocli.core.foreign import run_to_end

            return run_to_end(start, args, descriptor.end)
        except BaseException:
            descriptor.end()
            raise


def _device_bytes(fd: int) -> int:
    """Tell the size of a block device; its owner's position stays."""
    position = os.lseek(fd, 0, os.SEEK_CUR)
    try:
        return os.lseek(fd, 0, os.SEEK_END)
    finally:
        os.lseek(fd, position, os.SEEK_SET)


def _checked(written: int) -> int:
    """Refuse what no context should answer to a write: a negative number or 0."""
    if written < 0:
        raise OSError(-written, os.strerror(-written))
    if not written:
        raise RuntimeError("Write operation returned 0")
    return written
