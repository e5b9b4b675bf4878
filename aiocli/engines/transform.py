"""What cat's -n -b -s -E -T -v do to a stream, a whole block at a time, never a line at a time.

State is kept from block to block and so from file to file: cat sees one stream. Not for reading or writing.

A block goes through the steps in this order, which keeps each step simple: squeezing and numbering must see
blank lines as they are, before `$` is put into them, and the tab behind a number is not one of the text's.

Blocks of 64 to 256 KiB are equally fast, though with 256 KiB some processes took twice as long for -E (memory that
the C library got from the kernel anew for each block, it seems): 128 KiB is the safe choice.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from functools import cache


class Number(Enum):
    """Which lines get a number."""

    NONE = "none"
    ALL = "all"
    NONBLANK = "nonblank"


@dataclass(frozen=True, slots=True)
class Transformation:
    r"""What is to be done to the text.

    Attributes:
        number: the lines that begin with a number, right-aligned in 6 columns, and a tab.
        squeeze: show one blank line for a run of them.
        ends: show the end of a line as `$`; without nonprinting, `\r\n` as `^M$`.
        tabs: show a tab as `^I`.
        nonprinting: show other bytes as `^X`, `^?`, `M-x`, `M-^X`; newline and tab stay.
    """

    number: Number = Number.NONE
    squeeze: bool = False
    ends: bool = False
    tabs: bool = False
    nonprinting: bool = False

    @property
    def is_identity(self) -> bool:
        """Whether every byte stays as it is, so that no Transformer is needed."""
        return self == Transformation()


class Transformer:
    """Change one stream, given block by block."""

    def __init__(self, transformation: Transformation) -> None:
        steps = (
            (transformation.squeeze, self._squeeze),
            (transformation.tabs, _show_tabs),
            (transformation.nonprinting, _show_nonprinting),
            (transformation.number is not Number.NONE, self._number),
            # With nonprinting no \r is left, and the simple form is enough.
            (transformation.ends and transformation.nonprinting, _show_ends),
            (transformation.ends and not transformation.nonprinting, self._show_ends_and_cr),
        )
        self._steps = [step for is_wanted, step in steps if is_wanted]
        self._skip_blank = transformation.number is Number.NONBLANK
        self._line = 1
        self._is_at_start = True
        self._newlines = b"\n"
        self._held = b""

    def feed(self, block: bytes) -> bytes:
        r"""Change the next block.

        A partial line is shown at once. Only a last `\r` may be held back, with ends and without nonprinting,
        until the next byte tells whether it belongs to the line's end.

        Returns:
            What to write; b'' if there is nothing yet.
        """
        for step in self._steps:
            if not block:
                break
            block = step(block)
        return block

    def finish(self) -> bytes:
        """Give what was held back; call it once, behind the last file."""
        held, self._held = self._held, b""
        return held

    def _squeeze(self, block: bytes) -> bytes:
        # The newlines that end the text so far, two at most, stand in front, so that a run that goes on in this
        # block is seen whole. The start of the stream counts as the end of a line.
        before = self._newlines
        squeezed = _BLANK_RUN.sub(b"\n\n", before + block)
        self._newlines = squeezed[len(squeezed.rstrip(b"\n")) :]
        return squeezed[len(before) :]

    def _number(self, block: bytes) -> bytes:
        first = 0 if self._is_at_start else block.find(b"\n") + 1
        if first == 0 and not self._is_at_start:
            return block
        # Blank lines that get no number are left to the line before them, or to what surrounds the body.
        if self._skip_blank:
            first = len(block) - len(block[first:].lstrip(b"\n"))
        self._is_at_start = block.endswith(b"\n")
        if first == len(block):
            return block
        end = len(block)
        if self._is_at_start:
            end = len(block.rstrip(b"\n")) if self._skip_blank else end - 1
        body = block[first:end]
        has_blank = self._skip_blank and _BLANK_LINE.search(body)
        lines = _LAST_NEWLINE.split(body) if has_blank else body.split(b"\n")
        pieces = [b""] * (3 * len(lines))
        pieces[0::3], pieces[1::3] = _prefixes(self._line, len(lines))
        pieces[2::3] = lines
        pieces[0] = block[:first] + pieces[0][1:]
        pieces.append(block[end:])
        self._line += len(lines)
        return b"".join(pieces)

    def _show_ends_and_cr(self, block: bytes) -> bytes:
        block = self._held + block
        self._held = b"\r" if block.endswith(b"\r") else b""
        if self._held:
            block = block[:-1]
        if b"\r" in block:  # searching one byte is six times as fast as searching two
            block = block.replace(b"\r\n", b"^M\n")
        return _show_ends(block)


# Regular expressions with a literal prefix search it faster than bytes.find and bytes.replace do (0.6).
_BLANK_RUN = re.compile(rb"\n\n\n+")
_BLANK_LINE = re.compile(rb"\n\n")
_LAST_NEWLINE = re.compile(rb"\n(?!\n)")


def _prefixes(line: int, count: int) -> tuple[list[bytes], list[bytes]]:
    """Make the heads (with the newline in front) and the last three digits (with the tab) of line numbers.

    Both lists repeat objects that exist already, which is what makes it fast: no number is formatted twice.
    """
    heads: list[bytes] = []
    tails: list[bytes] = []
    while len(tails) < count:
        thousands, rest = divmod(line + len(tails), 1000)
        more = _last_digits(is_padded=thousands == 0)[rest : rest + count - len(tails)]
        tails += more
        heads += [b"\n%3d" % thousands if thousands else b"\n"] * len(more)
    return heads, tails


@cache
def _last_digits(*, is_padded: bool) -> list[bytes]:
    return [(b"%6d\t" if is_padded else b"%03d\t") % number for number in range(1000)]


def _show_ends(block: bytes) -> bytes:
    return block.replace(b"\n", b"$\n")


def _show_tabs(block: bytes) -> bytes:
    return block.replace(b"\t", b"^I")


_FEW_BYTES = 32
"""Distinct bytes up to which one replace each beats a look-up for every byte (16 MiB of logs, Cyrillic, noise)."""


def _show_nonprinting(block: bytes) -> bytes:
    # Asking for each control byte is as fast as translate with CPython 3.11, 1.5 times with 3.12 and 3.13.
    if block.isascii():
        found = {byte for byte in _CONTROLS if byte in block}
    else:
        found = set(block.translate(None, _PRINTING))
    if len(found) > _FEW_BYTES:
        names = _names()
        return b"".join([names[byte] for byte in block])
    for byte in found:  # in any order: no name holds a byte that has a name
        block = block.replace(bytes((byte,)), _names()[byte])
    return block


_PRINTING = bytes((*b"\t\n", *range(32, 127)))
_CONTROLS = bytes(byte for byte in range(128) if byte not in _PRINTING)


@cache
def _names() -> list[bytes]:
    """Make a table of what cat -v shows for each byte."""
    return [_name(byte) for byte in range(256)]


def _name(byte: int) -> bytes:
    if byte in _PRINTING:
        return bytes((byte,))
    meta, low = (b"M-", byte - 128) if byte >= 128 else (b"", byte)
    if low == 127:
        return meta + b"^?"
    return meta + (b"^%c" % (low + 64) if low < 32 else bytes((low,)))
