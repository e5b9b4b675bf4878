"""Adds up what engines tell into figures of the whole work: shares, rates, the time left. Shows nothing itself.

Every command imports this, so what only those need who show something is in `progress_view`.
"""

from __future__ import annotations

from math import exp
from typing import TYPE_CHECKING

from aiocli.core.events import Digesting, Expected, File, Progress, Skipped, Start

if TYPE_CHECKING:
    from aiocli.core.events import Event
    from aiocli.ui.progress_view import InFlight, View

RATE_S = 10.0
"""Rates are those of about so long: short enough to follow a device that slows down, long enough to stand still."""

REMAINING_S = 3.0
"""How long the time left takes to follow most of a jump; a quarter of itself where that is less."""

FILE_BYTES = 128 * 1024
"""What a file is worth beside its bytes: to make one takes as long as to write so many (ext4 100 us, 1.3 GB/s). So
the time left does not jump where small files come behind big ones."""

BIG_BYTES = 32 * 1024 * 1024
"""A file from this size on is told of by itself while it is in flight."""

LAG = 0.1
"""Share of a file that a digest is behind the others when it is worth a word."""

_LEAST_S = 0.01
_LONGEST_S = 99 * 3600.0
"""Nobody can tell more than this."""


class Lane:
    """One copier's way through its files, one after the other.

    Attributes:
        moved: bytes that really moved.
        spared: bytes that count as done although they never moved: holes, shared blocks, what was passed over.
        files: done.
    """

    __slots__ = ("_began_at", "_file", "files", "moved", "spared")

    def __init__(self) -> None:
        self.moved = self.spared = self.files = 0
        self._file: File | None = None
        self._began_at = 0

    def advance(self, nbytes: int) -> None:
        """Count bytes that moved."""
        self.moved += nbytes

    def take(self, event: Event) -> None:
        """Count what an event tells."""
        if isinstance(event, File):
            self.settle()
            if event.is_data:
                self._began_at = self.moved
                self._file = event
        elif isinstance(event, Skipped):
            self.settle()
            self.spared += event.size
            self.files += 1
        elif isinstance(event, Progress):
            if event.files:
                self.settle()
            self.moved += event.nbytes
            self.files += event.files

    def settle(self) -> None:
        """Count the file in flight as done, as the next one begins or nothing more comes."""
        file, self._file = self._file, None
        if file is not None:
            self.spared += max(0, file.size - (self.moved - self._began_at))
            self.files += 1

    def in_flight(self) -> InFlight | None:
        """Tell the file that is being copied."""
        from aiocli.ui.progress_view import InFlight

        file = self._file
        if file is None:
            return None
        return InFlight(file.src, min(self.moved - self._began_at, file.size), file.size)


class Pace:
    """A rate, smoothed over time: a stall lowers it slowly, and a burst raises it slowly."""

    def __init__(self) -> None:
        self._total = 0
        self._amount = self._seconds = 0.0

    def add(self, total: int, seconds: float) -> float:
        """Take in what was done up to now, seconds after the last time; return the rate per second."""
        kept = exp(-seconds / RATE_S)
        self._amount = self._amount * kept + (total - self._total)
        self._seconds = self._seconds * kept + seconds
        self._total = total
        return self._amount / self._seconds if self._seconds > 0 else 0.0


class Meter:
    """Counts one work.

    Args:
        start: what it is.
        now: in seconds, of a clock that never goes back.
        copies: how many copies are made of all that is expected.
    """

    def __init__(self, start: Start, now: float, copies: int = 1) -> None:
        self.name = start.path
        self.copies = copies
        self._is_reading = start.is_reading
        self._digesting: Digesting | None = None
        self._total = (start.total_bytes, start.total_files)
        self._is_counting = False
        self._begun = self._sampled = self._changed = now
        self._last_work = 0
        self._byte_pace, self._work_pace = Pace(), Pace()
        self._seconds_left: float | None = None
        self.lanes = [Lane()]

    def lane(self) -> Lane:
        """Add a way for another copier."""
        lane = Lane()
        self.lanes.append(lane)
        return lane

    def take(self, event: Event) -> None:
        """Count what an event tells."""
        if isinstance(event, Expected):
            self._total = (event.total_bytes, event.total_files)
            self._is_counting = not event.is_final
        elif isinstance(event, Digesting):
            self._digesting = event
        else:
            self.lanes[0].take(event)
            if isinstance(event, File):
                self._digesting = None

    def settle(self) -> None:
        """Count what is in flight as done: nothing more comes."""
        for lane in self.lanes:
            lane.settle()

    def work_done(self) -> int:
        """Tell a number that changes whenever something is done."""
        return sum(lane.moved + lane.spared + lane.files for lane in self.lanes)

    def view(self, now: float, unwritten: int = 0) -> View:
        """Tell the figures of now; rates are those since earlier calls, which come from one thread.

        Args:
            now: in seconds.
            unwritten: bytes in memory, of this work or others.
        """
        from aiocli.ui.progress_view import View

        moved = sum(lane.moved for lane in self.lanes)
        nbytes = moved + sum(lane.spared for lane in self.lanes)
        files = sum(lane.files for lane in self.lanes)
        total_bytes, total_files = self._totals(nbytes, files)
        file_bytes = FILE_BYTES if total_files is not None and total_files > 1 else 0
        seconds = now - self._sampled
        self._sampled = now
        rate = self._byte_pace.add(moved, seconds)
        work = nbytes + files * file_bytes
        work_rate = self._work_pace.add(moved + files * file_bytes, seconds)
        if work != self._last_work:
            self._last_work, self._changed = work, now
        percent = left = None
        if total_bytes is not None and not self._is_counting:
            whole = total_bytes + (total_files or 0) * file_bytes
            percent = work * 100 // whole if whole else 100
            left = (whole - work) / work_rate if work_rate > 0 and whole > work else None
        return View(
            name=self.name,
            nbytes=nbytes,
            files=files,
            total_bytes=total_bytes if percent is not None else None,
            total_files=total_files if percent is not None else None,
            percent=percent,
            is_counting=self._is_counting,
            rate=rate,
            seconds_left=self._steady(left, seconds),
            seconds=now - self._begun,
            idle_s=now - self._changed,
            in_flight=self._in_flight(),
            unwritten=0 if self._is_reading else min(unwritten, moved),
            lagging=self._lagging(),
        )

    def _totals(self, nbytes: int, files: int) -> tuple[int | None, int | None]:
        """Tell the totals; what is done already was to be done, whatever was expected."""
        total_bytes, total_files = self._total
        return (
            None if total_bytes is None else max(total_bytes * self.copies, nbytes),
            None if total_files is None else max(total_files * self.copies, files),
        )

    def _steady(self, left: float | None, seconds: float) -> float | None:
        """Let the time left run down with the clock, and follow what is calculated step by step."""
        if left is None or self._seconds_left is None:
            self._seconds_left = left
        else:
            expected = max(0.0, self._seconds_left - seconds)
            patience = max(min(REMAINING_S, left / 4), _LEAST_S)
            self._seconds_left = expected + (left - expected) * (1 - exp(-seconds / patience))
        return self._seconds_left if self._seconds_left is None or self._seconds_left < _LONGEST_S else None

    def _lagging(self) -> tuple[str, int] | None:
        """Tell the digest that is far behind the others, and its share of the file."""
        digesting = self._digesting
        if digesting is None or not digesting.size:
            return None
        name, least = min(digesting.taken, key=lambda one: one[1])
        most = max(taken for _, taken in digesting.taken)
        return (name, least * 100 // digesting.size) if most - least >= LAG * digesting.size else None

    def _in_flight(self) -> InFlight | None:
        """Tell the big file that is in flight, unless the work is that file."""
        for lane in self.lanes:
            file = lane.in_flight()
            if file is not None and file.size >= BIG_BYTES and file.path != self.name:
                return file
        return None
