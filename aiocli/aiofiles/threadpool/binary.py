"""Asynchronous file objects for bytes."""

from __future__ import annotations

import io
from typing import Any

from aiocli.aiofiles._methods import Attribute, direct, in_turn
from aiocli.aiofiles.base import AsyncBase, AsyncIndirectBase


class _Binary:
    """What raw and buffered files have in common."""

    close = in_turn(io.BufferedReader.close)
    flush = in_turn(io.BufferedReader.flush)
    isatty = in_turn(io.BufferedReader.isatty)
    readline = in_turn(io.BufferedReader.readline)
    readlines = in_turn(io.BufferedReader.readlines)
    seek = in_turn(io.BufferedReader.seek)
    seekable = in_turn(io.BufferedReader.seekable)
    tell = in_turn(io.BufferedReader.tell)
    truncate = in_turn(io.BufferedReader.truncate)
    writable = in_turn(io.BufferedReader.writable)
    writelines = in_turn(io.BufferedReader.writelines)
    fileno = direct(io.BufferedReader.fileno)
    readable = direct(io.BufferedReader.readable)
    closed = Attribute[bool]()
    mode = Attribute[str]()
    name = Attribute[Any]()


class _Buffered(_Binary):
    """What buffered files have beyond that."""

    read = in_turn(io.BufferedReader.read)
    read1 = in_turn(io.BufferedReader.read1)
    readinto = in_turn(io.BufferedReader.readinto)
    readinto1 = in_turn(io.BufferedReader.readinto1)
    write = in_turn(io.BufferedWriter.write)
    detach = direct(io.BufferedReader.detach)
    raw = Attribute[Any]()


class _Raw(_Binary):
    """What raw files have beyond that."""

    read = in_turn(io.FileIO.read)
    readall = in_turn(io.FileIO.readall)
    readinto = in_turn(io.FileIO.readinto)
    write = in_turn(io.FileIO.write)
    closefd = Attribute[bool]()


class AsyncBufferedIOBase(_Buffered, AsyncBase[bytes]):
    """The asynchronous form of io.BufferedWriter, and of any other buffered file."""


class AsyncBufferedReader(AsyncBufferedIOBase):
    """The asynchronous form of io.BufferedReader and io.BufferedRandom."""

    peek = in_turn(io.BufferedReader.peek)


class AsyncFileIO(_Raw, AsyncBase[bytes]):
    """The asynchronous form of io.FileIO."""


class AsyncIndirectBufferedIOBase(_Buffered, AsyncIndirectBase[bytes]):
    """The asynchronous form of whatever buffered file a function returns."""


class AsyncIndirectBufferedReader(AsyncIndirectBufferedIOBase):
    """The asynchronous form of whatever io.BufferedReader or io.BufferedRandom a function returns."""

    peek = in_turn(io.BufferedReader.peek)


class AsyncIndirectFileIO(_Raw, AsyncIndirectBase[bytes]):
    """The asynchronous form of whatever io.FileIO a function returns."""
