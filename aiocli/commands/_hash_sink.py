"""Where the lines of `aio hash` go: standard output, or a file that is replaced when all is done."""

from __future__ import annotations

import os
import stat
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from aiocli.core.errors import OutputError
from aiocli.core.events import Waiting
from aiocli.ui.command import Fatal
from aiocli.ui.output import STDOUT_NAME
from aiocli.ui.report import STDOUT_FD

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from aiocli.core.events import Event, OnEvent
    from aiocli.ui.quoting import Quoting

BLOCK_CHARS = 64 * 1024
INTERVAL_S = 0.01
"""Lines that come faster than this are written together: a call for each of 40 000 takes a fifth of their hashing."""


class Sink:
    """Writes to a descriptor: at once, unless there was something a moment ago.

    Args:
        fd: borrowed.
        failed: makes the exception of a failure.
    """

    def __init__(self, fd: int, failed: Callable[[OSError], Exception]) -> None:
        self._fd = fd
        self._failed = failed
        self._pending: list[str] = []
        self._nchars = 0
        self._flushed = 0.0

    def write(self, text: str) -> None:
        """Write all of a text, now or soon; what is no text is os.fsdecode'd, which loses nothing.

        Raises:
            OutputError: standard output is full, closed or gone.
            Fatal: the same of a file.
        """
        self._pending.append(text)
        self._nchars += len(text)
        if self._nchars >= BLOCK_CHARS or time.monotonic() - self._flushed >= INTERVAL_S:
            self.flush()

    def flush(self) -> None:
        """Write what is pending.

        Raises:
            OutputError, Fatal: as `write`.
        """
        if not self._pending:
            return
        data, self._pending, self._nchars = memoryview(os.fsencode("".join(self._pending))), [], 0
        self._flushed = time.monotonic()
        try:
            while data:
                data = data[os.write(self._fd, data) :]
        except OSError as error:
            raise self._failed(error) from error


@contextmanager
def open_sink(path: str | None, quoting: Quoting) -> Iterator[Sink]:
    """Yield where lines go; what was written is there at the end of the block.

    A file is what it was if the block is left by an exception. Pipes and devices, such as a shell's >(command), are
    written as they are, and so is the file that is standard output already.

    Args:
        path: of the file; None is standard output.
        quoting: for messages.

    Raises:
        OutputError: standard output is full, closed or gone.
        Fatal: the file cannot be written.
    """
    if path is None or _is_stdout(path):
        sink = Sink(STDOUT_FD, lambda error: OutputError(error, STDOUT_NAME))
        try:
            yield sink
        finally:
            sink.flush()
        return
    from aiocli.engines.replace import open_to_replace

    name = quoting.quoteaf(path)
    try:
        fd, commit, discard = open_to_replace(path)
    except OSError as error:
        raise Fatal(f"cannot create {name}: {os.strerror(error.errno or 0)}") from None

    def failed(error: OSError) -> Fatal:
        return Fatal(f"error writing {name}: {os.strerror(error.errno or 0)}")

    sink = Sink(fd, failed)
    try:
        yield sink
        sink.flush()
        try:
            commit()
        except OSError as error:
            raise failed(error) from None
    finally:
        discard()


def flushing(sink: Sink, listener: OnEvent | None) -> OnEvent:
    """Make a listener that writes what is kept back before anything that may take long, and passes on all else."""

    def on_event(event: Event) -> None:
        if isinstance(event, Waiting):
            sink.flush()
        elif listener is not None:
            listener(event)

    return on_event


def _is_stdout(path: str) -> bool:
    """Tell whether a path, /dev/stdout for one, is of the file that standard output goes to.

    If that was replaced, all that others write to standard output, before and after, would be lost.
    """
    with suppress(OSError, ValueError):
        facts = os.stat(path)
        return stat.S_ISREG(facts.st_mode) and os.path.samestat(facts, os.fstat(STDOUT_FD))
    return False
