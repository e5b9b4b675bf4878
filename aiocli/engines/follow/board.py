"""Joins watchers to the names that are followed: who wants to know what, and whom a notice concerns.

Where notifications do not work, or run out, looking again and again takes their place, for one name or for all.
"""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING

from aiocli.engines.follow.blind import blind_filesystem
from aiocli.engines.follow.chain import chain_of
from aiocli.engines.follow.events import Polling
from aiocli.engines.follow.history import History, Place
from aiocli.engines.follow.looking import Looking
from aiocli.engines.follow.names import COMPRESSED_SUFFIXES, SEPARATORS
from aiocli.engines.follow.watching import FileStirred, NameStirred, Overflowed, PlaceStirred, What

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from aiocli.engines.follow.events import FollowEvent
    from aiocli.engines.follow.opened import Opened
    from aiocli.engines.follow.pattern import Pattern
    from aiocli.engines.follow.track import Track
    from aiocli.engines.follow.watching import Key, Notice, Watcher

_COMING = (What.CREATED, What.ARRIVED)
_EXHAUSTED = (errno.ENOSPC, errno.EMFILE, errno.ENFILE, errno.ENOMEM)
_ATTEMPTS = 8  # until what is watched is what the path depends on, while somebody changes it


class Board:
    """Watches, and whose they are.

    Attributes:
        stirred: names where something may have happened, in order.
        queued: names with files that are to be told before what has the name now.
        notes: events that the change of watchers brought, to be told.
        history: where files are that had a followed name.
        dirty_patterns: those whose directories have changed.
        on_new_name: called with a pattern and a path that it means, which has come; returns its track.
        notifier: tells of changes by itself; None if nothing does.
        looking: is asked for changes.
    """

    def __init__(self) -> None:
        self.notifier: Watcher | None = None
        self.looking = Looking()
        self.history = History()
        self.stirred: dict[Track, None] = {}
        self.queued: dict[Track, None] = {}
        self.notes: list[FollowEvent] = []
        self.dirty_patterns: dict[Pattern, None] = {}
        self.on_new_name: Callable[[Pattern, str], Track | None] = lambda _pattern, _path: None
        self._tracks: dict[Track, None] = {}
        self._files: dict[Key, dict[Track, None]] = {}
        self._names: dict[Key, dict[str, dict[Track, None]]] = {}
        self._places: dict[Key, dict[Track, None]] = {}
        self._patterns: dict[Key, dict[Pattern, None]] = {}
        self._paths: dict[Key, str] = {}

    # --- who wants to know ----------------------------------------------------------------------------------

    def add(self, track: Track) -> None:
        """Take up a name; it is to be looked at."""
        self._tracks[track] = None
        self.stirred[track] = None

    def remove(self, track: Track) -> None:
        """Forget a name, and all that was watched for it."""
        self.unwatch_names(track)
        self._tracks.pop(track, None)
        self.stirred.pop(track, None)
        self.queued.pop(track, None)

    def watch_file(self, track: Track, opened: Opened) -> None:
        """Watch an open file for a name; what is no regular file is looked at again and again."""
        if not opened.src.is_regular:
            key: Key | None = self.looking.watch_file(opened.src.fd)
        else:
            if blind_filesystem(opened.src.fd):
                self._poll(track)
            key = self._try(track, lambda watcher: watcher.watch_file(opened.src.fd))
        if key is not None:
            opened.key = key
            self._files.setdefault(key, {})[track] = None

    def unwatch_file(self, track: Track, opened: Opened) -> None:
        """Watch it no more for that name."""
        key, opened.key = opened.key, None
        if key is None or key not in self._files:
            return
        others = (track.opened, track.previous)
        if not any(other is not None and other.key == key for other in others):
            self._files[key].pop(track, None)
        if not self._files[key]:
            del self._files[key]
            self._watcher_of(key).forget(key)

    def expect(self, track: Track) -> None:
        """Watch a name before its file is opened."""
        if self.notifier is not None and _is_in_blind_directory(track.path):
            track.is_polled = True
        self.watch_names(track)

    def is_polled(self, track: Track) -> bool:
        """Tell whether nothing tells of what becomes of a name."""
        return self.notifier is None or track.is_polled

    def watch_names(self, track: Track) -> None:
        """Watch everything on which it depends what a name leads to."""
        track.is_rewatched = False
        for _ in range(_ATTEMPTS):
            chain = chain_of(track.path)
            keys: set[Key] = set()
            for directory, name in chain.names:
                key = self._watch_name(track, directory, name)
                if key is not None:
                    keys.add(key)
                    track.place = Place(key, name)
            if track.aside:
                key = self._watch_name(track, track.aside, "")
                keys |= set() if key is None else {key}
            for directory in chain.places:
                key = self._try(track, lambda watcher, path=directory: watcher.watch_place(path))  # type: ignore[misc]
                if key is not None:
                    self._places.setdefault(key, {})[track] = None
                    keys.add(key)
            for key in track.keys - keys:
                self._release(track, key)
            track.keys = keys
            if chain == chain_of(track.path):
                return

    def _watch_name(self, track: Track, directory: str, name: str) -> Key | None:
        key = self._try(track, lambda watcher: watcher.watch_name(directory, name))
        if key is not None:
            self._paths[key] = directory
            self._names.setdefault(key, {}).setdefault(name, {})[track] = None
        return key

    def watch_aside(self, track: Track, previous: Opened) -> None:
        """Watch the directory to which the file of a name was moved: the next ones will be, too."""
        if self.notifier is None or track.is_polled or not track.keys or track.aside or not previous.has_links():
            return
        try:
            directory = os.path.dirname(os.readlink(f"/proc/self/fd/{previous.src.fd}"))
            is_same = track.place is None or os.path.samefile(directory, self._paths[track.place.key])
        except OSError:
            return
        if not is_same:
            track.aside = directory
            self.watch_names(track)

    def unwatch_names(self, track: Track) -> None:
        """Look at where a name leads no more."""
        for key in track.keys:
            self._release(track, key)
        track.keys = set()
        track.place = None

    def _release(self, track: Track, key: Key) -> None:
        names = self._names.get(key, {})
        for name in [name for name, tracks in names.items() if track in tracks]:
            del names[name][track]
            if not names[name]:
                del names[name]
        self._places.get(key, {}).pop(track, None)
        if not names and not self._places.get(key) and key not in self._patterns:
            self._names.pop(key, None)
            self._places.pop(key, None)
            self._paths.pop(key, None)
            self.history.leave_directory(key)
            self._watcher_of(key).forget(key)

    def watch_pattern(self, pattern: Pattern) -> None:
        """Watch for names that a pattern means."""
        for directory in [*pattern.levels(), *pattern.directories()]:
            watcher = self.notifier or self.looking
            try:
                key = watcher.watch_name(directory, "")
            except OSError as error:
                if watcher is self.looking:
                    continue
                if error.errno in _EXHAUSTED:
                    self.fall_back(error.errno)
                key = self.looking.watch_name(directory, "")
            self._paths[key] = directory
            self._patterns.setdefault(key, {})[pattern] = None

    # --- falling back ---------------------------------------------------------------------------------------

    def _watcher_of(self, key: Key) -> Watcher:
        return self.looking if key < 0 or self.notifier is None else self.notifier

    def _try(self, track: Track, watch: Callable[[Watcher], Key]) -> Key | None:
        """Watch something for a name by the best watcher; None if it is not there any more."""
        if self.notifier is not None and not track.is_polled:
            try:
                return watch(self.notifier)
            except (FileNotFoundError, NotADirectoryError):
                return None
            except OSError as error:
                if error.errno in _EXHAUSTED:
                    self.fall_back(error.errno or 0)
                else:
                    self.notes.append(Polling(track.path, "it cannot be watched", error.errno or 0))
                    self._poll(track)
        try:
            return watch(self.looking)
        except OSError:
            return None

    def poll(self, track: Track, why: str) -> None:
        """Look again and again at one name from now on, and tell so."""
        self.notes.append(Polling(track.path, why))
        self._poll(track)

    def _poll(self, track: Track) -> None:
        if track.is_polled or self.notifier is None:
            track.is_polled = True
            return
        track.is_polled = True
        files = [opened for opened in (track.opened, track.previous) if opened is not None and opened.key is not None]
        for opened in files:
            self.unwatch_file(track, opened)
        for opened in files:
            self.watch_file(track, opened)
        if track.keys:
            self.unwatch_names(track)
            track.is_stale = track.is_rewatched = True
            self.stirred[track] = None

    def fall_back(self, error: int) -> None:
        """Give up notifications for all names, and tell so."""
        notifier = self.notifier
        if notifier is None:
            return
        self.notes.append(Polling(None, "notifications are exhausted", error))
        patterns = {pattern: None for patterns in self._patterns.values() for pattern in patterns}
        self._patterns.clear()
        for track in self._tracks:
            self._poll(track)
        self.notifier = None
        notifier.close()
        self.history.forget_all()
        for pattern in patterns:
            self.watch_pattern(pattern)
        self.dirty_patterns.update(patterns)

    # --- what has happened ----------------------------------------------------------------------------------

    def take(self, *, looks: bool = False) -> None:
        """Take the notices that have come.

        Args:
            looks: also look at what tells of nothing.
        """
        if self.notifier is not None:
            for notice in self.notifier.notices():
                self._route(notice)
        if looks:
            for notice in self.looking.notices():
                self._route(notice)

    def _route(self, notice: Notice) -> None:
        if isinstance(notice, FileStirred):
            for track in self._files.get(notice.key, ()):
                track.silent = track.unchanged = 0
                track.touches += track.opened is not None and track.opened.key == notice.key
                self.stirred[track] = None
        elif isinstance(notice, NameStirred):
            self._route_name(notice)
        elif isinstance(notice, PlaceStirred):
            self.history.leave_directory(notice.key)
            names = self._names.get(notice.key, {})
            for track in [*self._places.get(notice.key, ()), *(track for tracks in names.values() for track in tracks)]:
                self._stir_name(track, is_rewatched=True)
            self.dirty_patterns.update(self._patterns.get(notice.key, {}))
        elif isinstance(notice, Overflowed):
            self.history.forget_all()
            for track in self._tracks:
                track.may_have_missed = bool(track.keys)
                self._stir_name(track, is_rewatched=True)
            for patterns in self._patterns.values():
                self.dirty_patterns.update(patterns)

    def _route_name(self, notice: NameStirred) -> None:
        key, name, what, _ = notice
        place = Place(key, name)
        names = self._names.get(key, {})
        if name not in names and what in _COMING and key in self._patterns:
            self._find_new_name(notice)
        tracks = names.get(name, {})
        owners = [track for track in tracks if track.place == place]
        originals = [] if owners or what is not What.CREATED else self._originals_of(key, name)
        if key > 0:
            episode = self.history.tell(notice, is_wanted=bool(owners or originals))
            if episode is not None:
                for track in owners:
                    if episode not in track.queue:
                        track.queue.append(episode)
                        self.queued[track] = None
                for track in originals:
                    if track.queue:
                        track.queue[-1].copies.append(episode)
                    else:
                        track.add_copy(episode)
        for track in tracks:
            if track.place != place and what in _COMING:  # nobody knows where the link led that is replaced
                track.may_have_missed = track.may_have_missed or track.is_relinked
                track.is_relinked = True
            self._stir_name(track, is_rewatched=what is not What.CHANGED or track.place != place or key < 0)

    def _find_new_name(self, notice: NameStirred) -> None:
        directory = self._paths[notice.key]
        for pattern in self._patterns[notice.key]:
            if directory not in pattern.directories():
                self.dirty_patterns[pattern] = None
            elif pattern.has(notice.name):
                track = self.on_new_name(pattern, pattern.path_of(directory, notice.name))
                if track is not None:
                    self._watch_name(track, directory, notice.name)
                    track.keys.add(notice.key)
                    track.place = Place(notice.key, notice.name)
                    return

    def _originals_of(self, key: Key, name: str) -> list[Track]:
        """Return the names that a name begins with, and then a separator: it may be a copy's of their files.

        What is compressed is none: it is made of what was renamed or copied before.
        """
        if name.endswith(COMPRESSED_SUFFIXES):
            return []
        names = self._names.get(key, {})
        heads = (name[:end] for end, letter in enumerate(name) if letter in SEPARATORS)
        tracks = (track for head in heads for track in names.get(head, ()) if track.place == (key, head))
        return [track for track in tracks if track.queue or track.may_be_copied]

    def _stir_name(self, track: Track, *, is_rewatched: bool) -> None:
        track.is_stale = True
        track.is_rewatched = track.is_rewatched or is_rewatched
        self.stirred[track] = None

    def directory_of(self, place: Place) -> str:
        """Return the path of a place's directory."""
        return self._paths.get(place.key, "")

    def silent_tracks(self) -> Iterator[Track]:
        """Yield the names whose files have grown although nothing was told of it."""
        for track in self._tracks:
            opened = track.opened
            if opened is None or opened.key is None or opened.key < 0:
                continue
            if os.fstat(opened.src.fd).st_size > opened.offset:
                yield track

    def close(self) -> None:
        """Give every watch back."""
        if self.notifier is not None:
            self.notifier.close()
        self.looking.close()


def _is_in_blind_directory(path: str) -> bool:
    try:
        fd = os.open(os.path.dirname(path) or ".", os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        return bool(blind_filesystem(fd))
    finally:
        os.close(fd)
