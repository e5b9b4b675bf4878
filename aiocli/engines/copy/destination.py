"""The file that a copy's data go to: the target itself, opened or made, or one that takes its name at the end."""

from __future__ import annotations

import errno
import os
import stat
from contextlib import suppress
from typing import TYPE_CHECKING, Protocol

from aiocli.core.dontcache import drop
from aiocli.core.events import Removed
from aiocli.engines.copy.rules import Clone, Make
from aiocli.engines.copy.steps import CopyFailed, Step, failing

if TYPE_CHECKING:
    from collections.abc import Callable

    from aiocli.core.events import Event
    from aiocli.engines.copy.node import Node
    from aiocli.engines.copy.rules import CopyRules
    from aiocli.engines.replace import Replacement

_PERMISSIONS = 0o777
_FLAGS = os.O_CLOEXEC | os.O_NOCTTY
_NOTHING_TO_SYNC = {errno.EINVAL, errno.ENOTSUP, errno.EROFS}
"""What fsync(2) answers for pipes, most devices, and directories of file systems that write them by themselves."""


class Destination(Protocol):
    """A file that is open for a copy.

    Attributes:
        is_new: the copy has made it.
    """

    is_new: bool

    @property
    def fd(self) -> int:
        """Descriptor, open for writing; owned."""

    def clear(self, source: Node, facts: os.stat_result) -> None:
        """Make sure that it is not the source, and empty.

        Raises:
            CopyFailed: it is the source, or cannot be emptied.
        """

    def give_attributes(self) -> None:
        """Give it what it has beside its data, before anything is carried over.

        Raises:
            CopyFailed: that is not possible.
        """

    def commit(self) -> None:
        """Bring it to the device and to its name, as far as the rules have it, and close it.

        Raises:
            CopyFailed: one of that failed; it is closed.
        """

    def discard(self) -> None:
        """Close it, if it is open; what has no name yet vanishes."""


def open_destination(
    target: Node,
    facts: os.stat_result,
    rules: CopyRules,
    *,
    is_new: bool,
    is_doomed: bool,
    on_event: Callable[[Event], None],
) -> Destination:
    """Open what is there, or make what is not.

    Args:
        target: where.
        facts: of the source.
        rules: how.
        is_new: nothing is there, or nothing that counts.
        is_doomed: what is there counts as removed, but stays until the copy takes its place.
        on_event: told what is removed to make place.

    Raises:
        CopyFailed: there is no destination.
    """
    fd = -1 if is_new else _open_existing(target, rules)
    if fd >= 0 and not (_is_replaceable(fd) and _is_atomic(rules)):
        return _InPlace(target, fd, rules, is_new=False)
    mode = stat.S_IMODE(facts.st_mode) & _PERMISSIONS & ~rules.omitted
    if _is_atomic(rules):
        return _open_replacement(target, fd, mode, rules, is_doomed=is_doomed, on_event=on_event)
    if fd == _UNOPENABLE:
        remove(target, on_event)
    return _InPlace(target, _create(target, mode, rules), rules, is_new=True)


_MISSING, _UNOPENABLE = -1, -2


def _is_atomic(rules: CopyRules) -> bool:
    return rules.is_atomic and rules.make is Make.COPY


def _is_replaceable(fd: int) -> bool:
    """Tell whether a target can be replaced; into devices and pipes one writes."""
    return stat.S_ISREG(os.fstat(fd).st_mode)


def _access(rules: CopyRules) -> int:
    """Return how targets are opened: what is to be compared must be readable."""
    return _FLAGS | (os.O_RDWR if rules.verifies or rules.resumes else os.O_WRONLY)


def _open_existing(target: Node, rules: CopyRules) -> int:
    """Open what is there; _MISSING if nothing is, _UNOPENABLE if it cannot be opened and is to give way."""
    try:
        return os.open(target.name, _access(rules), dir_fd=target.dir_fd)
    except FileNotFoundError:
        return _MISSING
    except OSError as error:
        if not rules.unlinks_if_unopenable:
            raise CopyFailed(Step.CREATE, target.path, error) from None
        return _UNOPENABLE


def remove(target: Node, on_event: Callable[[Event], None]) -> None:
    """Remove a target and tell that; nothing is said if it is gone already.

    Raises:
        CopyFailed: it is there still.
    """
    try:
        target.unlink()
    except FileNotFoundError:
        return
    except OSError as error:
        raise CopyFailed(Step.REMOVE, target.path, error) from None
    on_event(Removed(target.path))


def _create(target: Node, mode: int, rules: CopyRules) -> int:
    """Make a file that is not there; never through a symbolic link, unless POSIX is wanted to the letter."""
    flags = _access(rules) | os.O_CREAT
    try:
        return os.open(target.name, flags | os.O_EXCL, mode, dir_fd=target.dir_fd)
    except FileExistsError as error:
        if not _is_link(target):
            raise CopyFailed(Step.CREATE, target.path, error) from None
        if not rules.follows_dangling:
            raise CopyFailed(Step.WRITE_THROUGH_LINK, target.path) from None
    except OSError as error:
        if error.errno == errno.EISDIR and target.name.endswith("/"):  # open(2) means: no directory can be made so
            error = NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
        raise CopyFailed(Step.CREATE, target.path, error) from None
    with failing(Step.CREATE, target.path):
        return os.open(target.name, flags, mode, dir_fd=target.dir_fd)


def _is_link(target: Node) -> bool:
    try:
        return stat.S_ISLNK(target.stat().st_mode)
    except OSError:
        return False


def _open_replacement(
    target: Node, fd: int, mode: int, rules: CopyRules, *, is_doomed: bool, on_event: Callable[[Event], None]
) -> Destination:
    """Open a file that will take the target's name, with the attributes of what is there if that is open."""
    from aiocli.engines.replace import Replacement

    is_new = fd < 0
    follows = not is_new
    try:
        if is_new and target.name.endswith("/"):
            raise CopyFailed(Step.CREATE, target.path, NotADirectoryError(errno.ENOTDIR, ""))
        if fd == _MISSING and not is_doomed and _is_link(target):
            if not rules.follows_dangling:
                raise CopyFailed(Step.WRITE_THROUGH_LINK, target.path)
            follows = True
        replacement = Replacement(
            target.name,
            mode=mode,
            like=None if is_new else fd,
            sync=follows and _is_link(target),  # else whoever copies what is beside it syncs the directory, once
            follow_symlinks=follows,
            dir_fd=target.dir_fd,
            fresh=is_new,
        )
        with failing(Step.MAKE_TEMPORARY, target.path):
            replacement.open()
    except BaseException:
        if not is_new:
            os.close(fd)
        raise
    if fd == _UNOPENABLE:
        on_event(Removed(target.path))
    return _Replacing(target, replacement, rules, fd)


class _InPlace:
    """The target itself."""

    def __init__(self, target: Node, fd: int, rules: CopyRules, *, is_new: bool) -> None:
        self.fd = fd
        self.is_new = is_new
        self._target = target
        self._rules = rules

    def clear(self, source: Node, facts: os.stat_result) -> None:
        """Cut a file to nothing, by the open descriptor, so that no link can be changed in between."""
        existing = os.fstat(self.fd)
        if self._rules.verifies and not (stat.S_ISREG(existing.st_mode) or stat.S_ISBLK(existing.st_mode)):
            raise CopyFailed(Step.UNVERIFIABLE, self._target.path)
        if self.is_new:
            return
        if os.path.samestat(existing, facts):
            raise CopyFailed(Step.SAME_FILE, source.path, None, self._target.path)
        if stat.S_ISREG(existing.st_mode) and not self._rules.resumes:
            with failing(Step.CREATE, self._target.path):
                os.ftruncate(self.fd, 0)

    def give_attributes(self) -> None:
        """Do nothing: it has them."""

    def commit(self) -> None:
        """Sync it if that was asked for, and close it."""
        try:
            if self._rules.syncs or self._rules.leaves_cache:
                sync(self.fd, self._target.path)
            if self._rules.leaves_cache:
                drop(self.fd)
        except BaseException:
            self.discard()
            raise
        fd, self.fd = self.fd, -1
        with failing(Step.CLOSE, self._target.path):
            os.close(fd)

    def discard(self) -> None:
        """Close it; what was made to be a clone, and is none, vanishes."""
        if self.fd >= 0:
            fd, self.fd = self.fd, -1
            with suppress(OSError):  # an error is under way already
                if self.is_new and self._rules.clone is Clone.ALWAYS and os.fstat(fd).st_size == 0:
                    self._target.unlink()
            with suppress(OSError):
                os.close(fd)


class _Replacing:
    """A file without a name, or with a passing one, until it takes the target's."""

    def __init__(self, target: Node, replacement: Replacement, rules: CopyRules, existing_fd: int) -> None:
        self.is_new = existing_fd < 0
        self._target = target
        self._replacement = replacement
        self._rules = rules
        self._existing_fd = existing_fd

    @property
    def fd(self) -> int:
        return self._replacement.fd

    def clear(self, source: Node, facts: os.stat_result) -> None:
        """Make sure that the target is not the source."""
        if not self.is_new and os.path.samestat(os.fstat(self._existing_fd), facts):
            raise CopyFailed(Step.SAME_FILE, source.path, None, self._target.path)

    def give_attributes(self) -> None:
        """Give it what the target has, or what a new file has."""
        with failing(Step.SET_PERMISSIONS, self._target.path):
            self._replacement.give_attributes()

    def commit(self) -> None:
        """Bring the data to the device, give the name, and bring that there, too."""
        try:
            with failing(Step.SYNC, self._target.path):
                self._replacement.sync()
            if self._rules.leaves_cache:
                drop(self._replacement.fd)
            with failing(Step.GIVE_NAME, self._target.path):
                self._replacement.commit()
        finally:
            self.discard()

    def discard(self) -> None:
        """Leave the target as it is."""
        self._replacement.discard()
        if self._existing_fd >= 0:
            fd, self._existing_fd = self._existing_fd, -1
            os.close(fd)


def sync(fd: int, path: str) -> None:
    """Bring an open file or directory to the device; what is on none counts as there.

    Args:
        fd: of it.
        path: what messages call it.

    Raises:
        CopyFailed: it may not be there.
    """
    try:
        os.fsync(fd)
    except OSError as error:
        if error.errno not in _NOTHING_TO_SYNC or stat.S_ISREG(os.fstat(fd).st_mode):
            raise CopyFailed(Step.SYNC, path, error) from None


def sync_directory_of(target: Node) -> None:
    """Bring a name to the device. A directory that cannot be read cannot be synced: nothing is said of that.

    Raises:
        CopyFailed: it may not be there.
    """
    try:
        fd = os.open(target.directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=target.dir_fd)
    except OSError:
        return
    try:
        sync(fd, target.path)
    finally:
        os.close(fd)
