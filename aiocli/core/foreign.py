"""What is not ours: contexts that callers bring, and file objects without a descriptor of their own.

Contexts of caio report errors as SystemError or ValueError; here they become the OSError that they mean.
"""

from __future__ import annotations

import io
import os
from typing import TYPE_CHECKING, Any

from aiocli.core.access import ContextAccess
from aiocli.core.descriptor import Descriptor
from aiocli.core.polled import caio_errno
from aiocli.core.turn import Turn

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable


def run_to_end(
    start: Callable[..., Any], args: tuple[Any, ...], on_complete: Callable[[], None]
) -> asyncio.Future[Any]:
    """Run an operation of a foreign context to its end even if the awaiting side is cancelled.

    Args:
        start: the context's method; it returns an awaitable.
        args: its arguments.
        on_complete: called when it is over.
    """
    import asyncio

    task = asyncio.ensure_future(_translated(start, args))
    task.add_done_callback(lambda _: on_complete())
    return asyncio.shield(task)


async def _translated(start: Callable[..., Any], args: tuple[Any, ...]) -> Any:
    try:
        return await start(*args)
    except (SystemError, ValueError) as error:
        number = caio_errno(error)
        if number is None:
            raise
        raise OSError(number, os.strerror(number)) from error


def has_descriptor(fp: Any) -> bool:
    """Tell whether a file object's bytes are those of its descriptor, perhaps behind a buffer or an encoding."""
    while not isinstance(fp, io.RawIOBase):
        inner = next((getattr(fp, name) for name in ("buffer", "raw", "file") if hasattr(fp, name)), None)
        if inner is None:
            return False
        fp = inner
    return isinstance(fp, io.FileIO)


def mode_of(fp: Any) -> str:
    """Tell the mode string of a file object; of one without a descriptor, what can be done with it.

    Raises:
        TypeError: it is a text object without a descriptor.
    """
    is_ours = has_descriptor(fp)
    if not is_ours and hasattr(fp, "encoding"):
        raise TypeError(f"{type(fp).__name__} is text without a descriptor; give the binary object below it")
    if is_ours and isinstance(getattr(fp, "mode", None), str):
        mode: str = fp.mode
        return mode.replace("U", "")
    letters = {(True, True): "rb+", (True, False): "rb", (False, True): "wb"}
    return letters.get((fp.readable(), fp.writable()), "rb")


class NoDescriptor(Descriptor):
    """Stands for the descriptor that a file object does not have; never closes anything."""

    __slots__ = ()

    def __init__(self, *, is_positional: bool) -> None:
        self._count(closes=False)
        self.fd = -1
        self.device = 0
        self.is_regular = self.is_directory = False
        self.is_positional = is_positional


class ObjectAccess(ContextAccess):
    """A binary file object that has no descriptor (io.BytesIO), or whose descriptor has other bytes (gzip.GzipFile).

    Its position is moved. One operation at a time; in a thread unless it is in memory.
    """

    def __init__(self, descriptor: Descriptor, fp: Any) -> None:
        super().__init__(descriptor)
        self._fp = fp
        self._is_in_memory = isinstance(fp, io.BytesIO)
        self._operations = Turn()

    async def _do(self, function: Callable[..., Any], *args: Any) -> Any:
        if self._is_in_memory:
            return function(*args)
        async with self._operations:
            return await self._call(function, *args)

    async def read(self, nbytes: int, offset: int) -> bytes:
        """Read at an offset; b"" at end of file."""
        data: bytes = await self._do(self._read, nbytes, offset)
        return data

    async def write(self, payload: bytes, offset: int) -> int:
        """Write at an offset."""
        written: int = await self._do(self._write, payload, offset)
        return written

    async def fsync(self) -> None:
        """Flush what the object has buffered."""
        await self._do(self._fp.flush)

    fdsync = fsync

    async def truncate(self, length: int) -> None:
        """Cut or extend, as the object does it."""
        await self._do(self._truncate, length)

    def size(self) -> int:
        """Tell the size of what is in memory.

        Raises:
            io.UnsupportedOperation: it is not: it would have to be read.
        """
        if not self._is_in_memory:
            raise io.UnsupportedOperation(f"the size of a {type(self._fp).__name__} is not known")
        with self._fp.getbuffer() as buffer:
            return len(buffer)

    def expected_bytes(self) -> int:
        """Tell nothing."""
        return 0

    def _read(self, nbytes: int, offset: int) -> bytes:
        if self.descriptor.is_positional:
            self._fp.seek(offset)
        data: bytes = self._fp.read(nbytes)
        return data

    def _write(self, payload: bytes, offset: int) -> int:
        if self.descriptor.is_positional:
            self._fp.seek(offset)
        written: int = self._fp.write(payload)
        return written

    def _truncate(self, length: int) -> None:
        missing = length - self._fp.seek(0, os.SEEK_END)
        self._fp.write(bytes(missing)) if missing > 0 else self._fp.truncate(length)
