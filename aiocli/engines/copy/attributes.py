"""Carries a file's attributes over to its copy: times, owner, extended attributes, mode and access control lists.

Not for data and not for names. GNU cp's order, which has its reasons: times may change as long as the file is ours;
chown(2) takes capabilities and set-id bits away, so extended attributes and the mode come behind it, the mode last, as
it may take the right to write away.

A copy never grants more than its source: an access control list that the target had, or got from its directory, goes
when the source has none, and so does a directory's default list. (GNU cp did so up to 9.1; 9.10 leaves the list, with
the rights of the group for those in it.)
"""

from __future__ import annotations

import errno
import os
import stat
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING

from aiocli.core.events import Failure
from aiocli.engines.copy import xattrs
from aiocli.engines.copy.permissions import copy_permissions, set_permissions
from aiocli.engines.copy.place import Place, naming, reaching
from aiocli.engines.copy.rules import Make
from aiocli.engines.copy.steps import CopyFailed, Step

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from aiocli.engines.copy.node import Node
    from aiocli.engines.copy.rules import CopyRules

_MODE = 0o7777
_SPECIAL_BITS = 0o7000
_FILE_MODE, _DIRECTORY_MODE = 0o666, 0o777
_NOT_OWNER = {
    errno.EPERM,
    errno.EINVAL,  # the id means nothing in this user namespace
    errno.EACCES,  # CIFS says so
}
_NOT_BOTH = {errno.EPERM, errno.EINVAL}  # the group alone may be permitted
_UNTOLD = {errno.ENOTSUP, errno.ENODATA}


def carry_over(
    source: Node,
    facts: os.stat_result,
    target: Node,
    existing: os.stat_result,
    rules: CopyRules,
    *,
    is_new: bool,
    omitted: int = 0,
) -> list[Failure]:
    """Give a copy the attributes that the rules have it keep.

    Args:
        source: with a descriptor, unless it is one that cannot be opened; that goes for the target, too.
        facts: of the source.
        target: the copy, with its data; a directory with all that is in it.
        existing: facts of the target as it is now.
        rules: how.
        is_new: the copy has made the target.
        omitted: permission bits that a new target was made without; as far as the source has them and the umask
            does not forbid, it gets them now, where the mode is not kept.

    Returns:
        What failed, in order; empty if all went well. After a failure of times or owner nothing more is done, the
        mode stays as narrow as it is. What is only a warning is marked so.
    """
    if source.fd is not None and target.fd is not None:
        src, dst = Place(source.fd), Place(target.fd)
        return _Transfer(source, src, facts, target, dst, existing, rules, is_new).run(omitted)
    try:
        with _reaching(source, facts, target, existing, rules) as (src, dst):
            return _Transfer(source, src, facts, target, dst, existing, rules, is_new).run(omitted)
    except CopyFailed as failed:
        return [failed.failure]


@contextmanager
def _reaching(
    source: Node, facts: os.stat_result, target: Node, existing: os.stat_result, rules: CopyRules
) -> Iterator[tuple[Place, Place]]:
    """Yield how to work on source and target, which need not be open.

    Raises:
        CopyFailed: one of them is something else by now.
    """
    is_link = stat.S_ISLNK(existing.st_mode)
    if not is_link and stat.S_IFMT(existing.st_mode) != stat.S_IFMT(facts.st_mode):
        raise CopyFailed(Step.REPLACED_MEANWHILE, target.path)
    # Giving away another file in a link's place would be bad; its times and its own attributes are no matter.
    gives_away = rules.preserve.ownership and not _has_owner(facts, existing)
    by_name = is_link and not gives_away
    with ExitStack() as stack:
        dst = naming(target) if by_name else stack.enter_context(reaching(target, existing))
        if stat.S_ISLNK(facts.st_mode):
            src = naming(source)
        else:
            src = stack.enter_context(reaching(source, facts))
        yield src, dst


def _has_owner(facts: os.stat_result, existing: os.stat_result) -> bool:
    return facts.st_uid == existing.st_uid and facts.st_gid == existing.st_gid


class _Transfer:
    """The attributes of one file on their way. Steps return whether the next one may follow."""

    __slots__ = (
        "dst",
        "existing",
        "facts",
        "failures",
        "is_link",
        "is_new",
        "mode",
        "rules",
        "source",
        "src",
        "target",
    )

    def __init__(
        self,
        source: Node,
        src: Place,
        facts: os.stat_result,
        target: Node,
        dst: Place,
        existing: os.stat_result,
        rules: CopyRules,
        is_new: bool,
    ) -> None:
        self.source, self.src, self.facts = source, src, facts
        self.target, self.dst, self.existing = target, dst, existing
        self.rules, self.is_new = rules, is_new
        self.mode = facts.st_mode & _MODE
        self.is_link = stat.S_ISLNK(existing.st_mode)
        self.failures: list[Failure] = []

    def run(self, omitted: int) -> list[Failure]:
        """Do all steps, as far as one does not forbid the next."""
        preserve = self.rules.preserve
        if preserve.context and not self.keep_context():
            return self.failures
        if preserve.ownership and self.is_link and not self.keep_link_owner():
            return self.failures
        if preserve.timestamps and not self.keep_times():
            return self.failures
        if preserve.ownership and not self.is_link and not self.keep_owner():
            return self.failures
        keeps_mode = preserve.mode and not self.is_link
        if (preserve.xattr or keeps_mode) and not self.keep_listed(keeps_mode=keeps_mode):
            return self.failures
        if self.is_new and not self.is_link and not preserve.mode:
            if preserve.is_default_mode:
                self.set_default_mode()
            elif omitted:
                self.give_back(omitted)
        return self.failures

    def keep_context(self) -> bool:
        """Copy the security context."""
        try:
            value = os.getxattr(self.src.at, xattrs.CONTEXT, follow_symlinks=self.src.follow)
        except OSError as error:
            return self._tell([self._failure(Step.GET_CONTEXT, error, self.source)], self._requires_context)
        try:
            os.setxattr(self.dst.at, xattrs.CONTEXT, value, follow_symlinks=self.dst.follow)
        except OSError as error:
            return self._tell([self._failure(Step.SET_CONTEXT, error)], self._requires_context)
        return True

    def keep_times(self) -> bool:
        """Set the times of access and change."""
        facts, dst = self.facts, self.dst
        try:
            os.utime(dst.at, ns=(facts.st_atime_ns, facts.st_mtime_ns), follow_symlinks=dst.follow)
        except OSError as error:
            return self._stop(Step.KEEP_TIMES, error)
        return True

    def keep_link_owner(self) -> bool:
        """Give a symbolic link away, if it is the copy of one."""
        if _has_owner(self.facts, self.existing) or not stat.S_ISLNK(self.facts.st_mode):
            return True
        try:
            self._chown(self.facts.st_uid)
        except OSError as error:
            return self._may_stay(error) or self._stop(Step.KEEP_LINK_OWNER, error)
        return True

    def keep_owner(self) -> bool:
        """Give the file away, or at least to the group; without the owner no set-id bits are kept."""
        if _has_owner(self.facts, self.existing):
            return True
        if not self.is_new and self.rules.preserve.mode and not self._restrict():
            return False
        try:
            self._chown(self.facts.st_uid)
        except OSError as error:
            if error.errno in _NOT_BOTH:
                with suppress(OSError):
                    self._chown(-1)
            self.mode &= ~_SPECIAL_BITS
            return self._may_stay(error) or self._stop(Step.KEEP_OWNER, error)
        return True

    def keep_xattrs(self, names: Collection[str]) -> bool:
        """Copy those attributes that are data."""
        left_out = xattrs.CONTEXT if self.rules.preserve.context else ""
        own = [name for name in names if xattrs.is_data(name) and name != left_out]
        if not own:
            return True
        lent = self._lend_writing()
        failures = xattrs.copy_all(own, self.src, self.dst, (self.source.path, self.target.path))
        is_well = self._tell(failures, self._requires_xattr)
        return (not lent or self._take_back_writing()) and is_well

    def keep_permissions(self, names: Collection[str]) -> bool:
        """Set the mode and the access control lists."""
        try:
            copy_permissions(self.src, self.dst, self.mode, names)
        except OSError as error:
            return self._stop(Step.KEEP_PERMISSIONS, error)
        return True

    def set_default_mode(self) -> None:
        """Give a new file the mode of any new file, whatever lists its directory has for new files."""
        kind = stat.S_IFMT(self.facts.st_mode)
        mode = (_DIRECTORY_MODE if kind in (stat.S_IFDIR, stat.S_IFSOCK) else _FILE_MODE) & ~self.rules.umask
        mode |= self.existing.st_mode & _SPECIAL_BITS  # the set-group-ID bit of the directory around it
        try:
            set_permissions(self.dst, mode, keep_default=True)
        except OSError as error:
            self._stop(Step.SET_PERMISSIONS, error)

    def give_back(self, omitted: int) -> None:
        """Give permissions that were held back until the file had its owner."""
        given = omitted & self.mode & ~self.rules.umask & ~self.existing.st_mode
        if not given:
            return
        try:
            os.chmod(self.dst.at, self.existing.st_mode & _MODE | given)
        except OSError as error:
            self._stop(Step.SET_MODE, error)

    def keep_listed(self, *, keeps_mode: bool) -> bool:
        """Keep what the source's list of attributes is needed for, having asked for it once."""
        preserve = self.rules.preserve
        names: list[str] = []
        problem: OSError | None = None
        try:
            names = xattrs.list_names(self.src)
        except OSError as error:
            problem = error
        is_well = True
        if problem is not None and preserve.xattr:
            is_well = self._tell([self._failure(Step.LIST_XATTRS, problem, self.source)], self._requires_xattr)
        elif names and preserve.xattr:
            is_well = self.keep_xattrs(names)
        if not is_well and (self.target.fd is None or stat.S_ISDIR(self.existing.st_mode)):
            return False  # GNU goes on with the mode of a file that it has open, and of nothing else
        if keeps_mode and self.keep_permissions(names) and problem is not None:
            self._stop(Step.KEEP_PERMISSIONS, problem)
        return True

    def _chown(self, uid: int) -> None:
        os.chown(self.dst.at, uid, self.facts.st_gid, follow_symlinks=self.dst.follow)

    def _may_stay(self, error: OSError) -> bool:
        """Tell whether a failure to change the owner is to be expected, and nothing to speak of."""
        return error.errno in _NOT_OWNER and not self.rules.has_chown_privilege

    def _restrict(self) -> bool:
        """Take from others what they may do with a file that was there, before it belongs to somebody else."""
        try:
            os.chmod(self.dst.at, self.existing.st_mode & self.mode & stat.S_IRWXU)
        except OSError as error:
            # The file stays another's, with another's mode: GNU counts that as failed without a word.
            return self._stop(Step.DECLINED if self._may_stay(error) else Step.CLEAR_MODE, error)
        return True

    def _lend_writing(self) -> bool:
        """Let users write to a new file of theirs; attributes ask for that right anew, open or not."""
        is_barred = not self.existing.st_mode & stat.S_IWUSR and not self.rules.has_chown_privilege
        if not (is_barred and self.is_new and stat.S_ISREG(self.existing.st_mode)):
            return False
        try:
            os.chmod(self.dst.at, self.existing.st_mode & _MODE | stat.S_IWUSR)
        except OSError:
            return False
        return True

    def _take_back_writing(self) -> bool:
        try:
            os.chmod(self.dst.at, self.existing.st_mode & _MODE)
        except OSError as error:
            return self._stop(Step.SET_MODE, error)
        return True

    @property
    def _requires_xattr(self) -> bool:
        return self.rules.preserve.requires_xattr

    @property
    def _requires_context(self) -> bool:
        return self.rules.preserve.requires_context

    def _tell(self, failures: list[Failure], is_required: bool) -> bool:
        """Note what failed, as far as it is to be told; return whether the copy may go on."""
        says_all = is_required or self.rules.make is Make.ATTRIBUTES
        says_some = not self.rules.preserve.is_quiet
        for failure in failures:
            if says_all or (says_some and failure.errno not in _UNTOLD):
                self.failures.append(failure._replace(is_warning=not is_required))
        return not (failures and is_required)

    def _stop(self, step: str, error: OSError) -> bool:
        self.failures.append(self._failure(step, error))
        return False

    def _failure(self, step: str, error: OSError, node: Node | None = None) -> Failure:
        return Failure(step, (node or self.target).path, error.errno or 0)
