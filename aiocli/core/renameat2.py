"""Renaming without ever replacing anything: renameat2(2) with RENAME_NOREPLACE (Linux 3.15), by the C library.

Not every file system knows the flag (EINVAL), nor every C library the call. What is left then is to look first, and
whatever appears under the name just behind that look is replaced.
"""

from __future__ import annotations

import errno
import os
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    RenameNoreplace = Callable[[int, bytes, bytes], int]

_NOREPLACE = 1
_UNKNOWN = {errno.EINVAL, errno.ENOSYS}


def rename_noreplace(name: str, new_name: str, *, dir_fd: int) -> None:
    """Give a file another name, which must be free.

    Args:
        name: it, relative to the directory.
        new_name: relative to the same directory.
        dir_fd: the directory.

    Raises:
        FileExistsError: the new name is taken, maybe by a link that leads nowhere.
        OSError: of renameat2(2).
    """
    call = _load()
    error = call(dir_fd, os.fsencode(name), os.fsencode(new_name)) if call is not None else errno.ENOSYS
    if error in _UNKNOWN:
        _look_and_rename(name, new_name, dir_fd)
    elif error:
        raise OSError(error, os.strerror(error), name, None, new_name)


def _look_and_rename(name: str, new_name: str, dir_fd: int) -> None:
    try:
        os.stat(new_name, dir_fd=dir_fd, follow_symlinks=False)
    except FileNotFoundError:
        os.rename(name, new_name, src_dir_fd=dir_fd, dst_dir_fd=dir_fd)
    else:
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), name, None, new_name)


@cache
def _load() -> RenameNoreplace | None:
    """Load the call, which returns an errno or 0; None if the C library has none."""
    import ctypes

    try:
        renameat2 = ctypes.CDLL(None, use_errno=True).renameat2
    except AttributeError:
        return None
    renameat2.argtypes = (ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_uint)

    def call(dir_fd: int, name: bytes, new_name: bytes) -> int:
        return ctypes.get_errno() if renameat2(dir_fd, name, dir_fd, new_name, _NOREPLACE) else 0

    return call
