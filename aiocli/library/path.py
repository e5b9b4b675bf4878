"""Path: pathlib's Path whose methods are coroutines where they touch the disk."""

from __future__ import annotations

import io
import os
import pathlib
import sys
from functools import partial
from typing import TYPE_CHECKING, Any, overload

from aiocli.core.async_open import async_open
from aiocli.core.file import AIOFile
from aiocli.core.threads import in_thread
from aiocli.library.path_queries import PathQueries
from aiocli.library.walk import Batches, Links, walk_tree

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Iterable
    from typing import Self

    from _typeshed import OpenBinaryMode, OpenTextMode, ReadableBuffer, StrOrBytesPath, StrPath

    from aiocli.core.wrappers import BinaryFileWrapper, TextFileWrapper


class Path(PathQueries):
    """A path of this system, asynchronous.

    What only computes (`/`, name, parent, with_suffix, relative_to, match, ...) is inherited and plain; all that
    asks the file system is a coroutine or an asynchronous iterator, with pathlib's arguments, results and errors,
    and runs in a thread. Paths in results are of this class. Arguments that the running Python's pathlib has not
    yet (case_sensitive, recurse_symlinks) raise its TypeError.

    It is an os.PathLike for every API. It equals any pathlib path of the same name and has its hash, because
    pathlib's own classes do so among each other: all find the same entry of a dict. It is no pathlib.Path, whose
    methods block, so that nothing takes it for one by mistake.
    """

    __slots__ = ()

    @classmethod
    async def cwd(cls) -> Self:
        """Return the current directory.

        Raises:
            FileNotFoundError: it has been removed.

        Cancellation: impossible; nothing is waited for.
        """
        return cls(os.getcwd())

    @classmethod
    async def home(cls) -> Self:
        """Return the user's home directory. Raises RuntimeError if it is not known.

        Cancellation: harmless.
        """
        return cls(await in_thread(pathlib.Path.home))

    if sys.version_info >= (3, 13):

        @classmethod
        def from_uri(cls, uri: str) -> Self:
            """Make a path of a file: URI. Raises ValueError if it is none."""
            return cls(pathlib.Path.from_uri(uri))

    def iterdir(self) -> Batches[Self]:
        """Iterate over what is in the directory, in the order of the file system: `async for`.

        Raises:
            OSError: at the first item.

        Cancellation: harmless; see `Batches`.
        """
        return self._each(self._blocking.iterdir)

    def glob(
        self, pattern: str, *, case_sensitive: bool | None = None, recurse_symlinks: bool = False
    ) -> Batches[Self]:
        """Iterate over what a pattern matches in this tree, as the running Python's pathlib understands it.

        Raises:
            ValueError, NotImplementedError: at the first item: an unacceptable pattern.

        Cancellation: harmless for the loop over it. A thread that searches goes on to the next match: one that
            finds none searches the whole tree.
        """
        return self._each(partial(self._blocking.glob, pattern, **_given(case_sensitive, recurse_symlinks)))

    def rglob(
        self, pattern: str, *, case_sensitive: bool | None = None, recurse_symlinks: bool = False
    ) -> Batches[Self]:
        """Iterate over what a pattern matches at any depth of this tree. Raises as `glob`.

        Cancellation: as in `glob`.
        """
        return self._each(partial(self._blocking.rglob, pattern, **_given(case_sensitive, recurse_symlinks)))

    async def walk(
        self,
        top_down: bool = True,
        on_error: Callable[[OSError], object] | None = None,
        follow_symlinks: bool = False,
    ) -> AsyncGenerator[tuple[Self, list[str], list[str]], None]:
        """Yield (directory, names of directories in it, names of files) for the tree, on every Python.

        As `library.walk.walk`, which see, but a link that is not followed counts as a file.

        Raises:
            What on_error raises.

        Cancellation: the walk is over; nothing stays open.
        """
        links = Links.FOLLOWED if follow_symlinks else Links.FILES
        async for directory, dirnames, filenames in walk_tree(os.fspath(self), top_down, on_error, links, in_thread):
            yield self.with_segments(directory), dirnames, filenames

    @overload
    def open(
        self,
        mode: OpenTextMode = "r",
        buffering: int = -1,
        encoding: str | None = None,
        errors: str | None = None,
        newline: str | None = None,
        *,
        sync: bool = False,
    ) -> TextFileWrapper: ...
    @overload
    def open(
        self,
        mode: OpenBinaryMode,
        buffering: int = -1,
        encoding: None = None,
        errors: None = None,
        newline: None = None,
        *,
        sync: bool = False,
    ) -> BinaryFileWrapper: ...
    @overload
    def open(
        self,
        mode: str,
        buffering: int = -1,
        encoding: str | None = None,
        errors: str | None = None,
        newline: str | None = None,
        *,
        sync: bool = False,
    ) -> TextFileWrapper | BinaryFileWrapper: ...
    def open(
        self,
        mode: str = "r",
        buffering: int = -1,
        encoding: str | None = None,
        errors: str | None = None,
        newline: str | None = None,
        *,
        sync: bool = False,
    ) -> Any:
        """Describe a file with a cursor, to be awaited or entered: as `async_open`.

        Args:
            mode: as in open(), like encoding, errors and newline.
            buffering: without effect: nothing that is written waits in a buffer.
            encoding: None is the locale's.
            errors: see mode.
            newline: see mode.
            sync: whether closing brings what was written to the device.
        """
        return async_open(self, mode, io.text_encoding(encoding), errors=errors, newline=newline, sync=sync)

    async def read_bytes(self) -> bytes:
        """Return all bytes; without a thread where the kernel has them in memory.

        Cancellation: harmless.
        """
        async with AIOFile(self, "rb", sync=False) as file:
            return await file.read_bytes()

    async def read_text(
        self, encoding: str | None = None, errors: str | None = None, newline: str | None = None
    ) -> str:
        """Return all text; arguments as in open(). Raises UnicodeDecodeError if it is none.

        Cancellation: harmless.
        """
        async with AIOFile(self, "r", io.text_encoding(encoding), errors=errors, newline=newline, sync=False) as file:
            text: str = await file.read()
            return text

    async def write_bytes(self, data: ReadableBuffer) -> int:
        """Replace the content, and return the count of bytes.

        Raises:
            OSError: with the path; some of it may be written. TypeError: data has no bytes.

        Cancellation: the file may have been made or emptied; all, some or nothing gets written.
        """
        with memoryview(data) as whole, whole.cast("B") as view:  # before the file is emptied
            async with AIOFile(self, "wb", sync=False) as file:
                return await file.write_bytes(view)

    async def write_text(
        self, data: str, encoding: str | None = None, errors: str | None = None, newline: str | None = None
    ) -> int:
        """Replace the content, and return the count of characters; arguments as in open().

        Raises:
            OSError: with the path; some of it may be written. TypeError: data is no str.

        Cancellation: the file may have been made or emptied; all, some or nothing gets written.
        """
        if not isinstance(data, str):
            raise TypeError(f"data must be str, not {type(data).__name__}")
        async with AIOFile(self, "w", io.text_encoding(encoding), errors=errors, newline=newline, sync=False) as file:
            await file.write(data)
        return len(data)

    async def touch(self, mode: int = 0o666, exist_ok: bool = True) -> None:
        """Make an empty file, or set the times of what is there to now. Raises FileExistsError if not exist_ok.

        Cancellation: it happens all the same.
        """
        await in_thread(self._blocking.touch, mode, exist_ok)

    async def mkdir(self, mode: int = 0o777, parents: bool = False, exist_ok: bool = False) -> None:
        """Make a directory.

        Args:
            mode: permission bits, less the umask.
            parents: make those above, too, with default bits.
            exist_ok: a directory that is there will do.

        Cancellation: it happens all the same.
        """
        await in_thread(self._blocking.mkdir, mode, parents, exist_ok)

    async def symlink_to(self, target: StrOrBytesPath, target_is_directory: bool = False) -> None:
        """Make it a symbolic link that says target.

        Cancellation: it happens all the same.
        """
        await in_thread(os.symlink, target, self, target_is_directory)

    async def hardlink_to(self, target: StrOrBytesPath) -> None:
        """Make it another name of the file target.

        Cancellation: it happens all the same.
        """
        await in_thread(os.link, target, self)

    if sys.version_info < (3, 12):

        async def link_to(self, target: StrOrBytesPath) -> None:
            """Make target another name of this file; deprecated by pathlib, use hardlink_to.

            Cancellation: it happens all the same.
            """
            await in_thread(self._blocking.link_to, target)

    async def rename(self, target: StrPath) -> Self:
        """Rename it, over a file of that name, and return the new path.

        Cancellation: it happens all the same.
        """
        await in_thread(os.rename, self, target)
        return self.with_segments(target)

    async def replace(self, target: StrPath) -> Self:
        """Rename it, over a file of that name, and return the new path.

        Cancellation: it happens all the same.
        """
        await in_thread(os.replace, self, target)
        return self.with_segments(target)

    async def chmod(self, mode: int, *, follow_symlinks: bool = True) -> None:
        """Set the permission bits. Raises NotImplementedError where a link itself has none.

        Cancellation: it happens all the same.
        """
        await in_thread(partial(os.chmod, self, mode, follow_symlinks=follow_symlinks))

    async def lchmod(self, mode: int) -> None:
        """Set the permission bits, of a link its own. Raises as `chmod`.

        Cancellation: it happens all the same.
        """
        await self.chmod(mode, follow_symlinks=False)

    async def unlink(self, missing_ok: bool = False) -> None:
        """Remove the file or link; what is not there is an error unless missing_ok.

        Cancellation: it happens all the same.
        """
        await in_thread(self._blocking.unlink, missing_ok)

    async def rmdir(self) -> None:
        """Remove the directory, which must be empty.

        Cancellation: it happens all the same.
        """
        await in_thread(os.rmdir, self)

    def _each(self, find: Callable[[], Iterable[pathlib.Path]]) -> Batches[Self]:
        """Find paths in a thread, and make them paths of this class."""
        return Batches(lambda: (self.with_segments(path) for path in find()), in_thread)


def _given(case_sensitive: bool | None, recurse_symlinks: bool) -> dict[str, Any]:
    """Name the arguments that are not as they are by default: older Pythons know them not."""
    given: dict[str, Any] = {} if case_sensitive is None else {"case_sensitive": case_sensitive}
    return given | {"recurse_symlinks": True} if recurse_symlinks else given
