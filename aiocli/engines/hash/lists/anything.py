"""Lists in every common format: what `aio hash -c` takes."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from aiocli.engines.hash.algorithms import find
from aiocli.engines.hash.lists.entry import Line, Listed
from aiocli.engines.hash.lists.forms import FORMS
from aiocli.engines.hash.lists.gnu import Names
from aiocli.engines.hash.lists.guessing import Guess

if TYPE_CHECKING:
    from collections.abc import Sequence

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_COMMENTS = (b"#", b";")
"""What comments begin with; those of SFV with the second."""


class Anything:
    """Takes every form, of the given algorithms only.

    Args:
        given: names of algorithms; empty takes all.

    Attributes:
        tag: of the only algorithm, if one is given.
        guess: algorithms of digests without a tag.
        names: what follows untagged digests.
        columns: what a header of hashdeep's says is in the lines, before the name.
        is_sfv: names come first, CRCs behind them.
        sidecar: the file that a digest without a name is of; empty if there is none.
    """

    def __init__(self, given: Sequence[str] = ()) -> None:
        self.tag = find(given[0]).tag if len(given) == 1 else ""
        self._given = given
        self.begin("", b"", is_whole=False)

    def begin(self, name: str, head: bytes, *, is_whole: bool) -> None:
        """Look at a list before its lines are read."""
        self.guess = Guess(self._given, name)
        self.names = Names()
        self.columns: tuple[str, ...] = ()
        self.is_sfv = "crc32b" in self.guess.hints or head.startswith(b";")
        self.sidecar = _sidecar_of(name) if is_whole and _is_single(head) else ""

    @property
    def is_steady(self) -> bool:
        """Whether names have no commas that could make columns of hashdeep's."""
        return not self.columns

    def parse(self, line: bytes) -> Listed | Line:
        """Read a line, without its newline."""
        text = line.removeprefix(_BYTE_ORDER_MARK).rstrip(b"\r")
        if not text.strip(b" \t") or text.startswith(_COMMENTS):
            return Line.PASSED
        for form in FORMS:
            if (found := form(text, self)) is not None:
                return found
        return Line.IMPROPER


def _sidecar_of(name: str) -> str:
    """Name the file that a list of one digest is about: the one beside it, without the last extension."""
    stem, extension = os.path.splitext(name)
    return stem if extension else ""


def _is_single(head: bytes) -> bool:
    """Tell whether one line of a list holds something."""
    lines = (line.strip() for line in head.removeprefix(_BYTE_ORDER_MARK).split(b"\n"))
    return sum(bool(line) and not line.startswith(_COMMENTS) for line in lines) == 1
