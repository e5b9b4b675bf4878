"""What ends lines, in bytes and in text: a separator of any length, or "" for any newline (text only)."""

from __future__ import annotations

import io
import re
from typing import Any

_ANY_NEWLINE = re.compile("\r\n|\r|\n")


def split_lines(items: Any, separator: Any) -> list[Any]:
    """Split items into lines that keep their separators; the last one may have none."""
    if separator == b"\n":
        return io.BytesIO(items).readlines()
    if separator in ("\n", ""):
        return io.StringIO(items, newline=separator).readlines()
    lines: list[Any] = [line + separator for line in items.split(separator)]
    lines[-1] = lines[-1][: -len(separator)]
    if not lines[-1]:
        lines.pop()
    return lines


def ends_with(line: Any, separator: Any) -> bool:
    """Tell whether a line ends with its separator."""
    return bool(line.endswith(separator or ("\n", "\r")))


def find_end(items: Any, separator: Any, start: int) -> int:
    """Find where the first separator from start on ends; 0 if there is none."""
    if not separator:
        match = _ANY_NEWLINE.search(items, start)
        return match.end() if match else 0
    at: int = items.find(separator, start)
    return at + len(separator) if at >= 0 else 0
