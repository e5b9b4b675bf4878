"""What of a file is hole: found by the file system's word, never read, and given to hashers as zeros.

Facts of lseek(2): SEEK_DATA answers ENXIO where nothing but a hole follows, and behind the end; file systems that know
no holes take all for data. EINVAL comes from files of /proc that have a size and no blocks.
"""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    from aiocli.engines.hash.algorithms import Hasher

ZEROS = memoryview(bytes(256 * 1024))
"""Never written, so all of it is the kernel's one page of zeros: it stays in the fastest cache."""

STEP_BYTES = 16 * 1024 * 1024
"""Zeros between two looks at whether to stop: 10 to 30 ms of most algorithms."""


class Run(NamedTuple):
    """A part of a file.

    Attributes:
        end: offset behind it.
        is_hole: it was never written, and reads as zeros.
    """

    end: int
    is_hole: bool


def run_at(fd: int, offset: int, end: int) -> Run:
    """Find how far data or a hole reach from an offset, in front of the end that is known. Moves the file offset.

    Args:
        fd: of a regular file.
        offset: where to look.
        end: the file's size as far as it is known, above offset; a file that has become shorter has no hole there.

    Raises:
        OSError: of lseek(2) or fstat(2).
    """
    try:
        data = os.lseek(fd, offset, os.SEEK_DATA)
    except OSError as error:
        if error.errno == errno.EINVAL:
            return Run(end, is_hole=False)
        if error.errno != errno.ENXIO:
            raise
        end = min(end, os.fstat(fd).st_size)
        return Run(end, is_hole=True) if offset < end else Run(offset, is_hole=False)
    if data > offset:
        return Run(min(data, end), is_hole=True)
    try:
        hole = os.lseek(fd, offset, os.SEEK_HOLE)
    except OSError as error:
        if error.errno != errno.ENXIO:  # it has just become shorter
            raise
        return Run(offset, is_hole=False)
    return Run(min(hole, end), is_hole=False)


def feed_zeros(hasher: Hasher, nbytes: int, on_step: Callable[[int], bool]) -> None:
    """Give a hasher zeros: at once where it knows how, else step by step.

    Args:
        hasher: takes them.
        nbytes: how many.
        on_step: told of bytes taken in; answers False to stop.
    """
    zeros = getattr(hasher, "zeros", None)
    if zeros is not None:
        zeros(nbytes)
        on_step(nbytes)
        return
    update = hasher.update
    while nbytes:
        step = left = min(nbytes, STEP_BYTES)
        while left >= len(ZEROS):
            update(ZEROS)
            left -= len(ZEROS)
        if left:
            update(ZEROS[:left])
        nbytes -= step
        if not on_step(step):
            return
