"""Files with holes, and what room their data need."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

BLOCK_BYTES = 4096

LAYOUTS = {
    "empty": [],
    "one byte": [("data", 1)],
    "data": [("data", 300_001)],
    "hole": [("hole", 1_000_000)],
    "odd hole": [("hole", 1_000_001)],
    "zeros": [("zeros", 200_001)],
    "hole first": [("hole", 65536), ("data", 5000)],
    "hole last": [("data", 5000), ("hole", 200_000)],
    "hole between": [("data", 5000), ("hole", 1_234_567), ("data", 777)],
    "zeros between": [("data", 4097), ("zeros", 70_000), ("data", 10)],
    "few zeros": [("data", 1000), ("zeros", 3000), ("data", 1000)],
    "mixed": [
        ("zeros", 131_072),
        ("data", 131_072),
        ("hole", 1_048_576),
        ("zeros", 9000),
        ("data", 70_000),
        ("hole", 4096),
        ("data", 1),
        ("zeros", 4095),
    ],
}
"""Names of layouts and their parts: (data, zeros or hole, bytes)."""


def make_sparse(path: Path, layout: Sequence[tuple[str, int]]) -> Path:
    """Make a file of these parts, and return its path."""
    with path.open("wb") as file:
        for kind, nbytes in layout:
            if kind == "hole":
                file.seek(nbytes, os.SEEK_CUR)
            else:
                file.write(bytes(nbytes) if kind == "zeros" else (bytes(range(251)) * (nbytes // 251 + 1))[:nbytes])
        file.truncate()
    return path


def room_of_data(path: Path) -> int:
    """Count the bytes of the blocks of a file that are not all zeros."""
    data = path.read_bytes()
    blocks = (data[start : start + BLOCK_BYTES] for start in range(0, len(data), BLOCK_BYTES))
    return sum(BLOCK_BYTES for block in blocks if any(block))
