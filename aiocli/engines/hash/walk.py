"""Names of the files in a tree, in the order of their bytes, one directory at a time in memory.

Kernel facts, and what follows. readdir(3) tells what an entry is, so nothing is asked for about files. Names are paths,
not descriptors of directories and names there: what reads them opens paths. Whoever may change a tree while it is read
can thus lead the reader elsewhere, by a directory that becomes a symbolic link on the way to a name. That shows them
digests and names, nothing is written; a directory itself is never entered through a link that was not there to be
followed, and O_DIRECTORY opens nothing else. A path longer than PATH_MAX cannot be opened and is a failure.
"""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from enum import StrEnum
from heapq import merge
from itertools import chain, islice
from typing import TYPE_CHECKING, NamedTuple

from aiocli.core.events import Expected, Failure, Note
from aiocli.engines.selection import IGNORE_FILE, Ignored, Pattern, ignored_by, is_meant

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from aiocli.core.events import OnEvent

SORTED_ENTRIES = 50_000
"""Names that are sorted at once. A directory with more is kept as packed runs of them: 10 bytes a name beside its own,
not 60."""

RUN_FILES = 512
"""Names that are handed on at once, so that little is done for each."""

EXPECTED_FILES = 1000
"""Files after which a count tells how far it is: 3 ms where all is cached."""

_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC | os.O_NOCTTY
_RULES_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY

_STDIN, _STDIN_FD = "-", 0

# What is behind an entry's name in a listing; no name holds a slash, and so directories sort as their contents do.
_FOLDER = "/"
_OTHER = "//"


class Step(StrEnum):
    """What failed."""

    LOOK = "look"
    LIST = "list"
    READ_RULES = "read rules"


class Passed(StrEnum):
    """What is passed over though it was to be expected, kinds of notes."""

    SPECIAL = "special"
    """A FIFO, socket or device: reading it may take for ever."""
    LOOP = "loop"
    """A symbolic link to a directory that it is in."""
    OUTPUT = "output"
    """The file that the digests go to."""
    LINK = "link"
    """What was named is a symbolic link, and those are not followed: told by who asks for the walk."""


class WalkRules(NamedTuple):
    """What of a tree is meant.

    Attributes:
        patterns: which files are, by paths from the top; without any, all are.
        obeys_ignore_files: what .gitignore files leave out is left out, and git's own folders are.
        follows_links: symbolic links count as what they lead to; else they are passed over in silence.
        stays_on_filesystem: directories on other file systems than the top are left out.
        left_out: device and inode of a file that is left out, as the digests go there; None if they go elsewhere.
    """

    patterns: tuple[Pattern, ...] = ()
    obeys_ignore_files: bool = False
    follows_links: bool = False
    stays_on_filesystem: bool = False
    left_out: tuple[int, int] | None = None


class _Folder(NamedTuple):
    """A directory that is being walked through.

    Attributes:
        prefix: of the names in it.
        below: the way to it from the top, with a slash at the end; empty for the top.
        identity: device and inode; zeros where nobody needs to know.
        ignored: what the .gitignore files down to it say; None if they do not count.
        entries: what is still to be visited, in order.
    """

    prefix: str
    below: str
    identity: tuple[int, int]
    ignored: Ignored | None
    entries: Iterator[str]


def walk(top: str, rules: WalkRules, tell: OnEvent) -> Iterator[str]:
    """Yield the names of the files in a directory, as find prints them, in the order of LC_ALL=C sort.

    Nothing stays open between two names. What fails or is passed over is told, and the rest goes on.

    Args:
        top: the directory; it may be a symbolic link to one.
        rules: what is meant.
        tell: takes a Failure of a Step or a Note of a Passed each time, before names that come behind it.
    """
    return chain.from_iterable(_Walk(rules, tell).run(top))


def count(names: Iterable[str]) -> Iterator[Expected]:
    """Yield what the work on files will be, as far as it is counted: now and then, and at the end.

    It ends early where only reading tells the size, as that of a pipe.

    Args:
        names: of the files, "-" is standard input; what cannot be looked at is not counted, nor are directories.
    """
    nbytes = files = 0
    for number, name in enumerate(names, 1):
        with suppress(OSError, ValueError):
            facts = os.fstat(_STDIN_FD) if name == _STDIN else os.stat(name)
            if stat.S_ISREG(facts.st_mode):
                nbytes += facts.st_size
                files += 1
            elif not stat.S_ISDIR(facts.st_mode):
                return
        if number % EXPECTED_FILES == 0:
            yield Expected(nbytes, files, is_final=False)
    yield Expected(nbytes, files)


class _Walk:
    """A walk through one tree."""

    def __init__(self, rules: WalkRules, tell: OnEvent) -> None:
        self._rules = rules
        self._tell = tell
        self._stack: list[_Folder] = []
        self._has_filter = bool(rules.patterns) or rules.obeys_ignore_files or rules.left_out is not None
        self._needs_identity = rules.follows_links or rules.stays_on_filesystem

    def run(self, top: str) -> Iterator[list[str]]:
        """Walk, and yield names in runs; with a stack, so that no depth is too deep."""
        stack = self._stack
        self._enter(top, top if top.endswith("/") else f"{top}/", "")
        while stack:
            prefix, below, _, _, entries = stack[-1]
            names: list[str] = []
            for entry in entries:
                if not entry.endswith("/"):
                    names.append(prefix + entry)
                    if len(names) < RUN_FILES:
                        continue
                yield names  # what is told from here on comes behind them
                names = []
                if entry.endswith(_OTHER):
                    name = prefix + entry.rstrip("/")
                    if self._is_file(name):
                        names.append(name)
                elif entry.endswith(_FOLDER) and self._enter(prefix + entry[:-1], prefix + entry, below + entry):
                    break
            else:
                stack.pop()
            yield names

    def _enter(self, path: str, prefix: str, below: str) -> bool:
        """List a directory and put it on the stack; return whether it is there now."""
        stack, rules = self._stack, self._rules
        may_be_link = rules.follows_links or not stack
        try:
            fd = os.open(path, _DIRECTORY if may_be_link else _DIRECTORY | os.O_NOFOLLOW)
        except OSError as error:
            self._tell(Failure(Step.LIST, path, error.errno or 0))
            return False
        try:
            identity = (0, 0)
            if self._needs_identity:
                facts = os.fstat(fd)
                identity = facts.st_dev, facts.st_ino
                if rules.stays_on_filesystem and stack and facts.st_dev != stack[0].identity[0]:
                    return False
                if any(identity == outer.identity for outer in stack):
                    self._tell(Note(Passed.LOOP, path))
                    return False
            ignored = self._ignored(fd, prefix, below)
            stack.append(_Folder(prefix, below, identity, ignored, self._list(fd, path, prefix, below, ignored)))
        finally:
            os.close(fd)
        return True

    def _ignored(self, fd: int, prefix: str, below: str) -> Ignored | None:
        """Read a directory's .gitignore; return what holds in it."""
        if not self._rules.obeys_ignore_files:
            return None
        outer = self._stack[-1].ignored if self._stack else ignored_by(b"", "", None)
        try:
            data = _read_regular(IGNORE_FILE, fd)
        except FileNotFoundError:
            return outer
        except OSError as error:
            self._tell(Failure(Step.READ_RULES, prefix + IGNORE_FILE, error.errno or 0))
            return outer
        return ignored_by(data, below, outer)

    def _list(self, fd: int, path: str, prefix: str, below: str, ignored: Ignored | None) -> Iterator[str]:
        """Return what is in a directory, in order: names, with marks behind those of what is no file."""
        runs: list[bytes] = []
        run: list[str] = []
        try:
            with os.scandir(fd) as entries:
                chosen = self._chosen(entries, prefix, below, ignored) if self._has_filter else entries
                marked = self._marked(chosen)
                run.extend(islice(marked, SORTED_ENTRIES))
                while len(run) == SORTED_ENTRIES:
                    runs.append(_pack(run))
                    run.clear()
                    run.extend(islice(marked, SORTED_ENTRIES))
        except OSError as error:
            self._tell(Failure(Step.LIST, path, error.errno or 0))
        if not runs:
            _sort(run)
            return iter(run)
        runs.append(_pack(run))
        return merge(*map(_unpacked, runs), key=os.fsencode)

    def _marked(self, entries: Iterable[os.DirEntry[str]]) -> Iterator[str]:
        """Yield names with their marks; symbolic links that are not followed are left out."""
        follow = self._rules.follows_links
        for entry in entries:
            try:
                if entry.is_file(follow_symlinks=follow):
                    yield entry.name
                elif entry.is_dir(follow_symlinks=follow):
                    yield entry.name + _FOLDER
                elif follow or not entry.is_symlink():
                    yield entry.name + _OTHER
            except OSError:  # of a link that leads nowhere: told in its turn
                yield entry.name + _OTHER

    def _chosen(
        self, entries: Iterable[os.DirEntry[str]], prefix: str, below: str, ignored: Ignored | None
    ) -> Iterator[os.DirEntry[str]]:
        """Yield the entries that are meant."""
        patterns, left_out = self._rules.patterns, self._rules.left_out
        for entry in entries:
            if left_out is not None and entry.inode() == left_out[1] and self._is_left_out(entry):
                self._tell(Note(Passed.OUTPUT, prefix + entry.name))
                continue
            is_directory = entry.is_dir(follow_symlinks=False)
            if is_meant(patterns, below + entry.name, is_directory=is_directory, ignored=ignored):
                yield entry

    def _is_left_out(self, entry: os.DirEntry[str]) -> bool:
        with suppress(OSError):
            facts = entry.stat(follow_symlinks=False)
            return (facts.st_dev, facts.st_ino) == self._rules.left_out
        return False

    def _is_file(self, path: str) -> bool:
        """Tell whether what looked like neither a file nor a directory is a file; tell of it if not."""
        try:
            mode = os.stat(path, follow_symlinks=self._rules.follows_links).st_mode
        except OSError as error:
            self._tell(Failure(Step.LOOK, path, error.errno or 0))
            return False
        if not stat.S_ISREG(mode):
            self._tell(Note(Passed.SPECIAL, path))
        return stat.S_ISREG(mode)


def _read_regular(name: str, dir_fd: int) -> bytes:
    """Read a file of a directory; nothing if it is no regular file.

    Raises:
        OSError: it cannot be read, or is a symbolic link.
    """
    fd = os.open(name, _RULES_FILE, dir_fd=dir_fd)
    try:
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            return b""
        with open(fd, "rb", closefd=False) as file:
            return file.read()
    finally:
        os.close(fd)


def _sort(names: list[str]) -> None:
    """Sort by bytes: that is what comparing ASCII does, and at twice the speed."""
    names.sort(key=None if all(map(str.isascii, names)) else os.fsencode)


def _pack(names: list[str]) -> bytes:
    _sort(names)
    return os.fsencode("\0".join(names))


def _unpacked(packed: bytes) -> Iterator[str]:
    """Yield the names of a run, a few at a time as names."""
    start = 0
    while start < len(packed):
        end = packed.find(b"\0", start + 4096)
        end = len(packed) if end < 0 else end
        yield from os.fsdecode(packed[start:end]).split("\0")
        start = end + 1
