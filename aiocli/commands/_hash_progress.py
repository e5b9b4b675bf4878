"""Who hears how far `aio hash` is: a bar on standard error, JSON, or nobody."""

from __future__ import annotations

import os
import stat
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from aiocli.core.events import Start
from aiocli.ui.operands import is_typed
from aiocli.ui.report import STDIN, STDIN_FD

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from aiocli.commands._hash_json import HashEvents
    from aiocli.commands._hash_sink import Sink
    from aiocli.commands.hash import HashOptions
    from aiocli.core.events import Event, OnBytes, OnEvent
    from aiocli.ui.report import Report

FEW = 16
"""Operands whose sizes are looked at before the work begins."""

LEAST_BYTES = 1024 * 1024
"""Less is read before anything could show, or a signal ask for it."""


class Listeners(NamedTuple):
    """What the engine tells; None where nobody listens.

    Attributes:
        on_event: of files and how far they are.
        on_bytes: of bytes that were read.
        json: prints what becomes of files, too.
    """

    on_event: OnEvent | None = None
    on_bytes: OnBytes | None = None
    json: HashEvents | None = None


@contextmanager
def listeners_for(options: HashOptions, report: Report, sink: Sink) -> Iterator[Listeners]:
    """Yield who listens; the work begins and ends with the block.

    The sizes of many files are added up beside the work, once somebody wants to know.

    Raises:
        OutputError: standard output is full, closed or gone.
        Fatal: the same of a file.
    """
    start = _start_of(options)
    is_short = start.total_bytes is not None and start.total_bytes < LEAST_BYTES and options.progress == "auto"
    if options.program != "hash" or (is_short and not options.is_json):
        yield Listeners()
        return
    from aiocli.ui.progress import ProgressBar

    with ProgressBar(report, when_shown(options)) as progress:
        json = None
        if options.is_json:
            from aiocli.commands._hash_json import HashEvents

            json = HashEvents(sink, start)
        listeners: list[OnEvent] = [progress] if json is None else [progress, json]
        count = _Count(options, listeners) if start.total_bytes is None else None
        start_count = count.start if count is not None else None
        progress.begin(start, on_show=start_count if json is None else None)
        if json is not None and start_count is not None:
            start_count()
        try:
            yield _listeners(progress.advance, listeners, json)
        finally:
            if count is not None:
                count.stop()
        if json is not None:
            json.finish()


def when_shown(options: HashOptions) -> str:
    """Say when a bar shows: not by itself where somebody types."""
    reads_operands = not options.targets.is_recursive and options.targets.list_file is None
    is_disturbing = options.progress == "auto" and reads_operands and is_typed(options.operands)
    return "never" if is_disturbing else options.progress


def _listeners(advance: OnBytes, listeners: Sequence[OnEvent], json: HashEvents | None) -> Listeners:
    """Join those who listen to one."""
    if json is None:
        return Listeners(listeners[0], advance)

    def on_event(event: Event) -> None:
        for listener in listeners:
            listener(event)

    def on_bytes(nbytes: int) -> None:
        advance(nbytes)
        json.advance(nbytes)

    return Listeners(on_event, on_bytes, json)


def _start_of(options: HashOptions) -> Start:
    """Say what the work is, with totals if it is a few regular files."""
    operands = options.operands or ((os.curdir,) if options.targets.is_recursive else (STDIN,))
    start = Start(operands[0] if len(operands) == 1 else "total", is_reading=True)
    if options.targets.list_file is not None:
        return start._replace(path="total")
    if options.targets.is_recursive or len(operands) > FEW:
        return start
    total = files = 0
    for operand in operands:
        try:
            facts = os.fstat(STDIN_FD) if operand == STDIN else os.stat(operand)
        except (OSError, ValueError):
            continue
        if not stat.S_ISREG(facts.st_mode):
            return start
        total += facts.st_size
        files += 1
    return start._replace(total_bytes=total, total_files=files)


class _Count:
    """Counts in a thread what there is to read."""

    def __init__(self, options: HashOptions, listeners: Sequence[OnEvent]) -> None:
        self._options = options
        self._listeners = listeners
        self._is_stopped = False

    def start(self) -> None:
        """Begin."""
        from contextlib import suppress
        from threading import Thread

        from aiocli.core.errors import NoThreads
        from aiocli.core.threads import start_thread

        with suppress(NoThreads):  # then nobody learns how much it is
            start_thread(Thread(target=self._run, daemon=True, name="aio-count"))

    def stop(self) -> None:
        """Count no more."""
        self._is_stopped = True

    def _run(self) -> None:
        from aiocli.commands._hash_targets import expected

        for event in expected(self._options.operands, self._options.targets):
            if self._is_stopped:
                return
            for listener in self._listeners:
                listener(event)
