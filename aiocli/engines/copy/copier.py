"""Copies what one command line names, operand after operand, by the rules of GNU cp.

Everything that needs thought happens here, one file at a time and in GNU's order: hard links, links, special files.
What is there already is seen to in `room`, directories are walked in `tree`, files' data moved in `regular`.
"""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from aiocli.core.events import Digested, File, Note, Removed
from aiocli.engines.copy import move
from aiocli.engines.copy.attributes import carry_over
from aiocli.engines.copy.destination import sync_directory_of
from aiocli.engines.copy.entry import Entry
from aiocli.engines.copy.history import History, identity
from aiocli.engines.copy.regular import copy_regular
from aiocli.engines.copy.room import RoomMaker
from aiocli.engines.copy.rules import Dereference, Existing, Make
from aiocli.engines.copy.special import make_again, make_hard_link, make_link
from aiocli.engines.copy.steps import CopyFailed, Step, Warn, failing

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable
    from concurrent.futures import Executor

    from aiocli.core.events import Event, Failure, OnBytes
    from aiocli.engines.copy import CopyJob
    from aiocli.engines.copy.existing import Question
    from aiocli.engines.copy.history import Copy
    from aiocli.engines.copy.node import Node
    from aiocli.engines.copy.room import Room
    from aiocli.engines.copy.rules import CopyRules


class Copier:
    """Copies operands one after the other and remembers what became of them.

    Args:
        rules: how.
        on_event: told what happens, in GNU's order: File before it is copied, then what fails.
        executor: takes batches of a tree's small files; None copies them here.
        on_bytes: told of every move of data.
        ask: answers whether a target may be replaced, where the rules have that asked.
        wants_files: tell a File for each; without, those that are simple and go well may be left untold.
        mover: moves files' data.

    Attributes:
        nvisited: how many files it has looked at.
    """

    def __init__(
        self,
        rules: CopyRules,
        on_event: Callable[[Event], None],
        *,
        executor: Executor | None = None,
        on_bytes: OnBytes | None = None,
        ask: Callable[[Question], bool] | None = None,
        wants_files: bool = False,
        mover: Callable[[CopyJob], Awaitable[object]] = move,
    ) -> None:
        self.rules = rules
        self.on_event = on_event
        self.executor = executor
        self.on_bytes = on_bytes
        self.ask = ask
        self.wants_files = wants_files
        self.mover = mover
        self.history = History()
        self.rooms = RoomMaker(self)
        self.nvisited = 0

    async def copy(self, source: Node, target: Node, *, is_new: bool = False) -> bool:
        """Copy an operand to a name, a directory with all in it if the rules say so.

        Args:
            source: named from the current directory.
            target: its directory stays open until the last operand is copied.
            is_new: nothing is at the target's name.

        Returns:
            Whether all went well; what did not was told.

        Raises:
            BackendUnavailable: the named backend does not work here.
        """
        is_well = await self._copy(Entry(source, target, target, is_new=is_new))
        if is_well and self.rules.is_durable and not self.rules.is_dry:
            try:
                sync_directory_of(target)
            except CopyFailed as failed:
                self.on_event(failed.failure)
                return False
        return is_well

    async def _copy(self, entry: Entry) -> bool:
        source = entry.source
        try:
            facts = self.look(entry)
            if not stat.S_ISDIR(facts.st_mode):
                return await self.copy_file(entry, facts)
            if not self.rules.is_recursive:
                raise CopyFailed(Step.OMIT_DIRECTORY, source.path)
        except CopyFailed as failed:
            self.on_event(failed.failure)
            return False
        from aiocli.engines.copy.tree import TreeCopy

        return await TreeCopy(self, entry, facts).run()

    def follows(self, entry: Entry) -> bool:
        """Tell whether the entry's source is followed if it is a symbolic link."""
        dereference = self.rules.dereference
        return dereference is Dereference.ALWAYS or (dereference is Dereference.OPERANDS and entry.is_operand)

    def rules_for(self, entry: Entry) -> CopyRules:
        """Return the rules for one entry: where links that are operands are followed, those below them never are."""
        rules = self.rules
        if rules.dereference is Dereference.OPERANDS and not entry.is_operand:
            return rules._replace(dereference=Dereference.NEVER)
        return rules

    def look(self, entry: Entry) -> os.stat_result:
        """Tell the facts of a source.

        Raises:
            CopyFailed: nobody can.
        """
        with failing(Step.STAT, entry.source.path):
            return entry.source.stat(follow=self.follows(entry))

    async def copy_file(self, entry: Entry, facts: os.stat_result) -> bool:
        """Copy what is no directory; return whether all went well."""
        self.nvisited += 1
        try:
            if entry.is_operand and self._is_repeated(entry, facts):
                return True
            room = self.rooms.make(entry, facts)
            if room is None:
                return True
        except CopyFailed as failed:
            self.on_event(failed.failure)
            return False
        try:
            is_well = await self._make(entry, facts, room)
        except CopyFailed as failed:
            self.on_event(failed.failure)
            is_well = False
        if not is_well:
            self.history.forget(identity(facts), entry.top, entry.below)
            if room.backup:
                self.rooms.undo_backup(entry, room.backup, is_doomed=room.is_doomed)
        return is_well

    def _is_repeated(self, entry: Entry, facts: os.stat_result) -> bool:
        if self.rules.backup is None and self.history.is_repeated(entry.source, facts):
            self.on_event(Note(Warn.REPEATED_FILE, entry.source.path))
            return True
        self.history.add_source(entry.source, facts)
        return False

    async def _make(self, entry: Entry, facts: os.stat_result, room: Room) -> bool:
        """Make the target, its place being free or to be written over; return whether all went well."""
        rules, source, target = self.rules_for(entry), entry.source, entry.target
        is_regular = stat.S_ISREG(facts.st_mode)
        self.on_event(File(source.path, target.path, facts.st_size, is_regular, room.backup))
        if rules.is_dry:
            from aiocli.engines.copy.foresight import foresee_file

            if rules.make is Make.SYMBOLIC_LINK:
                _refuse_relative(entry)
            foresee_file(entry, facts, rules, room)
            return True
        if self._is_linked_to_first(entry, facts, room):
            return True
        failures: list[Failure] = []
        is_plain = True
        if rules.make is Make.SYMBOLIC_LINK:
            self._make_link_to(entry, room)
        elif rules.make is Make.HARD_LINK:
            self._make_hard_link(entry, room)
        elif is_regular or (rules.reads_special and not stat.S_ISLNK(facts.st_mode)):
            failures = await copy_regular(
                source,
                target,
                facts,
                rules,
                is_new=room.is_new,
                is_doomed=room.is_doomed,
                on_event=self._remembering(entry, facts),
                on_bytes=self.on_bytes,
                mover=self.mover,
            )
            is_plain = False
        elif stat.S_ISLNK(facts.st_mode):
            self._make_link_again(entry, room)
        else:
            make_again(source, target, facts, rules.omitted, replaces=room.is_doomed)
        if entry.is_operand:
            self.history.add_target(target)
        if is_plain and rules.make is not Make.HARD_LINK:
            failures = self._carry_over(entry, facts, room)
        return self.tell_failures(failures)

    def tell_failures(self, failures: Iterable[Failure]) -> bool:
        """Tell failures and warnings; return whether none was a failure."""
        is_well = True
        for failure in failures:
            self.on_event(failure)
            is_well &= failure.is_warning
        return is_well

    def link_to(self, entry: Entry, earlier: Copy, *, tells: bool = True) -> None:
        """Make the target one more name of an earlier copy.

        Args:
            entry: what is one with it.
            earlier: the copy.
            tells: what gives way is told.

        Raises:
            CopyFailed: it is not.
        """
        with (
            failing(Step.MAKE_HARD_LINK, entry.target.path, earlier.node.path),
            earlier.opened(follow=self.rules.keeps_directory_links) as node,
        ):
            is_replaced = make_hard_link(node, entry.target, follow=False, replaces=True)
        if is_replaced and tells:
            self.on_event(Removed(entry.target.path))

    def _carry_over(self, entry: Entry, facts: os.stat_result, room: Room) -> list[Failure]:
        """Give attributes to what is no regular file."""
        with failing(Step.STAT, entry.target.path):
            made = entry.target.stat()
        rules = self.rules
        return carry_over(entry.source, facts, entry.target, made, rules, is_new=room.is_new, omitted=rules.omitted)

    def _may_come_again(self, entry: Entry, facts: os.stat_result) -> bool:
        """Tell whether other names may lead to the file, and are to lead to one copy."""
        rules = self.rules
        keeps_links = rules.preserve.links and rules.make is not Make.HARD_LINK
        return keeps_links and (facts.st_nlink > 1 or self.follows(entry))

    def _remembering(self, entry: Entry, facts: os.stat_result) -> Callable[[Event], None]:
        """Return what tells events, and keeps digests for the file's other names."""
        if not (self.rules.digests and self._may_come_again(entry, facts)):
            return self.on_event

        def tell(event: Event) -> None:
            if isinstance(event, Digested):
                self.history.digests[identity(facts)] = event.digests
            self.on_event(event)

        return tell

    def _is_linked_to_first(self, entry: Entry, facts: os.stat_result, room: Room) -> bool:
        """Make a file that is one with an earlier one of the source one with its copy, where links are kept."""
        if not self._may_come_again(entry, facts):
            return False
        source = identity(facts)
        earlier = self.history.first_copy(source, entry.top, entry.below)
        if earlier is None:
            return False
        self.link_to(entry, earlier, tells=not room.is_doomed)
        if source in self.history.digests:
            self.on_event(Digested(entry.source.path, entry.target.path, self.history.digests[source]))
        return True

    def _make_link_to(self, entry: Entry, room: Room) -> None:
        """Make a symbolic link that names the source as the command line did."""
        source, target = entry.source, entry.target
        _refuse_relative(entry)
        with failing(Step.MAKE_LINK_TO, target.path, source.path):
            make_link(source.path, target, replaces=self.rules.unlinks_if_unopenable or room.is_doomed)

    def _make_hard_link(self, entry: Entry, room: Room) -> None:
        rules = self.rules
        replaces = rules.unlinks_if_unopenable or rules.existing is Existing.ASK or room.is_doomed
        with failing(Step.MAKE_HARD_LINK, entry.target.path, entry.source.path):
            make_hard_link(entry.source, entry.target, follow=self.follows(entry), replaces=replaces)

    def _make_link_again(self, entry: Entry, room: Room) -> None:
        """Make a symbolic link like the source."""
        source, target = entry.source, entry.target
        with failing(Step.READ_LINK, source.path):
            content = os.readlink(source.name, dir_fd=source.dir_fd)
        try:
            make_link(content, target, replaces=self.rules.unlinks_if_unopenable or room.is_doomed)
        except OSError as error:
            if not (self.rules.only_newer and room.existing is not None and _holds(target, content)):
                raise CopyFailed(Step.MAKE_LINK, target.path, error) from None


def _refuse_relative(entry: Entry) -> None:
    """Refuse to make a symbolic link that would lead elsewhere than the name of its source."""
    if not os.path.isabs(entry.source.path) and not _is_in_current_directory(entry.target):
        raise CopyFailed(Step.RELATIVE_LINK, entry.target.path)


def _is_in_current_directory(target: Node) -> bool:
    """Tell whether a relative name means the same beside the target as here; what cannot be seen fails later."""
    try:
        parent = os.stat(os.path.dirname(target.name) or ".", dir_fd=target.dir_fd)
        return os.path.samestat(parent, os.stat("."))
    except OSError:
        return True


def _holds(link: Node, content: str) -> bool:
    try:
        return os.readlink(link.name, dir_fd=link.dir_fd) == content
    except OSError:
        return False
