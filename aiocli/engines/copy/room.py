"""Makes room for copies by GNU cp's rules: what is at a target stays, is asked about, moved aside or removed."""

from __future__ import annotations

import errno
import os
import stat
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from aiocli.core.events import Failure, Removed, Skipped, Unbacked
from aiocli.engines.copy import backups
from aiocli.engines.copy.destination import remove
from aiocli.engines.copy.existing import Question, Same, compare, is_older, looks_at_link
from aiocli.engines.copy.history import identity
from aiocli.engines.copy.rules import Dereference, Existing, Make
from aiocli.engines.copy.steps import CopyFailed, Step, failing

if TYPE_CHECKING:
    from aiocli.engines.copy.copier import Copier
    from aiocli.engines.copy.entry import Entry
    from aiocli.engines.copy.node import Node
    from aiocli.engines.copy.rules import CopyRules

_DOTS = (".", "..")
_STAYING = (Existing.SKIP, Existing.REFUSE)


class LinkLoop(Exception):
    """The target is a symbolic link that leads to itself."""


class Room(NamedTuple):
    """A target that may be written.

    Attributes:
        existing: facts of what is there still; None if nothing is, or nobody can tell.
        is_new: nothing is there.
        backup: where what was there is now; empty if it is gone or nothing was.
        is_doomed: what was there counts as gone, but is there until the copy takes its place.
    """

    existing: os.stat_result | None
    is_new: bool
    backup: str = ""
    is_doomed: bool = False


class RoomMaker:
    """Makes room for the copies of one copier.

    Args:
        copier: whose rules hold, as they are when a file's turn comes, whose history is asked, who tells and asks.
    """

    def __init__(self, copier: Copier) -> None:
        self._copier = copier

    @property
    def _rules(self) -> CopyRules:
        return self._copier.rules

    def look_at_target(self, entry: Entry, facts: os.stat_result) -> os.stat_result | None:
        """Tell the facts of what is at the target; None if nothing is.

        Raises:
            CopyFailed: nobody can tell.
            LinkLoop: a link that leads to itself, which is to be removed when it cannot be opened.
        """
        if entry.is_new:
            return None
        target = entry.target
        follows = not looks_at_link(facts, self._rules)
        try:
            existing = target.stat(follow=follows)
        except FileNotFoundError:
            return None
        except OSError as error:
            if error.errno == errno.ELOOP and follows and self._rules.unlinks_if_unopenable:
                raise LinkLoop from None
            raise CopyFailed(Step.STAT, target.path, error) from None
        if stat.S_ISDIR(facts.st_mode) and stat.S_ISLNK(existing.st_mode) and self._rules.keeps_directory_links:
            try:
                end = target.stat(follow=True)
            except OSError:
                return existing
            return end if stat.S_ISDIR(end.st_mode) else existing
        return existing

    def refuse_clash(self, entry: Entry, facts: os.stat_result, existing: os.stat_result) -> bool:
        """Tell whether there is nothing to do, as source and target are one file in a way that was asked for.

        Raises:
            CopyFailed: they are one file in a way that would lose it.
        """
        if self._rules.existing in _STAYING:  # it will not be written to
            return False
        same = compare(entry.source, facts, entry.target, existing, self._copier.rules_for(entry))
        if same is Same.CLASH:
            raise CopyFailed(Step.SAME_FILE, entry.source.path, None, entry.target.path)
        return same is Same.DONE

    def make(self, entry: Entry, facts: os.stat_result) -> Room | None:
        """See to what is at the target of a file that is no directory.

        Returns:
            None if it stays.

        Raises:
            CopyFailed: it stays, and that is a failure.
        """
        rules, target = self._rules, entry.target
        try:
            existing = self.look_at_target(entry, facts)
        except LinkLoop:
            return Room(None, is_new=False)
        room = Room(existing, is_new=existing is None)
        if existing is not None:
            if rules.existing is Existing.REFUSE:
                raise CopyFailed(Step.REPLACE_REFUSED, target.path)
            is_done = self.refuse_clash(entry, facts, existing)
            if rules.existing is Existing.SKIP or (rules.only_newer and not is_older(existing, facts)):
                self._link_skipped(entry, facts)
                self._copier.on_event(Skipped(target.path, facts.st_size))
                return None
            if rules.existing is Existing.ASK and not self._is_allowed(target, existing):
                self._copier.on_event(Skipped(target.path, facts.st_size))
                raise CopyFailed(Step.DECLINED, target.path)
            if is_done:
                return None
            room = self._clear(entry, facts, existing)
        self._refuse_new_link(entry)
        return room

    def give_way(self, entry: Entry, facts: os.stat_result, existing: os.stat_result) -> str:
        """Move aside a file that is where a directory is to be; return where it is now.

        Raises:
            CopyFailed: it is to stay.
        """
        if self._rules.backup is None:
            raise CopyFailed(Step.OVERWRITE_WITH_DIRECTORY, entry.target.path, None, entry.source.path)
        self._refuse_new(entry, existing)
        return self._back_up(entry, facts)

    def undo_backup(self, entry: Entry, backup: str, *, is_doomed: bool = False) -> None:
        """Give the target's name back to what was there; that, or that it fails, is told.

        Args:
            entry: what was not copied.
            backup: where what was there is now.
            is_doomed: it has its old name still.
        """
        if self._rules.is_dry:
            return
        target = entry.target
        name = os.path.join(os.path.dirname(target.name.rstrip("/")), os.path.basename(backup))
        try:
            os.rename(name, target.name, src_dir_fd=target.dir_fd, dst_dir_fd=target.dir_fd)
            if is_doomed:  # the backup is one more name of it, which a rename of the one to the other leaves
                with suppress(FileNotFoundError):
                    os.unlink(name, dir_fd=target.dir_fd)
        except OSError as error:
            self._copier.on_event(Failure(Step.UNDO_BACKUP, target.path, error.errno or 0))
        else:
            self._copier.on_event(Unbacked(backup, target.path))

    def _link_skipped(self, entry: Entry, facts: os.stat_result) -> None:
        """Let a target that is new enough be one with the first copy of its source, where links are kept."""
        may_come_again = facts.st_nlink > 1 or self._copier.follows(entry)
        if self._rules.only_newer and self._rules.preserve.links and may_come_again:
            earlier = self._copier.history.first_copy(identity(facts), entry.top, entry.below)
            if earlier is not None:
                self._copier.link_to(entry, earlier)

    def _is_allowed(self, target: Node, existing: os.stat_result) -> bool:
        # As in GNU, who may do everything is not asked about modes: what bars even him is no mode.
        is_free = stat.S_ISLNK(existing.st_mode) or self._rules.has_chown_privilege
        is_writable = is_free or target.may(os.W_OK)
        is_removed = self._rules.unlinks_first or self._rules.unlinks_if_unopenable
        question = Question(target, existing.st_mode, is_writable, is_removed)
        return self._copier.ask is not None and self._copier.ask(question)

    def _clear(self, entry: Entry, facts: os.stat_result, existing: os.stat_result) -> Room:
        """Refuse, move aside or remove what is there, as the rules have it."""
        rules, source, target = self._copier.rules_for(entry), entry.source, entry.target
        if stat.S_ISDIR(existing.st_mode):
            if rules.backup is None:
                raise CopyFailed(Step.OVERWRITE_DIRECTORY, target.path, None, source.path)
            return Room(existing, is_new=False)
        self._refuse_new(entry, existing)
        stays = rules.is_atomic and rules.make is not Make.ATTRIBUTES  # until the copy takes its place
        if rules.backup is not None and os.path.basename(target.name) not in _DOTS:
            return Room(None, is_new=True, backup=self._back_up(entry, facts, stays=stays), is_doomed=stays)
        is_shared = rules.preserve.links and existing.st_nlink > 1
        is_link_kept = rules.dereference is Dereference.NEVER and not stat.S_ISREG(facts.st_mode)
        if rules.unlinks_first or (rules.make is not Make.ATTRIBUTES and (is_shared or is_link_kept)):
            self._remove(target, stays=stays)
            return Room(None, is_new=True, is_doomed=stays)
        return Room(existing, is_new=False)

    def _refuse_new(self, entry: Entry, existing: os.stat_result) -> None:
        """Refuse to replace what an earlier operand became."""
        if not backups.is_numbered(self._rules.backup) and self._copier.history.is_new(entry.target, existing):
            raise CopyFailed(Step.OVERWRITE_NEW, entry.target.path, None, entry.source.path)

    def _back_up(self, entry: Entry, facts: os.stat_result, *, stays: bool = False) -> str:
        rules, source, target = self._rules, entry.source, entry.target
        if rules.backup is None:
            return ""
        if backups.would_destroy_source(source, facts, target, rules.backup, rules.suffix):
            raise CopyFailed(Step.BACKUP_IS_SOURCE, target.path, None, source.path)
        if rules.is_dry:
            return backups.backup_name(target, rules.backup, rules.suffix)
        with failing(Step.BACK_UP, target.path):
            return backups.make_backup(target, rules.backup, rules.suffix, stays=stays)

    def _remove(self, target: Node, *, stays: bool) -> None:
        if self._rules.is_dry or stays:
            self._copier.on_event(Removed(target.path))
        else:
            remove(target, self._copier.on_event)

    def _refuse_new_link(self, entry: Entry) -> None:
        """Refuse to write through a symbolic link that an earlier operand became."""
        if not entry.is_operand or self._rules.backup is not None:
            return
        try:
            facts = entry.target.stat()
        except OSError:
            return
        if stat.S_ISLNK(facts.st_mode) and self._copier.history.is_new(entry.target, facts):
            raise CopyFailed(Step.COPY_THROUGH_NEW_LINK, entry.source.path, None, entry.target.path)
