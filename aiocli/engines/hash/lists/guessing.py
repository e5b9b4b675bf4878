"""Which algorithm a digest without a tag is of: what was asked for, what the list's name says, or its length."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from aiocli.engines.hash.algorithms import Algorithm, Form, LengthError, find

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aiocli.engines.hash.lists.entry import Promise

MIN_BYTES = 4
"""Of a digest without a tag: text that looks like a shorter one is likelier to be something else."""

MIN_LETTERS = 3
"""Of an algorithm in a list's name: a `b2` may be a version's; not so as the extension."""

GUESSES = ("md5", "sha1", "sha224", "sha256", "sha384", "sha512", "crc32b", "xxh64")
"""The likeliest of each length."""

OTHERS = ("blake3", "blake2b", "sha3")
"""Those that a digest as long as one of these may be of instead, if it is not what the likeliest makes of its file.

They are what b3sum, b2sum and sha3sum write without a tag; each more takes 2 s for each GB of a file that is damaged.
None is here for which somebody could make a file that has a given digest, as can be done for xxh3-128: whoever changes
a file must not pass because its md5 is taken for something weaker.
"""

MIN_OTHER_BYTES = 16
"""Of digests that are tried so: files for shorter ones are easily made."""

MAX_MISFITS = 3
"""Files that fit no algorithm before the likeliest is taken for granted, and mismatches cost no second reading."""

_WORDS = {"sfv": "crc32b", "sum": "", "sums": ""}
"""Words in the names of lists that find() knows not, or otherwise."""


class Guess:
    """Guesses algorithms for the digests of one list.

    Args:
        given: names of the only ones to accept; empty accepts all.
        list_name: of the file that the digests are in.

    Attributes:
        hints: names that were given, or that the list's name holds; the likeliest first.
    """

    def __init__(self, given: Sequence[str] = (), list_name: str = "") -> None:
        self.hints = tuple(given) or tuple(algorithms_in(list_name))
        self._given = given
        self._by_length: dict[int, str | None] = {}
        self._nmisfits: dict[int, int] = {}

    def of_value(self, value: bytes | None) -> str | None:
        """Name the algorithm of a digest; None if there is none so long."""
        nbytes = len(value or b"")
        if nbytes not in self._by_length:
            likely = self.hints if self._given else (*self.hints, *GUESSES)
            sized = (sized_as(name, nbytes) for name in likely) if nbytes >= MIN_BYTES else ()
            found = next((found.name for found in sized if found), None)
            self._by_length[nbytes] = found
            is_hinted = any(sized_as(name, nbytes) for name in self.hints)
            if found and not is_hinted and others_of_length(nbytes):
                self._nmisfits[nbytes] = 0
        return self._by_length[nbytes]

    def others_of(self, promise: Promise) -> tuple[str, ...]:
        """Name the algorithms that a digest without a tag may be of instead; none once that is settled."""
        nbytes = len(promise.value)
        if nbytes in self._nmisfits:
            return tuple(name for name in others_of_length(nbytes) if name != promise.algorithm)
        settled = self._by_length.get(nbytes)
        return () if settled is None or settled == promise.algorithm else (settled,)

    def settle(self, promise: Promise) -> None:
        """Take in that a file has the promised digest: all of this length in the list are of its algorithm then."""
        self._by_length[len(promise.value)] = promise.algorithm
        self._nmisfits.pop(len(promise.value), None)

    def miss(self, promise: Promise) -> None:
        """Take in that a file has the promised digest by no algorithm."""
        nbytes = len(promise.value)
        if nbytes in self._nmisfits:
            self._nmisfits[nbytes] += 1
            if self._nmisfits[nbytes] == MAX_MISFITS:
                del self._nmisfits[nbytes]

    def of_tag(self, tag: str, value: bytes | None) -> str | None:
        """Name the algorithm that a tag says a digest is of; None if it cannot be, or is not accepted."""
        found = sized_as(tag, len(value)) if value else None
        return found.name if found and self._accepts(found) else None

    def of_number(self, default: str) -> Algorithm | None:
        """Find the algorithm of a checksum in decimal; None if none such is accepted."""
        found = (sized_as(name, 0) for name in self.hints)
        hinted = next((algorithm for algorithm in found if algorithm and algorithm.form is not Form.DIGEST), None)
        return hinted or (None if self._given else find(default))

    def is_of_use(self, tag: str) -> bool:
        """Tell whether digests with this tag can be checked, and are accepted."""
        try:
            found = find(tag)
        except KeyError:
            return False
        except LengthError:  # sha2 and the like: of some length
            return True
        return self._accepts(found)

    def _accepts(self, algorithm: Algorithm) -> bool:
        sized = (sized_as(name, algorithm.digest_size) for name in self._given)
        return not self._given or any(found and found.name == algorithm.name for found in sized)


def sized_as(name: str, nbytes: int) -> Algorithm | None:
    """Find the algorithm of a name in any spelling whose digests have so many bytes; 0 is its usual length."""
    try:
        return find(name, nbytes * 8)
    except (KeyError, LengthError):
        return None


def others_of_length(nbytes: int) -> tuple[str, ...]:
    """Name the algorithms of OTHERS with digests of so many bytes, sized."""
    found = (sized_as(name, nbytes) for name in OTHERS) if nbytes >= MIN_OTHER_BYTES else ()
    return tuple(algorithm.name for algorithm in found if algorithm)


def is_told_by_length(algorithm: Algorithm) -> bool:
    """Tell whether digests without a tag can be checked: their length, and at most another look at a file, tells."""
    nbytes = algorithm.digest_size
    likeliest = Guess().of_value(bytes(nbytes))
    if algorithm.form is not Form.DIGEST or nbytes < MIN_OTHER_BYTES or likeliest is None:
        return False
    return algorithm.name == likeliest or algorithm.name in others_of_length(nbytes)


def algorithms_in(list_name: str) -> list[str]:
    """Find algorithms in the name of a list: SHA256SUMS, x.iso.md5, sums-blake3.txt, x.sfv; the last one first."""
    pieces = os.path.basename(list_name).lower().split(".")
    words = [word for piece in pieces for word in (*re.split("[-_ ]", piece), piece)]
    names = []
    for word in reversed(words):
        if len(word) < MIN_LETTERS and word != pieces[-1]:
            continue
        spelled = _WORDS.get(word, word.removesuffix("s") if word.endswith("sums") else word)
        try:
            names.append(find(spelled).name)
        except LengthError:  # the digest's length will tell which of them
            names.append(spelled)
        except KeyError:
            continue
    return names
