"""The entrance: follows files from one event loop."""

from __future__ import annotations

import os
from contextlib import aclosing
from typing import TYPE_CHECKING

from aiocli.core.loop import wait_for_loop

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Sequence

    from aiocli.engines.follow.events import Followed, FollowEvent, FollowRules, IsWanted
    from aiocli.engines.follow.follower import Follower


async def follow_files(
    files: Sequence[Followed],
    rules: FollowRules,
    *,
    is_wanted: IsWanted | None = None,
    output_fd: int | None = None,
    follower: Follower | None = None,
) -> AsyncGenerator[FollowEvent]:
    """Yield what happens to files, beginning where they were read to.

    Ends when nothing is left to follow (`NothingLeft` says so), when all processes of the rules have ended and all is
    read, when nobody wants more, or when nobody can read the output any more. Under `drive` the event loop starts
    here.

    Args:
        files: what to follow. Their open files, except standard input's, are taken over when it begins.
        rules: how.
        is_wanted: asked after each turn, and at least every few seconds while nothing happens.
        output_fd: what is told is written there; only looked at.
        follower: was made with these rules, and has been watching the names since before their files were opened; it is
            closed in any case. None: what is rotated until the first watch is looked for beside the files.

    Raises:
        BackendUnavailable: the named backend does not work here.
        OSError: not even looking again and again is possible.

    Cancellation: between two events; every event that was yielded counts as told. Nothing is left behind: no
        descriptor, no watch, and there is no thread. Close the generator (`contextlib.aclosing`) when leaving early.
    """
    from aiocli.engines.follow.events import STDIN
    from aiocli.engines.follow.follower import Follower

    await wait_for_loop()
    try:
        follower = follower or Follower(rules)
    except BaseException:
        for file in files:
            if file.src is not None and file.path != STDIN:
                os.close(file.src.fd)
        raise
    try:
        follower.open(files, output_fd)
        async with aclosing(follower.run(is_wanted)) as events:
            async for event in events:
                yield event
    finally:
        follower.close()
