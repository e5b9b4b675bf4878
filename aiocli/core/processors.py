"""The processors that this process may run on."""

from __future__ import annotations

import os


def count_processors() -> int:
    """Count them; affinity and cpusets may leave fewer than the machine has."""
    return len(os.sched_getaffinity(0))
