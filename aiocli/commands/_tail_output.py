"""Where `aio tail` prints: headers, and data as they come or line by line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiocli.ui.output import print_text, stdout_endpoint
from aiocli.ui.report import STDIN

if TYPE_CHECKING:
    from aiocli.commands._tail_lines import Lines, Shown
    from aiocli.core.endpoint import Endpoint
    from aiocli.engines.lines import Block

STDIN_NAME = "standard input"

_NO_FILE = "\0"
"""A name that none has."""


def name_shown(operand: str) -> str:
    """Name an operand as headers and messages do."""
    return STDIN_NAME if operand == STDIN else operand


class Output:
    """Standard output, and which file was printed last.

    Attributes:
        lines: what is done to lines; None lets data pass as they come.
        last: the file that was printed last; None is none.
        ended_by: the option by which the last line that was printed is the very last; "" as long as it is not.
    """

    def __init__(self, *, has_headers: bool, has_prefixes: bool, lines: Lines | None, end: bytes) -> None:
        self.lines = lines
        self.last: str | None = None
        self.ended_by = ""
        self._has_headers = has_headers
        self._has_prefixes = has_prefixes
        self._end = end
        self._dst: Endpoint | None = None
        self._is_first = True
        self._unended = ""  # the file whose line was printed without its end

    def begin(self, name: str) -> None:
        """Print the header of a file, at the beginning or where it follows another."""
        self.last = name
        if self._has_headers:
            separator = "" if self._is_first else "\n"
            print_text(f"{separator}==> {name_shown(name)} <==\n")
        self._is_first = False

    def write(self, name: str, data: Block) -> None:
        """Print data of a file, or what is to be seen of them.

        Raises:
            OutputError: standard output failed.
        """
        if self.lines is None:
            self._switch(name)
            self._write_all(data)
        else:
            self._show(name, self.lines.feed(name, data))

    def held(self, name: str) -> int:
        """Tell how many bytes of a file were written and wait to be printed."""
        return 0 if self.lines is None else self.lines.held(name)

    def finish(self, name: str) -> None:
        """Print what waits for the end of a line of a file, whose end has come."""
        if self.lines is not None:
            self._show(name, self.lines.finish(name))
            if self._unended == name:
                self._unended = _NO_FILE  # what comes next is another line, under whatever name

    def finish_all(self) -> None:
        """Print what waits for the ends of lines."""
        if self.lines is not None:
            for name, shown in self.lines.finish_all():
                self._show(name, shown)

    def _show(self, name: str, shown: Shown) -> None:
        self.ended_by = self.ended_by or shown.ended_by
        if not shown.text:
            return
        if self._has_prefixes and self._unended not in ("", name):
            self._write_all(self._end)
        self._switch(name)
        self._write_all(shown.text)
        self._unended = "" if shown.text.endswith(self._end) else name

    def _write_all(self, data: Block) -> None:
        if self._dst is None:
            self._dst = stdout_endpoint()
        self._dst.write_all(data)

    def _switch(self, name: str) -> None:
        if self.last != name:
            self.begin(name)
