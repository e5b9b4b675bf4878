"""Directories entry by entry and tree by tree, read in threads."""

from __future__ import annotations

import functools
import os
from collections import deque
from itertools import islice
from typing import TYPE_CHECKING, Any, AnyStr, Generic, cast

from aiocli.aiofiles._lane import Lane, close_late
from aiocli.core.threads import offload_to

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator
    from concurrent.futures import Executor
    from typing import Self

    Triple = tuple[AnyStr, list[AnyStr], list[AnyStr]]

BATCH = 256
"""Entries read in one go: the system call itself brings about a thousand short names."""


class Scandir(Generic[AnyStr]):
    """The entries of a directory: `async for`, `async with`, or as those of os.scandir, which may block.

    Both ways go on where the other stopped. An entry's is_dir() and is_file() rarely ask the disk, its stat() always.
    """

    def __init__(self, entries: Any, executor: Executor | None) -> None:
        """Read from an iterator of os.scandir in the executor's threads, or, if None, in ours."""
        self._entries = entries
        self._executor = executor
        self._lane = Lane()
        self._ready: deque[os.DirEntry[AnyStr]] = deque()

    def __iter__(self) -> Iterator[os.DirEntry[AnyStr]]:
        return self

    def __next__(self) -> os.DirEntry[AnyStr]:
        """Return the next entry; blocks."""
        return self._ready.popleft() if self._ready else cast("os.DirEntry[AnyStr]", next(self._entries))

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> os.DirEntry[AnyStr]:
        """Return the next entry.

        Cancellation: the entry is the next call's.
        """
        if not self._ready:
            await self._lane.run(self._fetch, self._executor)
        try:
            return self._ready.popleft()
        except IndexError:
            raise StopAsyncIteration from None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close.

        Cancellation: it is closed all the same.
        """
        self._ready.clear()
        await self._lane.run(self._entries.close, self._executor, must_run=True)

    def close(self) -> None:
        """Free the directory; there are no more entries then."""
        self._ready.clear()
        self._entries.close()

    def _fetch(self) -> None:
        if not self._ready:  # by a call that waited for it, and did not
            self._ready.extend(islice(self._entries, BATCH))


async def scandir(path: Any = ".", *, loop: object = None, executor: Executor | None = None) -> Scandir[Any]:
    """Open a directory for reading its entries; see `Scandir`.

    Args:
        path: a path or a descriptor, as of os.scandir.
        loop: accepted and ignored.
        executor: whose threads read; None: daemon threads of our own.

    Raises:
        OSError: as from os.scandir.

    Cancellation: the directory is closed when it has been opened.
    """
    entries = await Lane().run(functools.partial(os.scandir, path), executor, keep=close_late)
    return Scandir(entries, executor)


async def walk(
    top: AnyStr | os.PathLike[AnyStr],
    topdown: bool = True,
    onerror: Callable[[OSError], object] | None = None,
    followlinks: bool = False,
    *,
    loop: object = None,
    executor: Executor | None = None,
) -> AsyncIterator[Triple[AnyStr]]:
    """Go through a tree, one thread hop a directory, as os.walk does.

    Args:
        top: the directory to begin with.
        topdown: a directory comes before those in it, and what is removed from its list is not visited.
        onerror: called, in a thread, with the error of a directory that cannot be read; it may raise it.
        followlinks: whether to go into linked directories.
        loop: accepted and ignored.
        executor: whose threads read; None: daemon threads of our own.

    Yields:
        A directory, the names of the directories in it, and those of all else.

    Cancellation: the walk ends.
    """
    offload = offload_to(executor)
    steps = os.walk(top, topdown, onerror, followlinks)
    while (step := await offload(next, steps, None)) is not None:
        yield step
