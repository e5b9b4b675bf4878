"""Progress on standard error that costs nothing until it really shows: a bar on a terminal, lines elsewhere.

Whoever works only counts; a thread draws, so that the bar goes on while the work waits for a device and reports
nothing. SIGUSR1 has one line printed at any time, whether there is a bar or not.
"""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Self

from aiocli.core.events import Start
from aiocli.ui.progress_meter import Meter
from aiocli.ui.report import STDERR_FD, write_fd

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType, TracebackType

    from aiocli.core.events import Event
    from aiocli.ui.progress_drawing import Drawing
    from aiocli.ui.progress_meter import Lane
    from aiocli.ui.report import Report

SMALL_BYTES = 1024 * 1024
"""Work that is known to be smaller is over before anything could show: no thread is started for it."""


class ProgressBar:
    """Takes events and shows them: a bar on a terminal, a line a second elsewhere if `always` is asked for.

    Args:
        report: names the program; its messages and the bar make room for each other.
        when: auto, always or never.
    """

    def __init__(self, report: Report, when: str) -> None:
        self.report = report
        self._is_always = when == "always"
        self._is_terminal = os.isatty(STDERR_FD)
        self._is_wanted = self._is_always or (when == "auto" and self._is_terminal)
        self._is_line_wanted = self._is_printing = False
        self._meter: Meter | None = None
        self._lane: Lane | None = None
        self._drawing: Drawing | None = None

    def __enter__(self) -> Self:
        if signal.getsignal(signal.SIGUSR1) is not signal.SIG_IGN:
            signal.signal(signal.SIGUSR1, self._on_signal)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
        if signal.getsignal(signal.SIGUSR1) == self._on_signal:
            signal.signal(signal.SIGUSR1, _pass)  # one that comes late is to kill nobody

    def __call__(self, event: Event) -> None:
        """Take an event: Start names the work and begins to count anew, others count."""
        meter = self._meter  # an Expected may come from another thread
        if isinstance(event, Start):
            self.begin(event)
        elif meter is not None:
            meter.take(event)

    def begin(self, start: Start, *, copies: int = 1, on_show: Callable[[], None] | None = None) -> None:
        """Begin to count anew.

        Args:
            start: the work.
            copies: how many are made of all that it tells.
            on_show: called from another thread when the work has lasted so long that it shows.
        """
        self.close()
        is_shown = self._is_wanted and (start.total_bytes is None or start.total_bytes * copies >= SMALL_BYTES)
        if is_shown:
            from aiocli.ui.progress_drawing import Drawing  # before a signal could find a meter, and import it, too
        self._meter = meter = Meter(start, time.monotonic(), copies)
        self._lane = meter.lanes[0]
        if self._is_line_wanted:
            self._is_line_wanted = False
            self._print_line(meter)
        if is_shown:
            with suppress(RuntimeError):  # where no thread can be started, the work goes on unseen
                self._drawing = Drawing(
                    self.report, meter, on_terminal=self._is_terminal, is_always=self._is_always, on_show=on_show
                )

    def advance(self, nbytes: int) -> None:
        """Count bytes: what a Progress event does, without making one."""
        if self._lane is not None:
            self._lane.moved += nbytes

    def lane(self) -> Lane:
        """Add a way for another copier, whose events and bytes it takes; only after a Start."""
        assert self._meter is not None
        return self._meter.lane()

    def close(self) -> None:
        """End what is shown; where that is lines, a last one tells how the work ended."""
        drawing, self._drawing = self._drawing, None
        meter, self._meter, self._lane = self._meter, None, None
        if drawing is not None:
            drawing.stop()
        prints_lines = drawing.prints_lines if drawing is not None else not self._is_terminal
        if meter is not None and self._is_wanted and prints_lines:
            meter.settle()
            self._print_line(meter, is_last=True)

    def _on_signal(self, _signum: int, _frame: FrameType | None) -> None:
        """Print a line; where something is shown already, whoever shows it does, and between two works the next."""
        if self._drawing is not None and self._drawing.is_showing:
            self._drawing.is_line_wanted = True
        elif self._meter is None:
            self._is_line_wanted = True
        elif not self._is_printing:  # one line answers signals that come at once
            self._print_line(self._meter)

    def _print_line(self, meter: Meter, *, is_last: bool = False) -> None:
        self._is_printing = True
        try:
            from aiocli.ui.progress_text import plain_line
            from aiocli.ui.progress_unwritten import Unwritten

            now = time.monotonic()
            line = plain_line(meter.view(now, Unwritten().nbytes(now)), self.report.quoting, is_last=is_last)
            write_fd(STDERR_FD, f"{self.report.program}: {line}\n")
        finally:
            self._is_printing = False


def _pass(_signum: int, _frame: FrameType | None) -> None:
    """Take a signal and do nothing."""
