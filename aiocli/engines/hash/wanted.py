"""What is asked for of many files, and what became of each."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

STDIN = "-"
"""The name of standard input."""


class Step(Enum):
    """Why a file has no digests."""

    NONE = ""
    """It has them."""
    OPEN = "open"
    READ = "read"
    DIRECTORY = "is a directory"
    SPECIAL = "is no regular file"
    """And such are left alone, by HashRules.skips_special; there is no error then."""


class Wanted(NamedTuple):
    """A file to read once.

    Attributes:
        name: of the file; "-" is standard input.
        algorithms: names that `find` knows.
    """

    name: str
    algorithms: tuple[str, ...]


class Hashed(NamedTuple):
    """What became of a file.

    Attributes:
        wanted: what was asked for.
        values: the digests, in the order of wanted.algorithms; empty where something failed.
        nbytes: that they are of.
        has_changed: its size or time changed meanwhile, so the digests may be of nothing that was ever there.
        step: what failed.
        error: why, with the file's name on it.
        attempts: (source, why it gave up, or "" if it did it) in order.
        seconds: it took; 0.0 where it was one of a batch.
    """

    wanted: Wanted
    values: tuple[bytes, ...] = ()
    nbytes: int = 0
    has_changed: bool = False
    step: Step = Step.NONE
    error: OSError | None = None
    attempts: tuple[tuple[str, str], ...] = ()
    seconds: float = 0.0


class Promised(NamedTuple):
    """Files that should have certain digests.

    Attributes:
        names: of the files; "-" is standard input.
        algorithms: names that `find` knows, for all of them.
        hexdigests: what the first algorithm should make of each, in lower case; empty if that is not to be compared.
    """

    names: Sequence[str]
    algorithms: tuple[str, ...]
    hexdigests: Sequence[str]


class Lines(NamedTuple):
    """Lines about files, ready to be written.

    Attributes:
        text: one behind the other, each with its end.
        nfiles: how many files they are about.
        nbytes: in those.
    """

    text: str
    nfiles: int
    nbytes: int


class HashRules(NamedTuple):
    """How files are read.

    Attributes:
        backend: named backend that the data of regular files must come through; None is auto.
        disabled: names of fast paths to leave out.
        jobs: most threads that hash; None is as many as there are processors.
        chunk_size: bytes of one read; None leaves it to the way of reading.
        skips_special: what is no regular file is left alone, for trees, where no FIFO shall make anybody wait.
        no_cache: the page cache is to keep what it held, and nothing else; not with a backend.
    """

    backend: str | None = None
    disabled: frozenset[str] = frozenset()
    jobs: int | None = None
    chunk_size: int | None = None
    skips_special: bool = False
    no_cache: bool = False
