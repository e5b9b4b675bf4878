"""What `aio hash --json` tells: docs/events.md has the format."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aiocli.core.events import Expected, Failure
from aiocli.engines.hash.algorithms import find
from aiocli.engines.hash.files import Step
from aiocli.ui.json_events import JsonEvents, named

if TYPE_CHECKING:
    from aiocli.commands._hash_sink import Sink
    from aiocli.core.events import Event, Start
    from aiocli.engines.hash.files import Hashed

CHANGE = "change"
"""The step that failed where a file has changed while it was read."""


class HashEvents(JsonEvents):
    """Prints what becomes of files, in their order, and meanwhile how far the work is.

    Args:
        sink: where it goes.
        start: the work.
    """

    def __init__(self, sink: Sink, start: Start) -> None:
        super().__init__(sink.write, str, start)
        self._names: dict[str, str] = {}

    def __call__(self, event: Event) -> None:
        """Count what an event tells, and print how far the work is if it is time.

        Raises:
            OutputError: standard output is full, closed or gone.
            Fatal: the same of a file.
        """
        self._meter.take(event)
        if not isinstance(event, Expected):  # which may come from another thread
            self.print_progress_if_due()

    def print_digests(self, hashed: Hashed) -> None:
        """Print the digests of a file.

        Raises:
            OutputError, Fatal: as above.
        """
        self._files += 1
        self._nbytes += hashed.nbytes
        digests = {
            self._name(algorithm): value.hex()
            for algorithm, value in zip(hashed.wanted.algorithms, hashed.values, strict=True)
        }
        changed: dict[str, Any] = {"has_changed": True} if hashed.has_changed else {}
        self.print("file", **named("path", hashed.wanted.name), size=hashed.nbytes, digests=digests, **changed)

    def print_failure(self, hashed: Hashed, message: str) -> None:
        """Print what failed.

        Raises:
            OutputError, Fatal: as above.
        """
        step = hashed.step.value if hashed.step is not Step.NONE else CHANGE
        number = hashed.error.errno if hashed.error is not None else None
        self.print_problem(Failure(step, hashed.wanted.name, number or 0), message)

    def _name(self, algorithm: str) -> str:
        if algorithm not in self._names:
            self._names[algorithm] = find(algorithm).name
        return self._names[algorithm]
