"""The forms of tail's command line that are older than -n: `-5`, `+5c`, `-20f`, where GNU takes them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from aiocli.ui.sizes import UINTMAX, parse_size

if TYPE_CHECKING:
    from collections.abc import Sequence

POSIX2_VARIABLE = "_POSIX2_VERSION"
DEFAULT_LINES = 10
BLOCK_BYTES = 512

_DEFAULT_VERSION = 200809
_OBSOLETE = r"([+-])([0-9]*)([bcl]?)(f?)"


def posix2_version(text: str) -> int:
    """Tell which edition of POSIX the user wants tail to follow, such as 200112, from what the variable holds."""
    found = re.fullmatch(r"[\t-\r ]*([+-]?[0-9]+)", text)
    return int(found[1][:20]) if found else _DEFAULT_VERSION


def modernised(args: Sequence[str], version: int) -> list[str]:
    """Translate an obsolete first argument into today's options; other command lines stay as they are.

    Args:
        args: behind the program's name.
        version: from `posix2_version`: before 200112 `-` and `-c` are old forms, too; from then on to 200809
            a word that begins with `+` is a file.
    """
    words = _translated(args[0], version) if args and _has_one_file_at_most(args[1:]) else None
    return list(args) if words is None else [*words, *args[1:]]


def _has_one_file_at_most(rest: Sequence[str]) -> bool:
    """Tell whether there is nothing behind the first argument that the old form did not know."""
    if not rest or (rest[0] == "--" and len(rest) <= 2):
        return True
    return len(rest) == 1 and (rest[0] == "-" or not rest[0].startswith("-"))


def _translated(word: str, version: int) -> list[str] | None:
    found = re.fullmatch(_OBSOLETE, word)
    is_old = version < 200112
    if found is None or (word in ("-", "-c") and not is_old):
        return None
    sign, digits, unit, forever = found.groups()
    if sign == "+" and not (is_old or version >= 200809):
        return None
    number = parse_size(digits or str(DEFAULT_LINES))
    if unit == "b":
        number = min(number * BLOCK_BYTES, UINTMAX)
    letter = "n" if unit in ("", "l") else "c"
    amount = f"-{letter}{'+' if sign == '+' else ''}{number}"
    return [amount, "-f"] if forever else [amount]
