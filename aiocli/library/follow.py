"""Following files from an asyncio program: what `aio tail -F` does, as events. The engine is `engines.follow`."""

from __future__ import annotations

import errno
import os
from contextlib import aclosing
from typing import TYPE_CHECKING

from aiocli.engines.follow.events import CHUNK_BYTES, UNTAILABLE, Followed, FollowRules
from aiocli.engines.follow.following import follow_files
from aiocli.engines.follow.opened import Opened
from aiocli.engines.follow.pattern import Pattern, is_pattern

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterable, Mapping

    from aiocli.core.endpoint import Endpoint
    from aiocli.engines.follow.events import FollowEvent

Path = str | os.PathLike[str]


async def follow(
    paths: Path | Iterable[Path],
    *,
    offsets: Mapping[str, int] | None = None,
    from_start: bool = False,
    by_name: bool = True,
    retries: bool = True,
    interval_s: float = 1.0,
    uses_inotify: bool = True,
    pids: Iterable[int] = (),
    chunk_size: int = CHUNK_BYTES,
    backend: str | None = None,
) -> AsyncGenerator[FollowEvent]:
    """Yield what is appended to files, and what becomes of them, as it happens.

    The events are those of `aiocli.follow_events`: `Data` with bytes as they come, not cut into lines; `Replaced`,
    `Truncated` and others in between say what happened to the file. What was written to a file before it was renamed,
    replaced or cut off comes before what is in the next one; `Lost` says where that could not be had.

    Args:
        paths: files, or glob patterns and directories, whose files are followed as they appear. A path that leads to a
            file is never a pattern.
        offsets: path -> where to begin in the file that it leads to now, in bytes.
        from_start: begin at the beginning of the other files that are there, too, instead of their end.
        by_name: follow whatever has the name; False follows the open file, whatever its name is.
        retries: wait for names that lead nowhere; False ends when no file is left.
        interval_s: seconds between two looks at files that nothing tells of, on network file systems for example.
        uses_inotify: False looks again and again at all.
        pids: end when all of these processes have ended and all is read.
        chunk_size: most bytes of one event.
        backend: name of the backend that regular files are read through, in a thread that has a loop for it.

    Raises:
        BackendUnavailable: the named backend does not work here.
        OSError: not even looking again and again is possible. What cannot be opened or read is an event.

    Cancellation: between two events; every event that came out counts as told. No descriptor, watch or thread is
        left behind. A generator that is left early, by `break`, is closed when it is collected; `contextlib.aclosing`
        closes it at once.
    """
    names = [os.fspath(path) for path in ([paths] if isinstance(paths, str | os.PathLike) else paths)]
    rules = FollowRules(
        by_name=by_name,
        retries=retries,
        interval_s=interval_s,
        uses_inotify=uses_inotify,
        pids=tuple(pids),
        patterns=tuple(name for name in names if is_pattern(name)),
        from_start_of_new=from_start,
        chunk_size=chunk_size,
        backend=backend,
    )
    found = {name: None for name in names if not is_pattern(name)}
    if not by_name:
        found.update({name: None for text in rules.patterns for name in Pattern(text).matching()})
    files = [_open(name, (offsets or {}).get(name), from_start=from_start) for name in found]
    async with aclosing(follow_files(files, rules)) as events:
        async for event in events:
            yield event


def _open(name: str, offset: int | None, *, from_start: bool) -> Followed:
    try:
        opened = Opened.at(name)
    except OSError as error:
        return Followed(name, error=UNTAILABLE if error.errno == errno.ENXIO else error.errno or errno.EIO)
    src: Endpoint = opened.src
    if not opened.is_tailable:
        opened.close()
        return Followed(name, error=UNTAILABLE)
    if not src.is_regular or (from_start and offset is None):
        offset = 0
    return Followed(name, src, src.size if offset is None else offset)
