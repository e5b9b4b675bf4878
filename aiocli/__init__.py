"""Asynchronous file utilities: the library under `aio`.

Names are resolved on first use; importing this package imports nothing else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from aiocli.core.async_open import async_open as async_open
    from aiocli.core.backends import BACKENDS as BACKENDS
    from aiocli.core.clone import FileIOCloner as FileIOCloner
    from aiocli.core.clone import clone as clone
    from aiocli.core.context import DEFAULT_CONTEXT_STORE as DEFAULT_CONTEXT_STORE
    from aiocli.core.context import Context as Context
    from aiocli.core.context import create_context as create_context
    from aiocli.core.context import get_default_context as get_default_context
    from aiocli.core.errors import BackendUnavailable as BackendUnavailable
    from aiocli.core.errors import OutputError as OutputError
    from aiocli.core.file import AIOFile as AIOFile
    from aiocli.core.mode import Caching as Caching
    from aiocli.core.mode import FileMode as FileMode
    from aiocli.core.mode import parse_mode as parse_mode
    from aiocli.core.streams import LineReader as LineReader
    from aiocli.core.streams import Reader as Reader
    from aiocli.core.streams import Writer as Writer
    from aiocli.core.streams import unicode_reader as unicode_reader
    from aiocli.core.uncached import aligned_buffer as aligned_buffer
    from aiocli.core.wrappers import BinaryFileWrapper as BinaryFileWrapper
    from aiocli.core.wrappers import FileIOType as FileIOType
    from aiocli.core.wrappers import FileIOWrapperBase as FileIOWrapperBase
    from aiocli.core.wrappers import TextFileWrapper as TextFileWrapper
    from aiocli.engines.follow import events as follow_events  # noqa: F401 - resolved below
    from aiocli.library import shutil as shutil
    from aiocli.library.atomic import atomic_write as atomic_write
    from aiocli.library.follow import follow as follow
    from aiocli.library.locks import FileLock as FileLock
    from aiocli.library.locks import locked as locked
    from aiocli.library.path import Path as Path
    from aiocli.library.rotating import RotatingWriter as RotatingWriter
    from aiocli.library.walk import scandir as scandir
    from aiocli.library.walk import walk as walk

__version__ = "0.1.0"
__author__ = "the aio maintainers"
version_info = tuple(map(int, __version__.split(".")))  # noqa: RUF048 - ours has numbers only
author_info = [(__author__, "")]
package_info = "Asynchronous cat, cp, hash and tail for the command line, and the Python library under them"
package_license = "Apache-2.0"
project_home = ""  # it has none yet, and no address either
team_email = ""

_MODULES = {
    "AIOFile": "aiocli.core.file",
    "BACKENDS": "aiocli.core.backends",
    "BackendUnavailable": "aiocli.core.errors",
    "BinaryFileWrapper": "aiocli.core.wrappers",
    "Caching": "aiocli.core.mode",
    "Context": "aiocli.core.context",
    "DEFAULT_CONTEXT_STORE": "aiocli.core.context",
    "FileLock": "aiocli.library.locks",
    "FileIOCloner": "aiocli.core.clone",
    "FileIOType": "aiocli.core.wrappers",
    "FileIOWrapperBase": "aiocli.core.wrappers",
    "FileMode": "aiocli.core.mode",
    "LineReader": "aiocli.core.streams",
    "OutputError": "aiocli.core.errors",
    "Path": "aiocli.library.path",
    "Reader": "aiocli.core.streams",
    "RotatingWriter": "aiocli.library.rotating",
    "TextFileWrapper": "aiocli.core.wrappers",
    "Writer": "aiocli.core.streams",
    "aligned_buffer": "aiocli.core.uncached",
    "async_open": "aiocli.core.async_open",
    "atomic_write": "aiocli.library.atomic",
    "clone": "aiocli.core.clone",
    "create_context": "aiocli.core.context",
    "follow": "aiocli.library.follow",
    "get_default_context": "aiocli.core.context",
    "locked": "aiocli.library.locks",
    "parse_mode": "aiocli.core.mode",
    "scandir": "aiocli.library.walk",
    "unicode_reader": "aiocli.core.streams",
    "walk": "aiocli.library.walk",
}
"""Where each name comes from."""

_SUBMODULES = {
    "aiofiles": "aiocli.aiofiles",
    "follow_events": "aiocli.engines.follow.events",
    "shutil": "aiocli.library.shutil",
}

__all__ = [
    "__author__",
    "__version__",
    "author_info",
    "package_info",
    "package_license",
    "project_home",
    "team_email",
    "version_info",
    *_MODULES,
    *_SUBMODULES,
]


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name in _MODULES:
        value = getattr(import_module(_MODULES[name]), name)
    elif name in _SUBMODULES:
        value = import_module(_SUBMODULES[name])
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_MODULES, *_SUBMODULES})
