"""Copies one regular file, or what is read like one: opens both ends, moves the data, carries the attributes over."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from aiocli.engines.copy import move
from aiocli.engines.copy.attributes import carry_over
from aiocli.engines.copy.destination import open_destination
from aiocli.engines.copy.moving import DataCopy
from aiocli.engines.copy.rules import Dereference, Make
from aiocli.engines.copy.steps import CopyFailed, Step, failing

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from aiocli.core.events import Event, Failure, OnBytes
    from aiocli.engines.copy import CopyJob
    from aiocli.engines.copy.node import Node
    from aiocli.engines.copy.rules import CopyRules

_READ = os.O_RDONLY | os.O_CLOEXEC | os.O_NOCTTY


async def copy_regular(
    source: Node,
    target: Node,
    facts: os.stat_result,
    rules: CopyRules,
    *,
    is_new: bool,
    is_doomed: bool = False,
    on_event: Callable[[Event], None],
    on_bytes: OnBytes | None = None,
    mover: Callable[[CopyJob], Awaitable[object]] = move,
) -> list[Failure]:
    """Copy a file's data and attributes.

    Args:
        source: what is read.
        target: what is made, or emptied and filled again.
        facts: of the source; what is opened must be the same file.
        rules: how.
        is_new: the target is not there, or counts as removed.
        is_doomed: what counts as removed is there until the copy takes its place.
        on_event: told what is removed to make place, and what became of the data if that was asked for.
        on_bytes: told of every move.
        mover: moves the data.

    Returns:
        What could not be carried over; empty if all went well.

    Raises:
        CopyFailed: the data are not or not all there, or not proved to be. What was copied until then stays, unless
            the rules are atomic: then the target is what it was.
        BackendUnavailable: the named backend does not work here.
    """
    data = DataCopy(source, target, rules, on_event=on_event, on_bytes=on_bytes, mover=mover)
    src_fd = _open_source(source, facts, rules)
    try:
        destination = open_destination(target, facts, rules, is_new=is_new, is_doomed=is_doomed, on_event=on_event)
        try:
            if rules.make is Make.COPY:
                destination.clear(source, facts)
                await data.copy(src_fd, destination.fd)
            destination.give_attributes()
            failures = carry_over(
                source._replace(fd=src_fd),
                facts,
                target._replace(fd=destination.fd),
                os.fstat(destination.fd),
                rules,
                is_new=destination.is_new,
                omitted=rules.omitted if destination.is_new else 0,
            )
            destination.commit()
        except BaseException:
            destination.discard()
            raise
    finally:
        os.close(src_fd)
        data.tell_details()
    data.tell()
    return failures


def _open_source(source: Node, facts: os.stat_result, rules: CopyRules) -> int:
    """Open what the facts are about, and nothing that has taken its place."""
    flags = _READ | (os.O_NOFOLLOW if rules.dereference is Dereference.NEVER else 0)
    if stat.S_ISREG(facts.st_mode):
        flags |= os.O_NONBLOCK  # if it has become a FIFO, nobody may ever write to it
    with failing(Step.OPEN_SOURCE, source.path):
        fd = os.open(source.name, flags, dir_fd=source.dir_fd)
    opened = os.fstat(fd)
    # A file that is gone may have left its inode number to the next one.
    if not os.path.samestat(opened, facts) or stat.S_IFMT(opened.st_mode) != stat.S_IFMT(facts.st_mode):
        os.close(fd)
        raise CopyFailed(Step.REPLACED_MEANWHILE, source.path)
    return fd
