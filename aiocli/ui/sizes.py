"""Sizes on the command line, with GNU's suffixes, and sizes for people."""

from __future__ import annotations

import re

UINTMAX = 2**64 - 1
"""What greater numbers become: GNU 9.10 takes them as very large (9.1 refused them)."""

SUFFIXES = "bkKmMGTPEZYRQ"
"""The first letters that head and tail take."""

BLOCK_BYTES = 512  # what b counts

# As strtoumax and what follows it: white space and a plus may precede digits, but not a suffix alone.
_SIZE = re.compile(r"(?:[\t-\r ]*\+?(?P<digits>[0-9]+))?(?:(?P<letter>[A-Za-z])(?P<base>B|D|iB)?)?")
_UINTMAX_DIGITS = len(str(UINTMAX))
_POWERS = "KMGTPEZYRQ"
_UNITS = ("B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB")


def parse_size(text: str, *, suffixes: str = SUFFIXES) -> int:
    """Parse a count with an optional suffix: `10`, `b` = 512, `4K` = `4KiB` = 4096, `4kB` = 4000.

    A plus in front is taken as strtoumax takes it, a minus is not: who gives signs a meaning looks at
    the first character, strips a `-` and leaves a `+` to this function (as tail does: `+5` is fine,
    `+K` and `+ 5` are not).

    Args:
        text: the argument.
        suffixes: the letters allowed; "" for plain numbers.

    Returns:
        The count; UINTMAX where it does not fit 64 bits.

    Raises:
        ValueError: text is no such count; the error's text is `text`.
    """
    match = _SIZE.fullmatch(text)
    if match is None or not text:
        raise ValueError(text)
    digits, letter, base = match.group("digits", "letter", "base")
    count = 1 if digits is None else _to_int(digits)
    factor = 1
    if letter is not None:
        if letter not in suffixes or (letter == "b" and base):
            raise ValueError(text)
        factor = BLOCK_BYTES if letter == "b" else _power(letter, 1000 if base in ("B", "D") else 1024)
    return min(count * factor, UINTMAX)


def _to_int(digits: str) -> int:
    significant = digits.lstrip("0")
    # int() refuses some thousands of digits.
    return UINTMAX if len(significant) > _UINTMAX_DIGITS else int(significant or "0")


def _power(letter: str, base: int) -> int:
    result: int = base ** (_POWERS.index(letter.upper()) + 1)
    return result


def format_size(nbytes: int) -> str:
    """Show a byte count in three digits (four up to 1023): `0 B`, `1023 B`, `1.5 GiB`, `976 MiB`."""
    scaled = float(nbytes)
    for unit in _UNITS:
        if round(scaled) < 1024 or unit == _UNITS[-1]:
            break
        scaled /= 1024
    digits = f"{scaled:.0f}" if scaled >= 100 else f"{scaled:.3g}"
    return f"{digits} {unit}"
