"""What rotation names files like."""

from __future__ import annotations

import re

SEPARATORS = ".-_~"
"""What rotation puts between a name and a number or date."""

COMPRESSED_SUFFIXES = (".gz", ".bz2", ".xz", ".zst", ".lz4", ".Z")

_NUMBERED = re.compile(r"[.~_-]\d[\w.-]*$")


def is_numbered(name: str) -> bool:
    """Tell whether a name ends as those of rotated files do: with a number or date, maybe in front of a suffix."""
    return _NUMBERED.search(name) is not None


def is_of_copy(name: str, original: str) -> bool:
    """Tell whether a name may be that of a copy: the original's, a separator, and something that is not compressed."""
    head, tail = name[: len(original)], name[len(original) :]
    return head == original and tail.startswith(tuple(SEPARATORS)) and not tail.endswith(COMPRESSED_SUFFIXES)
