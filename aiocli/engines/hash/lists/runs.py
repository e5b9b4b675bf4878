"""Runs: lines of a list that follow each other and look alike, read together for a tenth of what they take one by one.

A list that a program has made of many files has little else. Only the plainest lines are taken so, of which a grammar
could think nothing new behind the one before them: lower-case digits, nothing escaped, no name twice in a row.
"""

from __future__ import annotations

import os
import re
from functools import lru_cache
from operator import eq
from typing import TYPE_CHECKING, NamedTuple

from aiocli.engines.hash.algorithms import find
from aiocli.engines.hash.lists.entry import Listed, Promise

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aiocli.engines.hash.lists.entry import Line
    from aiocli.engines.hash.lists.gnu import Grammar

LEAST_LINES = 16
"""Of a run: to try costs as much as to read one line."""

LEAST_PATIENCE = 512
MOST_PATIENCE = 16 * 1024
"""Bytes of lines that are read one by one behind one that has no run, without a try: with each that fails twice as
many, so that lists without runs take as long as if there were none."""

_UNUSUAL = (b"\\", b"\r", b"\0")
"""What no plain name has: GNU writes such escaped, and reads each in its own way."""


class Run(NamedTuple):
    """Lines that promise one digest each, of one algorithm.

    Attributes:
        names: of the files, none the same as the one before or behind it; none is standard input's.
        hexdigests: of them, in lower case.
        algorithm: the engine's name, sized.
        is_guessed: as Listed has it.
    """

    names: list[str]
    hexdigests: list[str]
    algorithm: str
    is_guessed: bool

    def listed(self, index: int) -> Listed:
        """Return what one of the lines promises, from 0."""
        promise = Promise(self.algorithm, bytes.fromhex(self.hexdigests[index]))
        return Listed(self.names[index], (promise,), is_guessed=self.is_guessed)


def read_lines(data: bytes, grammar: Grammar, *, has_runs: bool) -> Iterator[Listed | Line | Run]:
    """Read lines; between two runs there is always a line that promises something.

    Args:
        data: whole lines; behind the last one the newline may be missing.
        grammar: how they are read.
        has_runs: there may be runs among what is yielded; else there is one for each line.
    """
    if not has_runs or data.count(b"\n") <= LEAST_LINES:
        yield from map(grammar.parse, _split(data))
        return
    offset = patience = 0
    while offset < len(data):
        line, offset = offset, _next_line(data, offset)
        found = grammar.parse(data[line : offset - 1])
        yield found
        run, end = None, offset
        if isinstance(found, Listed) and grammar.is_steady:
            run, offset, end = _run_behind(data, line, offset, found)
        if run is not None:
            yield run
            patience = 0
        else:
            end = max(end, _next_line(data, offset + patience - 1)) if patience else end
            patience = min(2 * patience + LEAST_PATIENCE, MOST_PATIENCE)
        yield from map(grammar.parse, _split(data[offset:end]))
        offset = end


def _split(lines: bytes) -> list[bytes]:
    return lines.removesuffix(b"\n").split(b"\n") if lines else []


def _next_line(data: bytes, offset: int) -> int:
    """Return where the line behind that at an offset begins."""
    end = data.find(b"\n", offset)
    return end + 1 if end >= 0 else len(data) + 1


def _run_behind(data: bytes, line: int, offset: int, listed: Listed) -> tuple[Run | None, int, int]:
    """Read the run behind a line, and leave the last one that looks so: what follows may be of the same file.

    Args:
        data: lines.
        line: offset of that line.
        offset: of the one behind it.
        listed: what it promises.

    Returns:
        The run, if there is one; where reading goes on; the offset of the next line that is worth a try.
    """
    if _is_unusual(data[line:offset]):  # as all the lines are then, probably
        return None, offset, offset
    promise = listed.promises[0]
    for look in _looks(promise.algorithm):
        match = look.lines.match(data, line)
        if match is None:
            continue
        text, end = match[0], match.end()
        if _is_unusual(text):
            return None, offset, end
        lines = os.fsdecode(text).split("\n")[:-1]
        names = [each[look.name] for each in lines]
        hexdigests = [each[look.hexdigest] for each in lines]
        if any(map(eq, names, names[1:])):
            return None, offset, end
        run = Run(names, hexdigests, promise.algorithm, listed.is_guessed)
        if run.listed(0) != listed:  # the grammar takes such lines otherwise
            return None, offset, end
        return run._replace(names=names[1:-1], hexdigests=hexdigests[1:-1]), data.rfind(b"\n", 0, end - 1) + 1, end
    return None, offset, offset


def _is_unusual(text: bytes) -> bool:
    return any(byte in text for byte in _UNUSUAL)


class _Look(NamedTuple):
    """How lines look.

    Attributes:
        lines: matches many of them.
        name: where it is in each.
        hexdigest: the same of the digits.
    """

    lines: re.Pattern[bytes]
    name: slice
    hexdigest: slice


@lru_cache(maxsize=64)
def _looks(name: str) -> tuple[_Look, ...]:
    """Return how lines look with digests of an algorithm: untagged, and with GNU's tag.

    Names of untagged lines begin with nothing that could part them from the digest, or make it look like a tag.
    """
    algorithm = find(name)
    ndigits = 2 * algorithm.digest_size
    tag = f"{algorithm.tag} (".encode()
    digits = rb"[0-9a-f]{%d}" % ndigits
    untagged = rb"%b [ *](?![ \t(]|-\n).+\n" % digits
    tagged = rb"%b(?!-\))[^)\n]+\) = %b\n" % (re.escape(tag), digits)
    return (
        _Look(_many(untagged), slice(ndigits + 2, None), slice(ndigits)),
        _Look(_many(tagged), slice(len(tag), -ndigits - 4), slice(-ndigits, None)),
    )


def _many(line: bytes) -> re.Pattern[bytes]:
    return re.compile(rb"(?:%b){%d,}+" % (line, LEAST_LINES))
