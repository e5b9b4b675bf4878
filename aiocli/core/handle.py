"""What an AIOFile opens, uses and closes: a descriptor, the way to its bytes, and the calls in flight.

Each file has a handle, each clone one of its own on the same descriptor. A handle knows nothing of modes' texts.
"""

from __future__ import annotations

import contextlib
import errno
import warnings
from typing import TYPE_CHECKING, Any, TypeVar

from aiocli.core.descriptor import Descriptor
from aiocli.core.loop import running_loop
from aiocli.core.openat2 import open_nowait
from aiocli.core.opening import Opening
from aiocli.core.pace import is_due, let_loop_turn
from aiocli.core.threads import offload_to

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Awaitable, Callable
    from concurrent.futures import Executor

    from aiocli.core.access import ContextAccess

T = TypeVar("T")

_OPENING_COUNT = 2  # small reads; as many openings as take a millisecond, and the loop turns
_NOT_SYNCABLE = {errno.EINVAL, errno.EROFS, errno.ENOTSUP}  # fsync(2): the file system has nothing to sync


class Handle:
    """One owner of a descriptor: not open, open, or closed.

    Attributes:
        name: the file's name, put on every OSError.
        descriptor: the descriptor; None before it is opened.
        access: the way to its bytes; None unless it is open.
        is_closed: it has been closed.
    """

    __slots__ = (
        "_calls",
        "_choose",
        "_executor",
        "_idle",
        "_is_aborted",
        "_is_clone",
        "_opening",
        "_syncs",
        "access",
        "descriptor",
        "is_closed",
        "name",
    )

    def __init__(
        self,
        name: str,
        choose: Callable[[Descriptor], ContextAccess],
        *,
        syncs: bool,
        executor: Executor | None = None,
    ) -> None:
        """Describe a handle that is not open.

        Args:
            name: the file's name.
            choose: chooses the way to the bytes of a descriptor.
            syncs: whether closing brings a regular file to the device.
            executor: where to open.
        """
        self.name = name
        self.descriptor: Descriptor | None = None
        self.access: ContextAccess | None = None
        self.is_closed = False
        self._choose = choose
        self._syncs = syncs
        self._executor = executor
        self._is_clone = False
        self._opening: asyncio.Future[None] | None = None
        self._calls = 0
        self._idle: asyncio.Future[None] | None = None
        self._is_aborted = False  # the last call closes

    def take(self, descriptor: Descriptor, choose: Callable[[Descriptor], ContextAccess] | None = None) -> None:
        """Own an open descriptor from now on; choose stands in for the constructor's."""
        self.descriptor = descriptor
        self.access = (choose or self._choose)(descriptor)

    async def open(self, path: str | bytes | int, flags: int, *, closes: bool) -> int | None:
        """Open; the descriptor from the one call that did, None from others. As AIOFile.open otherwise.

        Args:
            path: a path, or an open descriptor.
            flags: for os.open.
            closes: whether closing the file closes a descriptor that was given.
        """
        while self.descriptor is None:
            if self._opening is None:
                if isinstance(path, int):  # owned before anything can be cancelled, or nobody would close it
                    descriptor = Opening(path, flags, self.name, closes=closes).run()
                elif is_due(_OPENING_COUNT):
                    await let_loop_turn()
                    continue
                else:
                    descriptor = self._open_nowait(path, flags) or await self._open_elsewhere(path, flags)
                self.take(descriptor)
                return descriptor.fd
            import asyncio

            await asyncio.shield(self._opening)
        if self.is_closed:
            import asyncio

            raise asyncio.InvalidStateError(f"{self.name!r} has been closed")
        return None

    def _open_nowait(self, path: str | bytes, flags: int) -> Descriptor | None:
        """Open under a loop if that cannot take long."""
        if self._executor is not None or running_loop() is None:
            return None
        opened = open_nowait(path, flags)
        return Descriptor(*opened) if opened is not None else None

    async def _open_elsewhere(self, path: str | bytes, flags: int) -> Descriptor:
        """Open in a thread, or here where no loop waits."""
        opening = Opening(path, flags, self.name)
        if running_loop() is None:
            return opening.run()
        import asyncio

        self._opening = asyncio.get_running_loop().create_future()
        try:
            return await offload_to(self._executor)(opening.run)
        except BaseException:
            opening.abandon()
            raise
        finally:
            self._opening.set_result(None)
            self._opening = None

    def opened(self) -> ContextAccess:
        """Return the way to the bytes.

        Raises:
            ValueError: the file is not open.
        """
        if self.access is None:
            raise ValueError(f"{self.name!r} is {'closed' if self.is_closed else 'not open'}")
        return self.access

    async def call(self, function: Callable[..., Awaitable[T]], *args: Any) -> T:
        """Await an operation that close() waits for, and put the name on its error."""
        self._calls += 1
        try:
            return await function(*args)
        except OSError as error:
            self._add_name(error)
            raise
        finally:
            self._calls -= 1
            if not self._calls and self.is_closed:
                self._take_leave()

    def _take_leave(self) -> None:
        """Tell the close() that waits for the last call; or close in its stead, if nobody waits any more."""
        if self._is_aborted:
            self._leave_to_calls()
        elif self._idle is not None and not self._idle.done():
            self._idle.set_result(None)

    def _leave_to_calls(self) -> None:
        """Have the last of the calls in flight close; where there is none any more, close."""
        self._is_aborted = self._calls > 0
        if not self._is_aborted and self.descriptor is not None:
            with contextlib.suppress(OSError):
                self.descriptor.release()

    def clone(self) -> Handle:
        """Make another owner of the same open descriptor."""
        descriptor = self.opened().descriptor
        descriptor.acquire()
        copy = Handle(self.name, self._choose, syncs=self._syncs, executor=self._executor)
        copy.descriptor, copy.access, copy._is_clone = descriptor, self.access, True
        return copy

    async def close(self) -> None:
        """Close: as AIOFile.close."""
        if self._opening is not None:
            import asyncio

            await asyncio.shield(self._opening)
        if self.descriptor is None or self.access is None:
            return
        access, self.access = self.access, None
        self.is_closed = True
        if self._calls:
            await self._wait_for_calls()
        if self._syncs and self.descriptor.is_regular:
            await self._sync_and_release(self.descriptor, access)
        else:
            self._release(self.descriptor)

    def abort(self) -> None:
        """Close without waiting: as AIOFile.abort."""
        if self.access is not None:
            self.access, self.is_closed = None, True
            self._leave_to_calls()

    async def _wait_for_calls(self) -> None:
        import asyncio

        self._idle = asyncio.get_running_loop().create_future()
        try:
            await self._idle
        except asyncio.CancelledError:
            self._leave_to_calls()
            raise

    async def _sync_and_release(self, descriptor: Descriptor, access: ContextAccess) -> None:
        descriptor.begin()  # keeps it open for the sync
        try:
            if descriptor.release():
                await access.fdsync()
        except OSError as error:
            if error.errno not in _NOT_SYNCABLE:
                self._add_name(error)
                raise
        finally:
            try:
                descriptor.finish()
            except OSError as error:
                self._add_name(error)
                raise

    def _release(self, descriptor: Descriptor) -> None:
        try:
            descriptor.release()
        except OSError as error:
            self._add_name(error)
            raise

    def abandon(self, owner: object) -> None:
        """Close without waiting, for an owner that is garbage; warn of one that should have been closed."""
        if self.descriptor is None or self.is_closed:
            return
        message = f"unclosed file {owner!r}"
        self.is_closed, self.access = True, None
        try:
            if not self._is_clone and self.descriptor.closes:
                warnings.warn(message, ResourceWarning, stacklevel=3, source=owner)
        finally:
            self.descriptor.release()

    def _add_name(self, error: OSError) -> None:
        if error.filename is None and error.errno is not None:
            error.filename = self.name
