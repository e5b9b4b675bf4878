"""Follows by looking again and again, more often while something happens: works on every file system."""

from __future__ import annotations

import os
import select
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from aiocli.core.loop import wait_for_loop

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from aiocli.core.endpoint import Endpoint

BUSY_INTERVAL_S = 0.02
"""Between two looks right after a change."""

IDLE_INTERVAL_S = 0.5
"""Between two looks when nothing has changed for long: two system calls a second and file."""


class Change(Enum):
    """What has happened to a file."""

    GREW = "grew"
    TRUNCATED = "truncated"
    ENDED = "ended"
    """A pipe's last writer has gone: nothing more will come."""


@dataclass(slots=True)
class Followed:
    """A file that is followed.

    Attributes:
        src: open for reading, borrowed.
        offset: up to where it has been read; whoever reads it keeps this up to date.
    """

    src: Endpoint
    offset: int


async def follow(files: Sequence[Followed], *, is_wanted: Callable[[], bool]) -> AsyncIterator[tuple[Followed, Change]]:
    """Yield each change of any of the files until nobody wants more or every one has ended.

    Args:
        files: what to watch; their offsets are read at every look.
        is_wanted: asked at every look; False ends the watch, for an output that has closed.

    Cancellation:
        Between two looks; nothing is lost, as nothing is read here.
    """
    await wait_for_loop()
    import asyncio

    alive = list(files)
    interval = BUSY_INTERVAL_S
    while alive and is_wanted():
        has_changed = False
        for file in list(alive):
            change = _look(file)
            if change is None:
                continue
            has_changed = True
            if change is Change.ENDED:
                alive.remove(file)
            yield file, change
        interval = BUSY_INTERVAL_S if has_changed else min(interval * 1.5, IDLE_INTERVAL_S)
        await asyncio.sleep(interval)


def _look(file: Followed) -> Change | None:
    if file.src.is_regular:
        size = os.fstat(file.src.fd).st_size
        if size < file.offset:
            return Change.TRUNCATED
        return Change.GREW if size > file.offset else None
    poll = select.poll()
    poll.register(file.src.fd, select.POLLIN)
    events = dict(poll.poll(0)).get(file.src.fd, 0)
    if events & select.POLLIN:
        return Change.GREW
    return Change.ENDED if events else None
