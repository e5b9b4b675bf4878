"""The figures of a work at one moment, for whoever shows them."""

from __future__ import annotations

from typing import NamedTuple


class InFlight(NamedTuple):
    """A big file that is being copied."""

    path: str
    nbytes: int
    size: int


class View(NamedTuple):
    """The figures of one moment.

    Attributes:
        name: of the work.
        nbytes: done; holes and what was passed over count as done.
        files: done.
        total_bytes: of the whole work, never less than what is done; None while nobody knows.
        total_files: the same for files.
        percent: done of it, 0 to 100; None while nobody knows.
        is_counting: the total is being found out.
        rate: bytes a second that really move.
        seconds_left: until all is done; None if nobody can tell, and when nothing is left.
        seconds: since the beginning.
        idle_s: seconds since something was done last.
        in_flight: the big file that is being copied, if there are others, too.
        unwritten: bytes of the work at most that are still in memory only.
        lagging: of several digests of a file one that is far behind, and its share in percent; None if none is.
    """

    name: str
    nbytes: int = 0
    files: int = 0
    total_bytes: int | None = None
    total_files: int | None = None
    percent: int | None = None
    is_counting: bool = False
    rate: float = 0.0
    seconds_left: float | None = None
    seconds: float = 0.0
    idle_s: float = 0.0
    in_flight: InFlight | None = None
    unwritten: int = 0
    lagging: tuple[str, int] | None = None

    @property
    def is_all_moved(self) -> bool:
        """Whether nothing is left but to wait for what was moved, as far as anybody knows."""
        return self.percent == 100 and not self.is_counting
