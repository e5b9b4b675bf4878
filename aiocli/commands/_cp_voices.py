"""Who hears what `aio cp` does: messages, progress and JSON, and the count of a tree that the last two live on."""

from __future__ import annotations

import os
import stat
from contextlib import contextmanager
from typing import TYPE_CHECKING

from aiocli.core.events import Expected, File, Start
from aiocli.ui.output import print_text
from aiocli.ui.progress import ProgressBar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from concurrent.futures import Executor

    from aiocli.commands._cp_messages import Teller
    from aiocli.commands._cp_targets import Target
    from aiocli.commands.cp import OwnOptions
    from aiocli.core.events import Event, OnEvent
    from aiocli.engines.copy.count import Count
    from aiocli.engines.copy.rules import CopyRules
    from aiocli.ui.json_events import JsonEvents, JsonStream
    from aiocli.ui.progress_meter import Lane
    from aiocli.ui.report import Report


class Voice:
    """Tells what one copier does to all who listen.

    Args:
        tell: says it in words.
        lane: counts for the progress.
        stream: writes JSON; None does not.
    """

    def __init__(self, tell: Teller, lane: Lane, stream: JsonStream | None) -> None:
        self._tell = tell
        self._lane = lane
        self._stream = stream
        self.advance = lane.advance if stream is None else self._advance

    def __call__(self, event: Event) -> None:
        """Tell an event.

        Raises:
            OutputError: standard output is full, closed or gone.
        """
        self._lane.take(event)
        if self._stream is not None:
            self._stream(event)
        self._tell(event)

    def tell_parent(self, src: str, dst: str) -> None:
        """Tell that a directory above a target was made.

        Raises:
            OutputError: standard output is full, closed or gone.
        """
        if self._stream is not None:
            self._stream(File(src, dst, is_data=False))
        self._tell.tell_parent(src, dst)

    def _advance(self, nbytes: int) -> None:
        self._lane.advance(nbytes)
        assert self._stream is not None
        self._stream.advance(nbytes)


@contextmanager
def voices_for(
    targets: Sequence[Target],
    rules: CopyRules,
    own: OwnOptions,
    report: Report,
    tell: Teller,
    executor: Executor | None,
) -> Iterator[list[Voice]]:
    """Yield a voice for each target; the copies begin and end with the block.

    A tree is counted beside the copy, once somebody wants to know: when progress shows, or at once for JSON.
    """
    copies = len(targets)
    start = _start_of(targets[0], rules)
    with ProgressBar(report, own.progress) as progress:
        json = _json_for(start, copies, report, tell) if own.is_json else None
        count = _count_for(start, targets[0], rules, executor, [progress] if json is None else [progress, json])
        start_count = count.start if count is not None else None
        progress.begin(start, copies=copies, on_show=start_count if json is None else None)
        if json is not None and start_count is not None:
            start_count()
        try:
            yield [Voice(tell, progress.lane(), json.stream() if json is not None else None) for _ in range(copies)]
        finally:
            if count is not None:
                count.stop()
        if json is not None:
            json.finish()


def _start_of(target: Target, rules: CopyRules) -> Start:
    """Say what the work is, with totals if all sources are regular files."""
    sources = target.sources
    start = Start(sources[0] if len(sources) == 1 else target.path, is_dry=rules.is_dry)
    total = 0
    for source in sources:
        try:
            facts = os.stat(source)
        except OSError:
            continue
        if not stat.S_ISREG(facts.st_mode):
            return start
        total += facts.st_size
    return start._replace(total_bytes=total, total_files=len(sources))


def _count_for(
    start: Start, target: Target, rules: CopyRules, executor: Executor | None, listeners: Sequence[OnEvent]
) -> Count | None:
    """Prepare a count of what is not known yet; None if there is nothing to count, or not all can be."""
    if start.total_bytes is not None:
        return None
    from aiocli.engines.copy.count import Count, count_operands

    if not count_operands(target.sources, rules).is_known:
        return None

    def take(nbytes: int, files: int, is_final: bool) -> None:
        for listener in listeners:
            listener(Expected(nbytes, files, is_final))

    return Count(target.sources, rules, take, executor)


def _json_for(start: Start, copies: int, report: Report, tell: Teller) -> JsonEvents:
    from aiocli.ui.json_events import JsonEvents

    return JsonEvents(_printer(report), tell.describe, start, copies=copies)


def _printer(report: Report) -> Callable[[str], None]:
    def print_line(text: str) -> None:
        if report.before_print is not None:
            report.before_print()
        print_text(text)

    return print_line
