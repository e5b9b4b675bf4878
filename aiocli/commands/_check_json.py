"""What `aio hash -c --json` tells: docs/checking.md has the format."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiocli.core.events import Expected, Start
from aiocli.ui.json_events import JsonEvents, named

if TYPE_CHECKING:
    from aiocli.commands._hash_sink import Sink
    from aiocli.core.events import Event

GOOD = "matched"


class CheckEvents(JsonEvents):
    """Prints what became of files that are listed.

    Args:
        sink: where it goes.
    """

    def __init__(self, sink: Sink) -> None:
        super().__init__(sink.write, str, Start("total", is_reading=True))

    def __call__(self, event: Event) -> None:
        """Count what an event tells, and print how far the work is if it is time.

        Raises:
            OutputError: standard output is full, closed or gone.
        """
        self._meter.take(event)
        if not isinstance(event, Expected):  # which may come from another thread
            self.print_progress_if_due()

    def count(self, nbytes: int) -> None:
        """Count a file that was read."""
        self._files += 1
        self._nbytes += nbytes

    def print_result(self, name: str, result: str, other: str = "") -> None:
        """Print what became of a file, and which listed one it is, or is a copy of.

        Raises:
            OutputError: standard output is full, closed or gone.
        """
        self._failures += result != GOOD
        self.print("check", **named("path", name), result=result, **(named("other", other) if other else {}))
