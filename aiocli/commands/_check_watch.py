"""Shows how far `aio hash -c` is, once it has lasted."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING, Self

from aiocli.core.events import Expected, Start

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

    from aiocli.commands._check_json import CheckEvents
    from aiocli.commands.hash import HashOptions
    from aiocli.core.events import Event
    from aiocli.ui.progress import ProgressBar
    from aiocli.ui.report import Report


class Watch:
    """Takes what the engine tells, and what is to come, a block of files at a time.

    No thread is started before the first block: workers may be forked until then.

    Attributes:
        is_listening: whether anybody wants to know.
        json: prints how far the work is, too; None does not.
    """

    def __init__(self, options: HashOptions, report: Report) -> None:
        self.is_listening = options.program == "hash" and (options.progress != "never" or options.is_json)
        self.json: CheckEvents | None = None
        self._options = options
        self._report = report
        self._bar: ProgressBar | None = None
        self._is_begun = self._is_shown = self._is_last = False
        self._names: Sequence[str] = ()
        self._done = self._done_before = self._expected = (0, 0)
        self._nbytes_again = 0

    def __enter__(self) -> Self:
        if self.is_listening:
            from aiocli.commands._hash_progress import when_shown
            from aiocli.ui.progress import ProgressBar

            self._bar = ProgressBar(self._report, when_shown(self._options))
            self._bar.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.__exit__(kind, error, trace)

    def on_event(self, event: Event) -> None:
        """Take what the engine tells of files."""
        for listener in (self._bar, self.json):
            if listener is not None:
                listener(event)

    def on_bytes(self, nbytes: int) -> None:
        """Take the number of bytes that were read."""
        for listener in (self._bar, self.json):
            if listener is not None:
                listener.advance(nbytes)

    def expect(self, names: Sequence[str], *, is_last: bool) -> None:
        """Take the files that are read next; is_last says that there are no others."""
        if self._bar is None:
            return
        self._names, self._is_last, self._done_before = names, is_last, self._done
        if not self._is_begun:
            self._is_begun = True
            self._bar.begin(Start("total", is_reading=True), on_show=self._on_show)
        elif self._is_shown:
            self._tell()

    def expect_again(self, nbytes: int) -> None:
        """Take it that a file of so many bytes is read once more, which is not told of as a file."""
        self._nbytes_again += nbytes
        if self._is_shown:
            self._tell_expected()

    def settle(self, nbytes: int, nfiles: int = 1) -> None:
        """Count files that were expected as done."""
        self._done = (self._done[0] + nbytes, self._done[1] + nfiles)

    def _on_show(self) -> None:
        """Begin to look at sizes: from another thread, as somebody sees the figures now."""
        self._is_shown = True
        self._tell()

    def _tell(self) -> None:
        (nbytes, files), names = self._done_before, self._names
        for name in names:
            with suppress(OSError, ValueError):
                nbytes += os.stat(name).st_size
        self._expected = (nbytes, files + len(names))
        self._tell_expected()

    def _tell_expected(self) -> None:
        nbytes, files = self._expected
        self.on_event(Expected(nbytes + self._nbytes_again, files, is_final=self._is_last))
