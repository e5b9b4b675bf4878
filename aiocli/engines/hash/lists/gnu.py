"""Lines of lists as each of GNU's programs takes them, and no others; found by experiment with GNU 9.10.

A line may change how those after it are read, also those of other lists: whether blanks part digest and name, or one
blank alone, is decided by the first untagged line.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Protocol

from aiocli.engines.hash.lists.entry import Line, Listed, Promise, from_hex, name_of

if TYPE_CHECKING:
    from aiocli.engines.hash.algorithms import Algorithm
    from aiocli.engines.hash.lists.guessing import Guess

_DIGEST = re.compile(rb"([^ \t\0]*)[ \t\0]")


class Grammar(Protocol):
    """How the lines of lists are read, one list after the other."""

    @property
    def tag(self) -> str:
        """What lines are expected to be of, for messages; empty if anything."""

    def begin(self, name: str, head: bytes, *, is_whole: bool) -> None:
        """Look at a list before its lines are read.

        Args:
            name: of the list; "-" is standard input.
            head: what it begins with.
            is_whole: the list has nothing else.
        """

    def parse(self, line: bytes) -> Listed | Line:
        """Read a line, without its newline."""

    @property
    def is_steady(self) -> bool:
        """Whether plain lines are read in the same way, whatever names they have, once one of their kind was."""

    @property
    def guess(self) -> Guess | None:
        """What guesses the algorithms of this list; None where nothing is guessed."""


class Names:
    """What follows the digest of an untagged line: a mark and a name, or in lists that began so, the name alone."""

    def __init__(self) -> None:
        self._is_bare: bool | None = None

    def read(self, rest: bytes) -> bytes | None:
        """Return the name as it stands there; None if the line is of the other kind."""
        if len(rest) == 1 or rest[:1] not in (b" ", b"*"):
            if self._is_bare is False:
                return None
            self._is_bare = True
        elif not self._is_bare:
            self._is_bare = False
            return rest[1:]
        return rest


class GnuGrammar:
    """What all of GNU's programs do alike."""

    guess = None
    is_steady = True

    def __init__(self) -> None:
        self._names = Names()

    def begin(self, name: str, head: bytes, *, is_whole: bool) -> None:
        """Do nothing: GNU looks at lines only."""

    def parse(self, line: bytes) -> Listed | Line:
        """Read a line, without its newline."""
        if line.startswith(b"#"):
            return Line.PASSED
        line = line.removesuffix(b"\r")
        if not line:
            return Line.PASSED
        text = line.lstrip(b" \t")
        is_escaped = text.startswith(b"\\")
        found = self._find(text[1:] if is_escaped else text)
        if found is None:
            return Line.IMPROPER
        promise, raw_name = found
        name = name_of(raw_name, is_escaped=is_escaped)
        return Line.IMPROPER if name is None else Listed(name, (promise,))

    def _find(self, text: bytes) -> tuple[Promise, bytes] | None:
        """Find what is promised, and the name as it stands in the line."""
        raise NotImplementedError

    def _promise(self, digest: bytes) -> Promise | None:
        """Read a digest that should be of the algorithm and the length that are in force."""
        raise NotImplementedError

    def _tagged(self, text: bytes) -> tuple[Promise, bytes] | None:
        """Read what follows `TAG (`: everything up to the last bracket is the name."""
        end = text.rfind(b")")
        after = text[end + 1 :].lstrip(b" \t")
        if end < 0 or not after.startswith(b"="):
            return None
        promise = self._promise(after[1:].lstrip(b" \t"))
        return promise and (promise, text[:end])

    def _untagged(self, text: bytes) -> tuple[Promise, bytes] | None:
        """Read a digest, what parts it from the name, and the name."""
        match = _DIGEST.match(text)
        promise = match and self._promise(match[1])
        if match is None or promise is None:
            return None
        name = self._names.read(text[match.end() :])
        return None if name is None else (promise, name)


class Fixed(GnuGrammar):
    """md5sum and all whose digests have one length.

    Args:
        algorithm: whose digests they are.
    """

    def __init__(self, algorithm: Algorithm) -> None:
        super().__init__()
        self.tag = algorithm.tag
        self._algorithm = algorithm.name
        self._digest_size = algorithm.digest_size
        self._tagged_line = re.compile(rb"%b ?\(" % re.escape(algorithm.tag.encode()))

    def _find(self, text: bytes) -> tuple[Promise, bytes] | None:
        if match := self._tagged_line.match(text):
            return self._tagged(text[match.end() :])
        if len(text) < 2 * self._digest_size + 2:
            return None
        return self._untagged(text)

    def _promise(self, digest: bytes) -> Promise | None:
        value = from_hex(digest)
        if value is None or len(value) != self._digest_size:
            return None
        return Promise(self._algorithm, value)
