"""A file by its directory's descriptor and its name there, and by the name that a person knows."""

from __future__ import annotations

import os
from typing import NamedTuple

AT_FDCWD = -100
"""Stands for the current directory wherever a directory's descriptor is taken: fcntl.h."""


class Node(NamedTuple):
    """Where a file is, or will be.

    Attributes:
        dir_fd: descriptor of its directory, borrowed, or AT_FDCWD.
        name: its name there; for what was named on the command line a path, else one component.
        path: what messages call it.
        fd: a descriptor open on it, borrowed; None where there is none, and it is reached by dir_fd and name.
    """

    dir_fd: int
    name: str
    path: str
    fd: int | None = None

    @property
    def directory(self) -> str:
        """The name of the directory that it is in, from dir_fd."""
        return os.path.dirname(self.name.rstrip("/")) or "."

    def stat(self, *, follow: bool = False) -> os.stat_result:
        """Tell its facts; those of a symbolic link itself unless it is to be followed.

        Raises:
            OSError: of fstatat(2).
        """
        return os.stat(self.name, dir_fd=self.dir_fd, follow_symlinks=follow)

    def may(self, mode: int) -> bool:
        """Tell whether the process may read or write it, links followed.

        Args:
            mode: os.R_OK or os.W_OK.
        """
        return os.access(self.name, mode, dir_fd=self.dir_fd, effective_ids=True)

    def unlink(self) -> None:
        """Remove its name.

        Raises:
            OSError: of unlinkat(2).
        """
        os.unlink(self.name, dir_fd=self.dir_fd)


def is_same_entry(first: Node, second: Node) -> bool:
    """Tell whether two names are one entry of one directory; False if a directory cannot be looked at.

    As in GNU cp, a directory that is named through a symbolic link is another one.
    """
    head, tail = _split(first.name)
    other_head, other_tail = _split(second.name)
    if tail != other_tail:
        return False
    try:
        facts = os.stat(head, dir_fd=first.dir_fd, follow_symlinks=False)
        return os.path.samestat(facts, os.stat(other_head, dir_fd=second.dir_fd, follow_symlinks=False))
    except OSError:
        return False


def _split(name: str) -> tuple[str, str]:
    head, tail = os.path.split(name.rstrip("/") or "/")
    return head or ".", tail
