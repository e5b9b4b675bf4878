"""Finds the blocks of zeros in data that are to become holes."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

BLOCK_BYTES = 4096
"""Zeros that fill a block of this size become a hole: what file systems allocate at once, most of them."""

# A bytearray compares itself with a memoryview by memcmp; bytes and memoryviews go byte by byte: 50 times slower.
_ZEROS = bytearray(BLOCK_BYTES)


def runs_of_data(data: bytes | memoryview, offset: int) -> Iterator[tuple[int, int]]:
    """Yield (start, end) of the parts of data that are to be written.

    Only the first bytes of blocks are looked at where no block begins with a zero: 2 us for 1 MiB, 50 us if all
    of it is zeros, where copying it takes 200.

    Args:
        data: to be written.
        offset: where in the target; blocks begin at its multiples of BLOCK_BYTES, and a part of a block at either
            end of data is taken for a whole one.
    """
    view = memoryview(data)
    size = len(view)
    head = min(-offset % BLOCK_BYTES, size)
    start = head if _is_zeros(view[:head]) else 0
    first_bytes = bytes(view[head::BLOCK_BYTES])
    block = first_bytes.find(0)
    while block >= 0:
        begin = head + block * BLOCK_BYTES
        end = min(begin + BLOCK_BYTES, size)
        if _is_zeros(view[begin:end]):
            if start < begin:
                yield start, begin
            start = end
        block = first_bytes.find(0, block + 1)
    if start < size:
        yield start, size


def _is_zeros(view: memoryview) -> bool:
    return (_ZEROS if len(view) == BLOCK_BYTES else bytearray(len(view))) == view
