"""AIOFile: an asynchronous file without a cursor; every read and write says at which byte.

Cursors live in `core.streams` and `core.wrappers`. Importing this imports neither asyncio nor caio, and in
auto mode a file that is read from the page cache needs no event loop at all (see `core.loop.drive`).
"""

from __future__ import annotations

import errno
import io
import os
import warnings
from typing import TYPE_CHECKING, Any, TypeVar, cast

from aiocli.core import backends, text
from aiocli.core.access import ContextAccess, choose_access
from aiocli.core.context import PIECE_BYTES
from aiocli.core.descriptor import Descriptor
from aiocli.core.loop import has_loop
from aiocli.core.mode import FileMode, parse_mode
from aiocli.core.opening import Opening, path_text, plain_path
from aiocli.core.threads import in_thread

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Awaitable, Callable, Generator
    from concurrent.futures import Executor
    from typing import Self

T = TypeVar("T")
FilePath = str | bytes | os.PathLike[str] | os.PathLike[bytes] | int

_NOT_SYNCABLE = {errno.EINVAL, errno.EROFS, errno.ENOTSUP}  # fsync(2): the file system has nothing to sync


class AIOFile:
    """An asynchronous file. Awaited, entered with `async with`, or opened by `open`; bound to no loop before.

    In auto (no context, no backend, no CAIO_IMPL) regular files are read from the page cache where it has the
    bytes and through the running loop's context where not. With a context or a backend everything of a
    regular file goes through that. Pipes, terminals, sockets and character devices are read and written in
    threads, and their offsets mean nothing.

    Buffers: a write takes its data piece by piece while it runs; do not change a bytearray before it returns.

    Attributes:
        name: the path as str (surrogateescape), also the file name of every OSError.
        mode: the mode, taken apart.
        encoding: of text modes.
    """

    def __init__(
        self,
        filename: FilePath,
        mode: str = "r",
        encoding: str = "utf-8",
        context: Any = None,
        executor: Executor | None = None,
        *,
        backend: str | None = None,
        sync: bool = True,
    ) -> None:
        """Describe a file; nothing is opened.

        Args:
            filename: a path, anything whose str() is one, or a descriptor, which is closed with the file.
            mode: as in open().
            encoding: of text modes.
            context: what carries all reads, writes and syncs: an object with loop and async read, write,
                fsync and fdsync; stays the caller's.
            executor: where to open instead of in a thread of its own.
            backend: name of the backend that carries them.
            sync: whether close() brings a writable regular file to the device first.

        Raises:
            ValueError: a bad mode, an unknown backend, or both a context and a backend.
            LookupError: an unknown encoding.
        """
        if backend is not None and context is not None:
            raise ValueError("give a context or a backend, not both")
        if backend is not None:
            backends.find(backend)
        self._path = plain_path(filename)
        self.name = path_text(self._path)
        self.mode: FileMode = parse_mode(mode)
        self.encoding = encoding
        if not self.mode.binary:
            text.has_mark(encoding)
        self._context = context
        self._executor = executor
        self._backend = backend
        self._sync = sync
        self._descriptor: Descriptor | None = None
        self._access: ContextAccess | None = None
        self._is_closed = False
        self._is_clone = False
        self._opening: asyncio.Future[None] | None = None
        self._calls = 0
        self._idle: asyncio.Future[None] | None = None
        self._borrowed: Any = None

    @classmethod
    def from_fp(cls, fp: Any, **options: Any) -> Self:
        """Make an open AIOFile of an open file object, which stays open when this is closed.

        Args:
            fp: an object with fileno() and mode; what it has buffered for writing is flushed first. Its
                encoding is taken over.
            **options: as in the constructor.

        Raises:
            ValueError: fp is closed.
        """
        name = getattr(fp, "name", None)
        mode = fp.mode if isinstance(fp.mode, str) else "rb+"
        options.setdefault("encoding", getattr(fp, "encoding", None) or "utf-8")
        file = cls(name if isinstance(name, (str, bytes, os.PathLike)) else str(fp), mode, **options)
        if file.mode.writable:
            fp.flush()
        file._borrowed = fp
        file._take(Descriptor(fp.fileno(), closes=False))
        return file

    @property
    def closed(self) -> bool:
        """True before it is opened and after it is closed."""
        return self._descriptor is None or self._is_closed

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The context's loop, or the running one."""
        if self._context is not None:
            return cast("asyncio.AbstractEventLoop", self._context.loop)
        import asyncio

        return asyncio.get_running_loop()

    def fileno(self) -> int:
        """Return the descriptor.

        Raises:
            ValueError: the file is not open.
        """
        return self._opened().descriptor.fd

    async def open(self) -> int | None:
        """Open the file; the descriptor from the one call that did, None from others.

        Raises:
            OSError: opening failed; another call tries again.
            asyncio.InvalidStateError: the file has been closed.

        Cancellation: what is opened meanwhile is closed again; other callers of open() go on.
        """
        while self._descriptor is None:
            if self._opening is None:
                return await self._open()
            import asyncio

            await asyncio.shield(self._opening)
        if self._is_closed:
            import asyncio

            raise asyncio.InvalidStateError(f"{self.name!r} has been closed")
        return None

    async def _open(self) -> int:
        opening = Opening(self._path, self.mode.flags, self.name)
        if not has_loop():
            self._take(descriptor := opening.run())
            return descriptor.fd
        import asyncio

        self._opening = asyncio.get_running_loop().create_future()
        try:
            if self._executor is None:
                descriptor = await in_thread(opening.run)
            else:
                descriptor = await asyncio.get_running_loop().run_in_executor(self._executor, opening.run)
        except BaseException:
            opening.abandon()
            raise
        else:
            self._take(descriptor)
        finally:
            self._opening.set_result(None)
            self._opening = None
        return descriptor.fd

    def _take(self, descriptor: Descriptor) -> None:
        self._descriptor = descriptor
        self._access = choose_access(descriptor, self._context, self._backend)

    async def read(self, size: int | None = -1, offset: int = 0) -> Any:
        """Read bytes, or text in text modes.

        Args:
            size: bytes at most; -1 or None means up to the end, wherever that is by then. Of a pipe: what is
                there.
            offset: byte position.

        Returns:
            Fewer than size bytes only at end of file; b"" or "" behind it.

        Raises:
            OSError: with the file's name. ValueError: size < -1, or the file is not open.
            UnicodeDecodeError: size or offset cuts a character; `core.streams` does not.

        Cancellation: harmless, but of a pipe what arrives later is lost.
        """
        data = await self.read_bytes(size, offset)
        return data if self.mode.binary else self.decode_bytes(data)

    async def read_bytes(self, size: int | None = -1, offset: int = 0) -> bytes:
        """Read bytes, in text modes too. As `read` otherwise."""
        if size is None:
            size = -1
        if size < -1 or offset < 0:
            raise ValueError(f"size must be at least -1 and offset at least 0, not {size} and {offset}")
        access = self._opened()
        if not self.mode.readable:
            raise io.UnsupportedOperation("not readable")
        head = access.read_nowait(size, offset) if 0 <= size <= PIECE_BYTES else b""
        if head is None:
            return await self._call(access.read_whole, size, offset)
        if 0 <= size == len(head):
            return head
        return await self._call(access.read_on, size, offset, head)

    async def write(self, data: Any, offset: int = 0) -> int:
        """Write all of data: str in text modes, bytes-like in binary ones.

        Args:
            data: what to write; empty writes nothing.
            offset: byte position; in append modes everything lands at the end.

        Returns:
            Bytes written, which is all of them.

        Raises:
            OSError: with the file's name; some of it may be written. ValueError: data is of the wrong type,
                or the
            file is not open.

        Cancellation: all, some or nothing gets written, now or later.
        """
        if self.mode.binary:
            return await self.write_bytes(data, offset)
        if not isinstance(data, str):
            raise ValueError(f"a text file takes str, not {type(data).__name__}")
        is_start = not offset
        if is_start and self.mode.appending and text.has_mark(self.encoding):
            is_start = not os.fstat(self.fileno()).st_size
        return await self.write_bytes(text.encode(data, self.encoding, is_start=is_start), offset)

    async def write_bytes(self, data: bytes | bytearray | memoryview, offset: int = 0) -> int:
        """Write bytes, in text modes too. As `write` otherwise."""
        if not isinstance(data, (bytes, bytearray, memoryview)):
            raise ValueError(f"a binary file takes bytes, not {type(data).__name__}")
        if offset < 0:
            raise ValueError(f"offset must be at least 0, not {offset}")
        access = self._opened()
        if not self.mode.writable:
            raise io.UnsupportedOperation("not writable")
        return await self._call(access.write_all, data, offset) if data else 0

    def encode_bytes(self, data: str) -> bytes:
        """Encode text as at the start of the file."""
        return text.encode(data, self.encoding)

    def decode_bytes(self, data: bytes) -> str:
        """Decode bytes that make up whole characters."""
        return data.decode(self.encoding)

    async def fsync(self) -> None:
        """Bring data and metadata to the device.

        Raises:
            OSError: with the file's name; EINVAL if there is nothing behind the descriptor to sync.
        """
        await self._call(self._opened().fsync)

    async def fdsync(self) -> None:
        """Bring data to the device, and the metadata needed to read it. As `fsync` otherwise."""
        await self._call(self._opened().fdsync)

    async def truncate(self, length: int = 0) -> None:
        """Cut or extend the file to a length in bytes.

        Raises:
            OSError: with the file's name.
        """
        await self._call(self._opened().truncate, length)

    async def clone(self) -> Self:
        """Make another AIOFile on the same descriptor, which stays open until the last of them is closed."""
        await self.open()
        descriptor = self._opened().descriptor
        copy = object.__new__(type(self))
        copy.__dict__.update(self.__dict__, _is_clone=True, _calls=0, _idle=None)
        descriptor.acquire()
        return copy

    async def close(self) -> None:
        """Close: wait for this file's reads and writes, sync, and close the descriptor if nobody shares it.

        A second call, and one before the file is opened, does nothing. A file made by `from_fp` stays open.

        Raises:
            OSError: syncing or closing failed; the file is closed all the same.

        Cancellation: the file is closed, perhaps without being synced, as soon as the kernel has finished
            with it.
        """
        if self._opening is not None:
            import asyncio

            await asyncio.shield(self._opening)
        if self._descriptor is None or self._access is None or self._is_closed:
            return
        self._is_closed = True
        self._descriptor.begin()
        try:
            await self._wind_up(self._descriptor, self._access)
        finally:
            try:
                self._descriptor.finish()
            except OSError as error:
                error.filename = self.name
                raise

    async def _wind_up(self, descriptor: Descriptor, access: ContextAccess) -> None:
        try:
            await self._calls_to_end()
        finally:
            is_last = descriptor.release()
        has_data = self._sync and self.mode.writable and self._borrowed is None
        if not (is_last and has_data and descriptor.is_regular):
            return
        try:
            await access.fdsync()
        except OSError as error:
            if error.errno in _NOT_SYNCABLE:
                return
            self._add_name(error)
            raise

    async def _calls_to_end(self) -> None:
        while self._calls:
            import asyncio

            self._idle = asyncio.get_running_loop().create_future()
            await self._idle

    async def _call(self, function: Callable[..., Awaitable[T]], *args: Any) -> T:
        """Await an operation that close() waits for, and put the name on its error."""
        descriptor = cast("Descriptor", self._descriptor)
        descriptor.begin()  # also when a cancelled close() has not waited
        self._calls += 1
        try:
            return await function(*args)
        except OSError as error:
            self._add_name(error)
            raise
        finally:
            descriptor.end()
            self._calls -= 1
            if not self._calls and self._idle is not None and not self._idle.done():
                self._idle.set_result(None)

    def _add_name(self, error: OSError) -> None:
        if error.filename is None and error.errno is not None:
            error.filename = self.name

    def _opened(self) -> ContextAccess:
        if self._access is None or self._is_closed:
            raise ValueError(f"{self.name!r} is {'closed' if self._is_closed else 'not open'}")
        return self._access

    def __await__(self) -> Generator[Any, None, Self]:
        yield from self.open().__await__()
        return self

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def __del__(self) -> None:
        descriptor = self.__dict__.get("_descriptor")
        if descriptor is None or self._is_closed:
            return
        self._is_closed = True
        if not self._is_clone and self._borrowed is None:
            warnings.warn(f"unclosed file {self!r}", ResourceWarning, stacklevel=2, source=self)
        descriptor.release()

    def __repr__(self) -> str:
        state = "closed" if self._is_closed else "not open" if self._descriptor is None else "open"
        return f"<{type(self).__name__} {self.name!r} {self.mode.letters} {state}>"
