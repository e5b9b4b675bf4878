"""All names that are followed, with their open files and watches: how they come, are looked after, and go."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

from aiocli.engines.follow.beside import beside_opened, look_beside, open_all
from aiocli.engines.follow.events import STDIN, UNTAILABLE
from aiocli.engines.follow.history import Episode
from aiocli.engines.follow.opened import Opened
from aiocli.engines.follow.pattern import Pattern
from aiocli.engines.follow.track import Track

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aiocli.engines.follow.board import Board
    from aiocli.engines.follow.events import Followed, FollowRules
    from aiocli.engines.follow.waiting import Bell

_PINNED = 64  # files that are opened ahead of being read
_ROUNDS = 3  # of opening them, in one go

TOO_MANY = (errno.EMFILE, errno.ENFILE)
"""Errors of opening that have nothing to do with the file."""


class Tracks:
    """The names of one follower."""

    def __init__(self, rules: FollowRules, board: Board, bell: Bell) -> None:
        self._rules = rules
        self._board = board
        self._bell = bell
        self._all: dict[Track, None] = {}
        self._by_path: dict[str, Track] = {}
        self._streams: dict[int, Track] = {}
        self._patterns = [Pattern(text) for text in rules.patterns]
        self._expected: dict[str, Track] = {}
        self._unexpected: dict[Track, None] = {}
        self._has_scanned = False
        board.on_new_name = self.take_in

    def __iter__(self) -> Iterator[Track]:
        return iter([*self._all])

    def __len__(self) -> int:
        return len(self._all)

    def __contains__(self, track: Track) -> bool:
        return track in self._all

    def is_alive(self) -> bool:
        """Tell whether anything can come yet."""
        if self._patterns or any(track.opened is not None for track in self._all):
            return True
        return self._rules.retries and bool(self._all)

    # --- coming and going -----------------------------------------------------------------------------------

    def watch_patterns(self) -> None:
        """Watch for names that patterns mean; those that are there are found by `scan_patterns`."""
        for pattern in self._patterns:
            self._board.watch_pattern(pattern)

    def expect(self, path: str) -> None:
        """Watch a name whose file will be opened at once, and adopted later: whatever becomes of it is known then."""
        if path in self._expected:
            return
        self._board.take()  # what happened to this name until now is nobody's business
        track = self._by_path.get(path)
        if track is None:
            track = Track(path)
            self._add(track)
        track.is_stale, track.is_taken_in = True, False
        self._expected[path] = track
        self._board.expect(track)
        if self._board.is_polled(track):
            track.beside = look_beside(path)

    def adopt(self, file: Followed) -> None:
        """Take up a file, which is ours from then on; nothing can fail here."""
        opened = None
        if file.src is not None:
            opened = Opened(file.src, file.offset, file.tail, file.landmark, is_owned=file.path != STDIN)
        by_name = self._rules.by_name and file.path != STDIN
        expected = self._expected.pop(file.path, None) if by_name else None
        if expected is not None:
            expected.opened, expected.error = opened, file.error
            return
        if file.path in self._by_path if by_name else opened is not None and self._has_file(opened):
            if opened is not None:
                opened.close()  # it is one name, or one file, however often it was given
            return
        waits = opened is None and self._rules.retries and file.error != UNTAILABLE
        if opened is None and not by_name and not waits:
            return
        track = Track(file.path, opened, file.error)
        track.is_stale = track.is_rewatched = by_name or waits
        self._add(track)
        if by_name:
            self._unexpected[track] = None

    def _has_file(self, opened: Opened) -> bool:
        """Tell whether an open file is followed already, as far as notifications tell: they are of a file, once."""
        if not self._rules.uses_inotify:
            return False
        return any(track.opened is not None and track.opened.identity == opened.identity for track in self._all)

    def begin(self) -> None:
        """Watch all that was adopted, and what the patterns mean."""
        for track in self._expected.values():  # nobody has opened it
            self.forget(track)
        self._expected.clear()
        for track in self:
            opened = track.opened
            if opened is not None:
                self.watch(track, opened)
            if track.is_stale and not track.keys:
                self._board.watch_names(track)
            if opened is not None and track.is_stale and opened.src.is_regular:
                self._catch_up(track, opened)
        self._unexpected.clear()
        self._board.dirty_patterns.update(dict.fromkeys(self._patterns))

    def _catch_up(self, track: Track, opened: Opened) -> None:
        """Know what has had a name since its file was opened, and that no more of what had it before."""
        if self._board.is_polled(track):
            self._drop(track, len(track.queue))
            track.beside = track.beside or beside_opened(opened)
            return
        self.gather()
        if track in self._unexpected:
            now = look_beside(track.path)
            told = [opened, *(episode.opened for episode in track.queue)]
            found = now.since(beside_opened(opened)) if now.own != opened.identity else {}
            track.queue[:0] = [Episode(None, opened) for opened in open_all(found, told)]
            return
        numbers = (number for number, episode in enumerate(track.queue) if self._leads_to(episode, opened))
        self._drop(track, next(numbers, -1) + 1)

    def _drop(self, track: Track, number: int) -> None:
        """Forget so many files that have had a name."""
        for episode in track.queue[:number]:
            self._board.history.be_told(episode.place)
            if episode.opened is not None:
                episode.opened.close()
        del track.queue[:number]

    def _leads_to(self, episode: Episode, opened: Opened) -> bool:
        found = episode.opened
        if found is None:
            try:
                found = self._open(episode)
            except OSError:
                return False
            if found is not None:
                found.close()
        return found is not None and found.identity == opened.identity

    def _add(self, track: Track) -> None:
        self._all[track] = None
        self._by_path[track.path] = track
        self._board.add(track)

    def forget(self, track: Track) -> None:
        """Close the files of a name and follow it no more."""
        for opened in (track.opened, track.previous, *track.discarded):
            if opened is not None:
                self.close_file(track, opened)
        for episode in (*track.queue, *track.copies):
            if episode.opened is not None:
                episode.opened.close()
        track.queue.clear()
        track.copies.clear()
        track.opened = track.previous = None
        self._board.remove(track)
        self._all.pop(track, None)
        if self._by_path.get(track.path) is track:
            del self._by_path[track.path]

    # --- open files -----------------------------------------------------------------------------------------

    def watch(self, track: Track, opened: Opened) -> None:
        """Watch an open file for a name."""
        if not opened.src.is_regular and self._bell.add(opened.src.fd):
            self._streams[opened.src.fd] = track
        else:
            self._board.watch_file(track, opened)

    def close_file(self, track: Track, opened: Opened) -> None:
        """Close a file, and watch it no more."""
        self._board.unwatch_file(track, opened)
        if opened.src.fd in self._streams:
            self._silence(opened.src.fd)
        opened.close()

    def mind_stream(self, track: Track) -> None:
        """Look at a pipe without writers again and again, for it would ring for ever; listen when it has some."""
        opened = track.opened
        if opened is None or opened.src.is_regular:
            return
        fd = opened.src.fd
        is_heard = fd in self._streams
        if is_heard and opened.is_hung_up:
            self._silence(fd)
            self._board.watch_file(track, opened)
        elif not is_heard and not opened.is_hung_up and self._bell.add(fd):
            self._board.unwatch_file(track, opened)
            self._streams[fd] = track

    def stir_streams(self) -> None:
        """Note which streams have something to read."""
        for fd in self._bell.ready():
            if fd in self._streams:
                self._board.stirred[self._streams[fd]] = None

    def _silence(self, fd: int) -> None:
        self._streams.pop(fd, None)
        self._bell.remove(fd)

    # --- files under other names ----------------------------------------------------------------------------

    def is_current(self, track: Track, episode: Episode) -> bool:
        """Tell whether the last file that came has the name still."""
        return episode.place is not None and episode.place == track.place and episode is track.queue[-1]

    def is_lost(self, episode: Episode) -> bool:
        """Tell whether a file is gone; one that is just changing its name looks as if it were."""
        if episode.end:
            self._board.take()
        return episode.is_lost

    def gather(self) -> None:
        """Take the notices that have come, and open files that had a name for a while before they are gone."""
        self._board.take()
        for _ in range(_ROUNDS):
            waiting = [
                episode
                for track in self._board.queued
                for episode in track.queue
                if episode.opened is None and not episode.end and not self.is_current(track, episode)
            ][:_PINNED]
            if not waiting:
                return
            self._open_all(waiting)

    def open_episode(self, episode: Episode) -> None:
        """Open a file where it is now; it stays unopened if it was moved meanwhile."""
        self._open_all([episode])

    def _open_all(self, episodes: list[Episode]) -> None:
        moves = [episode.moves for episode in episodes]
        for episode in episodes:
            try:
                episode.opened = self._open(episode)
            except OSError as error:
                if error.errno in TOO_MANY and self._has_pinned():
                    moves = moves[: episodes.index(episode)]  # those in front will be read and closed first
                    break
        self._board.take()
        for episode, before in zip(episodes, moves, strict=False):
            if episode.opened is None and episode.moves == before and not episode.end:
                episode.end = "it could not be opened"
            elif episode.opened is not None and episode.moves != before:
                episode.opened.close()
                episode.opened = None

    def _has_pinned(self) -> bool:
        return any(episode.opened is not None for track in self._board.queued for episode in track.queue)

    def _open(self, episode: Episode) -> Opened | None:
        place = episode.place
        directory = self._board.directory_of(place) if place is not None else ""
        return Opened.at(place.name, directory, follow_symlinks=False) if place is not None and directory else None

    # --- patterns -------------------------------------------------------------------------------------------

    def scan_patterns(self) -> None:
        """Take in what patterns mean by now whose directories have changed."""
        patterns, self._board.dirty_patterns = self._board.dirty_patterns, {}
        for pattern in patterns:
            self._board.watch_pattern(pattern)
            for path in pattern.matching():
                track = self.take_in(pattern, path)
                if track is not None and not self._has_scanned:
                    track.is_no_news = True
                    track.begins_at_end = not self._rules.from_start_of_new
        self._has_scanned = True

    def take_in(self, _pattern: Pattern, path: str) -> Track | None:
        """Take up a name that a pattern has found; None if it is followed already."""
        if path in self._by_path:
            return None
        track = Track(path, error=errno.ENOENT)
        track.is_taken_in = track.is_stale = track.is_rewatched = True
        self._add(track)
        return track

    def take_over(self, track: Track, found: Opened) -> bool:
        """Go on where a file was told under the name that it had before; False if it has that name still."""
        for other in self._all:
            if other is track:
                continue
            if other.opened is not None and other.opened.identity == found.identity:
                return False
            if other.previous is not None and other.previous.identity == found.identity:
                found.resume(other.previous.mark)
                self.close_file(other, other.previous)
                other.previous = None
                track.is_no_news = True
        return True

    def leave_to(self, track: Track, found: Opened) -> None:
        """Tell a file under the name that it has now, and no more as the one that another name had before."""
        for other in self._all:
            if other is not track and other.previous is not None and other.previous.identity == found.identity:
                self.close_file(other, other.previous)
                other.previous = None

    def has_other_name(self, track: Track, opened: Opened) -> bool:
        """Tell whether a file is followed by another name, too."""
        others = (other.opened for other in self._all if other is not track)
        return any(other is not None and other.identity == opened.identity for other in others)

    def close(self) -> None:
        """Close everything."""
        for track in self:
            self.forget(track)
