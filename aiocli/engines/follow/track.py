"""What a follower knows of one name: the file that is told now, those that come next, the one before."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aiocli.engines.follow.beside import Beside
    from aiocli.engines.follow.history import Episode, Place
    from aiocli.engines.follow.opened import Opened
    from aiocli.engines.follow.watching import Key

_MAX_COPIES = 256


class Track:
    """One followed name, or one followed file.

    Attributes:
        path: the name.
        opened: the file that is told; None while there is none.
        previous: the one before, kept open for those who write to it still.
        queue: files that had the name afterwards, in order.
        copies: files with names like this one that have come since, in order: rotation may have copied it there.
        beside: what lay beside it when it was last known which file is told, where no notice tells what comes there.
        touches: how often the file that is told was changed, as far as notices tell; coming is a change, too.
        touches_read: so many when it was last found empty.
        has_copies: one of them was a copy once.
        discarded: files that are to be closed.
        error: why there is no file: an errno, UNTAILABLE, or 0 if there is one.
        is_stale: the name must be looked up.
        is_rewatched: what it depends on must be looked up, too.
        is_polled: nothing tells of its changes.
        is_taken_in: a pattern found it; it is dropped when its name is gone.
        begins_at_end: what its file has already is not told.
        is_over: it is followed no more.
        is_no_news: its file was followed under another name, or was there when a pattern was first looked at.
        may_have_missed: notices were lost since the last look, or a link was changed more than once.
        is_relinked: a link on its way was changed since the last look.
        aside: the directory to which a file of this name was moved; "" if it stayed where it was.
        keys: directories that tell of its name.
        place: where its name is, as a watcher tells it.
        silent: how often it has grown without a notice, in a row.
        unchanged: looks without a change.
        quiet_since_s: when the previous file was last seen growing, by the loop's clock.
    """

    __slots__ = (
        "aside",
        "begins_at_end",
        "beside",
        "copies",
        "discarded",
        "error",
        "has_copies",
        "is_no_news",
        "is_over",
        "is_polled",
        "is_relinked",
        "is_rewatched",
        "is_stale",
        "is_taken_in",
        "keys",
        "may_have_missed",
        "opened",
        "path",
        "place",
        "previous",
        "queue",
        "quiet_since_s",
        "silent",
        "touches",
        "touches_read",
        "unchanged",
    )

    def __init__(self, path: str, opened: Opened | None = None, error: int = 0) -> None:
        self.path = path
        self.opened = opened
        self.error = error
        self.previous: Opened | None = None
        self.queue: list[Episode] = []
        self.copies: list[Episode] = []
        self.discarded: list[Opened] = []
        self.keys: set[Key] = set()
        self.place: Place | None = None
        self.aside = ""
        self.beside: Beside | None = None
        self.has_copies = False
        self.is_stale = False
        self.is_rewatched = False
        self.is_relinked = False
        self.is_polled = False
        self.is_taken_in = False
        self.begins_at_end = False
        self.is_over = False
        self.is_no_news = False
        self.may_have_missed = False
        self.silent = 0
        self.touches = 1
        self.touches_read = 0
        self.unchanged = 0
        self.quiet_since_s = 0.0

    @property
    def may_be_copied(self) -> bool:
        """Whether there may be content that is copied away: none while the file is empty and nobody has changed it."""
        return self.opened is None or self.opened.offset > 0 or self.touches > self.touches_read

    def add_copy(self, episode: Episode) -> None:
        """Note a file that may be a copy of this one."""
        if episode not in self.copies:
            self.copies.append(episode)
            if len(self.copies) > _MAX_COPIES:
                self.drop_copy(self.copies[0])

    def drop_copy(self, episode: Episode) -> None:
        """Forget it again."""
        if episode in self.copies:
            self.copies.remove(episode)
        if episode.opened is not None:
            episode.opened.close()
            episode.opened = None
