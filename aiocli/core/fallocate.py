"""fallocate(2) with its modes, which the os module lacks."""

from __future__ import annotations

import ctypes
import errno
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_FALLOC_FL_KEEP_SIZE = 0x01  # linux/falloc.h
_FALLOC_FL_PUNCH_HOLE = 0x02


def reserve_blocks(fd: int, offset: int, nbytes: int) -> bool:
    """Allocate blocks for a range of a file without changing its size.

    Returns:
        Whether they are there now; False leaves everything as it was, and the writes will tell why.

    Leaves:
        The size: a copy that is killed does not look complete.
    """
    return _fallocate(fd, _FALLOC_FL_KEEP_SIZE, offset, nbytes)


def punch_hole(fd: int, offset: int, nbytes: int) -> bool:
    """Free the blocks of a range of a file, which then reads as zeros, without changing its size.

    Returns:
        Whether they are free now; False leaves everything as it was.
    """
    return _fallocate(fd, _FALLOC_FL_KEEP_SIZE | _FALLOC_FL_PUNCH_HOLE, offset, nbytes)


def _fallocate(fd: int, mode: int, offset: int, nbytes: int) -> bool:
    fallocate = _function()
    if fallocate is None:
        return False
    while fallocate(fd, mode, offset, nbytes) != 0:
        if ctypes.get_errno() != errno.EINTR:
            return False
    return True


@cache
def _function() -> Callable[[int, int, int, int], int] | None:
    fallocate = getattr(ctypes.CDLL(None, use_errno=True), "fallocate", None)
    if fallocate is not None:
        fallocate.argtypes = (ctypes.c_int, ctypes.c_int, ctypes.c_int64, ctypes.c_int64)
    return fallocate
