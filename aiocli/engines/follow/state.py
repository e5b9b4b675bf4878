"""Remembers between two runs up to where files were told, so that each byte is told once, whatever became of them.

For each name the state has a mark: device, inode, offset, and the bytes in front of it. The next run finds the place
again by them: in the file that has the name; in one that was renamed, copied away or compressed meanwhile (`rotated`).

    A mark is recorded when its data have been written out, and saved by replacing the state file as a whole. So a
    program that is killed repeats at most what it wrote since it saved last, and never passes anything over.
"""

from __future__ import annotations

import base64
import json
import os
from typing import TYPE_CHECKING, Any

from aiocli.engines.follow.mark import TAIL_BYTES, Mark, Sibling, mark_at
from aiocli.engines.replace import Replacement

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from aiocli.engines.follow.beside import Beside
    from aiocli.engines.follow.events import Data, Lost

VERSION = 1
_MODE = 0o600  # it holds what logs end with, which not everybody may read


class BadState(ValueError):
    """A file is not a state that this program has saved."""


class State:
    """The marks of all names.

    Attributes:
        path: the file that keeps them.
        is_changed: something was recorded since it was saved.
    """

    def __init__(self, path: str, marks: dict[str, Mark] | None = None) -> None:
        self.path = path
        self.is_changed = False
        self._marks = marks or {}

    @classmethod
    def load(cls, path: str) -> State:
        """Read a state file; one that does not exist is empty.

        Raises:
            BadState: it is something else.
            OSError: it cannot be read.
        """
        try:
            with open(path, "rb") as file:
                content = file.read()
        except FileNotFoundError:
            return cls(path)
        try:
            return cls(path, _parse(json.loads(content)))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise BadState(f"{path}: not a state file of aio tail") from error

    def offset(self, path: str, fd: int) -> int | None:
        """Tell where to go on in the file that has a name now, once `missed` has been told.

        Args:
            path: the name.
            fd: its open file.

        Returns:
            None if nothing is known of the name; 0 if the file has come since.

        Raises:
            OSError: the file cannot be read.
        """
        mark = self._marks.get(os.path.abspath(path))
        if mark is None:
            return None
        return mark.offset if mark.is_of(os.fstat(fd)) and mark.fits(fd) else 0

    async def missed(self, path: str, fd: int | None, before: Beside | None = None) -> AsyncGenerator[Data | Lost]:
        """Yield what was written under a name and is now in files of other names, in order.

        Args:
            path: the name.
            fd: the open file that has it now; None if there is none.
            before: what lay beside it just before that was opened: what has come since is not meant.

        Raises:
            OSError: a file cannot be read.

        Cancellation: whatever was yielded and recorded is not yielded again.
        """
        mark = self._marks.get(os.path.abspath(path))
        if mark is None:
            return
        live = None
        if fd is not None:
            live = os.fstat(fd)
            if mark.is_of(live) and mark.fits(fd) and mark.siblings is None:
                return
        from aiocli.engines.follow.rotated import read_rotated

        async for event in read_rotated(path, mark, live, before):
            yield event

    def record(self, data: Data) -> None:
        """Note that data have been written out. What comes late from an old file changes nothing."""
        if data.is_late:
            return
        key = os.path.abspath(data.path)
        known = self._marks.get(key)
        tail = b""
        if known is not None and known[:3] == (data.device, data.inode, data.offset):
            tail = known.tail
        tail = (tail + data.data[-TAIL_BYTES:])[-TAIL_BYTES:]
        self._marks[key] = Mark(data.device, data.inode, data.offset + len(data.data), tail)
        self.is_changed = True

    def record_at(self, path: str, fd: int, offset: int) -> None:
        """Note that a regular file has been told up to an offset, or need not be.

        Raises:
            OSError: it cannot be read.
        """
        self._note(path, mark_at(fd, offset))

    def record_turn(self, path: str, device: int, inode: int, offset: int = 0) -> None:
        """Note that all was told of the files in front of this one, and that it goes on in this one."""
        key = os.path.abspath(path)
        known = self._marks.get(key)
        if known is None or known[:3] != (device, inode, offset):  # else more is known of the place
            self._note(path, Mark(device, inode, offset, b""))

    def _note(self, path: str, mark: Mark) -> None:
        if not mark.offset:
            from aiocli.engines.follow.rotated import siblings

            mark = mark._replace(siblings=siblings(path))
        self._marks[os.path.abspath(path)] = mark
        self.is_changed = True

    def save(self, *, sync: bool = False) -> None:
        """Write the state file anew, all at once, if anything has changed.

        Args:
            sync: it survives a crash of the machine, too.

        Raises:
            OSError: it cannot be written; the old one is still there.
        """
        if not (self.is_changed or sync):
            return
        content = json.dumps({"v": VERSION, "files": {path: _shown(mark) for path, mark in self._marks.items()}})
        with Replacement(self.path, mode=_MODE, sync=sync) as new:
            with open(os.dup(new.fd), "wb") as file:
                file.write(content.encode() + b"\n")
            new.commit()
        self.is_changed = False


def _shown(mark: Mark) -> dict[str, Any]:
    shown = mark._asdict() | {"tail": base64.b64encode(mark.tail).decode()}
    if mark.siblings is not None:
        shown["siblings"] = [(*sibling[:3], base64.b64encode(sibling.head).decode()) for sibling in mark.siblings]
    return shown


def _parse(content: Any) -> dict[str, Mark]:
    if content["v"] != VERSION:
        raise ValueError
    return {path: _parse_mark(at) for path, at in content["files"].items()}


def _parse_mark(at: Any) -> Mark:
    mark = Mark(int(at["device"]), int(at["inode"]), int(at["offset"]), base64.b64decode(at["tail"], validate=True))
    known = at.get("siblings")
    if known is None:
        return mark
    return mark._replace(
        siblings=tuple(
            Sibling(int(device), int(inode), int(mtime_ns), base64.b64decode(head, validate=True))
            for device, inode, mtime_ns, head in known
        )
    )
