"""Reads of a named backend for callers that must not wait on an event loop: a thread has one for them."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Any, TypeVar

from aiocli.core.context import get_default_context
from aiocli.core.errors import BackendUnavailable, NoThreads
from aiocli.core.threads import start_thread

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from aiocli.core.context import Context

T = TypeVar("T")


class ContextReads:
    """A context of a named backend, on a loop of its own in a thread of its own; `close` it.

    Raises:
        BackendUnavailable: the named backend does not work here.
    """

    def __init__(self, backend: str) -> None:
        self._loop = asyncio.new_event_loop()
        self._loop.set_debug(False)  # as in core.loop
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True, name="aio-follow-reads")
        try:
            start_thread(self._thread)
        except NoThreads as error:
            self._loop.close()
            raise BackendUnavailable(f"backend {backend} needs a thread of its own here: {error.strerror}") from error
        try:
            self._context: Context = self._run(_context_of(backend))
        except BaseException:
            self.close()
            raise

    def pread(self, fd: int, nbytes: int, offset: int) -> bytes:
        """Read as os.pread does; blocks.

        Raises:
            OSError: without a file name.
        """
        return self._run(_read(self._context, fd, nbytes, offset))

    def close(self) -> None:
        """End the thread."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()


async def _context_of(backend: str) -> Context:
    return get_default_context(backend)


async def _read(context: Context, fd: int, nbytes: int, offset: int) -> bytes:
    return await context.read(nbytes, fd, offset)
