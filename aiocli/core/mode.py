"""File modes: the letters of open(), taken apart."""

from __future__ import annotations

import os
from enum import StrEnum
from functools import cache
from typing import NamedTuple


class Caching(StrEnum):
    """What becomes of the page cache.

    Attributes:
        CACHED: what is read and written stays in it.
        UNCACHED: it is left as it was found.
        DIRECT: data goes past it (O_DIRECT).
    """

    CACHED = "cached"
    UNCACHED = "uncached"
    DIRECT = "direct"


class FileMode(NamedTuple):
    """What a mode string allows and which flags it opens with.

    Attributes:
        readable: reading is allowed.
        writable: writing is allowed.
        plus: it has a "+".
        appending: every write lands at the end.
        created: the file must not exist before ("x").
        flags: for os.open, without O_CLOEXEC, which os.open adds.
        binary: bytes, not text.
    """

    readable: bool
    writable: bool
    plus: bool
    appending: bool
    created: bool
    flags: int
    binary: bool

    @property
    def letters(self) -> str:
        """The mode string, spelled as a raw file spells it."""
        base = "a" if self.appending else "x" if self.created else "w" if self.flags & os.O_TRUNC else "r"
        return base + ("b" if self.binary else "") + ("+" if self.plus else "")


_BASES = {
    "r": 0,
    "w": os.O_CREAT | os.O_TRUNC,
    "a": os.O_CREAT | os.O_APPEND,
    "x": os.O_CREAT | os.O_EXCL,
}


@cache
def parse_mode(mode: str) -> FileMode:
    """Take a mode string apart: one of r, w, a, x, and b or t, and +, in any order.

    Raises:
        ValueError: the letters are not a mode.
    """
    letters = set(mode)
    bases = letters & _BASES.keys()
    if len(bases) != 1 or len(letters) != len(mode) or letters - set("rwaxbt+") or {"b", "t"} <= letters:
        raise ValueError(f"Bad mode {mode!r}: one of r, w, a, x is needed, and b or t, and + may follow")
    base = bases.pop()
    has_plus = "+" in letters
    readable = has_plus or base == "r"
    writable = has_plus or base != "r"
    access = os.O_RDWR if readable and writable else os.O_WRONLY if writable else os.O_RDONLY
    return FileMode(
        readable=readable,
        writable=writable,
        plus=has_plus,
        appending=base == "a",
        created=base == "x",
        flags=_BASES[base] | access,
        binary="b" in letters,
    )
