"""The only printer of diagnostics; a printed failure raises the exit status in the same call."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from aiocli.ui import status

if TYPE_CHECKING:
    from collections.abc import Callable

    from aiocli.ui.quoting import Quoting

STDIN_FD = 0
STDOUT_FD = 1
STDERR_FD = 2
STDIN = "-"  # the operand that stands for standard input


class Report:
    """Writes messages to standard error and remembers the worst status.

    Attributes:
        program: name in front of each message.
        quoting: the three ways to quote names, for those who build messages.
        status: exit status so far.
        before_print: called before each message; a progress bar clears its line there.
    """

    def __init__(self, program: str, quoting: Quoting) -> None:
        self.program = program
        self.quoting = quoting
        self.status = status.OK
        self.before_print: Callable[[], None] | None = None

    def fail(self) -> None:
        """Let the exit status be 1, for a failure that other messages tell."""
        self.status = max(self.status, status.FAILURE)

    def error(self, message: str) -> None:
        """Print a failure; the exit status will be 1."""
        self.fail()
        self.note(message)

    def failure(self, subject: str, error: OSError) -> None:
        """Print what failed and the system's word for why; the exit status will be 1."""
        self.error(f"{subject}: {os.strerror(error.errno) if error.errno else error}")

    def note(self, message: str) -> None:
        """Print a message that changes no status."""
        if self.before_print is not None:
            self.before_print()
        write_fd(STDERR_FD, f"{self.program}: {message}\n")


def write_fd(fd: int, text: str) -> None:
    """Write text to a descriptor as the file system's bytes; a closed or full stderr loses it in silence."""
    data = os.fsencode(text)
    try:
        while data:
            data = data[os.write(fd, data) :]
    except OSError:
        if fd != STDERR_FD:
            raise
