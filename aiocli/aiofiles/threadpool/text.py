"""Asynchronous file objects for text."""

from __future__ import annotations

import io
from typing import Any

from aiocli.aiofiles._methods import Attribute, direct, in_turn
from aiocli.aiofiles.base import AsyncBase, AsyncIndirectBase


class _Text:
    """What text files have."""

    close = in_turn(io.TextIOWrapper.close)
    flush = in_turn(io.TextIOWrapper.flush)
    isatty = in_turn(io.TextIOWrapper.isatty)
    read = in_turn(io.TextIOWrapper.read)
    readable = in_turn(io.TextIOWrapper.readable)
    readline = in_turn(io.TextIOWrapper.readline)
    readlines = in_turn(io.TextIOWrapper.readlines)
    reconfigure = in_turn(io.TextIOWrapper.reconfigure)
    seek = in_turn(io.TextIOWrapper.seek)
    seekable = in_turn(io.TextIOWrapper.seekable)
    tell = in_turn(io.TextIOWrapper.tell)
    truncate = in_turn(io.TextIOWrapper.truncate)
    writable = in_turn(io.TextIOWrapper.writable)
    write = in_turn(io.TextIOWrapper.write)
    writelines = in_turn(io.TextIOWrapper.writelines)
    detach = direct(io.TextIOWrapper.detach)
    fileno = direct(io.TextIOWrapper.fileno)
    buffer = Attribute[Any]()
    closed = Attribute[bool]()
    encoding = Attribute[str]()
    errors = Attribute[str | None]()
    line_buffering = Attribute[bool]()
    mode = Attribute[str]()
    name = Attribute[Any]()
    newlines = Attribute[str | tuple[str, ...] | None]()
    write_through = Attribute[bool]()


class AsyncTextIOWrapper(_Text, AsyncBase[str]):
    """The asynchronous form of io.TextIOWrapper."""


class AsyncTextIndirectIOWrapper(_Text, AsyncIndirectBase[str]):
    """The asynchronous form of whatever io.TextIOWrapper a function returns."""
