"""Clones: more files on one descriptor, each with its own cursor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from aiocli.core.turn import Turn

if TYPE_CHECKING:
    from collections.abc import Generator
    from typing import Self


class _Clonable(Protocol):
    """AIOFile and the wrappers."""

    async def clone(self) -> Self:
        """Share the descriptor."""

    async def close(self) -> None:
        """Give it up."""


Source = TypeVar("Source", bound=_Clonable)


class FileIOCloner(Generic[Source]):
    """Makes one clone when it is awaited or entered; leaving `async with` closes the clone only."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._clone: Source | None = None
        self._turn = Turn()

    def __await__(self) -> Generator[Any, None, Source]:
        return self._make().__await__()

    async def __aenter__(self) -> Source:
        return await self._make()

    async def __aexit__(self, *_: object) -> None:
        if self._clone is not None:
            await self._clone.close()

    async def _make(self) -> Source:
        async with self._turn:
            if self._clone is None:
                self._clone = await self._source.clone()
            return self._clone


def clone(afp: Source) -> FileIOCloner[Source]:
    """Prepare another file on the same descriptor: `await` it, or enter it with `async with`.

    Its cursor starts at 0. The descriptor stays open until the file and all clones are closed.
    """
    return FileIOCloner(afp)
