"""Copies extended attributes: which ones are data, which are permissions, and what is said when one cannot be kept.

The file /etc/xattr.conf says which names are permissions, which go with a file's mode, and which are never copied; see
attr_copy_action(3). What it holds as it is delivered is known here too, for systems that have none.
"""

from __future__ import annotations

import errno
import os
from fnmatch import fnmatchcase
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from aiocli.core.events import Failure
from aiocli.engines.copy.steps import Step

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aiocli.engines.copy.place import Place

CONTEXT = "security.selinux"
ACCESS_ACL = "system.posix_acl_access"
DEFAULT_ACL = "system.posix_acl_default"
"""What files that are made in a directory get."""

UNSUPPORTED = frozenset({errno.ENOTSUP, errno.ENOSYS})
"""The file system, or the kernel, has no extended attributes."""

_CONFIGURATION = "/etc/xattr.conf"
_DELIVERED = (
    ("system.nfs4_acl", "permissions"),
    ("system.nfs4acl", "permissions"),
    (ACCESS_ACL, "permissions"),
    (DEFAULT_ACL, "permissions"),
    ("trusted.SGI_*", "skip"),  # internal to XFS
    ("xfsroot.*", "skip"),
    ("security.evm", "skip"),  # only the kernel may write it
    ("afs.*", "skip"),
)


@lru_cache(256)
def is_permission(name: str) -> bool:
    """Tell whether an attribute says who may do what with the file."""
    return _action(name) == "permissions"


@lru_cache(256)
def is_data(name: str) -> bool:
    """Tell whether an attribute is copied for its own sake."""
    return not _action(name)


def list_names(place: Place) -> list[str]:
    """Return the names of all attributes; none where there cannot be any.

    Raises:
        OSError: of listxattr(2).
    """
    try:
        return os.listxattr(place.at, follow_symlinks=place.follow)
    except OSError as error:
        if error.errno in UNSUPPORTED:
            return []
        raise


def copy(name: str, src: Place, dst: Place) -> None:
    """Copy one attribute.

    Raises:
        OSError: of getxattr(2) or setxattr(2).
    """
    value = os.getxattr(src.at, name, follow_symlinks=src.follow)
    os.setxattr(dst.at, name, value, follow_symlinks=dst.follow)


def copy_all(names: Iterable[str], src: Place, dst: Place, paths: tuple[str, str]) -> list[Failure]:
    """Copy attributes, all that can be, and return what failed.

    Args:
        names: of the attributes.
        src: the file that has them.
        dst: the file that is to get them.
        paths: what messages call the two.
    """
    failures: list[Failure] = []
    is_unsupported = False
    for name in names:
        try:
            value = os.getxattr(src.at, name, follow_symlinks=src.follow)
        except OSError as error:
            failures.append(Failure(Step.GET_XATTR, paths[0], error.errno or 0, name))
            continue
        try:
            os.setxattr(dst.at, name, value, follow_symlinks=dst.follow)
        except OSError as error:
            if error.errno == errno.ENOSYS:
                failures.append(Failure(Step.SET_XATTRS, paths[1], errno.ENOSYS))
                break
            if error.errno == errno.ENOTSUP:
                is_unsupported = True
            else:
                failures.append(Failure(Step.SET_XATTR, paths[1], error.errno or 0, name))
    if is_unsupported:
        failures.append(Failure(Step.SET_XATTRS, paths[1], errno.ENOTSUP))
    return failures


def _action(name: str) -> str:
    return next((action for pattern, action in _actions() if fnmatchcase(name, pattern)), "")


@cache
def _actions() -> tuple[tuple[str, str], ...]:
    """Read the configuration: lines of a pattern and an action."""
    try:
        with open(_CONFIGURATION, encoding="utf-8", errors="surrogateescape") as lines:
            configured = [line.partition("#")[0].split() for line in lines]
    except OSError:
        configured = []
    return (*((words[0], words[1]) for words in configured if len(words) == 2), *_DELIVERED)
