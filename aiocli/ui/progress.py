"""A progress bar on standard error that costs nothing until it really shows.

Work that ends within half a second never imports rich. The bar is drawn by whoever reports bytes, at most ten
times a second: there is no thread behind it.
"""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any, Self

from aiocli.core.events import Progress, Start
from aiocli.ui.report import STDERR_FD, write_fd
from aiocli.ui.sizes import format_size

if TYPE_CHECKING:
    from types import TracebackType

    from aiocli.core.events import Event
    from aiocli.ui.report import Report

DELAY_S = 0.5
"""How long work must last before a bar shows."""

REFRESH_S = 0.1
LINE_INTERVAL_S = 1.0
"""Between two lines, where standard error is no terminal."""


class ProgressBar:
    """Takes events and shows them: a bar on a terminal, a line a second elsewhere if `always` is asked for.

    Attributes:
        done: bytes so far.
        total: bytes expected; None if nobody knows.
    """

    def __init__(self, report: Report, when: str) -> None:
        self.report = report
        self.description = ""
        self.done = 0
        self.total: int | None = None
        is_terminal = os.isatty(STDERR_FD)
        self._is_wanted = when == "always" or (when == "auto" and is_terminal)
        self._is_terminal = is_terminal
        self._started = time.monotonic()
        self._next = self._started + DELAY_S
        self._bar: Any = None
        self._task: Any = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __call__(self, event: Event) -> None:
        """Take an event: Start names the work and begins to count anew, Progress counts."""
        if isinstance(event, Start):
            self.close()
            self.description, self.total, self.done = event.path, event.total_bytes, 0
            self._started = time.monotonic()
            self._next = self._started + DELAY_S
        elif isinstance(event, Progress):
            self.advance(event.nbytes)

    def advance(self, nbytes: int) -> None:
        """Count bytes and show them if it is time: what a Progress event does, without making one."""
        self.done += nbytes
        if self._is_wanted and time.monotonic() >= self._next:
            self._show()

    def close(self) -> None:
        """Show the last state, if any was shown, and leave the line."""
        if self._bar is not None:
            self._bar.update(self._task, completed=self.done)
            self._bar.stop()
            self._bar = None
            self.report.before_print = None
        elif self._is_wanted and not self._is_terminal and self.description:
            self._print_line()
        self.description = ""

    def _show(self) -> None:
        if self._is_terminal:
            if self._bar is None:
                self._open_bar()
            self._bar.update(self._task, completed=self.done, refresh=True)
            self._next = time.monotonic() + REFRESH_S
        else:
            self._print_line()
            self._next = time.monotonic() + LINE_INTERVAL_S

    def _print_line(self) -> None:
        seconds = max(time.monotonic() - self._started, 1e-9)
        share = f" of {format_size(self.total)}, {self.done * 100 // self.total}%" if self.total else ""
        rate = format_size(round(self.done / seconds))
        name = self.report.quoting.quotef(self.description)
        write_fd(STDERR_FD, f"{self.report.program}: {name}: {format_size(self.done)}{share}, {rate}/s\n")

    def _open_bar(self) -> None:
        from rich.console import Console
        from rich.markup import escape
        from rich.progress import (
            BarColumn,
            DownloadColumn,
            TextColumn,
            TimeRemainingColumn,
            TransferSpeedColumn,
        )
        from rich.progress import Progress as Bar

        self._bar = Bar(
            TextColumn("{task.description}"),
            BarColumn(),
            DownloadColumn(binary_units=True),
            TransferSpeedColumn(),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            auto_refresh=False,
            transient=True,
        )
        name = escape(self.report.quoting.quotef(self.description))
        self._task = self._bar.add_task(name, total=self.total)
        self._bar.start()
        self.report.before_print = self._step_aside

    def _step_aside(self) -> None:
        """Take the bar off the line, so that a message can stand there; the next bytes bring it back."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None
        self.report.before_print = None
