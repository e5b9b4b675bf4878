"""Blocks in which no thread can be had, neither an idle one nor a new one."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from aiocli.core import threads

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class _Unavailable(list[Any]):
    """Idle workers that nobody finds, though those of earlier calls may join them at any moment."""

    def __bool__(self) -> bool:
        return False


@contextmanager
def without_threads() -> Iterator[Callable[[int], None]]:
    """Let no thread be had within the block.

    Yields:
        What allows so many new ones from then on.
    """
    start, idle, left = threading.Thread.start, threads._idle, 0

    def start_some(thread: threading.Thread) -> None:
        nonlocal left
        if not left:
            raise RuntimeError("can't start new thread")
        left -= 1
        start(thread)

    def allow(nthreads: int) -> None:
        nonlocal left
        left = nthreads

    with threads._lock:
        threads._idle = _Unavailable(idle)
    try:
        with patch.object(threading.Thread, "start", start_some):
            yield allow
    finally:
        with threads._lock:
            idle[:] = threads._idle
            threads._idle = idle
