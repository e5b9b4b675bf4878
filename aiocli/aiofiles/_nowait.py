"""Opening and closing without a thread, for files where neither can take long.

Small files cost as much as their thread hops. A regular file of a local file system whose path the kernel has in its
caches is opened on the spot, and closed so if it was only read: then nothing is written, and no server is asked.
"""

from __future__ import annotations

import io
import os
import stat
from typing import Any

from aiocli.core.filesystem import NETWORK_TYPES, filesystem_type
from aiocli.core.openat2 import open_nowait

_READ_MODES = frozenset({"r", "rt", "tr", "rb", "br"})
_USUAL_ENCODINGS = frozenset({None, "utf-8", "utf8", "ascii", "latin-1"})
"""Other codecs may have to be imported."""


class _MayTakeLong(Exception):
    """The opener's way out of the builtin open."""


def open_at_once(file: Any, mode: str, encoding: str | None, **kwargs: Any) -> Any:
    """Open for reading, as the builtin open does, if that cannot take long; else return None.

    Raises:
        ValueError: the arguments do not go together; as from the builtin open, so are TypeError and LookupError.
    """
    is_path = isinstance(file, (str, bytes, os.PathLike))
    if not is_path or mode not in _READ_MODES or encoding not in _USUAL_ENCODINGS or kwargs.pop("opener") is not None:
        return None
    try:
        return open(file, mode, encoding=encoding, opener=_open_cached, **kwargs)
    except _MayTakeLong:
        return None


def _open_cached(path: Any, flags: int) -> int:
    opened = open_nowait(path, flags)
    if opened is None:
        raise _MayTakeLong
    return opened[0]


def closes_at_once(file: Any) -> bool:
    """Tell whether closing a file object cannot take long; False if that is not known."""
    raw = file
    if type(raw) is io.TextIOWrapper:
        raw = raw.buffer
    if type(raw) is io.BufferedReader:
        raw = raw.raw
    if type(raw) is not io.FileIO or raw.closed or raw.writable():
        return False
    try:
        facts = os.fstat(raw.fileno())
    except OSError:  # somebody else has closed the descriptor: closing the file says so
        return False
    if not stat.S_ISREG(facts.st_mode) or facts.st_nlink == 0:  # the last close of a deleted file frees its blocks
        return False
    kind = filesystem_type(facts.st_dev)
    return bool(kind) and kind not in NETWORK_TYPES and not kind.startswith("fuse")


def is_regular(file: Any) -> bool:
    """Tell whether a file object is a regular file, or none of the system's: its calls end by themselves."""
    if getattr(file, "_rolled", True) is False:
        return True  # asking a spooled file for its descriptor would end its life in memory
    try:
        return stat.S_ISREG(os.fstat(file.fileno()).st_mode)
    except (OSError, ValueError, TypeError, AttributeError):  # in memory, closed, or a mock
        return True
