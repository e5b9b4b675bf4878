"""async_open: a file with a cursor, of a path, a descriptor or an open file object."""

from __future__ import annotations

import os
from typing import Any, Literal, overload

from aiocli.core.file import AIOFile, FilePath
from aiocli.core.wrappers import BinaryFileWrapper, TextFileWrapper

_TextMode = Literal[
    "r", "w", "a", "x", "r+", "w+", "a+", "x+", "rt", "wt", "at", "xt", "r+t", "w+t", "a+t", "x+t", "rt+", "wt+", "at+"
]
_BinaryMode = Literal[
    "rb", "wb", "ab", "xb", "rb+", "wb+", "ab+", "xb+", "r+b", "w+b", "a+b", "x+b", "br", "bw", "ba", "bx"
]


@overload
def async_open(file_specifier: FilePath, mode: _TextMode = "r", *args: Any, **kwargs: Any) -> TextFileWrapper: ...
@overload
def async_open(file_specifier: FilePath, mode: _BinaryMode, *args: Any, **kwargs: Any) -> BinaryFileWrapper: ...
@overload
def async_open(
    file_specifier: Any, mode: str = "r", *args: Any, **kwargs: Any
) -> BinaryFileWrapper | TextFileWrapper: ...
def async_open(file_specifier: Any, mode: str = "r", *args: Any, **kwargs: Any) -> BinaryFileWrapper | TextFileWrapper:
    """Describe a file with a cursor, to be awaited or entered with `async with`.

    Args:
        file_specifier: a path, a descriptor, or an open file object, which stays open at the end and whose
            position is taken over.
        mode: as in open(); that of a file object counts if one is given.
        *args: as in AIOFile; none with a file object.
        **kwargs: as in AIOFile; newline is None unless given, as in open().

    Raises:
        ValueError: a bad mode, or positional arguments with a file object.
    """
    kwargs.setdefault("newline", None)
    is_path = isinstance(file_specifier, (str, bytes, int, os.PathLike))
    if is_path or not (hasattr(file_specifier, "read") or hasattr(file_specifier, "write")):
        return _wrap(AIOFile(file_specifier, mode, *args, **kwargs))
    if args:
        raise ValueError("Arguments denied when IO[Any] opening.")
    wrapper = _wrap(AIOFile.from_fp(file_specifier, **kwargs))
    if wrapper.file.is_positional:
        wrapper.seek(file_specifier.tell())
    return wrapper


def _wrap(file: AIOFile) -> BinaryFileWrapper | TextFileWrapper:
    return BinaryFileWrapper(file) if file.mode.binary else TextFileWrapper(file)
