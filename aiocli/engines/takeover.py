"""Gives one open file the mode, the owner and the extended attributes of another, whose place it is to take.

What the old group might do goes to no other group, and what vouches for the old content is left behind.
"""

from __future__ import annotations

import errno
import os
import stat

_NOT_COPYABLE = {
    errno.EPERM,
    errno.EACCES,
    errno.ENOTSUP,
    errno.ENODATA,  # removed since it was listed
    errno.ENOENT,  # no /proc
}
_ACL = "system.posix_acl_access"
_VOUCHERS = {"security.capability", "security.ima", "security.evm"}  # they speak of the old content


def proc(fd: int) -> str:
    """Name what a descriptor is open on; works for O_PATH descriptors too, where the f...() calls do not."""
    return f"/proc/self/fd/{fd}"


def copy_attributes(src_fd: int, dst_fd: int) -> None:
    """Give a file another one's mode, owner and extended attributes, as far as that is permitted.

    Args:
        src_fd: of the one to be like; O_PATH is enough.
        dst_fd: of the other.

    Raises:
        OSError: something failed that is no matter of permission.
    """
    src, dst = os.fstat(src_fd), os.fstat(dst_fd)
    mode = stat.S_IMODE(src.st_mode)
    if src.st_uid != dst.st_uid and not _chown(dst_fd, src.st_uid, -1):
        mode &= ~stat.S_ISUID
    has_group = src.st_gid == dst.st_gid or _chown(dst_fd, -1, src.st_gid)
    if not has_group:  # what the old group might do is not for the new one: it gets what everybody has
        mode &= ~stat.S_ISGID & (~stat.S_IRWXG | (mode & stat.S_IRWXO) << 3)
    if has_xattr(proc(dst_fd), _ACL):  # of the directory's default, not of the source
        os.removexattr(dst_fd, _ACL)
    _copy_xattrs(proc(src_fd), dst_fd, _VOUCHERS if has_group else _VOUCHERS | {_ACL})
    os.fchmod(dst_fd, mode)  # last: chown(2) takes set-id bits away


def _chown(fd: int, uid: int, gid: int) -> bool:
    try:
        os.fchown(fd, uid, gid)
    except PermissionError:
        return False
    except OSError as error:
        if error.errno == errno.EINVAL:  # the id has no meaning in this user namespace
            return False
        raise
    return True


def _copy_xattrs(src: str, dst_fd: int, left_out: set[str]) -> None:
    for name in _list_xattrs(src) - left_out:
        try:
            os.setxattr(dst_fd, name, os.getxattr(src, name))
        except OSError as error:
            if error.errno not in _NOT_COPYABLE:
                raise


def _list_xattrs(path: str) -> set[str]:
    try:
        return set(os.listxattr(path))
    except OSError as error:
        if error.errno in _NOT_COPYABLE:
            return set()
        raise


def has_xattr(path: str, name: str) -> bool:
    """Tell whether a file has an extended attribute that can be read."""
    try:
        os.getxattr(path, name)
    except OSError as error:
        if error.errno in _NOT_COPYABLE:
            return False
        raise
    return True
