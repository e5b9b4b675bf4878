"""How a text file's bytes become characters and back: encoding, errors, newlines, byte order marks.

Not for positions: `core.window` knows which byte belongs to which character.
"""

from __future__ import annotations

import codecs
import io
import os
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    ReadBytes = Callable[[int, int], Awaitable[bytes]]

PENDING_CR = 1
"""In the flags of io.IncrementalNewlineDecoder: it holds a "\\r" back until it sees what follows."""

_MARKED = {
    "utf-16": {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"},
    "utf-32": {codecs.BOM_UTF32_LE: "utf-32-le", codecs.BOM_UTF32_BE: "utf-32-be"},
    "utf-8-sig": {codecs.BOM_UTF8: "utf-8"},
}
"""Encodings that begin with a byte order mark: the marks, and what the text behind each is encoded in."""

MARK_BYTES = 4
"""The longest mark."""

_AFTER_MARK = 0  # the state of these codecs behind the mark, in native byte order; io.TextIOWrapper uses it, too


class TextFormat(NamedTuple):
    r"""The encoding, errors= and newline= of a text file, as open() understands them.

    Attributes:
        encoding: its name.
        errors: what happens to what cannot be decoded or encoded.
        newline: None translates all newlines to "\n" when reading, and "\n" to the system's when writing;
            "" keeps all as they are, and all end a line; "\n", "\r" and "\r\n" alone end a line, and "\n"
            becomes that when writing.
    """

    encoding: str = "utf-8"
    errors: str = "strict"
    newline: str | None = None

    @property
    def separator(self) -> str:
        """What ends a line of decoded text; "" means any of the three."""
        return "\n" if self.newline is None else self.newline

    @property
    def is_marked(self) -> bool:
        """Whether the encoding begins a file with a byte order mark."""
        return _canonical(self.encoding) in _MARKED

    @property
    def is_whole(self) -> bool:
        """Whether a file can only be decoded in one piece."""
        return _canonical(self.encoding) == "punycode"

    def make_decoder(self) -> codecs.IncrementalDecoder:
        """Make a decoder that takes bytes in pieces, keeps characters together and treats newlines."""
        decoder = codecs.getincrementaldecoder(self.encoding)(self.errors)
        if self.newline:
            return decoder
        return io.IncrementalNewlineDecoder(decoder, translate=self.newline is None)  # type: ignore[return-value]

    def decoder_behind(self, head: bytes) -> codecs.IncrementalDecoder:
        """Make a decoder for the inside of a file: its byte order is that of the mark in the file's first bytes."""
        decoder = self.make_decoder()
        if self.is_marked:
            mark = self.find_mark(head)
            if mark:
                decoder.decode(mark)
            else:
                decoder.setstate((b"", _AFTER_MARK))
        return decoder

    def decode(self, data: bytes) -> str:
        """Decode bytes that are whole."""
        return self.make_decoder().decode(data, final=True)

    def encode(self, text: str, head: bytes | None = None) -> bytes:
        r"""Encode text for the start of a file, or for the place behind what is there already.

        Args:
            text: what to encode, with "\n" as newline.
            head: the first bytes of the file, b"" if unknown, for text that does not go to its start.
        """
        if self.newline != "" and (newline := self.newline or os.linesep) != "\n":
            text = text.replace("\n", newline)
        return self.encode_as_is(text, head)

    def encode_as_is(self, text: str, head: bytes | None = None) -> bytes:
        """Encode as `encode` does, without touching newlines."""
        if head is None or not self.is_marked:
            return text.encode(self.encoding, self.errors)
        marks = _MARKED[_canonical(self.encoding)]
        native = self.find_mark("".encode(self.encoding))
        return text.encode(marks[self.find_mark(head) or native], self.errors)

    def find_mark(self, head: bytes) -> bytes:
        """Find the byte order mark at the start of a file; b"" if there is none."""
        return next((mark for mark in _MARKED[_canonical(self.encoding)] if head.startswith(mark)), b"")


@cache
def make_format(encoding: str | None, errors: str | None, newline: str | None) -> TextFormat:
    r"""Check what open() would check, with its errors; None means "utf-8" and "strict".

    Raises:
        LookupError: no such text encoding, or no such way to treat errors.
        ValueError: newline is none of None, "", "\n", "\r", "\r\n".
        TypeError: one is not a str.
    """
    if encoding == "locale":
        import locale

        encoding = locale.getencoding()
    text_format = TextFormat("utf-8" if encoding is None else encoding, errors or "strict", newline)
    io.TextIOWrapper(io.BytesIO(), text_format.encoding, text_format.errors, newline).detach()
    codecs.lookup_error(text_format.errors)  # which TextIOWrapper does in development mode only
    return text_format


async def read_text(read_bytes: ReadBytes, text_format: TextFormat, size: int, offset: int) -> tuple[int, str]:
    """Read text at a byte offset, stretched to whole characters at its end.

    Args:
        read_bytes: gives so many bytes at an offset, fewer only at end of file.
        text_format: how to decode them.
        size: bytes; -1 means up to the end.
        offset: byte position, where a character begins.

    Returns:
        How many bytes were read, and the text.

    Raises:
        UnicodeError: the bytes are not text, or the file ends within a character.

    Cancellation: harmless.
    """
    head = await read_bytes(MARK_BYTES, 0) if offset and text_format.is_marked else b""
    decoder = text_format.decoder_behind(head) if offset else text_format.make_decoder()
    data = await read_bytes(size, offset)
    if size < 0:
        return len(data), decoder.decode(data, final=True)
    text = decoder.decode(data)
    nbytes = len(data)
    while data and _holds(decoder, text_format):
        data = await read_bytes(1, offset + nbytes)
        text += decoder.decode(data)
        nbytes += len(data)
    return nbytes, text + decoder.decode(b"", final=True)


def _holds(decoder: codecs.IncrementalDecoder, text_format: TextFormat) -> bool:
    r"""Tell whether a decoder waits for more: for the rest of a character, or for what follows a "\r"."""
    pending, flags = decoder.getstate()
    return bool(pending) or (text_format.newline is None and bool(flags & PENDING_CR))


@cache
def _canonical(encoding: str) -> str:
    return codecs.lookup(encoding).name
