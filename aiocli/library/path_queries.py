"""What a path can be asked: the part of Path that changes nothing and reads no content."""

from __future__ import annotations

import grp
import os
import pathlib
import pwd
import sys
from functools import partial
from typing import TYPE_CHECKING

from aiocli.core.threads import in_thread

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Self

    from _typeshed import StrPath


class PathQueries(pathlib.PurePosixPath):
    """Questions about a path of this system, asked in a thread."""

    __slots__ = ()

    if sys.version_info < (3, 12):

        def with_segments(self, *pathsegments: StrPath) -> Self:
            """Make a path of this class: whatever gives one makes it so. May be overridden, as in newer pathlib."""
            return type(self)(*pathsegments)

    @property
    def _blocking(self) -> pathlib.Path:
        return pathlib.Path(self)

    async def stat(self, *, follow_symlinks: bool = True) -> os.stat_result:
        """Return what the file system knows of it.

        Cancellation: harmless.
        """
        return await in_thread(partial(os.stat, self, follow_symlinks=follow_symlinks))

    async def lstat(self) -> os.stat_result:
        """Return what the file system knows of it, not of what it leads to if it is a link.

        Cancellation: harmless.
        """
        return await in_thread(os.lstat, self)

    async def exists(self, *, follow_symlinks: bool = True) -> bool:
        """Tell whether it is there; of a link, whether what it leads to is, unless links are not followed.

        Cancellation: harmless.
        """
        return await in_thread(self._blocking.exists if follow_symlinks else partial(os.path.lexists, self))

    async def is_file(self, *, follow_symlinks: bool = True) -> bool:
        """Tell whether it is a regular file, or leads to one unless links are not followed.

        Cancellation: harmless.
        """
        return await in_thread(_is, pathlib.Path.is_file, self._blocking, follow_symlinks)

    async def is_dir(self, *, follow_symlinks: bool = True) -> bool:
        """Tell whether it is a directory, or leads to one unless links are not followed.

        Cancellation: harmless.
        """
        return await in_thread(_is, pathlib.Path.is_dir, self._blocking, follow_symlinks)

    async def is_symlink(self) -> bool:
        """Tell whether it is a symbolic link.

        Cancellation: harmless.
        """
        return await in_thread(self._blocking.is_symlink)

    async def is_mount(self) -> bool:
        """Tell whether another file system is mounted there.

        Cancellation: harmless.
        """
        return await in_thread(self._blocking.is_mount)

    async def is_junction(self) -> bool:
        """Tell whether it is a junction of Windows: never.

        Cancellation: impossible; nothing is waited for.
        """
        return False

    async def is_block_device(self) -> bool:
        """Tell whether it is, or leads to, a block device.

        Cancellation: harmless.
        """
        return await in_thread(self._blocking.is_block_device)

    async def is_char_device(self) -> bool:
        """Tell whether it is, or leads to, a character device.

        Cancellation: harmless.
        """
        return await in_thread(self._blocking.is_char_device)

    async def is_fifo(self) -> bool:
        """Tell whether it is, or leads to, a FIFO.

        Cancellation: harmless.
        """
        return await in_thread(self._blocking.is_fifo)

    async def is_socket(self) -> bool:
        """Tell whether it is, or leads to, a socket.

        Cancellation: harmless.
        """
        return await in_thread(self._blocking.is_socket)

    async def owner(self, *, follow_symlinks: bool = True) -> str:
        """Return the name of the user who owns it. Raises KeyError if there is none with its number.

        Cancellation: harmless.
        """
        return await in_thread(_owner, self, follow_symlinks)

    async def group(self, *, follow_symlinks: bool = True) -> str:
        """Return the name of its group. Raises KeyError if there is none with its number.

        Cancellation: harmless.
        """
        return await in_thread(_group, self, follow_symlinks)

    async def samefile(self, other_path: StrPath) -> bool:
        """Tell whether both lead to one file.

        Cancellation: harmless.
        """
        return await in_thread(os.path.samefile, self, other_path)

    async def absolute(self) -> Self:
        """Return it with the current directory in front, unless it is absolute; ".." and links stay.

        Cancellation: impossible; nothing is waited for.
        """
        return self.with_segments(self._blocking.absolute())

    async def resolve(self, strict: bool = False) -> Self:
        """Return it as absolute path without links and "..".

        Args:
            strict: raise FileNotFoundError if it is not there.

        Raises:
            RuntimeError, OSError: links lead in a circle; which of them, as pathlib has it.

        Cancellation: harmless.
        """
        return self.with_segments(await in_thread(self._blocking.resolve, strict))

    async def readlink(self) -> Self:
        """Return what the symbolic link says.

        Cancellation: harmless.
        """
        return self.with_segments(await in_thread(os.readlink, os.fspath(self)))

    async def expanduser(self) -> Self:
        """Return it with ~ or ~name replaced by that user's home directory. Raises RuntimeError if that is not known.

        Cancellation: harmless.
        """
        return self.with_segments(await in_thread(self._blocking.expanduser))


def _is(kind: Callable[[pathlib.Path], bool], path: pathlib.Path, follow_symlinks: bool) -> bool:
    """Ask with follow_symlinks also where pathlib's question has no such argument yet."""
    return kind(path) and (follow_symlinks or not path.is_symlink())


def _owner(path: PathQueries, follow_symlinks: bool) -> str:
    return pwd.getpwuid(os.stat(path, follow_symlinks=follow_symlinks).st_uid).pw_name


def _group(path: PathQueries, follow_symlinks: bool) -> str:
    return grp.getgrgid(os.stat(path, follow_symlinks=follow_symlinks).st_gid).gr_name
