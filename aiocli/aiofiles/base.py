"""What all asynchronous file objects share, and the object that open() returns."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable, Generator
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, Protocol, TypeVar, cast, overload

from aiocli.aiofiles._cursor import Cursor, cursor_of
from aiocli.core.threads import offload_to
from aiocli.core.turn import Turn

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Coroutine
    from concurrent.futures import Executor
    from types import TracebackType
    from typing import Self

P = ParamSpec("P")
T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
L = TypeVar("L", bytes, str)


class Offloaded(Protocol[P, T_co]):
    """A function that runs in a thread; `loop` is accepted and ignored, `executor` is whose threads."""

    @overload
    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> Coroutine[Any, Any, T_co]: ...
    @overload
    def __call__(self, *args: Any, executor: Executor | None, **kwargs: Any) -> Coroutine[Any, Any, T_co]: ...
    @overload
    def __call__(
        self, *args: Any, loop: asyncio.AbstractEventLoop | None, **kwargs: Any
    ) -> Coroutine[Any, Any, T_co]: ...


def wrap(func: Callable[P, T]) -> Offloaded[P, T]:
    """Make a coroutine function that calls a function in a thread.

    It takes two keywords more: `executor`, whose threads (None: daemon threads of our own, each call its own, so
    that one which blocks holds up no other), and `loop`, which is ignored.

    Cancellation: the call is not stopped, and its result is dropped.
    """

    @functools.wraps(func)
    async def run(*args: Any, loop: object = None, executor: Executor | None = None, **kwargs: Any) -> T:
        return await offload_to(executor)(functools.partial(func, *args, **kwargs))

    name = getattr(func, "__name__", "the function")
    run.__doc__ = (
        f"Call {name}() in a thread; arguments, result and errors are its own.\n\n"
        f"Cancellation: the call is not stopped: it has its effects, or not, and its result is dropped."
    )
    return cast("Offloaded[P, T]", run)


class AsyncBase(Generic[L]):
    """An asynchronous file object around a file object.

    All calls run in threads, one at a time, in the order in which they were made, also those of other wrappers of the
    same file object. It belongs to no event loop.
    """

    def __init__(self, file: Any, loop: object, executor: Executor | None) -> None:
        """Wrap a file object.

        Args:
            file: the file object; closing the wrapper closes it.
            loop: ignored.
            executor: whose threads do the work; None: daemon threads of our own.
        """
        self._file = file
        self._executor = executor
        self._cursor: Cursor = cursor_of(file)

    @property
    def _loop(self) -> asyncio.AbstractEventLoop:
        import asyncio

        return asyncio.get_running_loop()

    def __repr__(self) -> str:
        return f"{super().__repr__()} wrapping {self._file!r}"

    def __aiter__(self) -> Self:
        """Return self: it is its own iterator."""
        return self

    async def __anext__(self) -> L:
        """Read the next line.

        Cancellation: as of readline().
        """
        line: L = await self.readline()  # type: ignore[attr-defined]  # each subclass has its own
        if line:
            return line
        raise StopAsyncIteration

    async def __aenter__(self) -> Self:
        """Return self; leaving closes the file."""
        _check_open(self)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Close the file, after the calls made before.

        Cancellation: it is closed all the same.
        """
        await self._cursor.call(self._file, self._executor, "__exit__", kind, error, traceback)


class AsyncIndirectBase(AsyncBase[L]):
    """An asynchronous file object around whatever file object a function returns at each call."""

    def __init__(self, name: str, loop: object, executor: Executor | None, indirect: Callable[[], Any]) -> None:
        """Wrap what a function returns.

        Args:
            name: what it is called.
            loop: ignored.
            executor: whose threads do the work; None: daemon threads of our own.
            indirect: returns the file object.
        """
        self._indirect = indirect
        self._name = name
        self._executor = executor

    @property
    def _file(self) -> Any:
        return self._indirect()

    @_file.setter
    def _file(self, value: object) -> None:
        """Ignore it: the function decides."""

    @property
    def _cursor(self) -> Cursor:
        return cursor_of(self._indirect())

    @_cursor.setter
    def _cursor(self, value: object) -> None:
        """Ignore it: each file object has its own."""


class AiofilesContextManager(Awaitable[T_co], AbstractAsyncContextManager[T_co]):
    """What open() returns: `await` it, or enter it by `async with`, which closes at the end.

    It stands for one file. Awaited or entered again, also at the same time, it gives that same file; entered after the
    file was closed, it raises ValueError, as a closed file of the builtin open does. An opening that failed is tried
    again.
    """

    __slots__ = ("__weakref__", "_coro", "_is_open", "_obj", "_turn")

    def __init__(self, coro: Awaitable[T_co] | Callable[[], Awaitable[T_co]]) -> None:
        """Stand for an opening.

        Args:
            coro: the awaitable that opens, good for one time, or a function that makes one.
        """
        self._coro = coro
        self._obj: Any = None
        self._is_open = False
        self._turn: Turn | None = None

    def __await__(self) -> Generator[Any, Any, T_co]:
        return self._open().__await__()

    async def _open(self) -> T_co:
        """Open unless that is done.

        Cancellation: the file is not opened, or closed again when it comes.
        """
        if self._turn is None:
            self._turn = Turn()
        async with self._turn:
            if not self._is_open:
                self._obj = await (self._coro if isinstance(self._coro, Awaitable) else self._coro())
                self._is_open = True
        return cast("T_co", self._obj)

    async def __aenter__(self) -> T_co:
        """Open, or return what is open already.

        Cancellation: the file is not opened, or closed again when it comes.
        """
        result = await self._open()
        _check_open(result)
        return result

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Close, in the threads that the file works in.

        Cancellation: the file is closed all the same.
        """
        obj = self._obj
        if isinstance(obj, AsyncBase):
            await obj.__aexit__(kind, error, traceback)
        else:
            await offload_to(getattr(obj, "_executor", None))(obj._file.__exit__, kind, error, traceback)


def _check_open(file: Any) -> None:
    if getattr(file, "closed", False) is True:
        raise ValueError("I/O operation on closed file.")
