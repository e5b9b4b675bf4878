"""What a dry run can see of the failures that a copy would meet at its target, without doing anything."""

from __future__ import annotations

import errno
import os
import stat
from contextlib import contextmanager
from typing import TYPE_CHECKING

from aiocli.engines.copy.existing import looks_at_link
from aiocli.engines.copy.rules import CopyRules, Existing, Make
from aiocli.engines.copy.steps import CopyFailed, Step, failing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aiocli.engines.copy.entry import Entry
    from aiocli.engines.copy.node import Node
    from aiocli.engines.copy.room import Room

_STEPS = {Make.SYMBOLIC_LINK: Step.MAKE_LINK_TO, Make.HARD_LINK: Step.MAKE_HARD_LINK}
_STEPS_OF_KINDS = {stat.S_IFDIR: Step.MAKE_DIRECTORY, stat.S_IFLNK: Step.MAKE_LINK, stat.S_IFIFO: Step.MAKE_FIFO}


def foresee_file(entry: Entry, facts: os.stat_result, rules: CopyRules, room: Room) -> None:
    """Fail where the copy of what is no directory would.

    Args:
        entry: what and where to.
        facts: of the source.
        rules: how.
        room: what was found at the target.

    Raises:
        CopyFailed: as the copy would; nothing is raised of what only trying it can tell.
    """
    source, target = entry.source, entry.target
    if stat.S_ISREG(facts.st_mode) and rules.make is Make.COPY and not source.may(os.R_OK):
        raise CopyFailed(Step.OPEN_SOURCE, source.path, _error(errno.EACCES))
    step = _step(facts, rules)
    if step == Step.CREATE and stat.S_ISSOCK(facts.st_mode):
        raise CopyFailed(Step.OPEN_SOURCE, source.path, _error(errno.ENXIO))
    if step == Step.CREATE and not looks_at_link(facts, rules) and _is_dangling(target):
        if not rules.follows_dangling:
            raise CopyFailed(Step.WRITE_THROUGH_LINK, target.path)
    elif room.is_new:
        foresee_new(entry, step, is_directory=False)
    elif room.existing is not None:
        _foresee_over(entry, step, rules, room.existing)


def _foresee_over(entry: Entry, step: str, rules: CopyRules, existing: os.stat_result) -> None:
    """Fail where what is at the target cannot be written over, or a link not take its place.

    Raises:
        CopyFailed: it would fail.
    """
    source, target = entry.source, entry.target
    is_directory = stat.S_ISDIR(existing.st_mode)
    if step in _STEPS.values():
        asks = rules.make is Make.HARD_LINK and rules.existing is Existing.ASK
        if not (rules.unlinks_if_unopenable or asks):
            raise CopyFailed(step, target.path, _error(errno.EEXIST), source.path)
    elif step == Step.CREATE and is_directory:
        failing_step = Step.REMOVE if rules.unlinks_if_unopenable else Step.CREATE
        raise CopyFailed(failing_step, target.path, _error(errno.EISDIR))
    elif step == Step.CREATE and not rules.unlinks_if_unopenable:
        if stat.S_ISSOCK(existing.st_mode):
            raise CopyFailed(Step.CREATE, target.path, _error(errno.ENXIO))
        if not target.may(os.W_OK):
            raise CopyFailed(Step.CREATE, target.path, _error(errno.EACCES))


def foresee_new(entry: Entry, step: str, *, is_directory: bool) -> None:
    """Fail where making the target would: its directory is missing, no directory, or not writable.

    Args:
        entry: what and where to; where its directory is new as well, all is well.
        step: what fails.
        is_directory: it is to be a directory.

    Raises:
        CopyFailed: it would.
    """
    target = entry.target
    if entry.is_new:
        return
    other = entry.source.path if step in _STEPS.values() else ""
    with failing(step, target.path, other):
        look_at_place(target, is_directory=is_directory)


def look_at_place(target: Node, *, is_directory: bool) -> None:
    """Look whether something may be made there.

    Raises:
        OSError: as what makes it would.
    """
    with opened_directory(target) as fd:
        if target.name.endswith("/") and not is_directory:
            raise _error(errno.ENOTDIR)
        if os.fstatvfs(fd).f_flag & os.ST_RDONLY:
            raise _error(errno.EROFS)
        if not os.access(".", os.W_OK | os.X_OK, dir_fd=fd, effective_ids=True):
            raise _error(errno.EACCES)


@contextmanager
def opened_directory(target: Node) -> Iterator[int]:
    """Open the directory that a target is in, for a block.

    Raises:
        OSError: of openat(2).
    """
    fd = os.open(target.directory, os.O_PATH | os.O_DIRECTORY, dir_fd=target.dir_fd)
    try:
        yield fd
    finally:
        os.close(fd)


def _step(facts: os.stat_result, rules: CopyRules) -> str:
    kind = stat.S_IFMT(facts.st_mode)
    if rules.make in _STEPS:
        return _STEPS[rules.make]
    if kind == stat.S_IFREG or (rules.reads_special and kind != stat.S_IFLNK):
        return Step.CREATE
    return _STEPS_OF_KINDS.get(kind, Step.MAKE_SPECIAL)


def _is_dangling(target: Node) -> bool:
    try:
        return stat.S_ISLNK(target.stat().st_mode) and not target.may(os.F_OK)
    except OSError:
        return False


def _error(number: int) -> OSError:
    return OSError(number, os.strerror(number))
