"""Asynchronous file utilities: the library under `aio`.

Names are resolved on first use; importing this package imports nothing else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from aiocli.core.backends import BACKENDS as BACKENDS
    from aiocli.core.clone import FileIOCloner as FileIOCloner
    from aiocli.core.clone import clone as clone
    from aiocli.core.context import Context as Context
    from aiocli.core.context import create_context as create_context
    from aiocli.core.context import get_default_context as get_default_context
    from aiocli.core.errors import BackendUnavailable as BackendUnavailable
    from aiocli.core.errors import OutputError as OutputError
    from aiocli.core.file import AIOFile as AIOFile
    from aiocli.core.mode import FileMode as FileMode
    from aiocli.core.mode import parse_mode as parse_mode
    from aiocli.core.streams import LineReader as LineReader
    from aiocli.core.streams import Reader as Reader
    from aiocli.core.streams import Writer as Writer
    from aiocli.core.wrappers import BinaryFileWrapper as BinaryFileWrapper
    from aiocli.core.wrappers import FileIOWrapperBase as FileIOWrapperBase
    from aiocli.core.wrappers import TextFileWrapper as TextFileWrapper
    from aiocli.core.wrappers import async_open as async_open

__version__ = "0.1.0"

_MODULES = {
    "AIOFile": "aiocli.core.file",
    "BACKENDS": "aiocli.core.backends",
    "BackendUnavailable": "aiocli.core.errors",
    "BinaryFileWrapper": "aiocli.core.wrappers",
    "Context": "aiocli.core.context",
    "FileIOCloner": "aiocli.core.clone",
    "FileIOWrapperBase": "aiocli.core.wrappers",
    "FileMode": "aiocli.core.mode",
    "LineReader": "aiocli.core.streams",
    "OutputError": "aiocli.core.errors",
    "Reader": "aiocli.core.streams",
    "TextFileWrapper": "aiocli.core.wrappers",
    "Writer": "aiocli.core.streams",
    "async_open": "aiocli.core.wrappers",
    "clone": "aiocli.core.clone",
    "create_context": "aiocli.core.context",
    "get_default_context": "aiocli.core.context",
    "parse_mode": "aiocli.core.mode",
}

__all__ = ["__version__", *_MODULES]


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(_MODULES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_MODULES})
