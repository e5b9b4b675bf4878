"""What the page cache holds of a file."""

from __future__ import annotations

import os


def is_cached(fd: int, offset: int) -> bool:
    """Tell whether a file's byte at an offset is in the page cache; whoever asks takes the rest for the same."""
    try:
        return os.preadv(fd, [bytearray(1)], offset, os.RWF_NOWAIT) > 0
    except OSError:  # EAGAIN: no; EOPNOTSUPP: who knows
        return False
