"""What cat's -n -b -s -E -T -v do to a stream, many lines at a time, never one.

State is kept from block to block and so from file to file: cat sees one stream. Not for reading or writing.

A block goes through the steps in this order, which keeps each step simple: squeezing and numbering must see
blank lines as they are, before `$` is put into them, and the tab behind a number is not one of the text's.

It stays in one thread: reading or writing in a second one took 1.0 to 1.4 times as long, as it waits for the
interpreter's lock. What needs no state goes twice as fast in two processes: see `pair`.

Figures here are ns a byte (ns/B) on 32 KiB in memory, the best of nine, CPython 3.11.7, glibc 2.36, one processor
of an AMD EPYC (32 KiB of first-level cache); what whole runs take, benchmarks/bench_transform.py tells.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from functools import cache, cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

PIECE_BYTES = 32 * 1024
"""Bytes changed at once. Lines of 3 bytes split at 4.6 ns/B in 8 to 32 KiB, at 11 in 128 KiB: then the pieces no longer
fit one arena of Python's allocator, which gives it back and gets it anew for each block. Searches gain 10 %."""

BLOCK_BYTES = 128 * 1024
"""Bytes read at once to be changed. With 64 to 256 KiB -E, -A and -n take the same, within 4 % (medians of 7 runs on
123 MiB of lines in memory)."""

_KEPT_BYTES = 4 * 1024 * 1024
"""More than a changed block of 256 KiB needs; see _keep_freed_memory."""


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


class Transformer:
    """Change one stream, given block by block.

    Attributes:
        transformation: what is done to it.
    """

    def __init__(self, transformation: Transformation) -> None:
        self.transformation = transformation
        names = {
            **(_nonprinting() if transformation.nonprinting else {}),
            **(_TABS if transformation.tabs else {}),
        }
        steps = (
            (transformation.squeeze, self._squeeze),
            (names, _Names(names).show),
            (transformation.number is not Number.NONE, self._number),
            (transformation.ends and not transformation.nonprinting, self._show_cr),  # else no \r is left
            (transformation.ends, _show_ends),
        )
        self._steps = [step for is_wanted, step in steps if is_wanted]
        self._skip_blank = transformation.number is Number.NONBLANK
        self._line = 1
        self._is_at_start = True
        self._newlines = b"\n"
        self._held = b""
        _keep_freed_memory()

    def feed(self, block: bytes) -> bytes:
        r"""Change the next block.

        A partial line is shown at once. Only a last `\r` may be held back, with ends and without nonprinting,
        until the next byte tells whether it belongs to the line's end.

        Args:
            block: any number of bytes; 64 KiB and more are changed fastest.

        Returns:
            What to write; b'' if there is nothing yet.
        """
        if len(block) <= PIECE_BYTES:
            return self._change(block)
        return b"".join([self._change(block[at : at + PIECE_BYTES]) for at in range(0, len(block), PIECE_BYTES)])

    def finish(self) -> bytes:
        """Give what was held back; call it once, behind the last file."""
        held, self._held = self._held, b""
        return held

    def _change(self, piece: bytes) -> bytes:
        for step in self._steps:
            if not piece:
                break
            piece = step(piece)
        return piece

    def _squeeze(self, block: bytes) -> bytes:
        # The newlines that end the text so far, two at most, stand in front, so that a run that goes on in this
        # block is seen whole. The start of the stream counts as the end of a line.
        before = self._newlines
        squeezed = _BLANK_RUN.sub(b"\n\n", before + block)
        end = squeezed[-2:]
        self._newlines = end[len(end.rstrip(b"\n")) :]
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
        _put_numbers(pieces, self._line)
        pieces[2::3] = lines
        pieces[0] = block[:first] + pieces[0][1:]
        pieces.append(block[end:])
        self._line += len(lines)
        return b"".join(pieces)

    def _show_cr(self, block: bytes) -> bytes:
        block = self._held + block
        self._held = b"\r" if block.endswith(b"\r") else b""
        if self._held:
            block = block[:-1]
        # Searching one byte is ten times as fast as searching two, and bytes.replace of two slower than both.
        if b"\r" not in block:
            return block
        if _LONE_CR.search(block):
            return _CRLF.sub(b"^M\n", block)
        return block.replace(b"\r", b"^M")


# Regular expressions with a literal prefix search it faster than bytes.find and bytes.replace do: \n\n\n at 0.36 ns/B
# instead of 0.63; all \r\n of lines of 80 bytes at 0.85 instead of 1.67, and at 0.62 if no other \r is among them.
_BLANK_RUN = re.compile(rb"\n\n\n+")
_BLANK_LINE = re.compile(rb"\n\n")
_LAST_NEWLINE = re.compile(rb"\n(?!\n)")
_CRLF = re.compile(rb"\r\n")
_LONE_CR = re.compile(rb"\r(?!\n)")


def _show_ends(block: bytes) -> bytes:
    return block.replace(b"\n", b"$\n")


def _put_numbers(pieces: list[bytes], line: int) -> None:
    """Put numbers before lines: of every three pieces the first two.

    The first is the newline before and the thousands, the second the last three digits and the tab. Both are objects
    that exist already, which is what makes it fast: no number is formatted twice.

    Args:
        pieces: three for each line.
        line: number of the first.
    """
    begin = 0
    while begin < len(pieces):
        thousands, rest = divmod(line + begin // 3, 1000)
        tails = _last_digits(is_padded=thousands == 0)[rest : rest + (len(pieces) - begin) // 3]
        end = begin + 3 * len(tails)
        pieces[begin:end:3] = [b"\n%3d" % thousands if thousands else b"\n"] * len(tails)
        pieces[begin + 1 : end : 3] = tails
        begin = end


@cache
def _last_digits(*, is_padded: bool) -> list[bytes]:
    return [(b"%6d\t" if is_padded else b"%03d\t") % number for number in range(1000)]


def _keep_freed_memory() -> None:
    """Let the C library keep what is freed for the next block.

    glibc gives back what is freed at the end of the heap from 128 KiB on, until the program has freed something
    larger that came from the kernel: then that size counts, and twice of it (mallopt(3), M_MMAP_THRESHOLD). These
    bytes are never touched, so that they take no memory. Without them, reading and writing included, 64 MiB of a log
    take 14 600 page faults and 1.06 ns/B instead of 0.54 under -E in blocks of 128 KiB; lines of 3 bytes take 684 000
    and 35 ns/B instead of 19 under -n in blocks of 64 KiB.
    """
    bytes(_KEPT_BYTES)


class _Names:
    """Show some bytes by their names.

    Args:
        names: what to show for a byte, 4 bytes at most; no name holds a byte that has a name. With a name for
            NUL, no name holds NUL.
    """

    def __init__(self, names: Mapping[int, bytes]) -> None:
        self._names = names
        self._ascii = [byte for byte in names if byte < 128]
        self._kept = bytes(byte for byte in range(256) if byte not in names)
        self._has_columns = 0 in names  # NUL is in no name, and so free to stand for nothing

    def show(self, block: bytes) -> bytes:
        """Put names in the place of bytes."""
        # To look for each of the 31 takes 0.24 ns/B, the second way 0.33, and 9 for each byte that it finds.
        is_ascii = len(self._ascii) == len(self._names) or block.isascii()
        found = [byte for byte in self._ascii if byte in block] if is_ascii else None
        if found == []:
            return block
        if self._has_columns and self._is_dense(block):
            return self._show_by_columns(block)
        for byte in found or set(block.translate(None, self._kept)):
            block = block.replace(bytes((byte,)), self._names[byte])
        return block

    def _is_dense(self, block: bytes) -> bool:
        """Guess from a sample; a wrong guess costs time and nothing else."""
        sample = block[::_SAMPLE_STEP]
        return len(sample.translate(None, self._kept)) > _DENSE * len(sample)

    def _show_by_columns(self, block: bytes) -> bytes:
        # Every byte becomes four, filled up with NUL, which stands for nothing, as no name holds it: a column is a
        # translation of the block. 7 ns/B for Cyrillic text, 10 for noise; a look-up for each byte takes 21.
        columns = bytearray(_NAME_BYTES * len(block))
        for column, table in enumerate(self._tables):
            columns[column::_NAME_BYTES] = block.translate(table)
        return bytes(columns.translate(None, b"\0"))

    @cached_property
    def _tables(self) -> list[bytes]:
        names = [self._names.get(byte, bytes((byte,))).rjust(_NAME_BYTES, b"\0") for byte in range(256)]
        return [bytes(name[column] for name in names) for column in range(_NAME_BYTES)]


_NAME_BYTES = 4
_SAMPLE_STEP = 64
_DENSE = 1 / 8
"""Columns take 7 to 10 ns/B; the other way as long at 1/6 of 2 distinct bytes, 1/9 of 32, 1/15 of 64."""
_TABS = {ord("\t"): b"^I"}


@cache
def _nonprinting() -> dict[int, bytes]:
    """Make a table of what cat -v shows for the bytes that it does not leave alone."""
    names = {}
    for byte in range(256):
        meta, low = (b"M-", byte - 128) if byte >= 128 else (b"", byte)
        if low < 32:
            names[byte] = meta + b"^%c" % (low + 64)
        elif low == 127:
            names[byte] = meta + b"^?"
        elif meta:
            names[byte] = meta + bytes((low,))
    del names[ord("\t")], names[ord("\n")]
    return names
