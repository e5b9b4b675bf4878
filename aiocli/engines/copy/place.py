"""What system calls on attributes work on: a descriptor, or a name that leads to one file and to no other.

Kernel facts. The calls for extended attributes and modes take a name or a descriptor, and none takes a directory's
descriptor with a name in it. A FIFO or device cannot be opened without effects, a symbolic link not at all; O_PATH
opens anything without effects. What it opened is reached through /proc/self/fd, also if it is a symbolic link, which is
not followed any further then.
"""

from __future__ import annotations

import os
import stat
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from aiocli.engines.copy.node import AT_FDCWD
from aiocli.engines.copy.steps import CopyFailed, Step, failing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aiocli.engines.copy.node import Node

_PROC = "/proc/self/fd"


class Place(NamedTuple):
    """The first argument of a call, and what is to be said about links.

    Attributes:
        at: a descriptor or a name.
        follow: the call's follow_symlinks; a descriptor, and a name in /proc, are always followed.
    """

    at: int | str
    follow: bool = True


@contextmanager
def reaching(node: Node, facts: os.stat_result) -> Iterator[Place]:
    """Yield how to work on a node whatever its name may lead to meanwhile.

    Args:
        node: open or not.
        facts: of the file that is meant; if they are a symbolic link's, then that link.

    Raises:
        CopyFailed: it is not there any more.
    """
    if node.fd is not None:
        yield Place(node.fd)
        return
    is_link = stat.S_ISLNK(facts.st_mode)
    flags = os.O_PATH | os.O_CLOEXEC | (os.O_NOFOLLOW if is_link else 0)
    with failing(Step.STAT, node.path):
        fd = os.open(node.name, flags, dir_fd=node.dir_fd)
    try:
        if not os.path.samestat(os.fstat(fd), facts):
            raise CopyFailed(Step.REPLACED_MEANWHILE, node.path)
        yield Place(f"{_PROC}/{fd}") if _has_proc() else Place(node.path, follow=not is_link)
    finally:
        os.close(fd)


def set_mode(node: Node, facts: os.stat_result, mode: int) -> None:
    """Set a file's mode, whatever its name may lead to meanwhile.

    Args:
        node: open or not; no symbolic link.
        facts: of the file that is meant.
        mode: all permission bits.

    Raises:
        OSError: of chmod(2).
        CopyFailed: it is not there any more.
    """
    with reaching(node, facts) as place:
        os.chmod(place.at, mode)


def naming(node: Node) -> Place:
    """Return how to work on a symbolic link without opening it; by now, it may be something else.

    That is never followed, nor is the path to its directory: three times as fast as `reaching` it.
    """
    if node.dir_fd == AT_FDCWD:
        return Place(node.name, follow=False)
    if not _has_proc():
        return Place(node.path, follow=False)
    return Place(f"{_PROC}/{node.dir_fd}/{node.name}", follow=False)


@cache
def _has_proc() -> bool:
    """Tell whether /proc is there; without it, names have to do."""
    return os.path.isdir(_PROC)
