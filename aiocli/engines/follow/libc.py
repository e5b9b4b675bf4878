"""Keeps a package from starting a program, when it is imported, to find the C library that is loaded already."""

from __future__ import annotations

import ctypes.util
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def finding_no_libc() -> Iterator[None]:
    """Let `ctypes.util.find_library` find no C library, at once; whoever asks takes what the process has loaded.

    To find it, that starts `ldconfig -p`, or a compiler where there is no ldconfig, which takes 7 ms of 11. Nothing
    else of it changes, and another thread that asks meanwhile gets an answer that is possible anyway: None.
    """
    find_library = ctypes.util.find_library
    ctypes.util.find_library = lambda name: None if name == "c" else find_library(name)
    try:
        yield
    finally:
        ctypes.util.find_library = find_library
