r"""Finds the lines of a stream that regular expressions match: in bytes, whole blocks at a time.

Python's re backtracks, so that an expression such as (a+)+$ takes longer than anybody lives for some lines of 40
bytes, and lines come from strangers. Therefore each search has a limit of processor time; a line on which it is reached
is left undecided. Every such line halves the limit, so that many of them hold nothing up. (RE2 would not backtrack, but
its package for Python, google-re2, has no types, and its syntax is another: no look-around, \s without \v.)

Not for reading, nor for what happens to the lines.
"""

from __future__ import annotations

import re
import signal
import threading
import warnings
from typing import TYPE_CHECKING, NoReturn, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

T = TypeVar("T")
Span = tuple[int, int]
"""Where a line begins, and where its delimiter ends."""

MAX_LINE_BYTES = 1024 * 1024
"""What is searched of a line, and kept until its end comes; the rest goes where this goes."""

LIMIT_S = 0.1
"""Processor time of one search; a block of 256 KiB takes a millisecond or two."""

MIN_LIMIT_S = 0.005
"""The limit is not halved any further; timers of processor time have a resolution of 1 to 4 ms."""

# What a search of a whole block could not do as if each line stood alone: look-around, conditions, flags for a part,
# the ends of the text, and quantifiers that never give back what they took.
_NEEDS_LINES = rb"\(\?(?!:|P<|[aimsx]+\))|\\[AZBz]|[*+?}]\+"


class _Scan:
    """One pass through a block.

    Attributes:
        block: whole lines.
        at: where the first line begins that is not decided.
        found: lines that match, all in front of that.
        only_first: one is enough.
    """

    def __init__(self, block: bytes, *, only_first: bool) -> None:
        self.block = block
        self.at = 0
        self.found: list[Span] = []
        self.only_first = only_first

    def go_on(self) -> bool:
        """Go behind what was found last, as the limit may have come before that was done; False at the end."""
        if self.found:
            self.at = max(self.at, self.found[-1][1])
        return self.at < len(self.block)


class LinePattern:
    """A regular expression that lines are searched for.

    Attributes:
        given_up: lines left undecided so far.
    """

    def __init__(self, text: bytes, delimiter: bytes = b"\n", *, takes_undecided: bool = False) -> None:
        """Compile.

        Args:
            text: in the syntax of Python's re, for bytes; it sees a line without its delimiter.
            delimiter: one byte.
            takes_undecided: a line that takes too long to search counts as one that matches.

        Raises:
            re.error: it is no regular expression.
        """
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what may mean something else in future
            self._regex = re.compile(text)
            self._multiline = re.compile(text, re.MULTILINE)
        self.given_up = 0
        self._delimiter = delimiter
        self._takes_undecided = takes_undecided
        self._works_on_blocks = delimiter == b"\n" and not re.search(_NEEDS_LINES, text)
        self._limit_s = LIMIT_S

    def spans(self, block: bytes, *, only_first: bool = False) -> list[Span]:
        """Find the lines that match.

        Args:
            block: whole lines; the last one may lack its delimiter.
            only_first: the first one is enough.

        Returns:
            Their places, in order.
        """
        scan = _Scan(block, only_first=only_first)
        if self._works_on_blocks and self._limited(self._search_block, scan):
            return scan.found
        while scan.go_on() and not self._limited(self._search_lines, scan):
            if scan.go_on():  # it may have been slow lines, and not one
                self._decide_line(scan)
        return scan.found

    def mark(self, line: bytes, left: bytes, right: bytes) -> bytes:
        """Put something on both sides of each match in a line; one that takes too long stays as it is."""

        def marked(found: re.Match[bytes]) -> bytes:
            return left + found[0] + right if found[0] else b""

        lines: list[bytes] = []
        self._limited(lambda _: lines.append(self._regex.sub(marked, line)), None)
        return lines[0] if lines else line

    def _search_block(self, scan: _Scan) -> None:
        """Look for matches in the block, and at single lines only where a match does not lie within one."""
        block, end = scan.block, len(scan.block)
        search, newline = self._multiline.search, self._delimiter
        while scan.at < end and (match := search(block, scan.at)) is not None:
            first, last = match.span()
            if first == end and block.endswith(newline):  # behind the last line
                break
            # All lines in front of the match are done: a search of one that matches would have ended there.
            start = block.rfind(newline, scan.at, first) + 1 or scan.at
            stop = block.find(newline, first) + 1 or end
            content = block[start:stop].removesuffix(newline) if last >= stop else b""
            if last < stop or self._regex.search(content):
                scan.found.append((start, stop))
                if scan.only_first:
                    return
            scan.at = stop

    def _search_lines(self, scan: _Scan) -> None:
        block, end, delimiter = scan.block, len(scan.block), self._delimiter
        search, find = self._regex.search, scan.block.find
        while scan.at < end and not (scan.only_first and scan.found):
            stop = find(delimiter, scan.at) + 1 or end
            if search(block[scan.at : stop].removesuffix(delimiter)):
                scan.found.append((scan.at, stop))
            scan.at = stop

    def _decide_line(self, scan: _Scan) -> None:
        """Give one line all the time that there is."""
        stop = scan.block.find(self._delimiter, scan.at) + 1 or len(scan.block)
        line = _Scan(scan.block[scan.at : stop], only_first=True)
        if not self._limited(self._search_lines, line):
            self.given_up += 1
            self._limit_s = max(MIN_LIMIT_S, self._limit_s / 2)
        if line.found or (self._takes_undecided and line.at < len(line.block)):
            scan.found.append((scan.at, stop))
        scan.at = stop

    def _limited(self, search: Callable[[T], None], argument: T) -> bool:
        """Call a search; False if it took too long."""
        if threading.current_thread() is not threading.main_thread():
            search(argument)  # signals come to the main thread alone
            return True
        signal.signal(signal.SIGVTALRM, _give_up)
        try:
            try:
                signal.setitimer(signal.ITIMER_VIRTUAL, self._limit_s)
                search(argument)
            finally:
                signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        except _TooLong:
            return False
        return True


class _TooLong(Exception):
    """A search has used up its time."""


def _give_up(_signum: int, _frame: FrameType | None) -> NoReturn:
    # re looks for signals now and then while it searches.
    raise _TooLong
