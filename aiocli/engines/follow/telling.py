"""Tells what has happened to a name: what is new in its file, which files had it since, which has it now."""

from __future__ import annotations

import errno
from contextlib import closing
from typing import TYPE_CHECKING

from aiocli.engines.follow.beside import look_beside, open_all
from aiocli.engines.follow.events import UNTAILABLE, Accessible, Appeared, Inaccessible, Lost, Replaced, Untailable
from aiocli.engines.follow.opened import Opened
from aiocli.engines.follow.reading import Reader

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aiocli.engines.follow.board import Board
    from aiocli.engines.follow.events import FollowEvent, FollowRules
    from aiocli.engines.follow.history import Episode
    from aiocli.engines.follow.opened import PRead
    from aiocli.engines.follow.track import Track
    from aiocli.engines.follow.tracks import Tracks


class Teller:
    """Looks at names one after the other.

    Attributes:
        now_s: the loop's clock, as the follower saw it last.
        unfinished: names whose files have more to read.
    """

    def __init__(self, rules: FollowRules, board: Board, tracks: Tracks, pread: PRead) -> None:
        self._rules = rules
        self._board = board
        self._tracks = tracks
        self._reader = Reader(rules.chunk_size, pread, tracks.gather, tracks.open_episode)
        self.unfinished = self._reader.unfinished
        self.now_s = 0.0

    def tell_all(self) -> Iterator[FollowEvent]:
        """Tell what has happened to the names that were stirred."""
        self._tracks.scan_patterns()
        stirred = {**self._board.stirred, **self.unfinished}
        self._board.stirred.clear()
        self.unfinished.clear()
        self._tracks.gather()
        yield from self._notes()
        for track in stirred:
            if track in self._tracks:
                yield from self._tell(track)
                yield from self._notes()
                if track.is_over:
                    self._tracks.forget(track)

    def _notes(self) -> Iterator[FollowEvent]:
        notes, self._board.notes = self._board.notes, []
        yield from notes

    def _tell(self, track: Track) -> Iterator[FollowEvent]:
        yield from self._drain(track)
        if track in self.unfinished:
            return
        while track.queue:
            episode = track.queue[0]
            if episode.opened is not None:
                track.queue.pop(0)
                opened, episode.opened = episode.opened, None
                self._board.history.be_told(episode.place)
                if opened.src.is_regular:
                    yield from self._arrive(track, opened, episode.copies)
                else:
                    opened.close()  # a directory or pipe that has gone has nothing to tell
            elif self._tracks.is_current(track, episode):
                track.is_stale = True
                break
            elif self._tracks.is_lost(episode):
                track.queue.pop(0)
                yield Lost(track.path, episode.end)
            else:
                self._board.stirred[track] = None
                return
        if track.is_stale and track in self._tracks:  # and not forgotten meanwhile, with all that it had open
            yield from self._look_up(track)

    def _drain(self, track: Track, *, is_all: bool = False) -> Iterator[FollowEvent]:
        for event in self._reader.drain(track, is_all=is_all):
            track.quiet_since_s = self.now_s
            yield event
        while track.discarded:
            self._tracks.close_file(track, track.discarded.pop())
        self._tracks.mind_stream(track)

    # --- what has the name ----------------------------------------------------------------------------------

    def _look_up(self, track: Track) -> Iterator[FollowEvent]:
        """Open what has the name now, and tell if it is another file; what has it by then is for the next time."""
        if track.is_rewatched or not track.keys:
            self._board.watch_names(track)
        track.is_stale = track.is_relinked = False
        queue = [*track.queue]
        found, error = _open(track.path)
        self._tracks.gather()
        if track.queue != queue or (found is None and track.is_stale):
            # Meanwhile the name went to another file: the notices tell to which, in order.
            if found is not None:
                found.close()
            track.is_stale = True
            self._board.stirred[track] = None
            return
        if self._board.is_polled(track):
            try:
                yield from self._pass_through(track, found)
            except BaseException:  # nobody wants more
                if found is not None:
                    found.close()
                raise
            if track.is_stale:
                if found is not None:
                    found.close()
                return
        copies = track.queue[-1].copies if track.queue else []
        track.queue.clear()
        self._board.queued.pop(track, None)
        self._board.history.be_told(track.place)
        if found is None:
            yield from self._lose_name(track, error)
        elif not found.is_tailable or (track.is_taken_in and not found.src.is_regular):
            found.close()
            yield from self._meet_untailable(track)
        else:
            yield from self._arrive(track, found, copies)

    def _pass_through(self, track: Track, found: Opened | None) -> Iterator[FollowEvent]:
        """Tell of the files that had a polled name between two looks; it stays stale if it goes to yet another."""
        earlier = track.beside
        if earlier is not None and found is not None and earlier.own == found.identity:
            return
        now = look_beside(track.path)
        if found is not None and now.own != found.identity:
            track.is_stale = True
            self._board.stirred[track] = None
            return
        track.beside = now
        if earlier is None:
            return
        between = open_all(now.since(earlier), (found, track.opened, track.previous))
        with closing(between):
            for passed in between:
                yield from self._arrive(track, passed, [])

    def _lose_name(self, track: Track, error: int) -> Iterator[FollowEvent]:
        if error == UNTAILABLE:
            yield from self._meet_untailable(track)
            return
        if track.opened is not None:
            yield from self._put_aside(track)
            yield Inaccessible(track.path, error)
        track.error = error
        if track.is_taken_in:
            self._tracks.forget(track)

    def _meet_untailable(self, track: Track) -> Iterator[FollowEvent]:
        was_followed = track.opened is not None
        if track.is_taken_in and not was_followed:
            self._tracks.forget(track)
            return
        yield from self._put_aside(track)
        if was_followed or track.error != UNTAILABLE:
            yield Untailable(track.path, not (self._rules.retries and self._rules.by_name))
        track.error = UNTAILABLE
        track.is_over = not self._rules.by_name

    def _put_aside(self, track: Track) -> Iterator[FollowEvent]:
        """Tell all of the file of a name, and keep it for those who write to it still."""
        yield from self._drain(track, is_all=True)
        if track.opened is None:
            return
        if track.previous is not None:
            self._tracks.close_file(track, track.previous)
        track.previous, track.opened = track.opened, None
        track.quiet_since_s = self.now_s
        if not track.previous.src.is_regular or self._tracks.has_other_name(track, track.previous):
            self._tracks.close_file(track, track.previous)
            track.previous = None
        else:
            self._board.watch_aside(track, track.previous)

    def _arrive(self, track: Track, found: Opened, copies: list[Episode]) -> Iterator[FollowEvent]:
        """Go on with a file that has the name, or had it, and of which there may be copies."""
        if track.begins_at_end:
            found.skip_all()
            track.begins_at_end = False
        was_followed, error = track.opened is not None, track.error
        if track.opened is not None and track.opened.identity == found.identity:
            found.close()
            track.copies += copies
            track.may_have_missed = False
            return
        try:
            yield from self._put_aside(track)
        except BaseException:  # nobody wants more
            found.close()
            raise
        if track.previous is not None and track.previous.identity == found.identity:
            found.close()
            found, track.previous = track.previous, None
        elif track.is_taken_in and not was_followed and not self._tracks.take_over(track, found):
            found.close()
            self._tracks.forget(track)
            return
        if self._rules.by_name:
            self._tracks.leave_to(track, found)
        track.opened, track.error = found, 0
        track.touches += 1
        if found.key is None:
            self._tracks.watch(track, found)
        while track.copies:
            track.drop_copy(track.copies[-1])
        track.copies += copies
        track.has_copies = False
        if not track.is_no_news:
            yield _arrival(track, found, error, was_followed=was_followed)
        if track.may_have_missed:
            yield Lost(track.path, "too much happened at once, and files that had this name for a while may be missing")
        track.is_no_news = track.may_have_missed = False
        if not self._rules.by_name:
            self._board.unwatch_names(track)
        yield from self._drain(track)


def _open(path: str) -> tuple[Opened | None, int]:
    """Open what has a name; returns that, or why it cannot be."""
    try:
        return Opened.at(path), 0
    except OSError as error:
        # A socket has a name but cannot be opened.
        return None, UNTAILABLE if error.errno == errno.ENXIO else error.errno or errno.EIO


def _arrival(track: Track, found: Opened, error: int, *, was_followed: bool) -> FollowEvent:
    place = *found.identity, found.offset
    if error not in (0, errno.ENOENT):
        return Accessible(track.path, *place)
    return Replaced(track.path, *place) if was_followed else Appeared(track.path, track.is_taken_in, *place)
