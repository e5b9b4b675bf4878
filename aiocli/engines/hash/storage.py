"""Whether what a file lies on suffers from several readers of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiocli.core.filesystem import NETWORK_TYPES, filesystem_type, is_rotational
from aiocli.core.pagecache import is_cached

if TYPE_CHECKING:
    from aiocli.core.endpoint import Endpoint

_CACHE_SHARE = 2
"""A file may take one of so many parts of the memory that is available: readers that are apart find it there."""


def one_reader_reason(src: Endpoint) -> str | None:
    """Say why only one should read a regular file; None if several may, each from another place."""
    if filesystem_type(src.device) in NETWORK_TYPES:
        return "a network file system"
    if min(src.size, src.allocated) > _available_bytes() // _CACHE_SHARE:
        return "larger than what memory can keep of it"
    if is_rotational(src.device) and not is_cached(src.fd, src.offset or 0):
        return "a disk that turns"
    return None


def _available_bytes() -> int:
    """Tell how much memory is free or can be had at once; much, where the kernel does not say."""
    try:
        with open("/proc/meminfo", "rb") as facts:
            lines = facts.read().splitlines()
    except OSError:
        return 1 << 62
    return next((int(line.split()[1]) << 10 for line in lines if line.startswith(b"MemAvailable:")), 1 << 62)
