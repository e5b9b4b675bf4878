"""Replaces a file as a whole: whoever opens its name finds the old content or the new, at any moment.

The new content is written to a file without a name (O_TMPFILE), which ends with the process that writes it,
however that dies. Where the file system has none it is `.NAME.RANDOM.tmp`, beside the target. For descriptors
in plain synchronous code; `library.atomic` is the asynchronous face.

Facts:
    linkat(2) gives a nameless file its first name but never replaces one; rename(2) replaces, but needs a
    name to begin with. So replacing an existing file by a nameless one takes both, and only a process that is
    killed between these two calls leaves a temporary name, which has the complete new content then.
    Since Linux 3.11 (O_TMPFILE), 4.7 (Umask in /proc/self/status).
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from typing import TYPE_CHECKING

from aiocli.engines.takeover import copy_attributes, has_xattr, proc

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Self

_MAX_LINKS = 40  # path_resolution(7)
_ATTEMPTS = 16  # at a random name of 64 bits
_NO_TMPFILE = {
    errno.EOPNOTSUPP,  # the file system has no nameless files: NFS, FAT, many FUSE ones
    errno.EISDIR,  # the kernel does not know the flag and sees a directory opened for writing
}
_NOT_SYNCABLE = {
    errno.EINVAL,  # the file system has nothing to sync of a directory
    errno.EBADF,  # the directory may be searched and written but not read: it is open by O_PATH
}
_ACL, _DEFAULT_ACL = "system.posix_acl_access", "system.posix_acl_default"


class Replacement:
    """A file in the making, which gets its name by `commit` or vanishes by `discard`.

    `with Replacement(path) as new:` opens, and discards at the end what has not been committed. For one
    thread at a time.

    Attributes:
        path: the target as given, as str: the file name of every OSError.
        name: the final name in the target's directory; may be changed until `commit`. "" before `open`.
        fd: for reading and writing, -1 unless open. Duplicate it for an owner who closes.
    """

    def __init__(
        self,
        path: str | bytes | os.PathLike[str] | os.PathLike[bytes],
        *,
        mode: int = 0o666,
        like: int | None = None,
        sync: bool = True,
        exclusive: bool = False,
        follow_symlinks: bool = True,
        nameless: bool = True,
        dir_fd: int | None = None,
        fresh: bool = False,
    ) -> None:
        """Describe it; nothing is opened.

        Args:
            path: the target.
            mode: permissions of a target that does not exist, before the umask.
            like: an open descriptor whose mode, owner and extended attributes the file gets, instead of those
                of the target.
            sync: whether `commit` returns only when everything is on the device.
            exclusive: the target must not exist, not even as a symbolic link. Needs hard links where O_TMPFILE
                does not work.
            follow_symlinks: replace what a symbolic link points to, also if that does not exist yet; False
                replaces the link.
            nameless: use O_TMPFILE where it works.
            dir_fd: descriptor of the directory from which path leads on if it is relative, borrowed until `open`
                has returned; None is the current directory.
            fresh: replace whatever is there but a directory, and take nothing over from it: neither mode nor owner.
        """
        self.path = os.fsdecode(path)
        self.name = ""
        self.fd = -1
        self._mode = mode
        self._like = like
        self._sync = sync
        self._is_exclusive = exclusive
        self._follows = follow_symlinks and not exclusive
        self._dir_fd = dir_fd
        self._is_fresh = fresh
        self._has_attributes = self._is_synced = False
        self._may_be_nameless = nameless
        self._directory_fd = -1
        self._temporary = ""

    def open(self) -> None:
        """Open the directory, for good, and a new file in it that only its owner may read.

        Raises:
            FileExistsError: the target exists, and must not. IsADirectoryError: it is a directory.
            OSError: with the target's name; EINVAL if the target is neither a file nor a link.

        Leaves:
            Nothing after an error.
        """
        with self._cleaning_up():
            self._open()

    def give_attributes(self) -> None:
        """Give the file its mode, owner and extended attributes now, so that they may be changed before `commit`.

        Raises:
            OSError: with the target's name.

        Leaves:
            After an error what `commit` leaves.
        """
        with self._cleaning_up():
            self._give_attributes()

    def sync(self) -> None:
        """Bring the content to the device now: `commit` does not do so again, unless attributes change meanwhile.

        Raises:
            OSError: with the target's name.

        Leaves:
            After an error what `commit` leaves.
        """
        with self._cleaning_up():
            os.fsync(self.fd)
        self._is_synced = self._has_attributes

    def commit(self) -> None:
        """Give the file its mode, bring it to the device, give it the target's name, and close it.

        An existing target's mode is kept; its owner, group and extended attributes (ACLs too) as far as that
        is permitted. Where the owner or group is not, a set-id bit is dropped and the new group gets no more than
        everybody. Neither the old content's hard links nor a descriptor that is open on it see the new one.

        Raises:
            FileExistsError: the target exists, and must not.
            OSError: with the target's name. If only syncing the directory has failed the target is the new
                file already, but may be the old one after a crash of the machine.

        Leaves:
            After any error the old target (see above) and no other file.
        """
        with self._cleaning_up():
            self._commit()
        self.discard()

    def discard(self) -> None:
        """Close everything and remove the temporary file; does nothing the second time and after `commit`."""
        with contextlib.suppress(OSError):
            self._remove_temporary()
        with contextlib.suppress(OSError):
            self._close_file()
        if self._directory_fd >= 0:
            directory_fd, self._directory_fd = self._directory_fd, -1
            os.close(directory_fd)

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(self, *_: object) -> None:
        self.discard()

    @contextlib.contextmanager
    def _cleaning_up(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            self.discard()
            raise OSError(error.errno, error.strerror, self.path) from error
        except BaseException:
            self.discard()
            raise

    def _open(self) -> None:
        directory, self.name = os.path.split(_follow(self.path, self._dir_fd) if self._follows else self.path)
        if not self.name:
            code = errno.EISDIR if directory else errno.ENOENT
            raise OSError(code, os.strerror(code))
        self._directory_fd = _open_directory(directory or ".", self._dir_fd)
        target_fd = self._open_target()
        if target_fd is not None:
            os.close(target_fd)
            if self._is_exclusive:
                raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))
        # With a default ACL only the kernel knows what a new file's permissions are. They are given at once then:
        # whoever may read the temporary file may also read the target that it becomes.
        is_open = target_fd is None and self._like is None and self._has_default_acl()
        self._create(self._mode if is_open else 0o600)

    def _create(self, mode: int) -> None:
        flags = os.O_RDWR | os.O_CLOEXEC
        if self._may_be_nameless:
            try:
                self.fd = os.open(".", flags | os.O_TMPFILE, mode, dir_fd=self._directory_fd)
            except OSError as error:
                if error.errno not in _NO_TMPFILE:
                    raise
            if self.fd >= 0 and os.path.exists(proc(self.fd)):  # without /proc it could not be linked
                return
            self._close_file()
        flags |= os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
        for name in self._random_names():
            self._temporary = name  # before it is there: a signal may come any time
            try:
                self.fd = os.open(name, flags, mode, dir_fd=self._directory_fd)
            except FileExistsError:
                self._temporary = ""
                continue
            return
        raise FileExistsError(errno.EEXIST, "no temporary name is free")

    def _open_target(self) -> int | None:
        """Open the target by O_PATH, for its facts only; None if there is none, or a link that is to be replaced."""
        try:
            fd = os.open(self.name, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=self._directory_fd)
        except FileNotFoundError:
            return None
        kind = os.fstat(fd).st_mode
        if (stat.S_ISREG(kind) and not self._is_fresh) or self._is_exclusive:
            return fd
        os.close(fd)
        if stat.S_ISLNK(kind):
            return None
        if stat.S_ISDIR(kind):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        if self._is_fresh:
            return None
        raise OSError(errno.EINVAL, "not a regular file")

    def _commit(self) -> None:
        if not self._has_attributes:
            self._give_attributes()
        if self._sync and not self._is_synced:
            os.fsync(self.fd)
        if self._temporary:
            self._close_file()  # NFS tells here that the data did not arrive
        self._take_name()
        if self._sync:
            self._sync_directory()

    def _give_attributes(self) -> None:
        target_fd = self._open_target()
        src_fd = target_fd if self._like is None else self._like
        try:
            if src_fd is not None:
                copy_attributes(src_fd, self.fd)
            elif not has_xattr(proc(self.fd), _ACL):  # else the kernel has made them of the directory's default
                os.fchmod(self.fd, self._mode & ~_umask())
        finally:
            if target_fd is not None:
                os.close(target_fd)
        self._has_attributes = True

    def _take_name(self) -> None:
        """Give the file the target's name; a link, which replaces nothing, is enough where the name is free."""
        if self._is_exclusive or not (self._temporary or self._is_there()):
            try:
                self._link(self.name)
            except FileExistsError:
                if self._is_exclusive:
                    raise
            else:
                self._remove_temporary()
                return
        if not self._temporary:
            self._link_temporary()
        os.rename(self._temporary, self.name, src_dir_fd=self._directory_fd, dst_dir_fd=self._directory_fd)
        self._temporary = ""

    def _is_there(self) -> bool:
        try:
            os.stat(self.name, dir_fd=self._directory_fd, follow_symlinks=False)
        except OSError:
            return False
        return True

    def _link(self, name: str) -> None:
        """Give the file one more name, which must be free."""
        if self._temporary:
            directory_fd = self._directory_fd
            os.link(self._temporary, name, src_dir_fd=directory_fd, dst_dir_fd=directory_fd, follow_symlinks=False)
        else:
            self._link_nameless(name)

    def _link_nameless(self, name: str) -> None:
        os.link(proc(self.fd), name, dst_dir_fd=self._directory_fd, follow_symlinks=True)

    def _link_temporary(self) -> None:
        for name in self._random_names():
            self._temporary = name
            try:
                self._link_nameless(name)
            except FileExistsError:
                self._temporary = ""
                continue
            return
        raise FileExistsError(errno.EEXIST, "no temporary name is free")

    def _random_names(self) -> Iterator[str]:
        for _ in range(_ATTEMPTS):
            yield f".{self.name[:50]}.{os.urandom(8).hex()}.tmp"  # 50 characters have at most 200 bytes

    def _has_default_acl(self) -> bool:
        return has_xattr(proc(self._directory_fd), _DEFAULT_ACL)

    def _sync_directory(self) -> None:
        try:
            os.fsync(self._directory_fd)
        except OSError as error:
            if error.errno not in _NOT_SYNCABLE:
                raise

    def _close_file(self) -> None:
        if self.fd >= 0:
            fd, self.fd = self.fd, -1
            os.close(fd)

    def _remove_temporary(self) -> None:
        if self._temporary:
            os.unlink(self._temporary, dir_fd=self._directory_fd)
            self._temporary = ""


def _follow(path: str, dir_fd: int | None) -> str:
    """Return the path that a path's last component leads to, which may not exist."""
    with contextlib.suppress(FileNotFoundError):
        os.stat(path, dir_fd=dir_fd)  # the kernel refuses loops, and links that fs.protected_symlinks tells it to
    for _ in range(_MAX_LINKS):
        try:
            link = os.readlink(path, dir_fd=dir_fd)
        except OSError as error:
            if error.errno in (errno.EINVAL, errno.ENOENT):  # no link; nothing
                return path
            raise
        path = os.path.join(os.path.dirname(path), link)
    raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))


def _open_directory(path: str, dir_fd: int | None) -> int:
    flags = os.O_DIRECTORY | os.O_CLOEXEC
    try:
        return os.open(path, flags | os.O_RDONLY, dir_fd=dir_fd)
    except PermissionError:
        return os.open(path, flags | os.O_PATH, dir_fd=dir_fd)


def _umask() -> int:
    """Read the umask without setting it, which other threads would notice; 0o077 where /proc does not tell."""
    try:
        with open("/proc/self/status", "rb") as status:
            lines = status.read().splitlines()
    except FileNotFoundError:
        lines = []
    return next((int(line[6:], 8) for line in lines if line.startswith(b"Umask:")), 0o077)


def open_to_replace(path: str) -> tuple[int, Callable[[], None], Callable[[], None]]:
    """Open what output goes to: a file is replaced as a whole; pipes, devices and /dev/fd/N are written as they are.

    Returns:
        The descriptor, what ends the output, and what gives it up unless it has ended, to be called in any case.

    Raises:
        OSError: it cannot be opened.
    """
    try:
        is_special = not stat.S_ISREG(os.stat(path).st_mode)
    except OSError:
        is_special = False
    number = descriptor_named(path)
    if is_special or number is not None:
        fd = os.open(path, os.O_WRONLY | os.O_CLOEXEC | os.O_NOCTTY) if number is None else os.dup(number)
        return fd, lambda: None, lambda: os.close(fd)
    replacement = Replacement(path)
    replacement.open()
    return replacement.fd, replacement.commit, replacement.discard


def descriptor_named(path: str) -> int | None:
    """Return which of our descriptors a path such as /dev/fd/3 or /dev/stdout names; None if it names none."""
    with contextlib.suppress(OSError, ValueError):
        for name in (path, os.readlink(path)):
            folder, number = os.path.split(name)
            if number.isdecimal() and os.path.samefile(folder, "/proc/self/fd"):
                return int(number)
    return None
