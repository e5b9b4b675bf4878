"""Which way the bytes of a file go: through what its user named, or the fastest for its kind."""

from __future__ import annotations

import os
from functools import cache
from typing import TYPE_CHECKING, Any

from aiocli.core import backends
from aiocli.core.access import ContextAccess
from aiocli.core.cached import CachedAccess
from aiocli.core.mode import Caching

if TYPE_CHECKING:
    from aiocli.core.descriptor import Descriptor

O_DIRECT: int = getattr(os, "O_DIRECT", 0)
_HAS_ADVICE = hasattr(os, "posix_fadvise") and hasattr(os, "RWF_NOWAIT")


@cache
def choose_way(backend: str | None, caching: Caching) -> Way:
    """Make the way without a context, once in a process: CAIO_IMPL is looked at once, too. As `Way`."""
    return Way(None, backend, caching)


class Way:
    """What the user of a file has asked for.

    Attributes:
        flags: what opening the file needs for it.
    """

    def __init__(self, context: Any, backend: str | None, caching: Caching) -> None:
        """Check that it goes together.

        Args:
            context: everything of a regular file goes through it, unless it is None.
            backend: likewise, through the running loop's context of that backend.
            caching: what becomes of the page cache.

        Raises:
            ValueError: more than one is asked for, or the backend is unknown, or this system knows no such caching.
        """
        if context is not None and backend is not None:
            raise ValueError("give a context or a backend, not both")
        if backend is not None:
            backends.find(backend)
        if caching is not Caching.CACHED and (context is not None or backend is not None):
            raise ValueError(f"{caching.value} files are not read through a context or a backend")
        if (caching is Caching.DIRECT and not O_DIRECT) or (caching is Caching.UNCACHED and not _HAS_ADVICE):
            raise ValueError(f"this system has no {caching.value} files")
        self.flags = O_DIRECT if caching is Caching.DIRECT else 0
        self._context = context
        self._backend = backend or backends.preferred_name()
        self._caching = caching

    def access(self, descriptor: Descriptor) -> ContextAccess:
        """Choose the way to a descriptor's bytes."""
        if not descriptor.is_positional:
            from aiocli.core.stream import StreamAccess

            return StreamAccess(descriptor)
        if self._caching is not Caching.CACHED:
            from aiocli.core import uncached

            is_direct = self._caching is Caching.DIRECT
            return uncached.DirectAccess(descriptor) if is_direct else uncached.UncachedAccess(descriptor)
        if self._context is not None:
            return ContextAccess(descriptor, self._context)
        if self._backend is not None:
            return ContextAccess(descriptor, None, self._backend)
        return CachedAccess(descriptor)
