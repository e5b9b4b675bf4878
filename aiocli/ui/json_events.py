"""Prints what happens as JSON, one object a line, for programs: docs/events.md tells what is in them.

A file's line comes when the next thing happens, because only then is it known that nothing failed.
"""

from __future__ import annotations

import errno
import json
import os
import time
from typing import TYPE_CHECKING, Any

from aiocli.core.events import (
    Digested,
    Expected,
    Failure,
    File,
    Note,
    Removed,
    Skipped,
    Start,
    Unbacked,
)
from aiocli.ui.progress_meter import Lane, Meter
from aiocli.ui.progress_unwritten import Unwritten

if TYPE_CHECKING:
    from collections.abc import Callable

    from aiocli.core.events import Event

VERSION = 1
"""Of the format; it changes when a field goes or means something else, not when one is added."""

INTERVAL_S = 0.5
"""Between two lines of progress."""


class JsonEvents:
    """Prints events.

    Args:
        write: takes text for standard output.
        describe: puts a failure or a note into words.
        start: the work.
        copies: how many are made of all that it tells.
    """

    def __init__(
        self,
        write: Callable[[str], None],
        describe: Callable[[Failure | Note], str],
        start: Start,
        *,
        copies: int = 1,
    ) -> None:
        self.describe = describe
        self._write = write
        self._unwritten = Unwritten()
        self._begun = self._printed = time.monotonic()
        self._meter = Meter(start, self._begun, copies)
        self._streams = [JsonStream(self, self._meter.lanes[0])]
        self._files = self._nbytes = self._failures = 0
        self.print(
            "start",
            **named("path", start.path),
            total_bytes=start.total_bytes,
            total_files=start.total_files,
            is_dry_run=start.is_dry,
        )

    def __call__(self, event: Event) -> None:
        """Print an event, if it is one that is told.

        Raises:
            OutputError: standard output is full, closed or gone.
        """
        if isinstance(event, Expected):  # maybe from another thread
            self._meter.take(event)
        else:
            self._streams[0](event)

    def advance(self, nbytes: int) -> None:
        """Count bytes, and print how far the work is if it is time.

        Raises:
            OutputError: standard output is full, closed or gone.
        """
        self._streams[0].advance(nbytes)

    def stream(self) -> JsonStream:
        """Make a way for another copier, whose events come in an order of their own."""
        stream = JsonStream(self, self._meter.lane())
        self._streams.append(stream)
        return stream

    def finish(self) -> None:
        """Print what is left to be told, and the summary.

        Raises:
            OutputError: standard output is full, closed or gone.
        """
        for stream in self._streams:
            stream.flush()
        seconds = round(time.monotonic() - self._begun, 3)
        self.print("summary", files=self._files, bytes=self._nbytes, errors=self._failures, seconds=seconds)

    def print(self, kind: str, **fields: Any) -> None:
        """Print one object.

        Raises:
            OutputError: standard output is full, closed or gone.
        """
        self._failures += kind == "error"
        self._write(json.dumps({"v": VERSION, "event": kind, **fields}) + "\n")

    def print_problem(self, event: Failure | Note, message: str = "") -> None:
        """Print what failed, or is worth a word.

        Args:
            event: it.
            message: it in words; empty has `describe` say it.

        Raises:
            OutputError: standard output is full, closed or gone.
        """
        step, is_error = (event.kind, False) if isinstance(event, Note) else (event.step, not event.is_warning)
        fields: dict[str, Any] = {**named("path", event.path), **(named("other", event.other) if event.other else {})}
        if isinstance(event, Failure):
            if event.errno:
                fields["errno"] = errno.errorcode.get(event.errno, str(event.errno))
            if event.offset is not None:
                fields["offset"] = event.offset
        words = message or self.describe(event) or step
        self.print("error" if is_error else "warning", step=step, **fields, message=words)

    def print_file(self, file: File, digests: dict[str, str]) -> None:
        """Print a file that is done.

        Raises:
            OutputError: standard output is full, closed or gone.
        """
        nbytes = file.size if file.is_data else 0
        self._files += file.is_data
        self._nbytes += nbytes
        self.print(
            "file",
            **named("path", file.src),
            **named("target", file.dst),
            bytes=nbytes,
            is_data=file.is_data,
            **(named("backup", file.backup) if file.backup else {}),
            **({"digests": digests} if digests else {}),
        )

    def print_progress_if_due(self) -> None:
        """Print how far the work is, unless that was done a moment ago.

        Raises:
            OutputError: standard output is full, closed or gone.
        """
        now = time.monotonic()
        if now - self._printed < INTERVAL_S:
            return
        self._printed = now
        view = self._meter.view(now, self._unwritten.nbytes(now))
        left = view.seconds_left
        self.print(
            "progress",
            bytes=view.nbytes,
            files=view.files,
            total_bytes=view.total_bytes,
            total_files=view.total_files,
            bytes_per_second=round(view.rate),
            seconds_left=None if left is None else round(left, 1),
            unwritten_bytes=view.unwritten,
        )


class JsonStream:
    """Events of one copier, one file after the other.

    Args:
        events: prints.
        lane: counts.
    """

    def __init__(self, events: JsonEvents, lane: Lane) -> None:
        self._events = events
        self._lane = lane
        self._file: File | None = None
        self._digests: dict[str, str] = {}

    def __call__(self, event: Event) -> None:
        """Print an event, if it is one that is told.

        Raises:
            OutputError: standard output is full, closed or gone.
        """
        self._lane.take(event)
        if isinstance(event, File):
            self.flush()
            self._file = event
        elif isinstance(event, Digested):
            self._digests = {name: digest.hex() for name, digest in event.digests}
        elif isinstance(event, Failure):
            self._tell_failure(event)
        elif isinstance(event, Note):
            self._events.print_problem(event)
        elif isinstance(event, Skipped):
            self.flush()
            self._events.print("skipped", **named("path", event.path))
        elif isinstance(event, Removed):
            self._events.print("removed", **named("path", event.path))
        elif isinstance(event, Unbacked):
            self._events.print("restored", **named("path", event.path), **named("backup", event.backup))
        self._events.print_progress_if_due()

    def advance(self, nbytes: int) -> None:
        """Count bytes, and print how far the work is if it is time.

        Raises:
            OutputError: standard output is full, closed or gone.
        """
        self._lane.moved += nbytes
        self._events.print_progress_if_due()

    def flush(self) -> None:
        """Print the file that is done now.

        Raises:
            OutputError: standard output is full, closed or gone.
        """
        file, self._file = self._file, None
        digests, self._digests = self._digests, {}
        if file is not None:
            self._events.print_file(file, digests)

    def _tell_failure(self, failure: Failure) -> None:
        if failure.is_warning:
            self._events.print_problem(failure)
            return
        if self._file is not None and failure.path in (self._file.src, self._file.dst):
            self._file = None
        self.flush()
        self._events.print_problem(failure)


def named(key: str, name: str) -> dict[str, str]:
    """Make the fields for a file's name: text, and its bytes in base64 as KEY_b64 where it is no UTF-8."""
    data = os.fsencode(name)
    try:
        return {key: data.decode()}
    except UnicodeDecodeError:
        from base64 import b64encode

        return {key: data.decode(errors="replace"), f"{key}_b64": b64encode(data).decode()}
