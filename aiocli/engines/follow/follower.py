"""Follows names: takes notices, has told what has happened, and waits only when nothing more is to be told."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from aiocli.core.pace import is_due, let_loop_turn
from aiocli.engines.follow.board import Board
from aiocli.engines.follow.events import NothingLeft, Polling, Using
from aiocli.engines.follow.telling import Teller
from aiocli.engines.follow.tracks import TOO_MANY, Tracks
from aiocli.engines.follow.waiting import NOTHING, Bell, Processes

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Sequence

    from aiocli.engines.follow.events import Followed, FollowEvent, FollowRules, IsWanted
    from aiocli.engines.follow.through import ContextReads
    from aiocli.engines.follow.watching import Watcher

TICK_S = 1.0
"""Time until the first look whether a file has grown in silence; while nothing happens each is twice as long."""

_MAX_TICK_S = 8.0
_FILES_PER_TICK_S = 100  # whose sizes are asked for in a second: 0.1 ms
_SILENT_GROWTHS = 2  # one may be a long write, which tells at its end
_LINGER_S = 10.0  # a removed file is kept open for its writers after it has grown last


class Follower:
    """Follows files for one event loop; everything that it holds is given back by `close`.

    Raises:
        BackendUnavailable: the named backend does not work here; nothing is held.
    """

    def __init__(self, rules: FollowRules) -> None:
        self._rules = rules
        self._output_fd: int | None = None
        self._reads = _make_reads(rules.backend)
        self._bell = Bell()
        self._processes = Processes(rules.pids, self._bell)
        self._board = Board()
        self._tracks = Tracks(rules, self._board, self._bell)
        pread = os.pread if self._reads is None else self._reads.pread
        self._teller = Teller(rules, self._board, self._tracks, pread)
        self._quiet_s = TICK_S
        if self._rules.uses_inotify:
            try:
                self._board.notifier = _make_notifier()
            except OSError as error:
                self._board.notes.append(Polling(None, "notifications cannot be used", error.errno or 0))
        if self._board.notifier is not None and self._board.notifier.fd is not None:
            self._bell.add(self._board.notifier.fd)
        self._tracks.watch_patterns()

    def expect(self, path: str) -> None:
        """Watch a name whose file will be opened at once, to be followed by name: it may be rotated until `open`."""
        self._tracks.expect(path)

    def open(self, files: Sequence[Followed], output_fd: int | None) -> None:
        """Begin to follow.

        Args:
            files: all, the expected ones among them. What is open becomes the follower's.
            output_fd: following ends when nobody can read there; None is nowhere.
        """
        for file in files:
            self._tracks.adopt(file)
        self._output_fd = output_fd
        if output_fd is not None:
            self._bell.add(output_fd, NOTHING)
        self._tracks.begin()

    def close(self) -> None:
        """Give back every descriptor and watch."""
        self._tracks.close()
        self._board.close()
        self._processes.close()
        self._bell.close()
        if self._reads is not None:
            self._reads.close()

    async def run(self, is_wanted: IsWanted | None) -> AsyncGenerator[FollowEvent]:
        """Yield what happens until nothing is left, nobody wants more, or the processes are gone.

        Cancellation: where it waits; whatever was yielded counts as told.
        """
        import asyncio

        clock = asyncio.get_running_loop().time
        yield Using(self._board.notifier is not None)
        is_ending, next_tick = False, clock() + self._interval()
        while True:
            self._teller.now_s = clock()
            for event in self._teller.tell_all():
                yield event
                self._quiet_s = TICK_S
                if is_due():
                    await let_loop_turn()
            if is_ending and not self._teller.unfinished:
                return
            if self._is_output_closed() or (is_wanted is not None and not is_wanted()):
                return
            if not self._tracks.is_alive():
                yield NothingLeft()
                return
            if self._rules.pids and not is_ending and self._processes.are_gone():
                is_ending = True
                self._look_everywhere()
                continue
            if self._has_more():
                await let_loop_turn()
            else:
                await self._bell.wait(max(next_tick - clock(), 0))
            self._board.take()
            self._tracks.stir_streams()
            if clock() >= next_tick:
                self._tick()
                next_tick = clock() + self._interval()

    def _has_more(self) -> bool:
        return bool(self._board.stirred or self._board.dirty_patterns or self._teller.unfinished)

    def _is_output_closed(self) -> bool:
        return self._output_fd is not None and bool(self._bell.ready().get(self._output_fd))

    def _look_everywhere(self) -> None:
        self._board.take(looks=True)
        for track in self._tracks:
            self._board.stirred[track] = None

    # --- what is due once an interval -----------------------------------------------------------------------

    def _interval(self) -> float:
        """Return the time until the next tick: the user's where something is polled."""
        if self._board.looking.has_work or self._board.notifier is None:
            return self._rules.interval_s
        interval, self._quiet_s = self._quiet_s, min(2 * self._quiet_s, _MAX_TICK_S)
        return max(interval, self._rules.interval_s, len(self._tracks) / _FILES_PER_TICK_S)

    def _tick(self) -> None:
        self._board.take(looks=True)
        self._suspect_silence()
        self._let_go()
        self._look_up_unchanged()

    def _suspect_silence(self) -> None:
        """Look whether files have grown without a notice; who does so twice in a row is polled."""
        grown = [*self._board.silent_tracks()]
        if not grown:
            return
        self._board.take()
        for track in grown:
            if track in self._board.stirred:
                continue
            track.silent += 1
            self._board.stirred[track] = None
            if track.silent >= _SILENT_GROWTHS:
                self._board.poll(track, "it grew, and no notification came")

    def _let_go(self) -> None:
        """Close removed files that nobody has written to for a while."""
        for track in self._tracks:
            previous = track.previous
            is_quiet = self._teller.now_s - track.quiet_since_s > _LINGER_S
            if previous is not None and is_quiet and not previous.has_links():
                self._tracks.close_file(track, previous)
                track.previous = None

    def _look_up_unchanged(self) -> None:
        """Look up polled names by opening them now and then: what a server says of a name may be old.

        And those that could not be opened for want of descriptors.
        """
        for track in self._tracks:
            if track.error in TOO_MANY:
                track.is_stale = True
                self._board.stirred[track] = None
            if self._rules.by_name and (track.is_polled or self._board.notifier is None):
                track.unchanged += 1
                if track.unchanged > self._rules.max_unchanged_stats:
                    track.unchanged = 0
                    track.is_stale = bool(track.keys)
                    self._board.stirred[track] = None


def _make_reads(backend: str | None) -> ContextReads | None:
    if backend is None:
        return None
    from aiocli.engines.follow.through import ContextReads

    return ContextReads(backend)


def _make_notifier() -> Watcher:
    from aiocli.engines.follow.notifications import Notifications

    return Notifications()
