"""What a command line has copied so far: for hard links, for directories in themselves, for names given twice."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from aiocli.engines.copy.node import Node, is_same_entry

if TYPE_CHECKING:
    from collections.abc import Iterator

Identity = tuple[int, int]
"""Device and inode number of a file."""


def identity(facts: os.stat_result) -> Identity:
    """Tell which file the facts are about."""
    return facts.st_dev, facts.st_ino


class Copy(NamedTuple):
    """Where the first copy of a file is.

    Attributes:
        top: the target of its operand; reachable until the last operand is copied.
        below: the way from there; empty for the operand itself.
    """

    top: Node
    below: str

    @property
    def node(self) -> Node:
        """The copy, by its way from the directory that stays open: a way that others may have changed since."""
        return Node(self.top.dir_fd, self.top.name + self.below, self.top.path + self.below)

    @contextmanager
    def opened(self, *, follow: bool) -> Iterator[Node]:
        """Lead to the copy step by step, through no symbolic link from the operand's copy on unless they are followed.

        Raises:
            OSError: of open(2); ENOTDIR or ELOOP where there is a link.
        """
        head, _, name = self.below.rpartition("/")
        if not name:
            yield self.node
            return
        flags = os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC | (0 if follow else os.O_NOFOLLOW)
        fd = os.open(self.top.name, flags, dir_fd=self.top.dir_fd)
        try:
            for step in head.split("/")[1:]:
                inner = os.open(step, flags, dir_fd=fd)
                os.close(fd)
                fd = inner
            yield Node(fd, name, self.top.path + self.below)
        finally:
            os.close(fd)


class History:
    """What earlier operands, and earlier files of a tree, became.

    Attributes:
        copies: file of the source -> its first copy. Holds files with several names and directories, no others.
        digests: file of the source -> those of its data, as they were told of the first copy.
    """

    def __init__(self) -> None:
        self.copies: dict[Identity, Copy] = {}
        self.digests: dict[Identity, tuple[tuple[str, bytes], ...]] = {}
        self._sources = _Names()
        self._targets: set[tuple[Identity, str]] = set()

    def is_repeated(self, source: Node, facts: os.stat_result) -> bool:
        """Tell whether an operand was this file under this name before."""
        return self._sources.has(identity(facts), source)

    def add_source(self, source: Node, facts: os.stat_result) -> None:
        """Remember an operand."""
        self._sources.add(identity(facts), source)

    def is_new(self, target: Node, facts: os.stat_result) -> bool:
        """Tell whether an earlier operand made this file under this name; as in GNU cp, `d/./f` is not `d/f`."""
        return (identity(facts), target.path) in self._targets

    def add_target(self, target: Node) -> None:
        """Remember what an operand became; nothing if it is gone again."""
        try:
            facts = target.stat()
        except OSError:
            return
        self._targets.add((identity(facts), target.path))

    def first_copy(self, source: Identity, top: Node, below: str) -> Copy | None:
        """Return where this file was copied before; if nowhere, remember that it goes below top now."""
        earlier = self.copies.get(source)
        if earlier is None:
            self.copies[source] = Copy(top, below)
        return earlier

    def forget(self, source: Identity, top: Node, below: str) -> None:
        """Take back that this file goes below top, as it did not get there; a copy that is elsewhere stays known."""
        if self.copies.get(source) == Copy(top, below):
            del self.copies[source]


class _Names:
    """Files and the names that they were met under; two spellings of one directory entry are one name."""

    def __init__(self) -> None:
        self._nodes: dict[Identity, list[Node]] = {}

    def add(self, file: Identity, node: Node) -> None:
        self._nodes.setdefault(file, []).append(node)

    def has(self, file: Identity, node: Node) -> bool:
        return any(is_same_entry(node, known) for known in self._nodes.get(file, ()))
