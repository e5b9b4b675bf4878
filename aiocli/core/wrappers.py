"""Files with a cursor: what `async_open` returns. Positions are bytes, in text files too.

The cursor moves only after an operation has succeeded, so that a failed or cancelled one can be repeated.
Concurrent calls on one wrapper take turns, in the order in which they came.
"""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, AnyStr, Generic

from aiocli.core.file import AIOFile
from aiocli.core.text import encode, has_mark, make_decoder
from aiocli.core.turn import Turn

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Generator
    from typing import Self

    from aiocli.core.access import ContextAccess

CHUNK_BYTES = 32768
_AHEAD_BYTES = 16384  # what readline and text read at once


class FileIOWrapperBase(ABC, Generic[AnyStr]):
    """What binary and text files have in common.

    Attributes:
        file: the AIOFile below, which has no cursor.
    """

    _empty: AnyStr

    def __init__(self, afp: AIOFile, *, offset: int = 0) -> None:
        self.file = afp
        self._turn = Turn()
        self._cursor = offset
        self._is_placed = offset > 0 or not afp.mode.appending
        if not afp.closed:
            self._place()

    @property
    def closed(self) -> bool:
        """True before it is opened and after it is closed."""
        return self.file.closed

    @property
    def name(self) -> str:
        """The path."""
        return self.file.name

    @property
    def mode(self) -> str:
        """The mode string."""
        return self.file.mode.letters

    def fileno(self) -> int:
        """Return the descriptor. Raises ValueError if the file is not open."""
        return self.file.fileno()

    async def open(self) -> None:
        """Open the file; see AIOFile.open."""
        await self.file.open()
        self._place()

    async def close(self) -> None:
        """Close the file; see AIOFile.close."""
        await self.file.close()

    def tell(self) -> int:
        """Return the cursor in bytes."""
        return self._cursor

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Move the cursor, in bytes; the new position.

        Raises:
            ValueError: it would lie before the start; or whence is unknown.
        """
        if whence not in (os.SEEK_SET, os.SEEK_CUR, os.SEEK_END):
            raise ValueError(f"whence must be 0, 1 or 2, not {whence}")
        if whence == os.SEEK_CUR:
            offset += self._cursor
        elif whence == os.SEEK_END:
            offset += self._size()
        if offset < 0:
            raise ValueError(f"cannot seek to {offset}, before the start")
        self._cursor = offset
        self._is_placed = True
        self._forget()
        return offset

    @abstractmethod
    async def read(self, length: int | None = -1) -> AnyStr:
        """Read at most length bytes or characters, all that is left if it is -1 or None; empty at end of file.

        Raises:
            OSError: with the file's name. ValueError: the file is not open.

        Cancellation: harmless; the cursor stays.
        """

    @abstractmethod
    async def write(self, data: AnyStr) -> int:
        """Write all of data at the cursor, or at the end in append modes; the count of bytes.

        Raises:
            OSError: with the file's name; some of it may be written, the cursor stays.

        Cancellation: all, some or nothing gets written; the cursor stays.
        """

    @abstractmethod
    async def readline(self, size: int = -1, newline: AnyStr | None = None) -> AnyStr:
        r"""Read up to and with the next newline ("\n" if None); empty at end of file.

        Args:
            size: bytes or characters at most; -1 means the whole line.
            newline: what ends a line.

        Cancellation: harmless; the cursor stays.
        """

    async def flush(self, sync_metadata: bool = False) -> None:
        """Bring the data to the device, and all metadata if asked to; nothing to do for pipes and terminals."""
        if not self._access().descriptor.is_regular:
            return
        await (self.file.fsync() if sync_metadata else self.file.fdsync())

    async def iter_chunked(self, chunk_size: int = CHUNK_BYTES) -> AsyncGenerator[AnyStr, None]:
        """Read chunk by chunk from the cursor on, and move it."""
        while chunk := await self.read(chunk_size):
            yield chunk

    async def clone(self) -> Self:
        """Make another file on the same descriptor, with its own cursor at 0."""
        copy = type(self)(await self.file.clone())
        copy.seek(0)
        return copy

    def __await__(self) -> Generator[Any, None, Self]:
        yield from self.open().__await__()
        return self

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def __aiter__(self) -> AsyncGenerator[AnyStr, None]:
        """Yield the lines from the cursor on, and move it."""
        while line := await self.readline():
            yield line

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.file!r} at {self._cursor}>"

    def _place(self) -> None:
        """Put the cursor of an append mode to the end, once the file is open."""
        if not self._is_placed:
            self._cursor = self._size()
            self._is_placed = True

    def _size(self) -> int:
        return os.fstat(self.file.fileno()).st_size

    def _access(self) -> ContextAccess:
        return self.file._opened()

    def _forget(self) -> None:
        """Drop what was read ahead."""
        raise NotImplementedError

    async def _write(self, data: bytes) -> int:
        written = await self.file.write_bytes(data, self._cursor)
        # An append lands at the end, wherever others have moved that meanwhile.
        self._cursor = self._size() if self.file.mode.appending else self._cursor + written
        self._forget()
        return written


class BinaryFileWrapper(FileIOWrapperBase[bytes]):
    """A binary file with a cursor."""

    def __init__(self, afp: AIOFile, *, offset: int = 0) -> None:
        if not afp.mode.binary:
            raise ValueError("Expected file in binary mode")
        self._ahead = b""
        self._ahead_at = 0
        super().__init__(afp, offset=offset)

    async def read(self, length: int | None = -1) -> bytes:
        """See FileIOWrapperBase.read."""
        async with self._turn:
            data = await self.file.read_bytes(length, self._cursor)
            self._cursor += len(data)
            return data

    async def write(self, data: bytes | bytearray | memoryview) -> int:
        """See FileIOWrapperBase.write."""
        async with self._turn:
            return await self._write(data)  # type: ignore[arg-type]  # AIOFile checks it

    async def readline(self, size: int = -1, newline: bytes | None = None) -> bytes:
        """See FileIOWrapperBase.readline."""
        separator = newline or b"\n"
        async with self._turn:
            line = await self._find_line(separator, size)
            if 0 <= size < len(line):
                line = line[:size]
            self._cursor += len(line)
            return line

    async def _find_line(self, separator: bytes, size: int) -> bytes:
        start = self._cursor - self._ahead_at
        if 0 <= start < len(self._ahead):
            end = self._ahead.find(separator, start) + len(separator)
            if end >= len(separator):
                return self._ahead[start:end]
            line = bytearray(self._ahead[start:])
        else:
            line = bytearray()
        while True:
            block = await self.file.read_bytes(_AHEAD_BYTES, self._cursor + len(line))
            if not block:
                return bytes(line)
            seen = max(0, len(line) - len(separator) + 1)
            self._ahead, self._ahead_at = block, self._cursor + len(line)
            line += block
            end = line.find(separator, seen) + len(separator)
            if end >= len(separator):
                return bytes(line[:end])
            if 0 <= size <= len(line):
                return bytes(line)

    def _forget(self) -> None:
        self._ahead = b""


class TextFileWrapper(FileIOWrapperBase[str]):
    """A text file with a cursor in bytes. Newlines are not translated."""

    def __init__(self, afp: AIOFile, *, offset: int = 0) -> None:
        if afp.mode.binary:
            raise ValueError("Expected file in text mode")
        self.encoding = afp.encoding
        self._ahead = ""  # decoded; what lies behind index _used has not been handed out
        self._used = 0
        self._next = -1  # byte at which the next block begins; -1: begin anew at the cursor
        self._mark = 0  # bytes of a byte order mark that lie before _ahead
        self._decoder = make_decoder(self.encoding)
        super().__init__(afp, offset=offset)

    async def read(self, length: int | None = -1) -> str:
        """See FileIOWrapperBase.read; length counts characters."""
        if length is not None and length < -1:
            raise ValueError(f"length must be at least -1, not {length}")
        async with self._turn:
            if length is None or length < 0:
                while await self._fill(-1):
                    pass
                return self._take(len(self._ahead))
            while len(self._ahead) - self._used < length:
                if not await self._fill(max(_AHEAD_BYTES, length)):
                    break
            return self._take(min(self._used + length, len(self._ahead)))

    async def write(self, data: str) -> int:
        """See FileIOWrapperBase.write."""
        if not isinstance(data, str):
            raise ValueError(f"a text file takes str, not {type(data).__name__}")
        async with self._turn:
            is_start = not (self._size() if self.file.mode.appending else self._cursor)
            return await self._write(encode(data, self.encoding, is_start=is_start))

    async def readline(self, size: int = -1, newline: str | None = None) -> str:
        """See FileIOWrapperBase.readline; size counts characters."""
        separator = newline or "\n"
        async with self._turn:
            seen = 0  # characters without a separator
            while True:
                end = self._ahead.find(separator, self._used + seen) + len(separator)
                if end >= len(separator):
                    break
                seen = max(0, len(self._ahead) - self._used - len(separator) + 1)
                if 0 <= size <= seen or not await self._fill(_AHEAD_BYTES + 2 * seen):
                    end = len(self._ahead)
                    break
            return self._take(end if size < 0 else min(end, self._used + size))

    async def _fill(self, nbytes: int) -> bool:
        """Decode the next block behind what is there already; False at end of file.

        Raises:
            UnicodeDecodeError: the bytes are not text in this encoding.
        """
        if self._next < 0:
            await self._begin()
        state = self._decoder.getstate()
        data = await self.file.read_bytes(nbytes, self._next)
        if not data:
            if state[0]:  # the file ends within a character
                self._decoder.decode(b"", final=True)
            return False
        try:
            text = self._decoder.decode(data)
        except UnicodeDecodeError:
            self._decoder.setstate(state)
            raise
        if not self._next and has_mark(self.encoding):
            self._mark = _mark_length(data, self.encoding)
        self._next += len(data)
        self._ahead = self._ahead[self._used :] + text
        self._used = 0
        return True

    async def _begin(self) -> None:
        """Start decoding at the cursor; behind the start, the byte order is that of the file's mark."""
        decoder = make_decoder(self.encoding)
        if self._cursor and has_mark(self.encoding):
            head = await self.file.read_bytes(4, 0)
            decoder.decode(head[: _mark_length(head, self.encoding)])
        self._decoder = decoder
        self._next = self._cursor

    def _take(self, end: int) -> str:
        """Hand out what was decoded up to an index, and move the cursor behind it."""
        text = self._ahead[self._used : end]
        self._used = end
        if text:
            self._cursor += self._mark + len(encode(text, self.encoding, is_start=False))
            self._mark = 0
        if end == len(self._ahead):
            self._ahead, self._used = "", 0
        return text

    def _forget(self) -> None:
        self._ahead = ""
        self._used = self._mark = 0
        self._next = -1


def async_open(file_specifier: Any, mode: str = "r", *args: Any, **kwargs: Any) -> BinaryFileWrapper | TextFileWrapper:
    """Describe a file with a cursor, to be awaited or entered with `async with`.

    Args:
        file_specifier: a path, or an open file object, which keeps open at the end and whose position is
            taken over.
        mode: as in open(); that of a file object counts if one is given.
        *args: as in AIOFile; none with a file object.
        **kwargs: as in AIOFile.

    Raises:
        ValueError: a bad mode, or positional arguments with a file object.
    """
    if not hasattr(file_specifier, "fileno") or isinstance(file_specifier, os.PathLike):
        file = AIOFile(file_specifier, mode, *args, **kwargs)
        return BinaryFileWrapper(file) if file.mode.binary else TextFileWrapper(file)
    if args:
        raise ValueError("Arguments denied when IO[Any] opening.")
    file = AIOFile.from_fp(file_specifier, **kwargs)
    wrapper = BinaryFileWrapper(file) if file.mode.binary else TextFileWrapper(file)
    if not file.mode.appending and file_specifier.seekable():
        wrapper.seek(file_specifier.tell())
    return wrapper


def _mark_length(head: bytes, encoding: str) -> int:
    """Count the bytes of the byte order mark at the start of a file."""
    mark = "".encode(encoding)
    swapped = {2: mark[::-1], 4: mark[::-1]}.get(len(mark), mark)
    return len(mark) if head.startswith((mark, swapped)) else 0
