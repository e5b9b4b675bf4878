"""What `aio cp -i` asks, and what it takes for an answer."""

from __future__ import annotations

import errno
import os
import stat
from typing import TYPE_CHECKING

from aiocli.ui.report import STDERR_FD, STDIN_FD, write_fd

if TYPE_CHECKING:
    from aiocli.engines.copy.existing import Question
    from aiocli.ui.report import Report

_YES = ("y", "Y")


class Prompt:
    """Asks on standard error and reads a line from standard input for each answer.

    Args:
        report: for the program's name; told at the end of a standard input that could not be read.
    """

    def __init__(self, report: Report) -> None:
        self.report = report
        self._error: OSError | None = None

    def __call__(self, question: Question) -> bool:
        """Ask; the answer is yes if it begins with y or Y."""
        if self.report.before_print is not None:
            self.report.before_print()
        write_fd(STDERR_FD, f"{self.report.program}: {self._text(question)}")
        return self._read_line().startswith(_YES)

    def _text(self, question: Question) -> str:
        name = self.report.quoting.quoteaf(question.target.path)
        if question.is_writable:
            return f"overwrite {name}? "
        bits, letters = f"{stat.S_IMODE(question.mode):04o}", stat.filemode(question.mode)[1:]
        if question.is_removed:
            return f"replace {name}, overriding mode {bits} ({letters})? "
        return f"unwritable {name} (mode {bits}, {letters}); try anyway? "

    def _read_line(self) -> str:
        """Read byte after byte: what is behind the line is for whoever reads next."""
        line = b""
        try:
            while not line.endswith(b"\n") and (byte := os.read(STDIN_FD, 1)):
                line += byte
        except OSError as error:
            self._error = error
        return os.fsdecode(line)

    def close(self) -> None:
        """Report, as GNU does at its end, that no answer could be read."""
        if self._error is not None:
            # What GNU's word for the reason is depends on closing the stream, which fails only if it is not open.
            if self._error.errno == errno.EBADF:
                self.report.failure("error closing file", self._error)
            else:
                self.report.error("error closing file")
