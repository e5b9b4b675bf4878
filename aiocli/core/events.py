"""What engines tell while they work: one family of values for progress bars, JSON and the library.

Paths are str with surrogateescape, as everywhere inside. Nothing here prints.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

OnBytes = Callable[[int], None]
"""Called with the bytes moved since the last call; cheap, never raises, called from the caller's thread."""


class Start(NamedTuple):
    """The work begins; totals are None where nobody knows them."""

    path: str
    total_bytes: int | None = None
    total_files: int | None = None
    is_dry: bool = False
    """What is told only would be done."""
    is_reading: bool = False
    """Nothing is written, so nothing can be in memory only."""


class Expected(NamedTuple):
    """What the whole work will be, as far as it is counted by now; takes the place of Start's totals."""

    total_bytes: int
    total_files: int
    is_final: bool = True
    """Everything is counted."""


class Progress(NamedTuple):
    """So many bytes more are done, and so many files that no File tells of."""

    nbytes: int
    files: int = 0


class File(NamedTuple):
    """A file, link or directory is being made: src to dst."""

    src: str
    dst: str
    size: int = 0
    is_data: bool = True
    """Its content is copied as a file's; not so for links, directories, devices."""
    backup: str = ""
    """Where what was at dst is kept; empty if nothing was."""


class Removed(NamedTuple):
    """What was at the target's name is removed, to make place."""

    path: str


class Skipped(NamedTuple):
    """A target that is there stays as it is, because that was asked for."""

    path: str
    size: int = 0
    """Bytes that are not copied therefore."""


class Unbacked(NamedTuple):
    """A copy failed, and the backup of its target is in its old place again."""

    backup: str
    path: str


class Note(NamedTuple):
    """Something is worth a warning, and no failure: a kind of the engine's, and the files that it is about."""

    kind: str
    path: str
    other: str = ""


class Details(NamedTuple):
    """How a file's data was copied, in the words of GNU cp's --debug."""

    offload: str
    reflink: str
    sparse: str


class Digested(NamedTuple):
    """A file's data was copied, and this is what it was: (name of an algorithm, digest), as they were asked for."""

    src: str
    dst: str
    digests: tuple[tuple[str, bytes], ...]


class Digesting(NamedTuple):
    """How far each digest of a file is, while several are computed; the bytes count elsewhere.

    Attributes:
        path: the file.
        size: bytes that are to be taken in; 0 where nobody knows.
        taken: (name of an algorithm, bytes that it has had), as they were asked for.
    """

    path: str
    size: int
    taken: tuple[tuple[str, int], ...]


class Waiting(NamedTuple):
    """What comes next may take long: who keeps back what was told so far should show it now."""


class Explained(NamedTuple):
    """How a file's data went.

    Attributes:
        src: from where.
        dst: to where.
        attempts: (strategy, why it gave the job back) in order; the last one, with "", did it. Empty if there was
            nothing to move.
        backend: the named backend; None is auto.
        nbytes: moved.
        seconds: it took, with all that proves it.
        remark: what else is worth a word; may be empty.
    """

    src: str
    dst: str
    attempts: tuple[tuple[str, str], ...]
    backend: str | None
    nbytes: int
    seconds: float
    remark: str = ""


class Failure(NamedTuple):
    """Something failed; the rest goes on.

    Attributes:
        step: what was being done, one of the engine's steps.
        path: the file that it failed on.
        errno: why; 0 where the step says it.
        other: the other file, where both matter.
        is_warning: it is told, but the file counts as copied.
        offset: the first byte where it shows, counted from 0; None where that is unknown, or no matter.
    """

    step: str
    path: str
    errno: int
    other: str = ""
    is_warning: bool = False
    offset: int | None = None


class Summary(NamedTuple):
    """The work is over: bytes moved, files done, and what failed."""

    nbytes: int
    files: int
    failures: int


Event = (
    Start
    | Expected
    | Progress
    | File
    | Removed
    | Skipped
    | Unbacked
    | Note
    | Details
    | Digested
    | Digesting
    | Waiting
    | Explained
    | Failure
    | Summary
)
OnEvent = Callable[[Event], None]
