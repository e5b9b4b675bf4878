"""Which file system a device number belongs to."""

from __future__ import annotations

import os
from functools import cache

NETWORK_TYPES = frozenset({"nfs", "nfs4", "cifs", "smb3", "9p", "ceph", "afs", "lustre", "gpfs", "beegfs"})
"""File systems whose server does the copying best, and where many readers hurt."""

MEMORY_TYPES = frozenset({"tmpfs", "ramfs", "devtmpfs", "hugetlbfs"})
"""File systems whose reads never wait for a device."""


@cache
def _mounted_types() -> dict[int, str]:
    types = {}
    try:
        with open("/proc/self/mountinfo", "rb") as mounts:
            lines = mounts.read().splitlines()
    except OSError:
        return {}
    for line in lines:
        fields, _, rest = line.partition(b" - ")
        major, _, minor = fields.split(b" ", 3)[2].partition(b":")
        types[os.makedev(int(major), int(minor))] = os.fsdecode(rest.split(b" ", 1)[0])
    return types


def filesystem_type(device: int) -> str:
    """Name the file system of a device number (st_dev), as /proc/self/mountinfo does; '' if unknown.

    Some file systems (btrfs subvolumes) give files another st_dev than their mount: those are unknown here.
    """
    return _mounted_types().get(device, "")
