"""AIOFile: an asynchronous file without a cursor; every read and write says at which byte.

Cursors live in `core.streams` and `core.wrappers`. Importing this imports neither asyncio nor caio, and in
auto mode a file that is read from the page cache needs no event loop at all (see `core.loop.drive`).
"""

from __future__ import annotations

import io
import os
from typing import TYPE_CHECKING, Any, cast

from aiocli.core.context import PIECE_BYTES
from aiocli.core.descriptor import Descriptor
from aiocli.core.handle import Handle
from aiocli.core.mode import Caching, FileMode, parse_mode
from aiocli.core.opening import path_text, plain_path
from aiocli.core.text import MARK_BYTES, TextFormat, make_format, read_text
from aiocli.core.way import O_DIRECT, Way, choose_way

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Coroutine, Generator
    from concurrent.futures import Executor
    from typing import Self

    from _typeshed import ReadableBuffer, WriteableBuffer

    from aiocli.core.access import ContextAccess

FilePath = str | bytes | os.PathLike[str] | os.PathLike[bytes] | int


class AIOFile:
    """An asynchronous file. Awaited, entered with `async with`, or opened by `open`; bound to no loop before.

    In auto (no context, no backend, no CAIO_IMPL) regular files are read from the page cache where it has the
    bytes and through the running loop's context where not, and written in a thread. With a context or a backend
    everything of a regular file goes through that. Pipes, terminals, sockets and character devices are read and
    written in threads, and their offsets mean nothing.

    Buffers: a write takes its data piece by piece while it runs; do not change a bytearray before it returns.

    Attributes:
        mode: the mode, taken apart.
        format: encoding, errors and newline of text modes.
    """

    def __init__(
        self,
        filename: FilePath,
        mode: str = "r",
        encoding: str | None = "utf-8",
        context: Any = None,
        executor: Executor | None = None,
        *,
        errors: str | None = None,
        newline: str | None = "",
        backend: str | None = None,
        caching: Caching | str = Caching.CACHED,
        sync: bool = True,
        closefd: bool = True,
    ) -> None:
        """Describe a file; nothing is opened.

        Args:
            filename: a path, anything whose str() is one, or a descriptor, which is closed with the file.
            mode: as in open().
            encoding: of text modes.
            context: what carries all reads, writes and syncs: an object with loop and async read, write,
                fsync and fdsync; stays the caller's.
            executor: where to open instead of in a thread of its own.
            errors: as in open().
            newline: as in open(), but "" unless given: text stays as it is in the file.
            backend: name of the backend that carries them.
            caching: what becomes of the page cache; but for CACHED, data is read and written in threads, and
                neither a context nor a backend can be named. DIRECT is for paths, and not for append modes.
            sync: whether close() brings a writable regular file to the device first.
            closefd: whether a descriptor that was given is closed.

        Raises:
            ValueError: a bad mode, newline or caching, an unknown backend, or what does not go together.
            LookupError: an unknown encoding or way to treat errors.
        """
        self._path = plain_path(filename)
        self.mode: FileMode = parse_mode(mode)
        self._is_binary, self._is_readable = self.mode.binary, self.mode.readable
        self.format: TextFormat = make_format(encoding, errors, newline)
        self._context = context
        if caching is not Caching.CACHED:
            caching = Caching(caching)
        way = choose_way(backend, caching) if context is None else Way(context, backend, caching)
        self._flags = self.mode.flags | way.flags
        if self._flags & O_DIRECT and (self.mode.appending or isinstance(self._path, int)):
            raise ValueError("direct is for paths, and not for append modes")
        self._closefd = closefd
        self._handle = Handle(path_text(self._path), way.access, syncs=sync and self.mode.writable, executor=executor)

    @classmethod
    def from_fp(cls, fp: Any, **options: Any) -> Self:
        """Make an open AIOFile of an open file object, which stays open when this is closed.

        Args:
            fp: a file object; what it has buffered for writing is flushed first, its encoding and errors are
                taken over. One whose bytes are not those of a descriptor (io.BytesIO, gzip.GzipFile) must be
                binary; it is used itself, and its position moves.
            **options: as in the constructor.

        Raises:
            ValueError: fp is closed. TypeError: it is a text object without a descriptor.
        """
        from aiocli.core.foreign import NoDescriptor, ObjectAccess, has_descriptor, mode_of

        name = getattr(fp, "name", None)
        options.setdefault("encoding", getattr(fp, "encoding", None) or "utf-8")
        options.setdefault("errors", getattr(fp, "errors", None))
        options["sync"] = False
        file = cls(name if isinstance(name, (str, bytes, os.PathLike)) else str(fp), mode_of(fp), **options)
        if file.mode.writable:
            fp.flush()
        if has_descriptor(fp):
            file._handle.take(Descriptor(fp.fileno(), closes=False))
        else:
            file._handle.take(NoDescriptor(is_positional=fp.seekable()), lambda it: ObjectAccess(it, fp))
        return file

    @property
    def closed(self) -> bool:
        """True before it is opened and after it is closed."""
        return self._handle.access is None

    @property
    def name(self) -> str:
        """The path as str (surrogateescape), also the file name of every OSError; may be set."""
        return self._handle.name

    @name.setter
    def name(self, name: str) -> None:
        self._handle.name = name

    @property
    def encoding(self) -> str:
        """The encoding of text modes."""
        return self.format.encoding

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The context's loop, or the running one."""
        if self._context is not None:
            return cast("asyncio.AbstractEventLoop", self._context.loop)
        import asyncio

        return asyncio.get_running_loop()

    @property
    def is_positional(self) -> bool:
        """Whether offsets mean something: False of pipes, terminals, sockets and character devices.

        Raises:
            ValueError: the file is not open.
        """
        return self._handle.opened().descriptor.is_positional

    @property
    def is_regular(self) -> bool:
        """Whether it is a file on a file system, which can be synced. Raises as `is_positional`."""
        return self._handle.opened().descriptor.is_regular

    def fileno(self) -> int:
        """Return the descriptor.

        Raises:
            ValueError: the file is not open. io.UnsupportedOperation: it has none.
        """
        fd = self._handle.opened().descriptor.fd
        if fd < 0:
            raise io.UnsupportedOperation("fileno")
        return fd

    def size(self) -> int:
        """Tell the size in bytes that the file has at this moment; 0 where it has none.

        Raises:
            ValueError: the file is not open. io.UnsupportedOperation: a file object (see `from_fp`) that would
                have to be read for that.
        """
        return self._handle.opened().size()

    async def open(self) -> int | None:
        """Open the file; the descriptor from the one call that did, None from others.

        Raises:
            OSError: opening failed; another call tries again.
            asyncio.InvalidStateError: the file has been closed.

        Cancellation: what is opened meanwhile is closed again; other callers of open() go on. A new file may
            have been made, an old one emptied.
        """
        return await self._handle.open(self._path, self._flags, closes=self._closefd)

    def read(self, size: int | None = -1, offset: int = 0) -> Coroutine[Any, Any, Any]:
        """Read bytes, or text in text modes.

        Args:
            size: bytes at most, in text modes as many more as the last character takes; -1 or None means up
                to the end, wherever that is by then. Of a pipe: what is there.
            offset: byte position.

        Returns:
            Fewer than size bytes only at end of file; b"" or "" behind it.

        Raises:
            OSError: with the file's name. ValueError: size < -1, or the file is not open.
            UnicodeDecodeError: offset cuts a character, or the bytes are not text.

        Cancellation: harmless; of a pipe, what arrives later is for the next read.
        """
        return self.read_bytes(size, offset) if self._is_binary else self._read_text(size, offset)

    async def _read_text(self, size: int | None, offset: int) -> str:
        return (await read_text(self.read_bytes, self.format, -1 if size is None else size, offset))[1]

    async def read_bytes(self, size: int | None = -1, offset: int = 0) -> bytes:
        """Read bytes, in text modes too. As `read` otherwise.

        Cancellation: as in `read`.
        """
        if size is None:
            size = -1
        if size < -1 or offset < 0:
            raise ValueError(f"size must be at least -1 and offset at least 0, not {size} and {offset}")
        handle = self._handle
        access = handle.access or handle.opened()
        if not self._is_readable:
            raise io.UnsupportedOperation("not readable")
        if not size:
            return b""
        head: bytes | None = b""
        if size < 0:
            rest = access.read_rest_nowait(offset)
            if rest is not None:
                return rest
        elif size <= PIECE_BYTES:
            head = access.read_nowait(size, offset)
            if head is None:
                return await handle.call(access.read_whole, size, offset)
            if len(head) == size or not head or not access.descriptor.is_positional:
                return head
        return await handle.call(access.read_all, size, offset, head)

    async def readinto(self, buffer: WriteableBuffer, offset: int = 0) -> int:
        """Read bytes into the caller's memory, which nothing else may use meanwhile.

        Args:
            buffer: where they go; as many bytes as it has. For direct files see `aligned_buffer`.
            offset: byte position.

        Returns:
            The count of bytes; fewer than the buffer has only at end of file, or of a pipe.

        Raises:
            OSError: with the file's name. ValueError: the file is not open.

        Cancellation: waits until nothing writes to the buffer any more; it may be filled in part.
        """
        access = self._handle.opened()
        if not self.mode.readable:
            raise io.UnsupportedOperation("not readable")
        if offset < 0:
            raise ValueError(f"offset must be at least 0, not {offset}")
        with memoryview(buffer) as whole, whole.cast("B") as view:
            return await self._handle.call(access.readinto_all, view, offset)

    def write(self, data: Any, offset: int = 0) -> Coroutine[Any, Any, int]:
        """Write all of data: str in text modes, bytes-like in binary ones.

        Args:
            data: what to write; empty writes nothing.
            offset: byte position; in append modes everything lands at the end, in the order of the calls.

        Returns:
            Bytes written, which is all of them.

        Raises:
            OSError: with the file's name; some of it may be written.
            ValueError: data is of the wrong type, or the file is not open.

        Cancellation: all, some or nothing gets written, now or later.
        """
        return self.write_bytes(data, offset) if self._is_binary else self._write_text(data, offset)

    async def _write_text(self, data: str, offset: int) -> int:
        if not (self.mode.appending and self.format.is_marked):
            return await self.write_bytes(await self.encode_at(data, offset), offset)
        return await self._handle.call(self._append_text, self._handle.opened(), data, offset)

    async def _append_text(self, access: ContextAccess, data: str, offset: int) -> int:
        async with access.turn:  # whether a mark is due is known when the appends before are written
            encoded = await self._encode_at(access, data, offset)
            return await access.write_all(encoded, offset) if encoded else 0

    async def write_bytes(self, data: ReadableBuffer, offset: int = 0) -> int:
        """Write bytes, in text modes too. As `write` otherwise.

        Cancellation: as in `write`.
        """
        if not isinstance(data, (bytes, bytearray, memoryview)):
            data = _as_view(data)
        if offset < 0:
            raise ValueError(f"offset must be at least 0, not {offset}")
        access = self._handle.opened()
        if not self.mode.writable:
            raise io.UnsupportedOperation("not writable")
        if not len(data):
            return 0
        if not self.mode.appending and access.descriptor.is_positional:
            return await self._handle.call(access.write_all, data, offset)
        return await self._handle.call(access.write_in_turn, data, offset)

    async def encode_at(self, data: str, offset: int) -> bytes:
        """Encode text for a place in the file: a byte order mark belongs to its start only.

        Args:
            data: the text.
            offset: byte position; in append modes the end counts.

        Raises:
            ValueError: data is no str.

        Cancellation: harmless.
        """
        if not isinstance(data, str):
            raise ValueError(f"a text file takes str, not {type(data).__name__}")
        if not self.format.is_marked:
            return self.format.encode(data)
        return await self._handle.call(self._encode_at, self._handle.opened(), data, offset)

    async def _encode_at(self, access: ContextAccess, data: str, offset: int) -> bytes:
        if not (access.size() if self.mode.appending else offset):
            return self.format.encode(data)
        return self.format.encode(data, await access.read_all(MARK_BYTES, 0) if self.mode.readable else b"")

    def encode_bytes(self, data: str) -> bytes:
        """Encode text as at the start of the file."""
        return self.format.encode(data)

    def decode_bytes(self, data: bytes) -> str:
        """Decode bytes that make up whole characters."""
        return self.format.decode(data)

    async def fsync(self) -> None:
        """Bring data and metadata to the device.

        Raises:
            OSError: with the file's name; EINVAL if there is nothing behind the descriptor to sync.

        Cancellation: the sync goes on.
        """
        await self._handle.call(self._handle.opened().fsync)

    async def fdsync(self) -> None:
        """Bring data to the device, and the metadata needed to read it. As `fsync` otherwise.

        Cancellation: the sync goes on.
        """
        await self._handle.call(self._handle.opened().fdsync)

    async def truncate(self, length: int = 0) -> None:
        """Cut or extend the file to a length in bytes.

        Raises:
            OSError: with the file's name. ValueError: the file is not open. io.UnsupportedOperation: the mode
                does not allow writing.

        Cancellation: it happens all the same.
        """
        access = self._handle.opened()
        if not self.mode.writable:
            raise io.UnsupportedOperation("not writable")
        await self._handle.call(access.truncate, length)

    async def clone(self) -> Self:
        """Make another AIOFile on the same descriptor, which stays open until the last of them is closed.

        Raises:
            OSError: the file was not open, and opening it failed. ValueError: it is closed.

        Cancellation: as in `open`.
        """
        await self.open()
        copy = object.__new__(type(self))
        copy.__dict__.update(self.__dict__, _handle=self._handle.clone())
        return copy

    async def close(self) -> None:
        """Close: wait for this file's reads and writes, sync, and close the descriptor if nobody shares it.

        A second call, and one before the file is opened, does nothing. A file made by `from_fp` stays open.

        Raises:
            OSError: syncing or closing failed; the file is closed all the same.

        Cancellation: the file is closed, perhaps without being synced, as soon as the kernel has finished
            with it.
        """
        await self._handle.close()

    def abort(self) -> None:
        """Close without waiting: the last of the calls in flight closes the descriptor, and nothing is synced.

        Does nothing where `close` does nothing.
        """
        self._handle.abort()

    def __await__(self) -> Generator[Any, None, Self]:
        yield from self.open().__await__()
        return self

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def __del__(self) -> None:
        handle = self.__dict__.get("_handle")
        if handle is not None and not handle.is_closed:
            handle.abandon(self)

    def __repr__(self) -> str:
        state = "closed" if self._handle.is_closed else "not open" if self.closed else "open"
        return f"<{type(self).__name__} {self.name!r} {self.mode.letters} {state}>"


def _as_view(data: Any) -> memoryview:
    """Take anything with a buffer; refuse what aiofile refuses, and as it does."""
    try:
        return memoryview(data).cast("B")
    except TypeError:
        raise ValueError(f"a binary file takes bytes, not {type(data).__name__}") from None
