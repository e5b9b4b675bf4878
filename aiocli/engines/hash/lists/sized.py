"""Lines of lists as GNU's cksum and b2sum take them, whose digests have many lengths; found by experiment with 9.10.

What is odd here is so there. A length that a tag gives stays in force for the untagged lines behind it, where those
have one length; not so for base64 if a tag follows whose length is wrong. A line of `cksum -c` is told improper for
the algorithm that was found last. Text that by its length could be base64 is read as base64, so that digests of 16
and 32 bits in hexadecimal are improper.

Not as there: under `-a sha2`, behind a line without a digest and a tag with a wrong length, GNU takes lines that have
no digest, and says that their files are OK.
"""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

from aiocli.engines.hash.algorithms import find
from aiocli.engines.hash.lists.entry import Promise, from_base64, from_hex
from aiocli.engines.hash.lists.gnu import GnuGrammar

_LENGTH = re.compile(rb"-[ \t\n\v\f\r]*\+?(?:0[xX]([0-9a-fA-F]+)|0[bB]([01]+)|(0[0-7]*)|([1-9][0-9]*))")
"""The length behind a tag, as strtoumax(3) reads it: hexadecimal, binary, octal, decimal."""

_BASES = (16, 2, 8, 10)
_MAX_DIGITS = 64
"""Of a length; with leading zeros there might be more, but nobody writes so."""

_TAG = re.compile(rb"[^ \t\0(-]*")
_HEX = re.compile(rb"[0-9a-fA-F]+")
_DIGITS = re.compile(rb"([0-9a-fA-F]*)([0-9a-zA-Z+/]*)(=*)[^ \t\0]*")


class _Word(NamedTuple):
    """An algorithm, as cksum's -a and tags have it.

    Attributes:
        tag: of its lines.
        max_bits: of the longest digest.
        family: the engine's name without a length.
        lengths: of digests, in bits, where there are several.
    """

    tag: str
    max_bits: int
    family: str
    lengths: tuple[int, ...] = ()

    def allows(self, bits: int) -> bool:
        """Tell whether a tag may give this length; where there is one only, it is of the digest's beginning."""
        return bits in self.lengths if self.lengths else 0 < bits <= self.max_bits and bits % 8 == 0


_SHA_BITS = (224, 256, 384, 512)
_WORDS = {
    "md5": _Word("MD5", 128, "md5"),
    "sha1": _Word("SHA1", 160, "sha1"),
    "sha224": _Word("SHA224", 224, "sha224"),
    "sha256": _Word("SHA256", 256, "sha256"),
    "sha384": _Word("SHA384", 384, "sha384"),
    "sha512": _Word("SHA512", 512, "sha512"),
    "sha2": _Word("SHA2", 512, "sha2", _SHA_BITS),
    "sha3": _Word("SHA3", 512, "sha3", _SHA_BITS),
    "blake2b": _Word("BLAKE2b", 512, "blake2b", tuple(range(8, 513, 8))),
    "sm3": _Word("SM3", 256, "sm3"),
}
_BY_TAG = {word.tag.encode(): word for word in _WORDS.values()}
_SHA2_TAGS = {"SHA2", *(f"SHA{bits}" for bits in _SHA_BITS)}
_SHA_BASE64 = {40: 224, 44: 256, 64: 384, 88: 512}
"""Characters of a digest in base64 -> bits."""


class Sized(GnuGrammar):
    """cksum, and b2sum, which takes no base64.

    Args:
        family: what cksum's -a gave; empty takes the word of each line's tag, and only lines that have one.
        has_base64: digests may be base64.
    """

    def __init__(self, family: str, *, has_base64: bool) -> None:
        super().__init__()
        self._word = _WORDS.get(family)
        self._is_given = self._word is not None
        self._has_base64 = has_base64
        self._bits = self._word.max_bits if self._word else 0
        self._hexdigits = self._bits // 4

    @property
    def tag(self) -> str:
        """The tag that was found last, or what -a gave."""
        return self._word.tag if self._word else "CRC"

    def _find(self, text: bytes) -> tuple[Promise, bytes] | None:
        word = self._choose(text)
        if word is None:
            return None
        tag = word.tag.encode()
        if text.startswith(tag):
            self._bits = word.max_bits
            bits, rest = _length(text[len(tag) :], word)
            if bits is None:
                return None
            self._bits, self._hexdigits = bits, bits // 4
            rest = rest.removeprefix(b" ")
            if rest.startswith(b"("):
                return self._tagged(rest[1:])
        if word.lengths:
            self._measure(text, word)
        return self._untagged(text)

    def _choose(self, text: bytes) -> _Word | None:
        """Tell what is in force from this line on; None if the line has no tag, and needs one."""
        match = _TAG.match(text)
        found = match and _BY_TAG.get(match[0])
        if not self._is_given:
            self._word = found or self._word
            return found
        if found and self._word is _WORDS["sha2"] and found.tag in _SHA2_TAGS:
            self._word = found
        return self._word

    def _measure(self, text: bytes, word: _Word) -> None:
        """Take the length that an untagged digest shows; 0 bits if it is none of its algorithm."""
        match = _DIGITS.match(text)
        if match is None:
            return
        hexdigits, base64, padding = match.groups()
        nchars = len(hexdigits + base64 + padding)
        self._bits, self._hexdigits = len(hexdigits) * 4, len(hexdigits)
        if word.family == "blake2b":
            if base64 and self._has_base64:
                self._bits = 0 if nchars % 4 else (nchars // 4 * 3 - len(padding)) * 8
                self._hexdigits = self._bits // 4
        else:
            self._bits = len(hexdigits) // 2 * 8
            if not word.allows(self._bits) and (bits := _SHA_BASE64.get(len(match[0]))):
                self._bits, self._hexdigits = bits, bits // 4
        if self._hexdigits % 2 or not word.allows(self._bits):
            self._bits = 0

    def _promise(self, digest: bytes) -> Promise | None:
        nbytes = self._bits // 8
        if self._has_base64 and len(digest) == -(-nbytes // 3) * 4:
            value = from_base64(digest) if digest.count(b"=") == -nbytes % 3 else None
        elif len(digest) == self._hexdigits and _HEX.fullmatch(digest):
            value = from_hex(digest[: len(digest) // 2 * 2])  # of an odd one GNU passes over the end
        else:
            value = None
        if self._word is None or value is None or not (digest and nbytes):
            return None
        return Promise(_algorithm(self._word, self._bits), value)


def _length(rest: bytes, word: _Word) -> tuple[int | None, bytes]:
    """Read the length behind a tag: its bits, None if there can be no such digest, and what follows."""
    if not rest.startswith(b"-"):
        return word.max_bits, rest
    match = _LENGTH.match(rest)
    if match is None:
        return None, rest
    base, digits = next((base, digits) for base, digits in zip(_BASES, match.groups(), strict=True) if digits)
    bits = int(digits, base) if len(digits) <= _MAX_DIGITS else 0
    return (bits if word.allows(bits) else None), rest[match.end() :]


@cache
def _algorithm(word: _Word, bits: int) -> str:
    return find(word.family, bits if word.lengths else None).name
