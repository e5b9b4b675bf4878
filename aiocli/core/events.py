"""What engines tell while they work: one family of values for progress bars, JSON and the library.

Paths are str with surrogateescape, as everywhere inside. Nothing here prints.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

OnBytes = Callable[[int], None]
"""Called with the bytes moved since the last call; cheap, never raises, called from the caller's thread."""


def ignore_bytes(_nbytes: int) -> None:
    """Do nothing with a byte count."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened in an engine."""


@dataclass(frozen=True, slots=True)
class Start(Event):
    """The work begins; totals are 0 where they are not known."""

    total_files: int = 0
    total_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Progress(Event):
    """Bytes done so far, of the file and of all."""

    path: str
    file_bytes: int
    done_bytes: int


@dataclass(frozen=True, slots=True)
class File(Event):
    """One file is done."""

    path: str
    nbytes: int
    strategy: str = ""


@dataclass(frozen=True, slots=True)
class Failure(Event):
    """One file failed; the rest goes on."""

    path: str
    errno: int
    message: str


@dataclass(frozen=True, slots=True)
class Summary(Event):
    """The work is over."""

    files: int
    nbytes: int
    failures: int
