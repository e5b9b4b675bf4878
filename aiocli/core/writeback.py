"""When the kernel begins to write what is in the page cache back to the devices."""

from __future__ import annotations

import os

_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


def bytes_until_writeback() -> int:
    """Tell how much more may be written before the kernel begins to bring it to the device meanwhile.

    Returns:
        Bytes; 0 if it is at it already, or nobody can tell.

    Source: /proc/vmstat, from Linux 2.6.37 on; data that are older than half a minute are written back anyway.
    """
    facts = {}
    try:
        with open("/proc/vmstat", "rb") as file:
            for line in file:
                name, _, value = line.partition(b" ")
                if name.startswith(b"nr_dirty"):
                    facts[name] = int(value)
    except OSError:
        return 0
    pages = facts.get(b"nr_dirty_background_threshold", 0) - facts.get(b"nr_dirty", 0)
    return max(0, pages) * _PAGE_BYTES
