"""The thread that shows how far a work is while whoever works is busy, or waits for a device.

It sleeps for half a second first, and only then imports rich; what ends before that shows nothing. A message takes
the bar off the terminal, and the next bytes that move bring it back: nothing is drawn over a question.
"""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from aiocli.ui.progress_text import plain_line
from aiocli.ui.progress_unwritten import Unwritten
from aiocli.ui.report import STDERR_FD, write_fd

if TYPE_CHECKING:
    from collections.abc import Callable

    from aiocli.ui.progress_meter import Meter
    from aiocli.ui.progress_screen import Screen
    from aiocli.ui.progress_view import View
    from aiocli.ui.report import Report

DELAY_S = 0.5
"""How long work must last before anything shows."""

REFRESH_S = 0.1
LINE_INTERVAL_S = 1.0
"""Between two lines, where standard error is no terminal."""


class Drawing:
    """Shows one work until it is stopped.

    Args:
        report: names the program; its messages go in front of the bar.
        meter: counts; only this thread asks it from now on, until `stop`.
        on_terminal: standard error is one.
        is_always: show lines where there can be no bar.
        on_show: called when the work has lasted so long that it shows.

    Attributes:
        is_showing: it has lasted so long, and something can be shown.
        prints_lines: there is no bar.
        is_line_wanted: set it to have one line printed.

    Raises:
        RuntimeError: no more threads can be started.
    """

    def __init__(
        self,
        report: Report,
        meter: Meter,
        *,
        on_terminal: bool,
        is_always: bool,
        on_show: Callable[[], None] | None = None,
    ) -> None:
        self.is_showing = self.is_line_wanted = False
        self.prints_lines = not on_terminal
        self._report = report
        self._meter = meter
        self._is_always = is_always
        self._on_show = on_show
        self._unwritten = Unwritten()
        self._screen: Screen | None = None
        self._work_when_aside = -1
        self._lock = threading.Lock()  # of the terminal's last lines
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True, name="aio-progress")
        self._thread.start()
        report.before_print = self.step_aside

    def stop(self) -> None:
        """End; what was drawn is off the terminal then."""
        self._is_over.set()
        self._thread.join()
        self._report.before_print = None

    def step_aside(self) -> None:
        """Take the bar off the terminal, so that something else can stand there, until more work is done."""
        with self._lock:
            self._work_when_aside = self._meter.work_done()
            if self._screen is not None:
                self._screen.clear()

    def _run(self) -> None:
        if self._is_over.wait(DELAY_S) or not self._can_show():
            return
        self.is_showing = True
        if self._on_show is not None:
            self._on_show()
        with suppress(OSError):  # the terminal is gone
            while True:
                self._show()
                if self._is_over.wait(LINE_INTERVAL_S if self._screen is None else REFRESH_S):
                    break
            if self._screen is not None:
                self._screen.clear()

    def _can_show(self) -> bool:
        if not self.prints_lines:
            from aiocli.ui.progress_screen import Screen

            screen = Screen(self._report.quoting)
            if screen.can_draw:
                self._screen = screen
            else:
                self.prints_lines = self._is_always
        return self.prints_lines or self._screen is not None

    def _show(self) -> None:
        now = time.monotonic()
        view = self._meter.view(now, self._unwritten.nbytes(now))
        with self._lock:
            if self._screen is None:
                self._print_line(view)
                return
            if self.is_line_wanted:
                self.is_line_wanted = False
                self._screen.clear()
                self._print_line(view)
            if self._meter.work_done() != self._work_when_aside:
                self._work_when_aside = -1
                self._screen.draw(view)

    def _print_line(self, view: View) -> None:
        write_fd(STDERR_FD, f"{self._report.program}: {plain_line(view, self._report.quoting)}\n")
