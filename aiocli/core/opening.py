"""Opening a file in whatever thread, so that a cancelled opening leaves no descriptor behind."""

from __future__ import annotations

import contextlib
import errno
import os
from _thread import allocate_lock
from typing import Any

from aiocli.core.descriptor import Descriptor


class Opening:
    """One attempt to open a path: `run` it here or in a thread, `abandon` it when nobody waits any more."""

    __slots__ = ("_closes", "_descriptor", "_flags", "_is_abandoned", "_lock", "_name", "_path")

    def __init__(self, path: str | bytes | int, flags: int, name: str, *, closes: bool = True) -> None:
        """Describe it.

        Args:
            path: a path, or an open descriptor.
            flags: for os.open.
            name: the file name of its errors.
            closes: whether closing the file closes a descriptor that was given.
        """
        self._path = path
        self._flags = flags
        self._name = name
        self._closes = closes
        self._lock = allocate_lock()
        self._is_abandoned = False
        self._descriptor: Descriptor | None = None

    def run(self) -> Descriptor:
        """Open.

        Raises:
            OSError: as os.open does; a directory is EISDIR, as in the builtin open.
        """
        try:
            descriptor = self._open()
        except OSError as error:
            error.filename = self._name
            raise
        with self._lock:
            if self._is_abandoned:
                descriptor.release()
            else:
                self._descriptor = descriptor
        return descriptor

    def abandon(self) -> None:
        """Close what is or will be opened."""
        with self._lock:
            self._is_abandoned = True
            if self._descriptor is not None:
                with contextlib.suppress(OSError):
                    self._descriptor.release()

    def _open(self) -> Descriptor:
        if isinstance(self._path, int):
            return Descriptor(self._path, closes=self._closes)
        fd = os.open(self._path, self._flags, 0o666)
        try:
            descriptor = Descriptor(fd)
            if descriptor.is_directory:
                raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        except BaseException:
            os.close(fd)
            raise
        return descriptor


def plain_path(filename: Any) -> str | bytes | int:
    """Reduce a path, a descriptor, or anything whose str() is a path to what os.open takes."""
    if isinstance(filename, (str, bytes, int)):
        return filename
    if isinstance(filename, os.PathLike):
        path: str | bytes = os.fspath(filename)
        return path
    return str(filename)


def path_text(path: str | bytes | int) -> str:
    """Name a path in messages: str with surrogateescape."""
    if isinstance(path, str):
        return path
    return str(path) if isinstance(path, int) else os.fsdecode(path)
