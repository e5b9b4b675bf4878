"""Names and values in messages, quoted as GNU quotes them: nothing in them can steer a terminal.

Text is as os.fsdecode gives it, and os.fsencode turns the results into the bytes to print. The rules were
found by experiment with GNU coreutils 9.10 (9.1 differs for names that hold an apostrophe and
something that is not printable ASCII); tests/gnu compares.
"""

from __future__ import annotations

import os
import re
from itertools import groupby
from typing import NamedTuple

# What a shell would not take literally; some characters only at the start, braces only alone; a colon
# would be confused with the one that follows the name in messages.
_NEEDS_QUOTES = r"""[\0- !"$&'()*:;<=>?\[\\^`|\x7f]|\A[#~]|\A[{}]?\Z"""
# What GNU lets stand within double quotes, where an apostrophe needs no escape, if it is printable.
_FITS_DOUBLE_QUOTES = r"[#~]?[ %'+,\-./0-9:@A-Z\]_a-z\x80-\U0010ffff]*"
# Both are compiled by their first use (re keeps them): at import they would cost 3 ms of every start.

_ESCAPES = [f"\\{byte:03o}" for byte in range(256)]
for _byte, _letter in zip(b"\a\b\t\n\v\f\r", "abtnvfr", strict=True):
    _ESCAPES[_byte] = f"\\{_letter}"

# Categories of what iswprint of glibc 2.36 calls unprintable: exactly these (compared for all code
# points with Unicode 14 on both sides; a newer Python knows more characters). str.isprintable() alone
# says no to more: spaces such as U+00A0, formats such as U+00AD and U+200B, private use.
_UNPRINTABLE_CATEGORIES = frozenset(("Cc", "Cs", "Cn", "Zl", "Zp"))


class Quoting(NamedTuple):
    """The three forms of quoting for one kind of locale.

    Attributes:
        is_utf8: the locale's character set is UTF-8; otherwise every byte from 0x80 up is escaped.
    """

    is_utf8: bool

    def quote(self, text: str) -> str:
        """Quote a value: ‘x’ (UTF-8) or 'x', with C escapes inside."""
        left, right = "‘’" if self.is_utf8 else "''"
        inside = "".join(
            run.replace("\\", r"\\").replace(right, f"\\{right}") if is_printable else _escape(run)
            for is_printable, run in self._runs(text)
        )
        return f"{left}{inside}{right}"

    def quoteaf(self, text: str) -> str:
        r"""Quote a name for a shell, always: 'x', "it's", 'a'$'\n''b'."""
        runs = self._runs(text)
        if "'" in text and re.fullmatch(_FITS_DOUBLE_QUOTES, text) and _are_printable(runs):
            return f'"{text}"'
        quoted = "'"
        for is_printable, run in runs:
            if not is_printable:
                quoted += f"'$'{_escape(run)}"
                continue
            # An apostrophe ends the quotes before it anyway: no need to change from $'' to '' first.
            if quoted != "'" and not run.startswith("'"):
                quoted += "''"
            quoted += run.replace("'", r"'\''")
        return f"{quoted}'"

    def quotef(self, text: str) -> str:
        """Quote a name for a shell where it needs that, or where it holds a colon."""
        if _are_printable(self._runs(text)) and not re.search(_NEEDS_QUOTES, text):
            return text
        return self.quoteaf(text)

    def _runs(self, text: str) -> list[tuple[bool, str]]:
        """Split into longest stretches of printable and of unprintable characters."""
        if text.isprintable() and (self.is_utf8 or text.isascii()):
            return [(True, text)]  # nearly all names: many times faster
        return [(is_printable, "".join(chars)) for is_printable, chars in groupby(text, self._is_printable)]

    def _is_printable(self, character: str) -> bool:
        if character.isascii() or not self.is_utf8:
            return character.isascii() and character.isprintable()
        return character.isprintable() or _category(character) not in _UNPRINTABLE_CATEGORIES


def _are_printable(runs: list[tuple[bool, str]]) -> bool:
    return all(is_printable for is_printable, _ in runs)


def _escape(run: str) -> str:
    return "".join(_ESCAPES[byte] for byte in os.fsencode(run))


def _category(character: str) -> str:
    import unicodedata  # hardly ever needed, a megabyte

    return unicodedata.category(character)
