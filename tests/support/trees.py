"""Descriptions of directory trees, made to be compared."""

from __future__ import annotations

import hashlib
import os
import stat
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

Tree = dict[str, tuple[object, ...]]

NEW_NS = 1_500_000_000 * 10**9
"""Times from here on are those of the day on which the tests run; tests give their files older ones."""

SHORT_BYTES = 200
BLOCK_BYTES = 65536


def tree_of(folder: Path) -> Tree:
    """Describe all in a directory, by name.

    Returns:
        For each file its type and mode, owner, first name, attributes, and its content, link's target or device.
    """
    entries = sorted(_entries(os.fspath(folder)))
    first: dict[tuple[int, int], str] = {}
    for name, _, facts in entries:
        first.setdefault((facts.st_dev, facts.st_ino), name)
    return {
        name: (
            stat.filemode(facts.st_mode),
            f"{facts.st_uid}:{facts.st_gid}",
            f"file of {first[facts.st_dev, facts.st_ino]}",
            *_attributes(path),
            *_content(path, facts),
        )
        for name, path, facts in entries
    }


def dated_tree_of(folder: Path, *, read_before: Collection[str] = ()) -> Tree:
    """Describe a directory and all in it, with the times of the last change and the last access.

    Args:
        folder: the directory.
        read_before: names whose last access says only in which way they were read, and is left out.

    Returns:
        As tree_of; a time that no test can have set is "new".
    """
    facts = os.lstat(folder)
    times = {name: _times(name, found, read_before) for name, _, found in _entries(os.fspath(folder))}
    times["."] = _times(".", facts, read_before)
    tree = tree_of(folder)
    tree["."] = (stat.filemode(facts.st_mode), f"{facts.st_uid}:{facts.st_gid}", *_attributes(os.fspath(folder)))
    return {name: (*described, *times[name]) for name, described in tree.items()}


def allocated_bytes(path: Path) -> int:
    """Tell how many bytes of storage a file takes, once all of it is written."""
    with open(path, "rb") as file:
        os.fsync(file.fileno())  # ext4 decides on blocks only when it writes
        return os.fstat(file.fileno()).st_blocks * 512


def _entries(folder: str) -> Iterator[tuple[str, str, os.stat_result]]:
    start = len(folder) + 1
    for head, folders, files in os.walk(folder):
        for name in (*folders, *files):
            path = os.path.join(head, name)
            yield path[start:], path, os.lstat(path)


def _content(path: str, facts: os.stat_result) -> tuple[object, ...]:
    if stat.S_ISLNK(facts.st_mode):
        return (os.readlink(path),)
    if stat.S_ISREG(facts.st_mode):
        return facts.st_size, _data(path)
    if stat.S_ISCHR(facts.st_mode) or stat.S_ISBLK(facts.st_mode):
        return (f"{os.major(facts.st_rdev)}:{os.minor(facts.st_rdev)}",)
    return ()


def _data(path: str) -> bytes | str:
    """Read what is in a file; of much tell a digest, which is the same for zeros and for holes."""
    try:
        fd = _open_untouched(path)
    except PermissionError:
        return "unreadable"
    with open(fd, "rb", buffering=0) as file:
        content = file.read(SHORT_BYTES)
        return content if len(content) < SHORT_BYTES else _digest_of(file.fileno())


def _open_untouched(path: str) -> int:
    """Open without leaving a time of access behind, where that is permitted."""
    try:
        return os.open(path, os.O_RDONLY | os.O_NOATIME)
    except PermissionError:
        return os.open(path, os.O_RDONLY)


def _digest_of(fd: int) -> str:
    digest, offset = hashlib.sha256(), 0
    while (start := _data_from(fd, offset)) is not None:
        offset = start - start % BLOCK_BYTES
        block = os.pread(fd, BLOCK_BYTES, offset)
        if block.count(0) < len(block):
            digest.update(b"%d:" % offset + block)
        offset += BLOCK_BYTES
    return digest.hexdigest()


def _data_from(fd: int, offset: int) -> int | None:
    try:
        return os.lseek(fd, offset, os.SEEK_DATA)
    except OSError:  # ENXIO: nothing but a hole from here to the end
        return None


def _attributes(path: str) -> tuple[object, ...]:
    """List extended attributes, access control lists among them; nothing if there are none."""
    try:
        names = sorted(os.listxattr(path, follow_symlinks=False))
    except OSError:
        return ()
    return tuple((name, _attribute(path, name)) for name in names)


def _attribute(path: str, name: str) -> bytes | str:
    try:
        return os.getxattr(path, name, follow_symlinks=False)
    except OSError as error:
        return os.strerror(error.errno)


def _times(name: str, facts: os.stat_result, read_before: Collection[str]) -> tuple[str, ...]:
    changed = f"changed {_when(facts.st_mtime_ns)}"
    return (changed,) if name in read_before else (changed, f"read {_when(facts.st_atime_ns)}")


def _when(ns: int) -> str:
    return f"{ns // 10**9}.{ns % 10**9:09}" if ns < NEW_NS else "new"


def make_endless_tree(folder: Path) -> None:
    """Make a tree of small files whose copy with --copy-contents does not end: a FIFO in it has no writer."""
    for name in range(10):
        (folder / str(name)).mkdir(parents=True)
        for number in range(150):
            (folder / str(name) / str(number)).write_bytes(b"x" * 5000)
    os.mkfifo(folder / "fifo")


def is_copied_by_two(pid: int, target: Path) -> bool:
    """Tell whether a process has begun to copy a tree, and has two workers."""
    with open(f"/proc/{pid}/task/{pid}/children") as children:
        return target.exists() and len(children.read().split()) == 2
