"""Programs on a pseudo-terminal of their own, as if somebody sat before it."""

from __future__ import annotations

import fcntl
import os
import select
import struct
import subprocess
import termios
import time
from typing import TYPE_CHECKING

from tests.support.program import environment
from tests.support.resources import WAIT_S, is_read_up

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from types import TracebackType


class Terminal:
    """A process that leads a session whose terminal is ours to type on and to read.

    Attributes:
        command: what was started.
        process: the process; standard input, output and error are the terminal.
        shown: what it has printed so far, the echo of what was typed included.
    """

    def __init__(self, command: Sequence[str], cwd: Path, env: dict[str, str] | None = None, columns: int = 80) -> None:
        self.fd, theirs = os.openpty()
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("4H", 24, columns, 0, 0))
        variables = environment(**{"TERM": "xterm", **(env or {})})
        if "COLUMNS" not in (env or {}):
            del variables["COLUMNS"]
        self.command = tuple(command)
        self.process = subprocess.Popen(
            ["setsid", "--ctty", *command],  # which becomes the command
            cwd=cwd,
            env=variables,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
        )
        self._name = os.ttyname(theirs)
        os.close(theirs)
        self.shown = b""

    def __enter__(self) -> Terminal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self.fd)

    def type(self, keys: bytes) -> None:
        """Press keys; b"\\x03" is Ctrl-C."""
        os.write(self.fd, keys)

    def read_until(self, text: bytes) -> bytes:
        """Read on until a text has been shown that was not there before; return all up to its end."""
        deadline = time.monotonic() + WAIT_S
        start = len(self.shown)
        while text not in (new := self.shown[start:]):
            readable, _, _ = select.select([self.fd], [], [], max(0, deadline - time.monotonic()))
            assert readable, f"waited for {text!r} in vain: {self.shown[-2000:]!r}"
            assert self._read(), f"it ended without {text!r}: {self.shown[-2000:]!r}"
        return new

    def has_taken_all(self) -> bool:
        """Tell whether the process has read all the lines whose echo was shown."""
        fd = os.open(self._name, os.O_RDONLY | os.O_NOCTTY | os.O_NONBLOCK)
        try:
            return is_read_up(fd)
        finally:
            os.close(fd)

    def read_all(self) -> bytes:
        """Read until the process and all that it started have closed the terminal."""
        while self._read():
            pass
        return self.shown

    def _read(self) -> bytes:
        try:
            chunk = os.read(self.fd, 65536)
        except OSError:  # EIO: nobody has the other end open
            chunk = b""
        self.shown += chunk
        return chunk
