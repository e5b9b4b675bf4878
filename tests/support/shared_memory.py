"""Directories on a tmpfs, where there is one."""

from __future__ import annotations

import os
import tempfile
from contextlib import AbstractContextManager
from pathlib import Path

SHARED_MEMORY = Path("/dev/shm")
"""A tmpfs on every Linux: fast, holes take no memory when they are read, and inode numbers come in the order in which
files are made, hence GNU's order."""


def memory_folder() -> AbstractContextManager[str]:
    """Make a directory for as long as the context lasts, on a tmpfs if there is one, else where others are made."""
    is_usable = SHARED_MEMORY.is_dir() and os.access(SHARED_MEMORY, os.W_OK)
    return tempfile.TemporaryDirectory(dir=SHARED_MEMORY if is_usable else None)
