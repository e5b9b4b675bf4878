"""Raise what ends the program out of a signal handler, where nothing is lost by that.

Python runs handlers between two instructions of whatever runs, the standard library's own code among it. An exception
there may leave a lock taken, or an event loop without what it has just taken up: somebody would wait for ever.
"""

from __future__ import annotations

import signal
import sys
import warnings
from typing import TYPE_CHECKING

from aiocli.core.loop import running_loop

if TYPE_CHECKING:
    import asyncio
    from sys import UnraisableHookArgs
    from types import FrameType

_SOON_S = 0.001
_ATTEMPTS = 50
"""After so many it is a call that blocks; those of the standard library are prepared for an exception."""

_IMPORTING = frozenset({"_frozen_importlib", "_frozen_importlib_external", "importlib"})
"""Packages whose code is below all that modules do when they are imported: there exceptions become others."""

_ASYNCIO = frozenset({"asyncio"})  # with no loop that runs it is making one, or closing it

_DELICATE = _ASYNCIO | frozenset(
    {
        *("concurrent", "contextlib", "multiprocessing", "queue", "threading", "_weakrefset", "weakref"),
        *("logging", "random"),  # what they do around a fork is not to fail
    }
)
"""Packages of the standard library that hold locks and others' work in Python code."""


def raise_from_handler(error: BaseException, frame: FrameType | None, attempts: int = _ATTEMPTS) -> None:
    """Raise an exception in a signal handler, or soon after it if the interrupted code cannot stand that.

    Takes SIGALRM and its timer.

    Args:
        error: a KeyboardInterrupt, which asyncio lets through.
        frame: what was interrupted, as the handler was told.
        attempts: how often it may be put off, beside imports.
    """
    signal.setitimer(signal.ITIMER_REAL, 0)  # nothing that was put off, nor a time limit, cuts cleaning up short
    _silence_warnings()
    loop = _loop_between_steps()
    if loop is not None:
        loop.call_soon_threadsafe(_raise, error)  # which wakes it up, too
    elif _is_below(frame, _IMPORTING):
        _raise_soon(error, attempts)
    elif attempts and _is_delicate(frame):
        _raise_soon(error, attempts - 1)
    else:
        raise error


def raise_dropped(dropped: UnraisableHookArgs) -> None:
    """Raise a KeyboardInterrupt soon that came within a destructor or a callback, where Python drops what is raised.

    For `sys.unraisablehook`.
    """
    error = dropped.exc_value
    if isinstance(error, KeyboardInterrupt):
        _raise_soon(error, _ATTEMPTS)
    else:
        sys.__unraisablehook__(dropped)


def interruption_behind(error: BaseException) -> KeyboardInterrupt | None:
    """Return the interruption that an error comes from, if any: what was interrupted may fail in another way."""
    origin: BaseException | None = error
    while origin is not None and not isinstance(origin, KeyboardInterrupt):
        origin = origin.__cause__ or origin.__context__
    return origin


def _raise_soon(error: BaseException, attempts: int) -> None:
    signal.signal(signal.SIGALRM, lambda _signum, frame: raise_from_handler(error, frame, attempts))
    signal.setitimer(signal.ITIMER_REAL, _SOON_S, _SOON_S)  # again, as one just before a call that blocks ends no call


def _silence_warnings() -> None:
    """Let development mode say nothing of what is dropped from here on.

    The exception may come between a call that opens something, or makes an awaitable, and what would close or await it.
    No Python code can close that gap, and the process ends anyway.
    """
    for category in (ResourceWarning, RuntimeWarning):
        warnings.simplefilter("ignore", category)


def _running_loop() -> asyncio.AbstractEventLoop | None:
    is_imported = hasattr(sys.modules.get("asyncio"), "_get_running_loop")  # and not just being imported
    return running_loop() if is_imported else None


def _loop_between_steps() -> asyncio.AbstractEventLoop | None:
    """Return the loop that runs in this thread, if it is not just within the code of a task."""
    loop = _running_loop()
    task = sys.modules["asyncio"].current_task(loop) if loop is not None else None
    is_in_step = task is not None and getattr(task.get_coro(), "cr_running", True)
    return None if is_in_step else loop


def _is_delicate(frame: FrameType | None) -> bool:
    is_hook = frame is not None and frame.f_code is raise_dropped.__code__
    if is_hook or _package_of(frame) in _DELICATE:
        return True
    return _running_loop() is None and _is_below(frame, _ASYNCIO)


def _is_below(frame: FrameType | None, packages: frozenset[str]) -> bool:
    """Tell whether a package's code has called what was interrupted, or is it."""
    while frame is not None and _package_of(frame) not in packages:
        frame = frame.f_back
    return frame is not None


def _package_of(frame: FrameType | None) -> str:
    name: str = frame.f_globals.get("__name__", "") if frame is not None else ""
    return name.partition(".")[0]


def _raise(error: BaseException) -> None:
    raise error
