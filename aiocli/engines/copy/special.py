"""Makes what is no regular file: links, FIFOs, devices, sockets; over what is there only if that is allowed."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from typing import TYPE_CHECKING

from aiocli.engines.copy.node import AT_FDCWD
from aiocli.engines.copy.steps import CopyFailed, Step, failing

if TYPE_CHECKING:
    from collections.abc import Callable

    from aiocli.engines.copy.node import Node

_RANDOM_BYTES = 6


def make_again(source: Node, target: Node, facts: os.stat_result, omitted: int, *, replaces: bool = False) -> None:
    """Make a FIFO, device or socket like the source's.

    Args:
        source: for messages.
        target: its place.
        facts: of the source.
        omitted: permission bits to leave out.
        replaces: what is there gives way, in one step.

    Raises:
        CopyFailed: it cannot be made.
    """
    kind = stat.S_IFMT(facts.st_mode)
    if kind == stat.S_IFIFO:
        step, device = Step.MAKE_FIFO, 0
    elif kind in (stat.S_IFBLK, stat.S_IFCHR, stat.S_IFSOCK):
        step, device = Step.MAKE_SPECIAL, facts.st_rdev
    else:
        raise CopyFailed(Step.UNKNOWN_KIND, source.path)

    def make_node(name: str) -> None:
        os.mknod(name, facts.st_mode & ~omitted, device, dir_fd=target.dir_fd)

    with failing(step, target.path):
        _make_entry(make_node, target, replaces=replaces)


def make_link(content: str, target: Node, *, replaces: bool) -> None:
    """Make a symbolic link.

    Args:
        content: what it holds.
        target: its place.
        replaces: what is there gives way, in one step.

    Raises:
        OSError: of symlinkat(2) or renameat(2).
    """

    def symlink(name: str) -> None:
        os.symlink(content, name, dir_fd=target.dir_fd)

    _make_entry(symlink, target, replaces=replaces)


def make_hard_link(source: Node, target: Node, *, follow: bool, replaces: bool) -> bool:
    """Give the source one more name; return whether something gave way to it.

    Args:
        source: a file that is there.
        target: the new name.
        follow: link what a symbolic link points at, and not the link itself.
        replaces: what is there gives way, in one step.

    Raises:
        OSError: of linkat(2) or renameat(2).
    """
    # With two default directories os.link calls link(2), which never follows on Linux.
    src_dir_fd = os.open(".", os.O_PATH | os.O_CLOEXEC) if source.dir_fd == AT_FDCWD else source.dir_fd

    def link(name: str) -> None:
        os.link(source.name, name, src_dir_fd=src_dir_fd, dst_dir_fd=target.dir_fd, follow_symlinks=follow)

    try:
        return _make_entry(link, target, replaces=replaces)
    finally:
        if src_dir_fd != source.dir_fd:
            os.close(src_dir_fd)


def _make_entry(make: Callable[[str], None], target: Node, *, replaces: bool) -> bool:
    """Make an entry, if need be under a passing name that is then moved over what is there: True then."""
    try:
        make(target.name)
    except FileExistsError:
        if not replaces:
            raise
    else:
        return False
    temporary = os.path.join(os.path.dirname(target.name), f".{os.urandom(_RANDOM_BYTES).hex()}")
    make(temporary)
    try:
        os.rename(temporary, target.name, src_dir_fd=target.dir_fd, dst_dir_fd=target.dir_fd)
    finally:
        # Gone after a rename; still there if both names were one file, or the rename failed.
        with suppress(OSError):
            os.unlink(temporary, dir_fd=target.dir_fd)
    return True
