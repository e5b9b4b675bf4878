"""What became of the files that had a followed name for a while: their story, told from a directory's notices.

A log may be written, renamed and made anew many times between two looks. Each of these files is an episode; notices
tell in order how it came, under which name it is now, or that it is gone. So it can be opened and read although its
old name has long been another's.

    Between the notice and the opening the name may have changed hands again. Whoever opens an episode takes the
    notices that have come meanwhile; if these concern it, its `moves` have changed, and what was opened may be another
    file. While it is open, its content can no more be lost.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from aiocli.engines.follow.watching import NameStirred, What

if TYPE_CHECKING:
    from aiocli.engines.follow.opened import Opened
    from aiocli.engines.follow.watching import Key

_MAX_WANDERING = 64  # files that were moved to directories that nobody watches
_MAX_STORIES = 16 * 1024  # as many as the kernel keeps notices


class Place(NamedTuple):
    """A name in a watched directory."""

    key: Key
    name: str


class Episode:
    """One file that had a followed name and has not been told yet, or may be a copy of one that had.

    Attributes:
        place: where it is now; None is unknown.
        opened: the open file, once it is.
        moves: how often something happened to its name.
        end: why it cannot be opened any more, "" if it can.
        copies: files with names like its own that came while it had that: copies or links, in order.
    """

    __slots__ = ("copies", "end", "moves", "opened", "place")

    def __init__(self, place: Place | None, opened: Opened | None = None) -> None:
        self.place = place
        self.opened = opened
        self.moves = 0
        self.end = ""
        self.copies: list[Episode] = []

    @property
    def is_lost(self) -> bool:
        """Whether nobody can read it any more."""
        return bool(self.end) and self.opened is None

    def _move(self, place: Place | None, end: str = "") -> None:
        self.place = place
        self.moves += 1
        self.end = end


class History:
    """The whereabouts of all episodes. Files that are told already, or were, are none."""

    def __init__(self) -> None:
        self._here: dict[Place, Episode] = {}
        self._wandering: dict[int, Episode] = {}

    def be_told(self, place: Place | None) -> None:
        """Note that what has a name now is told."""
        if place is not None:
            self._here.pop(place, None)

    def tell(self, notice: NameStirred, *, is_wanted: bool) -> Episode | None:
        """Take in a notice; return the episode that has the name now, if one came there.

        Args:
            notice: from a watcher that tells all, in order.
            is_wanted: it is a followed name, or may be that of a copy: a file that comes there is an episode.
        """
        place = Place(notice.key, notice.name)
        what = notice.what
        if what is What.LEFT:
            self._leave(place, notice.cookie)
        elif what is What.REMOVED:
            self._end(place, "it was removed before it could be read")
        elif what is What.CREATED:
            self._end(place, "it was replaced before it could be read")
            if is_wanted:
                return self._come(place, None)
        elif what is What.ARRIVED:
            wanderer = self._wandering.pop(notice.cookie, None)
            self._end(place, "it was replaced before it could be read")
            if is_wanted or wanderer is not None:
                return self._come(place, wanderer)
        return None

    def leave_directory(self, key: Key) -> None:
        """Note that a directory's path leads elsewhere: what is in it cannot be reached."""
        for place in [place for place in self._here if place.key == key]:
            self._end(place, "its directory was moved or removed before it could be read")

    def forget_all(self) -> None:
        """Forget every story, because a part of it is missing."""
        for episode in [*self._here.values(), *self._wandering.values()]:
            episode._move(None, "too much happened at once for the kernel to tell")
        self._here.clear()
        self._wandering.clear()

    def _come(self, place: Place, episode: Episode | None) -> Episode:
        if episode is None:
            episode = Episode(place)
        else:
            episode._move(place)
        self._here[place] = episode
        if len(self._here) > _MAX_STORIES:
            self._end(next(iter(self._here)), "too much happened at once")
        return episode

    def _leave(self, place: Place, cookie: int) -> None:
        episode = self._here.pop(place, None)
        if episode is not None:
            episode._move(None, "it was moved to a directory that is not watched before it could be read")
            self._wandering[cookie] = episode
            while len(self._wandering) > _MAX_WANDERING:
                del self._wandering[next(iter(self._wandering))]

    def _end(self, place: Place, why: str) -> None:
        """End the story of what has a name, unless a link or copy was made of it before."""
        episode = self._here.pop(place, None)
        if episode is None:
            return
        while episode.copies:
            copy = episode.copies.pop()
            if copy.place is not None and copy.opened is None:
                self._here[copy.place] = episode
                episode._move(copy.place)
                return
        episode._move(None, why)
