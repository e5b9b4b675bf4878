"""Sets modes together with access control lists, so that nobody has more rights in between than before or after.

Kernel facts, acl(5). A list is an extended attribute, and setting it sets the permission bits of the mode as well. A
list that says no more than a mode can say is not kept: setting one removes what was there, in one step. A mode's bits
for the group bound the rights of all in the list but the owner, so that removing a list leaves the group with that.
"""

from __future__ import annotations

import os
import struct
from typing import TYPE_CHECKING

from aiocli.engines.copy import xattrs

if TYPE_CHECKING:
    from collections.abc import Collection

    from aiocli.engines.copy.place import Place

_ACLS = (xattrs.ACCESS_ACL, xattrs.DEFAULT_ACL)
_VERSION = 2
_OWNER, _GROUP, _OTHERS, _NO_ID = 1, 4, 32, 0xFFFFFFFF


def set_permissions(dst: Place, mode: int, *, keep_default: bool = False) -> None:
    """Set a file's mode, and leave it no access control list.

    Args:
        dst: the file.
        mode: all bits but the type.
        keep_default: a directory's list for new files stays.

    Raises:
        OSError: of chmod(2), or of the calls for extended attributes; then the mode is set if it can be.
    """
    _set(dst, mode, None, (), keep_default=keep_default)


def copy_permissions(src: Place, dst: Place, mode: int, names: Collection[str]) -> None:
    """Set a file's mode and give it the access control lists of another, which it loses if that has none.

    Args:
        src: the other.
        dst: the file.
        mode: all bits but the type.
        names: of the other's attributes.

    Raises:
        OSError: of chmod(2), or of the calls for extended attributes; then the mode is set if it can be.
    """
    wanted = [name for name in names if xattrs.is_permission(name)] if names else ()
    _set(dst, mode, src, wanted)


def _set(dst: Place, mode: int, src: Place | None, wanted: Collection[str], *, keep_default: bool = False) -> None:
    problem: OSError | None = None
    try:
        _set_acls(dst, mode, src, wanted, keep_default=keep_default)
    except OSError as error:
        problem = error
    os.chmod(dst.at, mode)
    if problem is not None:
        raise problem
    if src is not None:
        for name in wanted:
            if name not in _ACLS:  # NFS's own lists: a mode that is set later may change them
                xattrs.copy(name, src, dst)


def _set_acls(dst: Place, mode: int, src: Place | None, wanted: Collection[str], *, keep_default: bool) -> None:
    present = xattrs.list_names(dst)
    if src is not None:
        for name in _ACLS:
            if name in wanted:
                xattrs.copy(name, src, dst)
    if xattrs.ACCESS_ACL in present and xattrs.ACCESS_ACL not in wanted:
        os.setxattr(dst.at, xattrs.ACCESS_ACL, _acl_of(mode), follow_symlinks=dst.follow)
    if xattrs.DEFAULT_ACL in present and xattrs.DEFAULT_ACL not in wanted and not keep_default:
        os.removexattr(dst.at, xattrs.DEFAULT_ACL, follow_symlinks=dst.follow)


def _acl_of(mode: int) -> bytes:
    """Return the list that says what a mode says."""
    entries = ((_OWNER, mode >> 6 & 7), (_GROUP, mode >> 3 & 7), (_OTHERS, mode & 7))
    packed = (struct.pack("<HHI", tag, bits, _NO_ID) for tag, bits in entries)
    return struct.pack("<I", _VERSION) + b"".join(packed)
