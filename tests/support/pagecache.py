"""What the page cache holds of a file."""

import ctypes
import mmap
import os
import threading
import time

from aiocli.core.filesystem import MEMORY_TYPES, filesystem_type

DROP_S = 10.0
PAUSES_S = (0.0, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6)
"""On a busy machine whatever disturbs may last."""


def cached_pages(path):
    """Count the pages of a file that are in memory, by mincore(2)."""
    size = os.stat(path).st_size
    with open(path, "r+b") as file, mmap.mmap(file.fileno(), size) as memory:
        pages = -(-size // mmap.PAGESIZE)
        vector = (ctypes.c_ubyte * pages)()
        address = ctypes.c_char.from_buffer(memory)
        libc = ctypes.CDLL(None, use_errno=True)
        result = libc.mincore(ctypes.c_void_p(ctypes.addressof(address)), ctypes.c_size_t(size), vector)
        del address
        assert result == 0, os.strerror(ctypes.get_errno())
        return sum(page & 1 for page in vector)


def drop(path):
    """Throw a file out of the page cache, if it is on a device."""
    fd = os.open(path, os.O_RDONLY)
    os.fsync(fd)
    facts, deadline = os.fstat(fd), time.monotonic() + DROP_S
    is_for_ever = not facts.st_size or filesystem_type(facts.st_dev) in MEMORY_TYPES
    while True:  # another processor may hold a page for a moment, and a device have yet to read what is read ahead
        os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
        if is_for_ever or not cached_pages(path) or time.monotonic() > deadline:
            break
        threading.Event().wait(0.01)
    os.close(fd)


def in_quiet(attempt):
    """Call what asserts how many pages are cached; again where the kernel has just taken or kept some of its own.

    That has nothing to do with what is tested, which fails each time if it fails.
    """
    for pause_s in PAUSES_S:
        try:
            return attempt()
        except AssertionError:
            threading.Event().wait(pause_s)
    return attempt()
