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


class Progress(NamedTuple):
    """So many bytes more are done."""

    nbytes: int


class File(NamedTuple):
    """A file, link or directory is being made: src to dst."""

    src: str
    dst: str
    size: int = 0
    is_data: bool = True
    """Its content is copied as a file's; not so for links, directories, devices."""


class Failure(NamedTuple):
    """Something failed; the rest goes on.

    Attributes:
        step: what was being done, one of the engine's steps.
        path: the file that it failed on.
        errno: why; 0 where the step says it.
        other: the other file, where both matter.
    """

    step: str
    path: str
    errno: int
    other: str = ""


class Summary(NamedTuple):
    """The work is over."""

    nbytes: int
    files: int
    failures: int


Event = Start | Progress | File | Failure | Summary
OnEvent = Callable[[Event], None]
