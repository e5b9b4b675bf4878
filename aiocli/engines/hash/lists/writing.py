"""Lines of digests as GNU's programs write them; what they write is what `lists` reads.

Names are str with surrogateescape, as everywhere inside: os.fsencode gives the bytes of a line.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from aiocli.engines.hash.algorithms import Form, find

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    LineWriter = Callable[[bytes, str, int], str]
    """(digest, name of the file, bytes in the file) -> a line."""

    LinesWriter = Callable[[Sequence[bytes], str, int], str]
    """(digests, name of the file, bytes in the file) -> a line for each digest."""


class LineForm(NamedTuple):
    """What a line looks like: plain values, which a work unit can carry.

    Attributes:
        algorithm: name, of the digest.
        is_tagged: write `TAG (name) = digest`, whatever the algorithm's form is.
        is_binary: mark the name with `*`.
        ends_with_nul: end with NUL, and escape nothing.
        is_base64: write base64 instead of hexadecimal.
        has_name: the line tells the file's name.
    """

    algorithm: str
    is_tagged: bool = False
    is_binary: bool = False
    ends_with_nul: bool = False
    is_base64: bool = False
    has_name: bool = True


ESCAPES = {"\\": "\\\\", "\n": "\\n", "\r": "\\r"}
"""Characters that a name in a line cannot hold as they are."""


def escape(name: str) -> tuple[str, str]:
    """Return the mark in front of a line and the name as it stands in the line."""
    if not ("\\" in name or "\n" in name or "\r" in name):  # looked for so, it takes a fifth of the time
        return "", name
    return "\\", re.sub(r"[\\\n\r]", lambda match: ESCAPES[match[0]], name)


def lines_writer(forms: Iterable[LineForm]) -> LinesWriter:
    """Return what writes the lines of a file's digests, which come in the order of the forms."""
    writers = [line_writer(form) for form in forms]
    if len(writers) == 1:
        (write,) = writers
        return lambda values, name, nbytes: write(values[0], name, nbytes)
    return lambda values, name, nbytes: "".join(
        [write(value, name, nbytes) for write, value in zip(writers, values, strict=True)]
    )


def line_writer(form: LineForm) -> LineWriter:
    """Return what writes lines of a form, each with its end."""
    algorithm = find(form.algorithm)
    end = "\0" if form.ends_with_nul else "\n"
    has_name, is_tagged, ends_with_nul = form.has_name, form.is_tagged, form.ends_with_nul
    if algorithm.form is not Form.DIGEST and not is_tagged:
        numbers = _NUMBERS[algorithm.form, algorithm.block_size]

        def write_numbers(digest: bytes, name: str, nbytes: int) -> str:
            text = numbers(int.from_bytes(digest, "big"), nbytes)
            return f"{text} {name}{end}" if has_name else f"{text}{end}"

        return write_numbers
    show = _base64 if form.is_base64 else bytes.hex
    kind, tag = "*" if form.is_binary else " ", algorithm.tag

    def write(digest: bytes, name: str, nbytes: int) -> str:
        if not has_name:
            return f"{show(digest)}{end}"
        mark, shown = ("", name) if ends_with_nul else escape(name)
        if is_tagged:
            return f"{mark}{tag} ({shown}) = {show(digest)}{end}"
        return f"{mark}{show(digest)} {kind}{shown}{end}"

    return write


_NUMBERS: dict[tuple[Form, int], Callable[[int, int], str]] = {
    (Form.CRC, 0): lambda value, nbytes: f"{value} {nbytes}",
    (Form.SUM, 1024): lambda value, nbytes: f"{value:05} {-(-nbytes // 1024):5}",
    (Form.SUM, 512): lambda value, nbytes: f"{value} {-(-nbytes // 512)}",
}
"""(form, size of a block) -> how the numbers are written."""


def _base64(digest: bytes) -> str:
    from base64 import b64encode

    return b64encode(digest).decode()
