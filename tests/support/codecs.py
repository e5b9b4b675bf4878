"""The text encodings of the standard library, and characters that each can hold."""

from __future__ import annotations

import codecs
import encodings
import pkgutil
from functools import cache

_SAMPLE = "abcXYZ 019~+-éßø€ЖщאبΩ漢字かなカナ한글가ก😀\u00a5\u203e"
_NO_FILES = {"undefined", "mbcs", "oem", "idna", "punycode"}
"""Encodings that nobody can write a file in: names of hosts, or of Windows, or made to fail."""


@cache
def _is_text(name: str) -> bool:
    try:
        info = codecs.lookup(name)
    except LookupError:
        return False
    return bool(getattr(info, "_is_text_encoding", True)) and info.incrementaldecoder is not None


@cache
def characters_of(encoding: str) -> tuple[str, ...]:
    """Characters that survive being encoded and decoded."""
    return tuple(character for character in _SAMPLE if _survives(character, encoding))


def _survives(character: str, encoding: str) -> bool:
    try:
        return character.encode(encoding).decode(encoding) == character
    except UnicodeError:
        return False


ENCODINGS = sorted(
    module.name
    for module in pkgutil.iter_modules(encodings.__path__)
    if module.name not in _NO_FILES and _is_text(module.name) and _survives("\n", module.name)
)
"""Every text encoding of this Python in which a file can be written."""

PLAIN_ENCODINGS = frozenset(
    name for name in ENCODINGS if name in {"utf_8", "ascii", "latin_1"} or name.startswith(("cp12", "iso8859"))
)
"""Encodings whose positions are bytes for everybody."""
