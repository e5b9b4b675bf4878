"""How much of what was written is in memory only, so that nobody is surprised by a wait at the end."""

from __future__ import annotations

import os
from contextlib import suppress

READ_S = 0.5
"""Between two looks: the kernel adds the figures up for each."""

_MEMINFO = "/proc/meminfo"
_READ_BYTES = 4096
_FIELDS = (b"Dirty:", b"Writeback:")


class Unwritten:
    """Reads the kernel's figure of pages that are to be written to devices.

    It is that of the whole system: Linux tells nobody but root that of one device, and that of one file only from 6.5
    on. Tmpfs has no part in it.
    """

    def __init__(self) -> None:
        self._nbytes = 0
        self._next = 0.0

    def nbytes(self, now: float) -> int:
        """Return the bytes that were not written at the last look; 0 where nobody can tell."""
        if now >= self._next:
            self._next = now + READ_S
            self._nbytes = _read()
        return self._nbytes


def _read() -> int:
    kibibytes = 0
    with suppress(OSError):
        fd = os.open(_MEMINFO, os.O_RDONLY | os.O_CLOEXEC)
        try:
            text = os.read(fd, _READ_BYTES)
        finally:
            os.close(fd)
        for line in text.splitlines():
            if line.startswith(_FIELDS):
                kibibytes += int(line.split()[1])
    return kibibytes * 1024
