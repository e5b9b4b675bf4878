"""What `aio tail --state` remembers: saved soon after it was printed, and never before."""

from __future__ import annotations

import os
import select
import signal
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from aiocli.core.loop import running_loop
from aiocli.engines.follow.events import Truncated
from aiocli.engines.follow.state import BadState, State
from aiocli.ui.command import Fatal
from aiocli.ui.report import STDOUT_FD

if TYPE_CHECKING:
    import asyncio
    from collections.abc import AsyncGenerator, Iterator

    from aiocli.engines.follow.beside import Beside
    from aiocli.engines.follow.events import Accessible, Appeared, Data, Lost, Replaced
    from aiocli.ui.report import Report

_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGALRM)

_COST_SHARE = 20
"""Saving takes at most one part in so many of the time."""


class Memory:
    """The state file of one run.

    Attributes:
        is_first: there was no state file, so that nothing is remembered of any name.
    """

    def __init__(self, path: str, report: Report) -> None:
        """Read the state file, if there is one.

        Raises:
            Fatal: it cannot be read, or is none.
        """
        self._report = report
        self.is_first = not os.path.exists(path)
        self._name = report.quoting.quoteaf(path)
        try:
            self._state = State.load(path)
        except BadState:
            raise Fatal(f"{self._name} is not a state file of aio tail") from None
        except OSError as error:
            raise Fatal(f"cannot read {self._name}: {error.strerror}") from None
        self._next = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._has_failed = False

    def offset(self, path: str, fd: int) -> int | None:
        """Tell where to go on in a file; None if nothing is known of its name."""
        return self._state.offset(path, fd)

    def look(self, path: str) -> Beside:
        """Look what lies beside a name, just before it is opened."""
        from aiocli.engines.follow.beside import look_beside

        return look_beside(path)

    def missed(self, path: str, fd: int | None, before: Beside | None) -> AsyncGenerator[Data | Lost]:
        """Yield what was written under a name and is in files of other names now, but for what `look` saw not yet."""
        return self._state.missed(path, fd, before)

    @contextmanager
    def undisturbed(self, nbytes: int) -> Iterator[None]:
        """Let no signal come between the printing of so many bytes and their being noted.

        Of many bytes that is not tried: writing them could block for ever. They may be printed once more in the next
        run if this one is ended meanwhile.
        """
        if nbytes > select.PIPE_BUF:
            yield
            return
        poll = select.poll()
        poll.register(STDOUT_FD, select.POLLOUT)
        poll.poll()
        before = signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING)
        try:
            yield
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def note(self, data: Data, held: int) -> None:
        """Note that data were printed, but for so many bytes at their end."""
        if held < len(data.data):
            self._state.record(data._replace(data=data.data[: len(data.data) - held]))
            self._save_soon()

    def note_turn(self, event: Accessible | Appeared | Replaced | Truncated) -> None:
        """Note that all was printed that came before another file, or before another content of the same."""
        offset = 0 if isinstance(event, Truncated) else event.offset
        self._state.record_turn(event.path, event.device, event.inode, offset)
        self._save_soon()

    def note_offset(self, path: str, fd: int, offset: int) -> None:
        """Note that a regular file was printed up to an offset."""
        self._state.record_at(path, fd, offset)
        self._save_soon()

    def save(self) -> None:
        """Save now; a failure is reported, once."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        started = time.monotonic()
        try:
            self._state.save()
        except OSError as error:
            if not self._has_failed:
                self._report.failure(f"cannot write {self._name}", error)
            self._has_failed = True
        now = time.monotonic()
        self._next = now + (now - started) * _COST_SHARE

    def _save_soon(self) -> None:
        """Save at once, or a little later if that was just done and takes its time."""
        loop, wait_s = running_loop(), self._next - time.monotonic()
        if loop is None or wait_s <= 0:
            self.save()
        elif self._timer is None:
            self._timer = loop.call_later(wait_s, self.save)
