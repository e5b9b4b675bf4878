"""Reads lists of digests a block at a time, so that a list of millions takes no more memory than a short one."""

from __future__ import annotations

from contextlib import aclosing
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

from aiocli.core.errors import BackendUnavailable
from aiocli.engines.hash.files import Promised
from aiocli.engines.hash.lists import Line, LineSplitter, Listed, Run, read_lines
from aiocli.ui.report import STDIN

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Iterable, Iterator

    from aiocli.core.endpoint import Endpoint
    from aiocli.engines.hash.lists.gnu import Grammar

BLOCK_BYTES = 256 * 1024
"""Some thousands of lines, which are kept in memory twice: those of the next block while those of one are told."""


class ListError(Exception):
    """A list cannot be read."""


class Item(NamedTuple):
    """A line that counts.

    Attributes:
        number: of the line, from 1.
        listed: what it promises; None if it is improper.
        tag: what it should have been of, for messages; may be empty.
    """

    number: int
    listed: Listed | None
    tag: str


class Block(NamedTuple):
    """Lines that follow each other.

    Attributes:
        items: those that count; some of them in runs.
        is_last: nothing follows, as far as one can know.
    """

    items: list[Item | Run]
    is_last: bool


async def blocks_of(src: Endpoint, grammar: Grammar, backend: str | None, *, has_runs: bool) -> AsyncGenerator[Block]:
    """Yield the lines of a list as they can be read.

    Args:
        src: the list, open, borrowed.
        grammar: how lines are read.
        backend: named backend that a regular file must come through; None is auto.
        has_runs: lines that look alike may come together.

    Raises:
        ListError: the list cannot be read on.
        BackendUnavailable: the named backend does not work here.
    """
    splitter, nread, number = LineSplitter(), 0, 0

    def items_of(pieces: Iterable[bytes]) -> Iterator[Item | Run]:
        nonlocal number
        for found in chain.from_iterable(read_lines(piece, grammar, has_runs=has_runs) for piece in pieces):
            number += 1
            if isinstance(found, Listed):
                # A list that is standard input cannot have a file listed that is the same.
                is_itself = src.name == found.name == STDIN
                yield Item(number, None if is_itself else found, grammar.tag)
            elif isinstance(found, Run):
                number += len(found.names) - 1
                yield found
            elif found is Line.IMPROPER:
                yield Item(number, None, grammar.tag)

    try:
        async with aclosing(_pieces_of(src, backend)) as pieces:
            async for piece in pieces:
                is_first, nread = not nread, nread + len(piece)
                is_whole = src.is_regular and nread >= src.size
                if is_first:
                    grammar.begin(src.name, piece, is_whole=is_whole)
                yield Block([*items_of(splitter.feed(piece))], is_whole)
    except BackendUnavailable:
        raise
    except OSError as error:
        raise ListError from error
    yield Block([*items_of(splitter.finish())], is_last=True)


async def _pieces_of(src: Endpoint, backend: str | None) -> AsyncGenerator[bytes]:
    """Yield what is read of a list.

    Raises:
        OSError, BackendUnavailable: as `blocks_of` has it.
    """
    if backend is None:
        while piece := src.read(BLOCK_BYTES):
            yield piece
        return
    from aiocli.engines.source import chunks  # 6 ms, a tenth of the start-up

    async with aclosing(chunks(src, backend=backend, chunk_size=BLOCK_BYTES)) as pieces:
        async for piece in pieces:
            yield piece


def files_of(items: Iterable[Item | Run], lacks: Callable[[Listed], str]) -> list[Promised]:
    """List what to read: once for all lines of a file that follow each other.

    Args:
        items: lines.
        lacks: tells what a file cannot be checked without; empty if nothing.
    """
    files: list[Promised] = []
    for item in items:
        if isinstance(item, Run):
            files.append(Promised(item.names, (item.algorithm,), item.hexdigests))
        elif (listed := item.listed) is not None and not lacks(listed):
            algorithms = [algorithm for algorithm, _ in listed.promises]
            if files and is_shared(files[-1].names[-1], listed):
                algorithms = [*files.pop().algorithms, *algorithms]
            files.append(Promised((listed.name,), tuple(dict.fromkeys(algorithms)), ("",)))
    return files


def is_shared(name: str, listed: Listed) -> bool:
    """Tell whether a file that is read already is the one that is listed; standard input can be read but once."""
    return name == listed.name != STDIN
