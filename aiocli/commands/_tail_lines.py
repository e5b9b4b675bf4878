"""What `aio tail` does to lines: which ones it shows, with what in front, what it marks, and which one is the last."""

from __future__ import annotations

import os
import time
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

from aiocli.commands._tail_own import filled
from aiocli.engines.line_filter import MAX_LINE_BYTES, LinePattern

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from aiocli.commands._tail_own import OwnOptions
    from aiocli.engines.line_filter import Span
    from aiocli.ui.report import Report

_COLORS = (36, 33, 32, 35, 34, 96, 93, 92, 95, 94)  # cyan, yellow, green, magenta, blue; then bright
_RESET = b"\x1b[0m"
_MARK = b"\x1b[1;31m"


class Shown(NamedTuple):
    """What became of some data.

    Attributes:
        text: what is to be printed of it.
        ended_by: the option that says that a line in it was the last, or "".
        nbytes: up to the end of that line.
    """

    text: bytes
    ended_by: str = ""
    nbytes: int = 0


class _Source:
    """A file whose lines come in pieces.

    Attributes:
        pending: the beginning of a line whose end has not come.
        is_within: the line is so long that it was shown or not without its end; what comes still belongs to it.
        is_shown: whether it was shown.
        color: number in the order of files.
    """

    def __init__(self, color: int) -> None:
        self.pending = bytearray()
        self.is_within = False
        self.is_shown = False
        self.color = color


class Lines:
    """Takes data of several files and says what is to be printed, whole lines only."""

    def __init__(self, own: OwnOptions, delimiter: bytes, report: Report, *, is_colored: bool) -> None:
        """Compile the regular expressions.

        Args:
            own: what is to be done.
            delimiter: ends a line.
            report: is told of expressions that take too long.
            is_colored: marks and prefixes have colours.
        """
        self._prefix = own.prefix
        self._delimiter = delimiter
        self._report = report
        self._is_colored = is_colored
        self._grep = self._compiled(own.grep, takes_undecided=True)
        self._grep_not = self._compiled(own.grep_not)
        self._highlight = self._compiled(own.highlight if is_colored else ())
        # Of two that match in the same line the failure goes first.
        self._last = {"fail_on": self._compiled(own.fail_on), "until": self._compiled(own.until)}
        self._sources: dict[str, _Source] = {}
        self._warned: set[str] = set()

    def _compiled(self, texts: Iterable[str], *, takes_undecided: bool = False) -> dict[str, LinePattern]:
        return {
            text: LinePattern(os.fsencode(text), self._delimiter, takes_undecided=takes_undecided) for text in texts
        }

    def held(self, path: str) -> int:
        """Tell how many bytes of a file wait for the end of their line, or come behind the very last one."""
        return len(self._source(path).pending)

    def feed(self, path: str, data: bytes | bytearray | memoryview) -> Shown:
        """Take data of a file, in order; what ends with no delimiter waits for the rest of its line."""
        source, text, data = self._source(path), b"", bytes(data)
        if source.is_within:
            stop = data.find(self._delimiter) + 1 or len(data)
            text = data[:stop] if source.is_shown else b""
            source.is_within = not data.endswith(self._delimiter, 0, stop)
            data = data[stop:]
        behind = data.rfind(self._delimiter) + 1
        if behind:
            block = bytes(source.pending) + data[:behind]
            source.pending = bytearray(data[behind:])
            shown = self._show(path, block)
            if shown.ended_by:
                source.pending[:0] = block[shown.nbytes :]
                return Shown(text + shown.text, shown.ended_by)
            text += shown.text
        else:
            source.pending += data
        if len(source.pending) <= MAX_LINE_BYTES:
            return Shown(text)
        shown = self.finish(path)
        source.is_within, source.is_shown = True, bool(shown.text)
        return Shown(text + shown.text, shown.ended_by)

    def finish(self, path: str) -> Shown:
        """Take the end of a file, and what waits there as a line."""
        source = self._source(path)
        block, source.pending, source.is_within = bytes(source.pending), bytearray(), False
        return self._show(path, block) if block else Shown(b"")

    def finish_all(self) -> Iterator[tuple[str, Shown]]:
        """Finish every file that has something waiting."""
        for path, source in self._sources.items():
            if source.pending:
                yield path, self.finish(path)

    def _source(self, path: str) -> _Source:
        if path not in self._sources:
            self._sources[path] = _Source(len(self._sources))
        return self._sources[path]

    def _show(self, path: str, block: bytes) -> Shown:
        ended_by = ""
        for option, patterns in self._last.items():
            ends = [stop for pattern in patterns.values() for _, stop in pattern.spans(block, only_first=True)]
            if ends and (not ended_by or min(ends) < len(block)):
                ended_by, block = option, block[: min(ends)]
        text = b"".join(self._decorated(path, block, self._selected(block)))
        self._warn()
        return Shown(text, ended_by, len(block))

    def _selected(self, block: bytes) -> list[Span]:
        """Find the stretches of whole lines that are shown."""
        dropped = sorted(set(chain.from_iterable(pattern.spans(block) for pattern in self._grep_not.values())))
        if self._grep:
            taken = set(chain.from_iterable(pattern.spans(block) for pattern in self._grep.values()))
            return sorted(taken.difference(dropped))
        stretches, begin = [], 0
        for start, stop in [*dropped, (len(block), len(block))]:
            if begin < start:
                stretches.append((begin, start))
            begin = stop
        return stretches

    def _decorated(self, path: str, block: bytes, stretches: list[Span]) -> Iterator[bytes]:
        prefix = b"" if self._prefix is None else self._prefix_of(path, self._prefix)
        for start, stop in stretches:
            text = block[start:stop]
            for pattern in self._highlight.values():
                text = self._marked(pattern, text)
            if prefix:
                ends = text.endswith(self._delimiter)
                body = text[:-1] if ends else text
                text = prefix + body.replace(self._delimiter, self._delimiter + prefix) + text[len(body) :]
            yield text

    def _marked(self, pattern: LinePattern, text: bytes) -> bytes:
        marked, begin = [], 0
        for start, stop in pattern.spans(text):
            line = text[start:stop].removesuffix(self._delimiter)
            marked += [text[begin:start], pattern.mark(line, _MARK, _RESET)]
            begin = start + len(line)
        return b"".join([*marked, text[begin:]])

    def _prefix_of(self, path: str, template: str) -> bytes:
        shown = self._report.quoting.quotef
        now = time.time()
        fields = {
            "name": shown(os.path.basename(path) or path),
            "path": shown(path),
            "dir": shown(os.path.dirname(path) or "."),
            "time": f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.localtime(now))}.{int(now % 1 * 1000):03d}",
        }
        prefix = os.fsencode(filled(template, fields))
        if not self._is_colored or not prefix:
            return prefix
        color = _COLORS[self._source(path).color % len(_COLORS)]
        return b"\x1b[%dm%b%b" % (color, prefix, _RESET)

    def _warn(self) -> None:
        """Say once of each expression that there are lines for which it takes too long."""
        tables = {
            "--grep": (self._grep, "they are shown"),
            "--grep-not": (self._grep_not, "they are shown"),
            "--highlight": (self._highlight, "nothing is marked in them"),
            "--until": (self._last["until"], "they do not count"),
            "--fail-on": (self._last["fail_on"], "they do not count"),
        }
        for option, (patterns, outcome) in tables.items():
            for text, pattern in patterns.items():
                if pattern.given_up and option + text not in self._warned:
                    self._warned.add(option + text)
                    quoted = self._report.quoting.quote(text)
                    self._report.note(f"warning: {option} {quoted} takes too long for some lines; {outcome}")
