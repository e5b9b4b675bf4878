"""The three ways to the bytes of an open descriptor: one bounded operation each, positional where that exists.

`ContextAccess` is what a named backend promises, `CachedAccess` what auto does for regular files,
`ThreadAccess` serves what has no offsets. Loops over pieces, modes and names are `AIOFile`'s.
"""

from __future__ import annotations

import errno
import os
import select
from typing import TYPE_CHECKING, Any, TypeVar

from aiocli.core.backends import preferred_name
from aiocli.core.context import PIECE_BYTES, Context, get_default_context
from aiocli.core.filesystem import MEMORY_TYPES, filesystem_type
from aiocli.core.loop import wait_for_loop
from aiocli.core.pace import is_due, let_loop_turn
from aiocli.core.threads import in_thread

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Awaitable, Callable

    from aiocli.core.descriptor import Descriptor

T = TypeVar("T")

SCRATCH_BYTES = 1 << 18
_UNKNOWN_SIZE_BYTES = 1 << 16
_RWF_NOWAIT: int = getattr(os, "RWF_NOWAIT", 0)
_scratches: list[bytearray] = []


class ContextAccess:
    """Everything through a context: the given one, or the running loop's of the named backend."""

    def __init__(self, descriptor: Descriptor, context: Any = None, backend: str | None = None) -> None:
        self.descriptor = descriptor
        self._given = context
        self._backend = backend
        self._current: Any = context

    def read_nowait(self, nbytes: int, offset: int) -> bytes | None:
        """Read without waiting, and perhaps less than there is; None where only `read` can tell. Here: always."""
        return None

    async def read(self, nbytes: int, offset: int) -> bytes:
        """Read at most nbytes; b"" at end of file."""
        context = self._ready() or await self._context()
        data: bytes = await self._start(context, context.read, nbytes, self.descriptor.fd, offset)
        return data

    async def write(self, payload: bytes, offset: int) -> int:
        """Write; the count of bytes written, perhaps fewer."""
        context = self._ready() or await self._context()
        written: int = await self._start(context, context.write, payload, self.descriptor.fd, offset)
        return written

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

    async def read_whole(self, size: int, offset: int) -> bytes:
        """Read size bytes, which are no more than a piece; fewer at end of file, or of a pipe."""
        head = await self.read(size, offset)
        if len(head) == size or not head or not self.descriptor.is_positional:
            return head
        return await self.read_on(size, offset, head)

    async def read_on(self, size: int, offset: int, head: bytes) -> bytes:
        """Read piece by piece, to the end of file if size is -1.

        Args:
            size: bytes in all, with head.
            offset: where head begins.
            head: what is read already.
        """
        pieces = [head] if head else []
        position = offset + len(head)
        end = os.fstat(self.descriptor.fd).st_size if size < 0 else offset + size
        while size < 0 or position < end:
            nbytes = min(_wanted(end - position, size), PIECE_BYTES)
            data = self.read_nowait(nbytes, position)
            if data is None:
                data = await self.read(nbytes, position)
            if not data:
                break
            pieces.append(data)
            position += len(data)
            if self._is_end(size, len(data) < nbytes, position, end):
                break
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def _is_end(self, size: int, is_short: bool, position: int, end: int) -> bool:
        """Tell whether a read was the last without asking again."""
        if size < 0:
            return is_short and position >= end > 0 and self.descriptor.is_regular
        return not self.descriptor.is_positional  # of a pipe, what is there

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

    async def _call(self, function: Callable[..., T], *args: Any) -> T:
        """Call a function in a thread, which keeps the descriptor open to its end, also when cancelled."""
        await wait_for_loop()
        self.descriptor.begin()
        return await in_thread(self._finish, function, *args)

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
        return context if context.loop is _get_running_loop() and not context.is_closed else None

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
            return _detach(start(*args), descriptor.end)
        except BaseException:
            descriptor.end()
            raise


class CachedAccess(ContextAccess):
    """Reads what is in the page cache on the spot, and everything else through the loop's context."""

    def __init__(self, descriptor: Descriptor) -> None:
        super().__init__(descriptor)
        self._flags = _RWF_NOWAIT
        self._is_refused = not _RWF_NOWAIT
        self._owes_turn = False

    def read_nowait(self, nbytes: int, offset: int) -> bytes | None:
        """Read what the page cache holds at an offset; b"" at end of file.

        None if it holds nothing, or if it is time to let the loop turn, which `read` does first.
        """
        if self._is_refused:
            return None
        if is_due():
            self._owes_turn = True
            return None
        # A buffer that is taken from the list belongs to this call alone, in whatever thread.
        scratch = _scratches.pop() if _scratches else bytearray(SCRATCH_BYTES)
        view = memoryview(scratch)[:nbytes] if nbytes <= SCRATCH_BYTES else memoryview(bytearray(nbytes))
        try:
            return bytes(view[: os.preadv(self.descriptor.fd, (view,), offset, self._flags)])
        except BlockingIOError:  # not in the cache
            return None
        except OSError as error:
            # EOPNOTSUPP: this file system knows no RWF_NOWAIT; in memory it has no need of it. EINVAL,
            # ENOSYS: this kernel knows none. Whatever else it is, the context will say.
            if error.errno == errno.EOPNOTSUPP and self._flags and _is_in_memory(self.descriptor):
                self._flags = 0
                return os.pread(self.descriptor.fd, nbytes, offset)
            self._is_refused = error.errno in (errno.EOPNOTSUPP, errno.EINVAL, errno.ENOSYS) and offset >= 0
            return None
        finally:
            view.release()
            _scratches.append(scratch)

    async def read(self, nbytes: int, offset: int) -> bytes:
        """Read from the page cache after a turn of the loop, if one was due, or else through the context."""
        if self._owes_turn:
            self._owes_turn = False
            await let_loop_turn()
            data = self.read_nowait(nbytes, offset)
            if data is not None:
                return data
        return await super().read(nbytes, offset)


class ThreadAccess(ContextAccess):
    """Pipes, terminals, sockets and character devices: plain read and write in a thread, no offsets."""

    async def read(self, nbytes: int, offset: int) -> bytes:
        """Read what is there, waiting for the first byte. The offset means nothing.

        Cancellation: the thread goes on waiting, and what it reads is lost.
        """
        return await self._call(_read_stream, self.descriptor.fd, nbytes)

    async def write(self, payload: bytes, offset: int) -> int:
        """Write as much as goes in one call. The offset means nothing."""
        return await self._call(_write_stream, self.descriptor.fd, payload)

    async def fsync(self) -> None:
        """Try to sync; most of these refuse with EINVAL."""
        await self._call(os.fsync, self.descriptor.fd)

    async def fdsync(self) -> None:
        """Try to sync data; most of these refuse with EINVAL."""
        await self._call(os.fdatasync, self.descriptor.fd)


def choose_access(descriptor: Descriptor, context: Any, backend: str | None) -> ContextAccess:
    """Choose the way to a descriptor: by its kind, then as asked for, or by CAIO_IMPL, or by what is fastest."""
    if not descriptor.is_positional:
        return ThreadAccess(descriptor)
    if context is None:
        backend = backend or preferred_name()
        if backend is None:
            return CachedAccess(descriptor)
    return ContextAccess(descriptor, context, backend)


def _wanted(missing: int, size: int) -> int:
    """Choose how much to ask for: to the end, one byte more than the file's size says.

    A shorter answer then means the end, without another question.
    """
    if size >= 0:
        return missing
    return missing + 1 if missing > 0 else _UNKNOWN_SIZE_BYTES


def _checked(written: int) -> int:
    """Refuse what no context should answer to a write: a negative number or 0."""
    if written < 0:
        raise OSError(-written, os.strerror(-written))
    if not written:
        raise RuntimeError("Write operation returned 0")
    return written


def _get_running_loop() -> asyncio.AbstractEventLoop | None:
    import asyncio

    return asyncio._get_running_loop()


def _detach(awaitable: Awaitable[T], on_complete: Callable[[], None]) -> asyncio.Future[T]:
    """Run an operation of a foreign context to its end even if the awaiting side is cancelled."""
    import asyncio

    task = asyncio.ensure_future(awaitable)
    task.add_done_callback(lambda _: on_complete())
    return asyncio.shield(task)


def _is_in_memory(descriptor: Descriptor) -> bool:
    return filesystem_type(descriptor.device) in MEMORY_TYPES


def _read_stream(fd: int, nbytes: int) -> bytes:
    while True:
        try:
            return os.read(fd, nbytes)
        except BlockingIOError:  # O_NONBLOCK is set, perhaps by a process that shares the other end
            _wait_until_ready(fd, select.POLLIN)


def _write_stream(fd: int, payload: bytes) -> int:
    while True:
        try:
            return os.write(fd, payload)
        except BlockingIOError:
            _wait_until_ready(fd, select.POLLOUT)


def _wait_until_ready(fd: int, event: int) -> None:
    poll = select.poll()
    poll.register(fd, event)
    poll.poll()
