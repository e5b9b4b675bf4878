"""The functions of os.path, in threads: those that ask the disk, and abspath, which asks for the working directory."""

from __future__ import annotations

from os import path

from aiocli.aiofiles.base import wrap as wrap

__all__ = [
    "abspath",
    "exists",
    "expanduser",
    "getatime",
    "getctime",
    "getmtime",
    "getsize",
    "isdir",
    "isfile",
    "islink",
    "ismount",
    "lexists",
    "realpath",
    "relpath",
    "samefile",
    "sameopenfile",
]

abspath = wrap(path.abspath)
exists = wrap(path.exists)
expanduser = wrap(path.expanduser)
getatime = wrap(path.getatime)
getctime = wrap(path.getctime)
getmtime = wrap(path.getmtime)
getsize = wrap(path.getsize)
isdir = wrap(path.isdir)
isfile = wrap(path.isfile)
islink = wrap(path.islink)
ismount = wrap(path.ismount)
lexists = wrap(path.lexists)
realpath = wrap(path.realpath)
relpath = wrap(path.relpath)
samefile = wrap(path.samefile)
sameopenfile = wrap(path.sameopenfile)

# Python 3.12 and 3.13 have more.
for _name in ("isjunction", "isdevdrive"):
    if hasattr(path, _name):
        globals()[_name] = wrap(getattr(path, _name))
        __all__ += [_name]
