"""Encoding and decoding at byte offsets: the byte order mark belongs to the start of a file only."""

from __future__ import annotations

import codecs
from functools import cache


@cache
def has_mark(encoding: str) -> bool:
    """Tell whether an encoding begins its output with a byte order mark.

    Raises:
        LookupError: there is no such encoding.
    """
    return codecs.lookup(encoding).name in {"utf-16", "utf-32", "utf-8-sig"}


def encode(text: str, encoding: str, errors: str = "strict", *, is_start: bool = True) -> bytes:
    """Encode text that goes to the start of a file, or behind it, where no mark belongs."""
    if is_start or not has_mark(encoding):
        return text.encode(encoding, errors)
    encoder = codecs.getincrementalencoder(encoding)(errors)
    encoder.setstate(0)  # the state behind the mark, as io.TextIOWrapper uses it
    return encoder.encode(text, final=True)


def make_decoder(encoding: str, errors: str = "strict") -> codecs.IncrementalDecoder:
    """Make a decoder that takes bytes in pieces and keeps characters together."""
    return codecs.getincrementaldecoder(encoding)(errors)
