"""The old files of a log: NAME.1 is the newest, up to NAME.keep; each may be compressed. Plain synchronous code.

Numbers and not time stamps, for rotation by time too: how many files there are follows from the names, no two
rotations can want the same one, and clocks that go back confuse nothing. The time is that of the file.
"""

from __future__ import annotations

import os
import shutil
import stat
import threading
from importlib import import_module
from typing import Any

from aiocli.engines.replace import Replacement

CHUNK_BYTES = 1 << 20

_MODULES = {"gz": "gzip", "bz2": "bz2", "xz": "lzma"}
COMPRESSIONS = tuple(_MODULES)


class RotatedFiles:
    """Moves a log's old files up and compresses them. Safe to use from any thread.

    Only one process may do that with a log. What a crash leaves is at worst a free number, or an old file both
    plain and compressed: neither loses anything, and `compress_all` finishes the latter.
    """

    def __init__(self, path: str, keep: int, compress: str | None) -> None:
        """Describe them.

        Args:
            path: the log.
            keep: how many there may be.
            compress: one of COMPRESSIONS; None leaves them plain.
        """
        self._path = path
        self._keep = keep
        self._compress = compress
        self._names = threading.Lock()  # held while names change
        self._compressing = threading.Lock()
        self._is_asked = False  # since somebody last looked for what is plain
        self._is_over = False

    def take_over(self) -> None:
        """Make the log the newest old file, and remove the oldest if there are too many; with keep 0, the log.

        Raises:
            OSError: with a file's name. The log has its name still, and no old file is lost that was to be kept.
        """
        with self._names:
            if not self._keep:
                os.unlink(self._path)
                return
            self._make_room()
            os.rename(self._path, self._numbered(1))

    def give_back(self) -> None:
        """Make the newest old file the log again, which has no file.

        Raises:
            OSError: with the file's name.
        """
        with self._names:
            if self._keep:
                os.rename(self._numbered(1), self._path)

    def compress_all(self, *, is_last: bool = True) -> None:
        """Compress what is plain, the oldest first; each compressed file appears whole.

        Args:
            is_last: if another call is at it, wait for that one, and let none that comes late do anything; else leave
                it all to the other one.

        Raises:
            OSError: with a file's name; the plain file is there still, and the next call tries again.
        """
        if self._compress is None:
            return
        if is_last:
            with self._compressing:
                self._is_over = True
                self._compress_plain()
            return
        self._is_asked = True
        # Who is at it already may have seen nothing of the newest: it looks again before it leaves.
        while self._is_asked and self._compressing.acquire(blocking=False):
            try:
                self._is_asked = False
                if not self._is_over:  # else the files may be another writer's by now
                    self._compress_plain()
            finally:
                self._compressing.release()

    def _compress_plain(self) -> None:
        try:
            while (src_fd := self._open_plain()) is not None:
                with open(src_fd, "rb", buffering=0) as src:
                    self._compress_file(src)
        except OSError as error:
            if error.filename is None:
                error.filename = self._path
            raise

    def _compress_file(self, src: Any) -> None:
        suffix = f".{self._compress}"
        pack = import_module(_MODULES[suffix[1:]]).open
        facts = os.fstat(src.fileno())
        # Its number may grow meanwhile: the name is decided at the end.
        with Replacement(self._numbered(1) + suffix, like=src.fileno()) as new:
            with open(os.dup(new.fd), "wb") as raw, pack(raw, "wb") as packed:
                shutil.copyfileobj(src, packed, CHUNK_BYTES)
            os.utime(new.fd, ns=(facts.st_atime_ns, facts.st_mtime_ns))
            os.fsync(new.fd)  # so that it takes no time while nobody can rotate
            with self._names:
                number = self._find(facts)
                if number:
                    new.name = os.path.basename(self._numbered(number)) + suffix
                    new.commit()
                    os.unlink(self._numbered(number))

    def _open_plain(self) -> int | None:
        with self._names:
            for number in self._plain_numbers():
                path = self._numbered(number)
                try:
                    kind = os.lstat(path).st_mode
                except FileNotFoundError:
                    continue
                if stat.S_ISREG(kind):
                    return os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        return None

    def _plain_numbers(self) -> list[int]:
        """Return the numbers of old files that are not compressed, the oldest first."""
        directory, name = os.path.split(self._path)
        prefix = f"{name}."
        ends = [other[len(prefix) :] for other in os.listdir(directory) if other.startswith(prefix)]
        numbers = [int(end) for end in ends if end.isascii() and end.isdecimal()]
        return sorted((number for number in numbers if number <= self._keep), reverse=True)

    def _find(self, facts: os.stat_result) -> int:
        """Return the number that a plain file has by now, 0 if none."""
        for number in range(1, self._keep + 1):
            try:
                found = os.lstat(self._numbered(number))
            except FileNotFoundError:
                continue
            if os.path.samestat(found, facts):
                return number
        return 0

    def _make_room(self) -> None:
        """Move the old files up until number 1 is free; the first free number takes the shift."""
        last = 0
        while self._variants(last + 1):
            last += 1
        for number in range(last, 0, -1):
            for suffix in self._variants(number):
                if number < self._keep:
                    os.rename(self._numbered(number) + suffix, self._numbered(number + 1) + suffix)
                else:
                    os.unlink(self._numbered(number) + suffix)

    def _variants(self, number: int) -> list[str]:
        """Return the suffixes of the files that have a number."""
        suffixes = ("", *(f".{name}" for name in COMPRESSIONS))
        return [suffix for suffix in suffixes if os.path.lexists(self._numbered(number) + suffix)]

    def _numbered(self, number: int) -> str:
        return f"{self._path}.{number}"
