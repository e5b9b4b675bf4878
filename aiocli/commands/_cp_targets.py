"""Where `aio cp` copies to: the directory to copy into, opened once, and the names of the copies."""

from __future__ import annotations

import os
import stat
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, NamedTuple, Self

from aiocli.engines.copy.node import AT_FDCWD, Node
from aiocli.ui.command import Fatal, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

    from aiocli.commands.cp import CpOptions
    from aiocli.ui.quoting import Quoting


class Target(NamedTuple):
    """Where the operands go.

    Attributes:
        sources: the operands to copy, as they are to be read.
        path: the directory to copy into, or the name of the one copy.
        fd: open on the directory, owned; None if there is none to copy into.
        has_parents: names in the directory are the operands', whole.
    """

    sources: tuple[str, ...]
    path: str
    fd: int | None = None
    has_parents: bool = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.fd is not None:
            os.close(self.fd)

    def node_of(self, source: str) -> Node:
        """Name the copy of an operand: its last part in the directory, that of `..` the directory itself."""
        if self.fd is None:
            return Node(AT_FDCWD, self.path, self.path)
        if self.has_parents:
            name = without_slashes(source)
        else:
            name = os.path.basename(source.rstrip("/"))
            name = "." if name == ".." else name
        return Node(self.fd, name.lstrip("/") or ".", _join(self.path, name))


@contextmanager
def open_targets(options: CpOptions, quoting: Quoting) -> Iterator[tuple[Target, ...]]:
    """Find out where the operands go; to several directories with --to.

    Raises:
        Fatal: what had to be a directory is none; nothing was copied.
    """
    directories = options.own.selection.directories or (options.choices.target_directory,)
    with ExitStack() as stack:
        yield tuple(
            stack.enter_context(
                open_target(options._replace(choices=options.choices._replace(target_directory=directory)), quoting)
            )
            for directory in directories
        )


def open_target(options: CpOptions, quoting: Quoting) -> Target:
    """Find out whether the last operand, or what was named as such, is a directory to copy into.

    Raises:
        Fatal: it had to be one and is none; nothing was copied.
    """
    choices, operands = options.choices, options.operands
    sources = operands
    fd, problem = None, 0
    path = choices.target_directory
    if path is not None:
        fd, problem = _open_directory(path)
        if fd is None:
            raise Fatal(f"target directory {quoting.quoteaf(path)}: {os.strerror(problem)}")
    else:
        *others, path = operands
        sources = tuple(others)
        if not choices.is_file_target:
            fd, problem = _open_directory(path)
            if fd is None and len(sources) > 1:
                raise Fatal(f"target {quoting.quoteaf(path)}: {os.strerror(problem)}")
    if choices.strips_slashes and fd is not None:  # as GNU, which leaves those of the one copy
        sources = tuple(map(without_slashes, sources))
    if fd is None and choices.has_parents:
        raise UsageError("with --parents, the destination must be a directory")
    return Target(sources, path, fd, choices.has_parents)


def is_onto_itself(source: str, target: Target) -> bool:
    """Tell whether a regular file is to be copied to its own name."""
    if target.fd is not None or source != target.path:
        return False
    try:
        return stat.S_ISREG(os.stat(source).st_mode)
    except OSError:
        return False


def without_slashes(name: str) -> str:
    """Leave out slashes at the end of a name; that of the root directory stays."""
    return name.rstrip("/") or name[:1]


def _open_directory(path: str) -> tuple[int | None, int]:
    """Open a directory to reach what is in it; if it cannot be, tell the errno."""
    try:
        return os.open(path, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC), 0
    except OSError as error:
        return None, error.errno or 0


def _join(directory: str, name: str) -> str:
    """Join names as GNU shows them: one slash between them, if there is none; `/.` where both are absolute."""
    head = directory.rstrip("/")
    if head:
        return f"{head}{name}" if name.startswith("/") else f"{head}/{name}"
    return f"{directory}.{name}" if name.startswith("/") else f"{directory}{name}"
