"""Files with a cursor: what `async_open` returns. Positions are bytes, in text files too.

The cursor moves only after an operation has succeeded, so that a failed or cancelled one can be repeated.
Concurrent calls on one wrapper take turns, in the order in which they came.
"""

from __future__ import annotations

import io
import os
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, AnyStr, BinaryIO, Generic, TextIO

from aiocli.core.pace import let_loop_turn
from aiocli.core.streams import iterate_lines
from aiocli.core.turn import Turn
from aiocli.core.window import Window

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Generator, Iterable
    from typing import Self

    from _typeshed import ReadableBuffer, WriteableBuffer

    from aiocli.core.file import AIOFile

FileIOType = TextIO | BinaryIO
CHUNK_BYTES = 32768
_AHEAD_BYTES = 65536  # what lines and text read at once; see streams.LINES_CHUNK_BYTES


class FileIOWrapperBase(ABC, Generic[AnyStr]):
    """What binary and text files have in common.

    Attributes:
        file: the AIOFile below, which has no cursor.
    """

    _separator: AnyStr

    def __init__(self, afp: AIOFile, *, offset: int = 0) -> None:
        self.file = afp
        self._turn = Turn()
        self._window = Window(afp, offset, _AHEAD_BYTES)
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

    def readable(self) -> bool:
        """Tell whether the mode allows reading."""
        return self.file.mode.readable

    def writable(self) -> bool:
        """Tell whether the mode allows writing."""
        return self.file.mode.writable

    def seekable(self) -> bool:
        """Tell whether it has positions. Raises ValueError if the file is not open."""
        return self.file.is_positional

    def isatty(self) -> bool:
        """Tell whether it is a terminal. Raises ValueError if the file is not open."""
        return not self.file.is_positional and os.isatty(self.file.fileno())

    async def open(self) -> None:
        """Open the file.

        Raises:
            OSError: opening failed; another call tries again.

        Cancellation: as in AIOFile.open.
        """
        await self.file.open()
        self._place()

    async def close(self) -> None:
        """Close the file, behind the calls that came before; as AIOFile.close. What was read ahead is dropped.

        Cancellation: as in AIOFile.close; calls that waited for their turn find the file closed.
        """
        try:
            async with self._turn:
                self._window.place(self.tell())
                await self.file.close()
        finally:
            self.file.abort()  # unless it is closed

    def tell(self) -> int:
        """Return the cursor in bytes; of text within a shift sequence, a number that only `seek` understands."""
        return self._window.tell()

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Move the cursor, in bytes; the new position.

        Raises:
            ValueError: it would lie before the start; or whence is unknown.
            io.UnsupportedOperation: a pipe, terminal or socket; or there is no telling where the end is (of a
                file object, see `AIOFile.size`).
        """
        if whence not in (os.SEEK_SET, os.SEEK_CUR, os.SEEK_END):
            raise ValueError(f"whence must be 0, 1 or 2, not {whence}")
        if not self.file.closed and not self.file.is_positional:
            raise io.UnsupportedOperation("underlying stream is not seekable")
        if whence == os.SEEK_CUR:
            offset += self.tell()
        elif whence == os.SEEK_END:
            offset += self.file.size()
        if offset < 0:
            raise ValueError(f"cannot seek to {offset}, before the start")
        self._window.place(offset)
        self._is_placed = True
        return offset

    async def read(self, length: int | None = -1) -> AnyStr:
        """Read at most length bytes or characters, all that is left if it is -1 or None.

        Args:
            length: bytes or characters.

        Returns:
            Fewer only at end of file, where it is empty. Of a pipe: what is there.

        Raises:
            OSError: with the file's name. ValueError: length < -1, or the file is not open.
            UnicodeDecodeError: what comes next is not text; the cursor stays before it.

        Cancellation: harmless; the cursor stays.
        """
        if length is None:
            length = -1
        if length < -1:
            raise ValueError(f"length must be at least -1, not {length}")
        async with self._turn:
            if self._window.is_due():
                await let_loop_turn()
            data: AnyStr = await self._window.read(length)
            return data

    async def readline(self, size: int = -1, newline: AnyStr | None = None) -> AnyStr:
        r"""Read up to and with the next newline; empty at end of file.

        Args:
            size: bytes or characters at most; -1 means the whole line.
            newline: what ends a line, of any length; None means what the file's newline says.

        Raises:
            As `read`. ValueError: newline has a "\r", but the file's newline (None) makes "\n" of all of them.

        Cancellation: harmless; the cursor stays.
        """
        if newline and self.file.format.newline is None and not self.file.mode.binary and "\r" in str(newline):
            raise ValueError(f'{newline!r} ends no line where newlines are translated: open the file with newline=""')
        async with self._turn:
            if self._window.is_due():
                await let_loop_turn()
            line: AnyStr = await self._window.readline(-1 if size is None else size, newline or self._separator)
            return line

    async def readlines(self, hint: int = -1) -> list[AnyStr]:
        """Read all lines, or whole ones until they have at least hint bytes or characters, if it is above 0.

        Raises:
            As `read`.

        Cancellation: harmless; the cursor goes back, but not in a pipe: what was read of that is lost.
        """
        async with self._turn:
            start = self.tell()
            lines: list[AnyStr] = []
            total = 0
            try:
                while line := await self._window.next_line(self._separator):
                    lines.append(line)
                    total += len(line)
                    if 0 < (hint or 0) <= total:
                        break
            except BaseException:
                if self.file.is_positional:
                    self._window.place(start)
                raise
            return lines

    @abstractmethod
    async def write(self, data: AnyStr) -> int:
        """Write all of data at the cursor, or at the end in append modes.

        Returns:
            The count of bytes or characters.

        Raises:
            OSError: with the file's name; some of it may be written, the cursor stays.
            ValueError: data is of the wrong type, or the file is not open.

        Cancellation: all, some or nothing gets written; the cursor stays.
        """

    async def writelines(self, lines: Iterable[AnyStr]) -> None:
        """Write strings one behind the other, as one; no newlines are added.

        Raises:
            As `write`.

        Cancellation: as in `write`.
        """
        await self.write(self._window.empty.join(lines))

    async def truncate(self, size: int | None = None) -> int:
        """Cut or extend the file to a size in bytes, the cursor's position if None; the new size.

        Raises:
            OSError: with the file's name.

        Cancellation: it happens all the same.
        """
        async with self._turn:
            position = self.tell()
            size = self._byte_position() if size is None else size
            await self.file.truncate(size)
            self._window.place(position)
            return size

    async def flush(self, sync_metadata: bool = False) -> None:
        """Bring the data to the device, and all metadata if asked to; nothing to do for pipes and terminals.

        Raises:
            OSError: with the file's name.

        Cancellation: the sync goes on.
        """
        if self.file.is_regular:
            await (self.file.fsync() if sync_metadata else self.file.fdsync())

    async def iter_chunked(self, chunk_size: int = CHUNK_BYTES) -> AsyncGenerator[AnyStr, None]:
        """Yield chunks of so many bytes or characters from the cursor on, and move it.

        Cancellation: harmless; the cursor stays behind what was yielded.
        """
        while chunk := await self.read(chunk_size):
            yield chunk

    async def clone(self) -> Self:
        """Make another file on the same descriptor, with its own cursor at 0.

        Cancellation: as in `open`.
        """
        copy = type(self)(await self.file.clone())
        if copy.file.is_positional:
            copy.seek(0)
        return copy

    def __await__(self) -> Generator[Any, None, Self]:
        yield from self.open().__await__()
        return self

    async def __aenter__(self) -> Self:
        await self.file.open()
        self._place()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def __aiter__(self) -> AsyncGenerator[AnyStr, None]:
        return iterate_lines(self._window, self._separator, self._turn)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.file!r} at {self.tell()}>"

    def _place(self) -> None:
        """Put the cursor of an append mode to the end, once the file is open."""
        if not self._is_placed:
            self._window.place(self.file.size())
            self._is_placed = True

    def _byte_position(self) -> int:
        """Return the cursor for writing.

        Raises:
            io.UnsupportedOperation: it is within a shift sequence.
        """
        position = self.tell()
        if position >> 64:
            raise io.UnsupportedOperation("cannot write within a shift sequence; seek first")
        return position

    async def _write(self, data: ReadableBuffer) -> int:
        position = self._byte_position()
        written = await self.file.write_bytes(data, position)
        if written and not self.file.closed:  # an append lands at the end, wherever others have moved that meanwhile
            self._window.place(self.file.size() if self.file.mode.appending else position + written)
        return written


class BinaryFileWrapper(FileIOWrapperBase[bytes]):
    """A binary file with a cursor."""

    _separator = b"\n"

    def __init__(self, afp: AIOFile, *, offset: int = 0) -> None:
        if not afp.mode.binary:
            raise ValueError("Expected file in binary mode")
        super().__init__(afp, offset=offset)

    async def readinto(self, buffer: WriteableBuffer) -> int:
        """Read into the caller's memory; the count of bytes, fewer than it has only at the end, or of a pipe.

        Raises:
            As `read`.

        Cancellation: waits until nothing writes to the buffer any more; the cursor stays.
        """
        async with self._turn:
            if not self.file.is_positional:
                with memoryview(buffer) as whole, whole.cast("B") as view:
                    data = await self._window.read(len(view))
                    view[: len(data)] = data
                    return len(data)
            position = self.tell()
            filled = await self.file.readinto(buffer, position)
            self._window.place(position + filled)
            return filled

    async def write(self, data: ReadableBuffer) -> int:
        """Write bytes; see FileIOWrapperBase.write.

        Cancellation: all, some or nothing gets written; the cursor stays.
        """
        async with self._turn:
            return await self._write(data)


class TextFileWrapper(FileIOWrapperBase[str]):
    """A text file with a cursor in bytes, whose newlines are treated as open() treats them."""

    def __init__(self, afp: AIOFile, *, offset: int = 0) -> None:
        if afp.mode.binary:
            raise ValueError("Expected file in text mode")
        self._separator = afp.format.separator
        super().__init__(afp, offset=offset)

    @property
    def encoding(self) -> str:
        """The encoding."""
        return self.file.format.encoding

    @property
    def errors(self) -> str:
        """What happens to what cannot be decoded or encoded."""
        return self.file.format.errors

    @property
    def newlines(self) -> str | tuple[str, ...] | None:
        """The kinds of newlines seen so far, as io.TextIOBase tells them."""
        return self._window.newlines

    async def write(self, data: str) -> int:
        """Write text; the count of characters. See FileIOWrapperBase.write.

        Cancellation: all, some or nothing gets written; the cursor stays.
        """
        async with self._turn:
            await self._write(await self.file.encode_at(data, self.tell()))
            return len(data)
