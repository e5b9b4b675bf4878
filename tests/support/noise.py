"""Bytes that no compressor and no pattern fits, the same in every run."""

import random


def noise(nbytes: int) -> bytes:
    """Return bytes that depend on their number alone: a test that fails once fails again."""
    return random.Random(nbytes).randbytes(nbytes)
