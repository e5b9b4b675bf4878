"""One reader, and hashers in threads behind it: what they take is read once, and read ahead.

The caller's thread reads and never takes a lock, so that it can be interrupted anywhere. Pieces go to every hasher's
queue; the buffer of a piece comes back when the slowest has had it, which bounds the memory and the reader's lead.
"""

from __future__ import annotations

import threading
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

from aiocli.core.errors import NoThreads
from aiocli.core.threads import start_threads
from aiocli.engines.hash.holes import feed_zeros
from aiocli.engines.hash.job import TELL_S
from aiocli.engines.hash.reading import Input

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aiocli.engines.hash.algorithms import Hasher
    from aiocli.engines.hash.job import HashJob

CHUNK_BYTES = 1024 * 1024
"""Bytes of one piece. sha256 of 1 GiB beside its reader: 128 KiB 0.66 s, 256 KiB 0.63, 1 MiB 0.60; without one 0.74."""

PIECES = 12
"""Pieces in memory, being filled, waiting or being hashed. 8 and 16 are equally fast."""


class Piece:
    """Something of the file.

    Attributes:
        buffer: holds its bytes; None for a hole.
        nbytes: how many.
        takers: how many threads have not had it yet.
    """

    __slots__ = ("buffer", "nbytes", "takers")

    def __init__(self, buffer: memoryview | None, nbytes: int, takers: int) -> None:
        self.buffer = buffer
        self.nbytes = nbytes
        self.takers = takers


class Taker(threading.Thread):
    """A thread with one or more hashers.

    Attributes:
        inbox: pieces in order; None is the end.
        members: its hashers, set before the first piece comes.
        error: what ended it before that.
    """

    def __init__(self, fan: FanOutRun) -> None:
        super().__init__(name="aio-hash", daemon=True)
        self.inbox: SimpleQueue[Piece | None] = SimpleQueue()
        self.members: Sequence[int] = ()
        self.error: BaseException | None = None
        self._fan = fan

    def run(self) -> None:
        """Take pieces to the end."""
        try:
            while (piece := self.inbox.get()) is not None and not self._fan.is_stopping:
                for member in self.members:
                    self._fan.feed(member, piece)
                self._fan.give_back(piece)
        except BaseException as error:  # whatever it is, the reader raises it: work must not be lost in silence
            self.error = error
            self._fan.stop()


class FanOutRun:
    """Feeds the hashers of one job; blocks.

    Attributes:
        taken: bytes that each hasher has had.
    """

    def __init__(self, job: HashJob, hashers: Sequence[Hasher]) -> None:
        self.taken = [0] * len(hashers)
        self._job = job
        self._hashers = hashers
        self._input = Input(job.src, leaves_cache=job.leaves_cache)
        self._chunk_size = job.chunk_size or CHUNK_BYTES
        self._takers: list[Taker] = []
        self._free: SimpleQueue[memoryview] = SimpleQueue()
        self._nbuffers = 0
        self._lock = threading.Lock()

    def run(self) -> None:
        """Read to the end and return when all is hashed.

        Raises:
            OSError: a read failed; the end's name is on it.
            NoThreads: there is no thread to be had; nothing has been hashed. What can be read only once is hashed
                here instead.
        """
        piece = self._next()
        is_all = piece is None or (self._input.is_at_end and piece.buffer is not None)
        try:
            if not is_all and not self._start_takers() and self._job.src.is_regular:
                raise NoThreads
            while piece is not None:
                self._hand_out(piece)
                piece = self._next()
            self._finish()
        finally:
            self._dismiss_takers()
        self._job.tell(self.taken)
        for taker in self._takers:
            if taker.error is not None:
                raise taker.error

    @property
    def is_stopping(self) -> bool:
        """Threads are to end after what they are at."""
        return self._job.is_stopping

    def stop(self) -> None:
        """Let the threads end, whatever is left to do."""
        self._job.is_stopping = True

    def feed(self, member: int, piece: Piece) -> None:
        """Give a piece to a hasher, in its thread."""
        hasher = self._hashers[member]
        if piece.buffer is not None:
            hasher.update(piece.buffer[: piece.nbytes])
            self.taken[member] += piece.nbytes
            return

        def count(nbytes: int) -> bool:
            self.taken[member] += nbytes
            return not self.is_stopping

        feed_zeros(hasher, piece.nbytes, count)

    def give_back(self, piece: Piece) -> None:
        """Free a piece's buffer if this was the last thread that wanted it."""
        with self._lock:
            piece.takers -= 1
            is_free = piece.takers == 0
        if is_free and piece.buffer is not None:
            self._free.put(piece.buffer)

    def _start_takers(self) -> bool:
        """Start a thread for each hasher, or as many as there may be and can be had; tell whether there is one."""
        nhashers = len(self._hashers)
        self._takers = [Taker(self) for _ in range(min(nhashers, self._job.jobs or nhashers))]
        start_threads(self._takers)
        if not self._takers:
            return False
        for taker, members in zip(self._takers, self._shares(len(self._takers)), strict=True):
            taker.members = members
        return True

    def _dismiss_takers(self) -> None:
        """End the threads, also in the middle, and wait for them."""
        if self._takers:
            self.stop()
        for taker in self._takers:
            taker.inbox.put(None)
        for taker in self._takers:
            if taker.ident is not None:
                taker.join()

    def _shares(self, nthreads: int) -> list[list[int]]:
        """Divide the hashers fairly among threads."""
        algorithms = self._job.algorithms
        shares: list[list[int]] = [[] for _ in range(nthreads)]
        loads = [0.0] * nthreads
        for member in sorted(range(len(algorithms)), key=lambda member: algorithms[member].speed):
            least = loads.index(min(loads))
            shares[least].append(member)
            loads[least] += 1 / algorithms[member].speed
        return shares

    def _next(self) -> Piece | None:
        """Read the next piece; None at the end, or where a thread has failed."""
        if nbytes := self._input.skip_hole():
            return Piece(None, nbytes, 0)
        buffer = self._take_buffer()
        if buffer is None:
            return None
        nbytes = self._input.fill(buffer)
        return Piece(buffer, nbytes, 0) if nbytes else None

    def _take_buffer(self) -> memoryview | None:
        """Take a buffer that is free, waiting for one if there are enough; None where a thread has failed."""
        if self._nbuffers < PIECES and self._free.empty():
            self._nbuffers += 1
            return memoryview(bytearray(self._chunk_size))
        while not self.is_stopping:
            try:
                return self._free.get(timeout=TELL_S)
            except Empty:
                self._job.tell(self.taken)
        return None

    def _hand_out(self, piece: Piece) -> None:
        """Give a piece to all threads; without any, hash it here."""
        piece.takers = len(self._takers) or 1
        for taker in self._takers:
            taker.inbox.put(piece)
        if not self._takers:
            for member in range(len(self._hashers)):
                self.feed(member, piece)
            self.give_back(piece)
        self._job.tell(self.taken)

    def _finish(self) -> None:
        """Wait until the threads have taken all."""
        for taker in self._takers:
            taker.inbox.put(None)
        for taker in self._takers:
            while taker.is_alive():
                taker.join(TELL_S)
                self._job.tell(self.taken)
