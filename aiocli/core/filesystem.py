"""Which file system a device number belongs to."""

from __future__ import annotations

import os
from functools import cache, lru_cache
from time import monotonic

NETWORK_TYPES = frozenset({"nfs", "nfs4", "cifs", "smb3", "9p", "ceph", "afs", "lustre", "gpfs", "beegfs"})
"""File systems whose server does the copying best, and where many readers hurt."""

MEMORY_TYPES = frozenset({"tmpfs", "ramfs", "devtmpfs", "hugetlbfs"})
"""File systems whose reads never wait for a device."""

_FRESH_S = 10
"""So long what is mounted counts as known; the kernel gives the device numbers of what is unmounted to others."""


@lru_cache(maxsize=1)
def _mounted_types(_period: int) -> dict[int, str]:
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
    return _mounted_types(int(monotonic() / _FRESH_S)).get(device, "")


def is_local(device: int) -> bool:
    """Tell whether opening a file of a device asks nobody but this kernel; False if that is not known."""
    return device in _local_devices(int(monotonic() / _FRESH_S))


@lru_cache(maxsize=1)
def _local_devices(period: int) -> frozenset[int]:
    types = _mounted_types(period)
    return frozenset(
        device for device, kind in types.items() if kind not in NETWORK_TYPES and not kind.startswith("fuse")
    )


@cache
def is_rotational(device: int) -> bool:
    """Tell whether a device number (st_dev) is a disk's that turns, as far as the kernel knows; False if unknown.

    What a hypervisor offers often says so of itself, whatever lies below.
    """
    block = f"/sys/dev/block/{os.major(device)}:{os.minor(device)}"
    for folder in (block, f"{block}/.."):  # a partition has no queue of its own
        try:
            with open(f"{folder}/queue/rotational", "rb") as fact:
                return fact.read(1) == b"1"
        except OSError:
            continue
    return False
