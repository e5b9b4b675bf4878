"""Finds the file that somebody read before, under whatever name rotation gave it, and what was written after it.

Rotated files lie beside the file, and their names begin with its name; one that was only renamed is found by its
number under any name there. Whether a file is the one is told by the bytes in front of the mark. Younger ones follow
in the order in which they were last written to, which compression and renaming preserve.
"""

from __future__ import annotations

import os
from contextlib import aclosing
from typing import TYPE_CHECKING, NamedTuple

from aiocli.core.endpoint import Endpoint
from aiocli.engines.decompress import HEAD_BYTES, Decompression, recognise
from aiocli.engines.follow.beside import look_beside
from aiocli.engines.follow.directory import names_in, regular_files
from aiocli.engines.follow.events import Data, Lost
from aiocli.engines.follow.mark import TAIL_BYTES, Sibling
from aiocli.engines.follow.names import COMPRESSED_SUFFIXES, is_numbered
from aiocli.engines.source import chunks

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterable, Iterator

    from aiocli.engines.follow.beside import Beside
    from aiocli.engines.follow.mark import Mark


class _Rotated(NamedTuple):
    """A file that may be the one, or younger."""

    path: str
    facts: os.stat_result


async def read_rotated(
    path: str, mark: Mark, live: os.stat_result | None, before: Beside | None = None
) -> AsyncGenerator[Data | Lost]:
    """Yield what follows a mark in rotated files, in order; of one that cannot be read, that it is lost.

    Args:
        path: the name that was followed.
        mark: up to where it was told, in a file that has the name no more, or whose content is another.
        live: facts of the file that has the name now, which is not read here; None if there is none.
        before: what lay beside it just before that was opened: what has come since is younger, and not read either.
    """
    files = [file for file in _around(path) if live is None or not os.path.samestat(file.facts, live)]
    if before is not None:
        younger_than_live = look_beside(path).since(before)
        files = [file for file in files if (file.facts.st_dev, file.facts.st_ino) not in younger_than_live]
    if mark.siblings is not None:
        found = _since(path, mark, mark.siblings, files)
        is_there = live is not None and mark.is_of(live)
    else:
        found = await _from(path, mark, files)
        is_there = False  # its content is another
    if not (found or is_there):
        yield Lost(path, "the file that was read before is not there any more")
    for other, begin in found:
        try:
            async with aclosing(_read(other, begin)) as blocks:
                async for offset, block in blocks:
                    yield Data(path, offset, block, other.facts.st_dev, other.facts.st_ino)
        except OSError as error:
            why = os.strerror(error.errno) if error.errno else str(error)
            yield Lost(path, f"{os.path.basename(other.path)}: {why}")


def _since(path: str, mark: Mark, known: Iterable[Sibling], files: list[_Rotated]) -> list[tuple[_Rotated, int]]:
    """Find what was written since a file was empty: all that has come beside it, and where each begins."""
    new = [file for file in _numbered(path, files) if not mark.is_of(file.facts) and not _is_among(file, known)]
    itself = [file for file in files if mark.is_of(file.facts)]
    return [(file, 0) for file in sorted([*itself, *new], key=_age)]


async def _from(path: str, mark: Mark, files: list[_Rotated]) -> list[tuple[_Rotated, int]]:
    """Find the file of a mark and the younger ones, and where each goes on; none if that is not there."""
    for file in sorted(files, key=lambda file: (not mark.is_of(file.facts), -file.facts.st_mtime_ns)):
        if await _is_the_one(file, mark):
            younger = (other for other in _numbered(path, files) if other.facts.st_mtime_ns > file.facts.st_mtime_ns)
            return [(file, mark.offset), *((other, 0) for other in younger)]
    return []


def siblings(path: str) -> tuple[Sibling, ...]:
    """Look what rotation has put beside a file."""
    return tuple(
        Sibling(file.facts.st_dev, file.facts.st_ino, file.facts.st_mtime_ns, _head(file))
        for file in _numbered(path, _around(path))
    )


def _is_among(file: _Rotated, known: Iterable[Sibling]) -> bool:
    """Tell whether a file was there before: under its number, perhaps longer now, or renamed or compressed since."""
    facts = file.facts
    if any(sibling.mtime_ns == facts.st_mtime_ns for sibling in known):
        return True
    heads = [sibling.head for sibling in known if (sibling.device, sibling.inode) == (facts.st_dev, facts.st_ino)]
    return bool(heads) and _head(file).startswith(heads[0])


def _head(file: _Rotated) -> bytes:
    """Read the beginning; b"" if that cannot be done."""
    try:
        fd = os.open(file.path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
        try:
            return os.pread(fd, TAIL_BYTES, 0)
        finally:
            os.close(fd)
    except OSError:
        return b""


def _numbered(path: str, files: Iterable[_Rotated]) -> list[_Rotated]:
    """Choose those whose names rotation gives to a file of this name, the oldest first."""
    stem = os.path.basename(os.path.realpath(path)), os.path.basename(path)
    found = [file for file in files if is_numbered(file.path) and os.path.basename(file.path).startswith(stem)]
    return sorted(found, key=_age)


def _age(file: _Rotated) -> tuple[int, str]:
    return file.facts.st_mtime_ns, file.path


def _around(path: str) -> Iterator[_Rotated]:
    """Yield the regular files beside a file; compressed ones only where the original has gone."""
    directory, name = os.path.split(os.path.abspath(path))
    real_directory, real_name = os.path.split(os.path.realpath(path))
    for folder, stem in dict.fromkeys([(directory, name), (real_directory, real_name)]):
        names = names_in(folder)
        others = sorted(other for other in names if other != stem and not _is_half_done(other, stem, names))
        yield from (_Rotated(found, facts) for found, facts in regular_files(folder, others))


def _is_half_done(name: str, stem: str, names: list[str]) -> bool:
    """Tell whether a compressed file is still being made: log.1.gz beside log.1."""
    plain, suffix = os.path.splitext(name)
    return suffix in COMPRESSED_SUFFIXES and plain != stem and plain in names


async def _is_the_one(file: _Rotated, mark: Mark) -> bool:
    """Tell whether a file goes on where the mark is: by its number and content, or by content alone."""
    if not mark.tail:
        return mark.is_of(file.facts)
    try:
        fd = os.open(file.path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
        try:
            if mark.fits(fd):
                return True
            if recognise(os.pread(fd, HEAD_BYTES, 0)) is None:
                return False
        finally:
            os.close(fd)
        return await _tail_at(file, mark.offset, len(mark.tail)) == mark.tail
    except OSError:  # nobody can tell, or the compressed data are bad
        return False


async def _tail_at(file: _Rotated, offset: int, nbytes: int) -> bytes:
    """Read what is in front of an offset in what is compressed."""
    tail, end = b"", 0
    async with aclosing(_read(file, 0)) as blocks:
        async for start, block in blocks:
            tail = (tail + block[: offset - start])[-nbytes:]
            end = start + len(block)
            if end >= offset:
                break
    return tail if end >= offset else b""


async def _read(file: _Rotated, begin: int) -> AsyncGenerator[tuple[int, bytes]]:
    """Yield (offset, bytes) of a file's content from an offset on, decompressed where it is compressed."""
    fd = os.open(file.path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    try:
        kind = recognise(os.pread(fd, HEAD_BYTES, 0))
        src = Endpoint.of(fd, file.path)
        if kind is None:
            offset, blocks = begin, chunks(src.at(begin))
        else:
            offset, blocks = 0, Decompression(kind, chunks(src)).blocks()
        async with aclosing(blocks):
            async for block in blocks:
                skipped = min(max(begin - offset, 0), len(block))
                if skipped < len(block):
                    yield offset + skipped, block[skipped:]
                offset += len(block)
    finally:
        os.close(fd)
