"""The functions of os that ask the disk, in threads, with `loop` and `executor` as further arguments.

Arguments, results and errors are those of os. A cancelled call is not stopped: it has its effects, or not.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from aiocli.aiofiles import ospath as path
from aiocli.aiofiles._directories import scandir, walk
from aiocli.aiofiles.base import wrap as wrap

if TYPE_CHECKING:
    from typing import Any

__all__ = [
    "access",
    "getcwd",
    "listdir",
    "lstat",
    "makedirs",
    "mkdir",
    "path",
    "readlink",
    "remove",
    "removedirs",
    "rename",
    "renames",
    "replace",
    "rmdir",
    "scandir",
    "stat",
    "symlink",
    "unlink",
    "walk",
    "wrap",
]

access = wrap(os.access)
getcwd = wrap(os.getcwd)
listdir = wrap(os.listdir)
lstat = wrap(os.lstat)
makedirs = wrap(os.makedirs)
mkdir = wrap(os.mkdir)
readlink = wrap(os.readlink)
remove = wrap(os.remove)
removedirs = wrap(os.removedirs)
rename = wrap(os.rename)
renames = wrap(os.renames)
replace = wrap(os.replace)
rmdir = wrap(os.rmdir)
stat = wrap(os.stat)
symlink = wrap(os.symlink)
unlink = wrap(os.unlink)

if TYPE_CHECKING:
    chmod = wrap(os.chmod)
    chown = wrap(os.chown)
    copy_file_range = wrap(os.copy_file_range)
    fchmod = wrap(os.fchmod)
    fchown = wrap(os.fchown)
    fdatasync = wrap(os.fdatasync)
    fstat = wrap(os.fstat)
    fsync = wrap(os.fsync)
    ftruncate = wrap(os.ftruncate)
    getxattr = wrap(os.getxattr)
    lchown = wrap(os.lchown)
    link = wrap(os.link)
    listxattr = wrap(os.listxattr)
    mkfifo = wrap(os.mkfifo)
    mknod = wrap(os.mknod)
    posix_fallocate = wrap(os.posix_fallocate)
    removexattr = wrap(os.removexattr)
    sendfile = wrap(os.sendfile)
    setxattr = wrap(os.setxattr)
    statvfs = wrap(os.statvfs)
    sync = wrap(os.sync)
    truncate = wrap(os.truncate)
    utime = wrap(os.utime)

_WHERE_PRESENT = (
    "chmod",
    "chown",
    "copy_file_range",
    "fchmod",
    "fchown",
    "fdatasync",
    "fstat",
    "fstatvfs",
    "fsync",
    "ftruncate",
    "getxattr",
    "lchmod",
    "lchown",
    "link",
    "listxattr",
    "mkfifo",
    "mknod",
    "posix_fallocate",
    "removexattr",
    "sendfile",
    "setxattr",
    "statvfs",
    "sync",
    "truncate",
    "utime",
)


def _add(module: dict[str, Any]) -> None:
    for name in _WHERE_PRESENT:
        if hasattr(os, name):
            module[name] = wrap(getattr(os, name))
            __all__.append(name)


_add(globals())
