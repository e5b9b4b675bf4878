"""Reads on in followed files, and finds what was cut off before it was read: rotation may have copied it away."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from aiocli.engines.follow.beside import look_beside, open_all
from aiocli.engines.follow.directory import names_in, regular_files
from aiocli.engines.follow.events import Data, Ended, Truncated, Unreadable
from aiocli.engines.follow.history import Episode
from aiocli.engines.follow.mark import tail_at
from aiocli.engines.follow.names import is_numbered, is_of_copy
from aiocli.engines.follow.opened import Opened, Shrunk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from aiocli.engines.follow.events import FollowEvent
    from aiocli.engines.follow.opened import PRead
    from aiocli.engines.follow.track import Track

CHUNKS = 64
"""Reads of one file until others have their turn."""


_ATTEMPTS = 8  # to open a file whose name changes all the time


class Reader:
    """Reads the files of names.

    Attributes:
        unfinished: names whose files have more to read.
    """

    def __init__(
        self, chunk_size: int, pread: PRead, gather: Callable[[], None], open_episode: Callable[[Episode], None]
    ) -> None:
        """Make one.

        Args:
            chunk_size: most bytes of one read.
            pread: reads regular files.
            gather: takes the notices that have come.
            open_episode: opens a file that has another name now, if it can be.
        """
        self._chunk_size = chunk_size
        self._pread = pread
        self._gather = gather
        self._open_episode = open_episode
        self.unfinished: dict[Track, None] = {}

    def drain(self, track: Track, *, is_all: bool = False) -> Iterator[FollowEvent]:
        """Yield what is new in the file of a name, after what is new in the one before.

        Args:
            track: the name.
            is_all: to the end as it is now, and not only CHUNKS pieces.
        """
        if track.previous is not None:
            is_late = track.opened is not None and track.opened.offset > 0
            yield from self._read(track, track.previous, is_all=is_all, is_late=is_late)
        if track.opened is not None:
            yield from self._read(track, track.opened, is_all=is_all)

    def _read(self, track: Track, opened: Opened, *, is_all: bool, is_late: bool = False) -> Iterator[FollowEvent]:
        end = opened.size() if is_all and opened.src.is_regular else 0
        chunks = 0
        while chunks < CHUNKS or opened.offset < end:
            chunks += 1
            touches = track.touches
            try:
                data = opened.peek(self._chunk_size, self._pread)
            except Shrunk:
                if opened is not track.opened:
                    self._discard(track, opened)
                    return
                yield from self._start_again(track, opened)
                continue
            except EOFError:
                yield from self._end_stream(track, opened)
                return
            except OSError as error:
                yield from self._give_up(track, opened, error)
                return
            if not opened.offset and track.place is not None and opened is track.opened:
                # What is at the beginning may be younger than a copy of what was there before.
                self._gather()
                copy = self._next_copy(track, opened)
                if copy is not None:
                    yield from self._tell_copy(track, copy)
                    continue
                if not data:
                    track.touches_read = touches
            if not data:
                return
            offset = opened.offset
            opened.accept(data)
            yield Data(track.path, offset, data, *opened.identity, is_late)
        self.unfinished[track] = None

    def _end_stream(self, track: Track, opened: Opened) -> Iterator[FollowEvent]:
        """A named pipe may have another writer later."""
        if opened.is_anonymous_pipe and opened is track.opened:
            track.is_over = True
            yield Ended(track.path)

    def _give_up(self, track: Track, opened: Opened, error: OSError) -> Iterator[FollowEvent]:
        if opened is track.opened:
            track.error = error.errno or 0
            yield Unreadable(track.path, track.error)
        self._discard(track, opened)

    def _discard(self, track: Track, opened: Opened) -> None:
        if opened is track.opened:
            track.opened = None
        else:
            track.previous = None
        track.discarded.append(opened)

    # --- copies ---------------------------------------------------------------------------------------------

    def _start_again(self, track: Track, opened: Opened) -> Iterator[FollowEvent]:
        self._gather()
        self._take_copies(track, opened)
        copy = self._next_copy(track, opened)
        if copy is None and opened.offset and track.place is not None:
            copy = _find_copy(track.path, opened)
        if copy is not None:
            yield from self._tell_copy(track, copy)
        else:
            while track.copies:  # none of what is there by now is a copy of this file
                track.drop_copy(track.copies[-1])
            opened.restart()
            yield Truncated(track.path, *opened.identity)

    def _take_copies(self, track: Track, opened: Opened) -> None:
        """Take what has come beside a polled file for copies, in order; once it has no more its name, only its own."""
        if track.beside is None:
            return
        now = look_beside(track.path)
        has_name = now.own == opened.identity
        for copy in open_all(now.since(track.beside), (track.previous,)):
            if has_name or (opened.offset and _goes_on(copy, opened)):
                track.add_copy(Episode(None, copy))
                track.beside.files[copy.identity] = now.files[copy.identity]  # and not new another time
            else:
                copy.close()
        if has_name:
            track.beside = now

    def _tell_copy(self, track: Track, copy: Opened) -> Iterator[FollowEvent]:
        """Yield what was cut off from the copy that holds it, and go to the beginning of the file."""
        opened = track.opened
        assert opened is not None
        track.has_copies = True
        try:
            while data := self._read_copy(copy):
                yield Data(track.path, copy.offset - len(data), data, *opened.identity)
        finally:
            copy.close()
        opened.restart()
        yield Truncated(track.path, *opened.identity)

    def _read_copy(self, copy: Opened) -> bytes:
        try:
            return copy.read(self._chunk_size, self._pread)
        except (Shrunk, OSError):
            return b""

    def _next_copy(self, track: Track, opened: Opened) -> Opened | None:
        """Take the copy that goes on where the file was read to, and forget it and those before.

        The first copy must have what is in front of that place. Those behind it are copies of what the file held
        afterwards, where it holds that no more; while nothing was read of it, the copy's name has to look like one.
        """
        for number, episode in enumerate(candidates := [*track.copies]):
            for _ in range(_ATTEMPTS):
                if episode.opened is None and not episode.end:
                    self._open_episode(episode)
            copy = episode.opened
            if copy is None or not copy.src.is_regular:
                continue
            is_likely = opened.offset > 0 or track.has_copies or is_numbered(copy.src.name)
            if is_likely and _goes_on(copy, opened):
                episode.opened = None
                for passed in candidates[: number + 1]:
                    track.drop_copy(passed)
                copy.resume(opened.mark)
                return copy
        return None


def _find_copy(path: str, opened: Opened) -> Opened | None:
    """Find the copy that goes on where a file was read to, and of which no notice told; the longest of several."""
    directory, name = os.path.split(os.path.realpath(path))
    for other in _longer_beside(directory, name, opened):
        try:
            copy = Opened.at(other, follow_symlinks=False)
        except OSError:
            continue
        if copy.src.is_regular and _goes_on(copy, opened):
            copy.resume(opened.mark)
            return copy
        copy.close()
    return None


def _longer_beside(directory: str, name: str, opened: Opened) -> list[str]:
    """List the files called like one that have changed since all of that was read, and may hold more; longest first."""
    copies = (other for other in names_in(directory) if is_of_copy(other, name))
    sizes = {
        path: facts.st_size
        for path, facts in regular_files(directory, copies)
        if facts.st_ctime_ns >= opened.whole_ns and facts.st_size > opened.offset
    }
    return sorted(sizes, key=sizes.__getitem__, reverse=True)


def _goes_on(copy: Opened, opened: Opened) -> bool:
    """Tell whether a file is a copy of what another held, which holds it no more."""
    size = copy.size()
    if not size or copy.identity == opened.identity:
        return False
    try:
        is_held = opened.size() >= size and tail_at(opened.src.fd, size) == tail_at(copy.src.fd, size)
        return not is_held and opened.may_go_on_in(copy)
    except OSError:
        return False
