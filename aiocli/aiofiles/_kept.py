"""Reading what a cancelled call left behind, and then the file."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

_ENDINGS = {None: r"\n", "": r"\r\n|\n|\r"}


class Kept:
    """Data of a file that cannot go back, which was read for a call that did not wait for it.

    Its methods are those of a file object, for the thread that has its turn; the data comes first.

    Attributes:
        newline: as in the builtin open; where a line of text ends.
    """

    def __init__(self) -> None:
        self.newline: str | None = None
        self._data: Any = None

    def __bool__(self) -> bool:
        return bool(self._data)

    def put_back(self, result: Any) -> None:
        """Keep the result of a reading call, in front of what is kept already."""
        if isinstance(result, list) and result:
            result = type(result[0])().join(result)
        if isinstance(result, (bytes, str)) and result:
            self._data = result if not self._data else result + self._data

    def drop(self) -> None:
        """Forget the data: the file has been put somewhere else."""
        self._data = None

    def read(self, file: Any, size: int | None = -1) -> Any:
        """Read as `file.read`; a raw file may give less."""
        return self._take(size, file.read, is_short=isinstance(file, io.RawIOBase))

    def read1(self, file: Any, size: int = -1) -> Any:
        """Read as `file.read1`: what is kept, or some of it."""
        return self._take(size, file.read1, is_short=True)

    def readall(self, file: Any) -> Any:
        """Read all that is left."""
        return self._take(-1, lambda _: file.readall(), is_short=False)

    def peek(self, file: Any, size: int = 0) -> Any:
        """Show the data, or the file's."""
        return self._data or file.peek(size)

    def readline(self, file: Any, size: int | None = -1) -> Any:
        """Read as `file.readline`."""
        size = -1 if size is None else size
        if not self._data:
            return file.readline(size)
        data, end = self._decide(file, size)
        if end < 0 and not 0 <= size <= len(data):
            data = data + file.readline(-1 if size < 0 else size - len(data))
            end = len(data)
        elif end < 0 or 0 <= size < end:
            end = size
        self._data = data[end:]
        return data[:end]

    def readlines(self, file: Any, hint: int | None = -1) -> list[Any]:
        """Read as `file.readlines`."""
        lines: list[Any] = []
        limit = float("inf") if hint is None or hint <= 0 else hint
        nbytes = 0
        while nbytes <= limit:
            try:
                line = self.readline(file)
            except BaseException:
                self.put_back(lines)
                raise
            if not line:
                break
            lines.append(line)
            nbytes += len(line)
        return lines

    def _take(self, size: int | None, read: Callable[[int], Any], *, is_short: bool) -> Any:
        size = -1 if size is None else size
        data = self._data
        if not data:
            return read(size)
        if 0 <= size <= len(data):
            self._data = data[size:]
            return data[:size]
        if not is_short:
            more = read(-1 if size < 0 else size - len(data))
            data = data if more is None else data + more  # None: the file is not blocking and has no more
        self._data = None
        return data

    def _decide(self, file: Any, size: int) -> tuple[Any, int]:
        r"""Return the data and the end of its first line; as much more is read as tells whether "\r" ends one."""
        while True:
            data = self._data
            end = self._line_end(data)
            is_open = self.newline in ("", "\r\n") and data[-1:] == "\r" and end in (-1, len(data))
            more = file.read(1) if is_open and not 0 <= size <= len(data) else ""
            if not more:
                return data, end
            self._data = data + more

    def _line_end(self, data: Any) -> int:
        """Return the index after the first line's end; -1 if there is none."""
        if isinstance(data, bytes):
            return data.find(b"\n") + 1 or -1
        found = re.search(_ENDINGS.get(self.newline) or re.escape(self.newline or "\n"), data)
        return found.end() if found else -1
