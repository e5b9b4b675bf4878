"""Calls coroutines that never wait as if they were plain functions."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from aiocli.core.loop import drive


def on_descriptor(function: Callable[..., Any]) -> Callable[..., Any]:
    """Turn a coroutine function over a reader at offsets into a function over a descriptor."""

    def call(fd: int, *args: Any) -> Any:
        async def read(nbytes: int, offset: int) -> bytes:
            return os.pread(fd, nbytes, offset)

        return drive(function(read, *args))

    return call
