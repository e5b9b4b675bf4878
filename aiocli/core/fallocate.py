"""fallocate(2) with FALLOC_FL_KEEP_SIZE, which the os module lacks."""

from __future__ import annotations

import ctypes
import errno

_FALLOC_FL_KEEP_SIZE = 0x01  # linux/falloc.h


def reserve_blocks(fd: int, offset: int, nbytes: int) -> bool:
    """Allocate blocks for a range of a file without changing its size.

    Returns:
        Whether they are there now; False leaves everything as it was, and the writes will tell why.

    Leaves:
        The size: a copy that is killed does not look complete.
    """
    fallocate = getattr(ctypes.CDLL(None, use_errno=True), "fallocate", None)
    if fallocate is None:
        return False
    fallocate.argtypes = (ctypes.c_int, ctypes.c_int, ctypes.c_int64, ctypes.c_int64)
    while fallocate(fd, _FALLOC_FL_KEEP_SIZE, offset, nbytes) != 0:
        if ctypes.get_errno() != errno.EINTR:
            return False
    return True
