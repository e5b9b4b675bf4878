"""File systems where the kernel does not tell of all changes: others make them, on other machines or layers below.

Source: statfs(2) and linux/magic.h for the numbers; inotify(7), "Limitations and caveats".
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_BLIND = {
    0x6969: "NFS",
    0x517B: "SMB",
    0xFF534D42: "CIFS",
    0xFE534D42: "SMB",
    0x01021997: "9P",
    0x65735546: "FUSE",
    0x794C7630: "overlay",
    0x61756673: "aufs",
    0x9FA0: "proc",
    0x62656572: "sysfs",
    0x64626720: "debugfs",
    0x74726163: "tracefs",
    0x27E0EB: "cgroup",
    0x63677270: "cgroup2",
    0x5346414F: "AFS",
    0x6B414653: "AFS",
    0x73757245: "Coda",
    0x564C: "NCP",
    0x00C36400: "Ceph",
    0x0BD00BD0: "Lustre",
    0x47504653: "GPFS",
    0x01161970: "GFS2",
    0x7461636F: "OCFS2",
    0x19830326: "BeeGFS",
    0x013111A8: "IBRIX",
    0x786F4256: "vboxsf",
    0xBACBACBC: "vmhgfs",
    0x7C7C6673: "prl_fs",
}

_STATFS_BYTES = 256  # more than any struct statfs has


def blind_filesystem(fd: int) -> str:
    """Name the file system of an open file if it does not tell of all changes; "" if it does, or is unknown."""
    call = _load()
    return _BLIND.get(call(fd), "") if call is not None else ""


@cache
def _load() -> Callable[[int], int] | None:
    """Load what returns a descriptor's f_type, 0 where that fails; None if the C library has none."""
    import ctypes

    try:
        fstatfs = ctypes.CDLL(None, use_errno=True).fstatfs
    except AttributeError:
        return None
    fstatfs.argtypes = (ctypes.c_int, ctypes.c_char_p)

    def call(fd: int) -> int:
        buffer = ctypes.create_string_buffer(_STATFS_BYTES)
        if fstatfs(fd, buffer):
            return 0
        return ctypes.c_long.from_buffer(buffer).value & 0xFFFFFFFF  # f_type comes first, a word or half of one

    return call
