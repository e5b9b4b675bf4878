"""What a list of digests says about one file."""

from __future__ import annotations

import binascii
import os
import re
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

from aiocli.engines.hash.lists.writing import ESCAPES

if TYPE_CHECKING:
    from collections.abc import Mapping

_UNESCAPES = {text.encode(): char.encode() for char, text in ESCAPES.items()}

NEVER = b""
"""A value that no digest has: promised by text that can be no digest's."""


class Promise(NamedTuple):
    """One digest of a file.

    Attributes:
        algorithm: the engine's name, sized.
        value: what the digest begins with; it is shorter than the digest where GNU takes so much for enough.
    """

    algorithm: str
    value: bytes


class Listed(NamedTuple):
    """What one line promises.

    Attributes:
        name: of the file, unescaped.
        promises: at least one.
        size: of the file, in bytes; None where the line does not tell.
        is_one_enough: one of the promises must be kept, not all.
        is_guessed: there is one promise, and what stands in the line does not tell its algorithm.
    """

    name: str
    promises: tuple[Promise, ...]
    size: int | None = None
    is_one_enough: bool = False
    is_guessed: bool = False

    def is_kept(self, values: Mapping[str, bytes], nbytes: int) -> bool:
        """Tell whether a file is the one that is listed.

        Args:
            values: its digests by name of the algorithm; all that are promised.
            nbytes: its size.
        """
        if self.size is not None and self.size != nbytes:
            return False
        enough = any if self.is_one_enough else all
        return enough(value and values[algorithm].startswith(value) for algorithm, value in self.promises)


class Line(Enum):
    """What a line is that promises nothing."""

    PASSED = "a comment, blank, or made for something else"
    IMPROPER = "no line of a list"


def name_of(text: bytes, *, is_escaped: bool) -> str | None:
    """Read a name as it stands in a line; None if it is escaped wrongly.

    GNU's names end at a NUL, which no escaped one may hold.
    """
    if is_escaped:
        parts = re.split(rb"(\\.|\\\Z)", text, flags=re.DOTALL)
        if b"\0" in text or any(part.startswith(b"\\") and part not in _UNESCAPES for part in parts):
            return None
        return os.fsdecode(b"".join(_UNESCAPES.get(part, part) for part in parts))
    return os.fsdecode(text.partition(b"\0")[0])


def from_hex(text: bytes) -> bytes | None:
    """Read a hexdigest of either case; None if it is none."""
    try:
        return binascii.unhexlify(text)
    except binascii.Error:
        return None


def from_base64(text: bytes) -> bytes | None:
    """Read a digest in base64, padded as it must be; None if it is none.

    Where the last character has bits that belong to no byte the value is NEVER: nobody writes a digest so.
    """
    if len(text) % 4 or re.fullmatch(rb"[A-Za-z0-9+/]+={0,2}", text) is None:
        return None
    value = binascii.a2b_base64(text)
    return value if binascii.b2a_base64(value, newline=False) == text else NEVER
