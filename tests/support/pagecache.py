"""What the page cache holds of a file."""

import ctypes
import mmap
import os
import threading

TRIES = 4


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
    for _ in range(TRIES):  # another processor may hold a page for a moment
        os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
        if not os.fstat(fd).st_size or not cached_pages(path):
            break
        threading.Event().wait(0.01)
    os.close(fd)


def in_quiet(attempt):
    """Call what asserts how many pages are cached; once more where the kernel has just taken or kept some of its own.

    That has nothing to do with what is tested, which fails each time if it fails.
    """
    for _ in range(TRIES - 1):
        try:
            return attempt()
        except AssertionError:
            continue
    return attempt()
