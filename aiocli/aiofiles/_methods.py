"""What a file class is made of: methods that run in threads, and methods and attributes that do not.

Each is one line in the class; its parameters and result, for type checkers, are those of the file object's own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Concatenate, Generic, ParamSpec, TypeVar, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

P = ParamSpec("P")
T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
F = TypeVar("F", bound="Callable[..., Any]")

_KEPT = "a call that waits does nothing; what one under way still gets is the next reading call's, in order."
_WHOLE = "a call that waits does nothing; one under way is done as a whole."
_NOTHING = "nothing has happened that could be seen."

_DOCS = {
    "close": ("Flush and close the file.", "the file is closed all the same, once the calls before are done."),
    "flush": ("Hand buffered data to the system.", _WHOLE),
    "isatty": ("Tell whether this is a terminal.", _NOTHING),
    "peek": ("Show what comes next without moving on; any number of bytes.", _NOTHING),
    "read": ("Read at most so many bytes or characters, or all; empty at the end.", _KEPT),
    "read1": ("Read what is there, at most so many bytes; b'' at the end.", _KEPT),
    "readable": ("Tell whether the file can be read.", _NOTHING),
    "readall": ("Read to the end of the file.", _KEPT),
    "readinto": (
        "Read into the caller's memory; the number of bytes, 0 at the end.",
        f"{_KEPT} A regular file may still write into the memory until the call under way is done; others do not.",
    ),
    "readinto1": (
        "Read what is there into the caller's memory; the number of bytes.",
        f"{_KEPT} A regular file may still write into the memory until the call under way is done; others do not.",
    ),
    "readline": ("Read a line with its end, or at most so much of it; empty at the end.", _KEPT),
    "readlines": ("Read the lines that are left, or enough of them for the hint.", _KEPT),
    "reconfigure": ("Change how text is coded and buffered.", _WHOLE),
    "rollover": ("Move the data from memory to a file.", _WHOLE),
    "seek": ("Go to a position; the new position.", _WHOLE),
    "seekable": ("Tell whether the file has positions.", _NOTHING),
    "tell": ("Return the position.", _NOTHING),
    "truncate": ("Cut the file at a size, or at the position; the new size.", _WHOLE),
    "writable": ("Tell whether the file can be written.", _NOTHING),
    "write": ("Write bytes or text; how much was written.", "the data is written whole, or not at all."),
    "writelines": ("Write pieces, without adding line ends.", "all pieces are written, or none."),
    "fileno": ("Return the descriptor.", _NOTHING),
}

_READS = frozenset({"peek", "read", "read1", "readall", "readinto", "readinto1", "readline", "readlines"})


def in_turn(method: Callable[Concatenate[Any, P], T]) -> Callable[Concatenate[Any, P], Coroutine[Any, Any, T]]:
    """Make a coroutine method that calls a file object's method in a thread, after the calls made before."""
    made = make_in_turn(method.__name__)
    return cast("Callable[Concatenate[Any, P], Coroutine[Any, Any, T]]", made)


def make_in_turn(name: str) -> Callable[..., Coroutine[Any, Any, Any]]:
    """Make a coroutine method by its name."""
    if name == "readline":
        return _named(_readline, name)
    if name in _READS:

        async def read(self: Any, *args: Any, **kwargs: Any) -> Any:
            return await self._cursor.read(self._file, self._executor, name, *args, **kwargs)

        return _named(read, name)

    async def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        return await self._cursor.call(self._file, self._executor, name, *args, **kwargs)

    return _named(call, name)


async def _readline(self: Any, *args: Any, **kwargs: Any) -> Any:
    cursor = self._cursor
    if args or kwargs:
        return await cursor.read(self._file, self._executor, "readline", *args, **kwargs)
    line = cursor.line_nowait()
    return line if line is not None else await cursor.line(self._file, self._executor)


def direct(method: Callable[Concatenate[Any, P], T]) -> Callable[Concatenate[Any, P], T]:
    """Make a method that calls a file object's method here and now, for what cannot block."""
    return make_direct(method.__name__)


def make_direct(name: str) -> Callable[..., Any]:
    """Make a plain method by its name."""
    if name == "detach":

        def detach(self: Any) -> Any:
            """Give up the object below, at the position that was reached here.

            Raises:
                RuntimeError: another call is under way.
            """
            return self._cursor.call_nowait(self._file, "detach")

        return _named(detach, name)

    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        return getattr(self._file, name)(*args, **kwargs)

    call.__doc__ = f"Call the file object's {name}(), which cannot block."
    return _named(call, name)


class Attribute(Generic[T_co]):
    """An attribute of the file object."""

    def __init__(self, name: str = "") -> None:
        self._name = name

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = self._name or name

    def __get__(self, wrapper: Any, owner: type | None = None) -> T_co:
        if wrapper is None:
            return cast("T_co", self)  # as a property does
        value: T_co = getattr(wrapper._file, self._name)
        return value

    def __set__(self, wrapper: Any, value: object) -> None:
        raise AttributeError(f"{self._name} cannot be set")


def _named(function: F, name: str) -> F:
    if function.__doc__ is None and name in _DOCS:
        summary, cancellation = _DOCS[name]
        function.__doc__ = (
            f"{summary}\n\nArguments, result and errors are the file object's own.\n\nCancellation: {cancellation}"
        )
    function.__name__ = name
    function.__qualname__ = name
    return function
