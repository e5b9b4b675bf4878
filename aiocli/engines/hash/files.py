"""Digests of many files, in the order in which they are asked for.

Opens what it reads, unlike `digest`, which takes an open end.
"""

from __future__ import annotations

import os
import stat
from contextlib import closing
from itertools import chain, repeat, tee
from operator import attrgetter
from typing import TYPE_CHECKING, cast

from aiocli.core.events import Waiting
from aiocli.core.processors import count_processors
from aiocli.engines.hash.ahead import Ahead
from aiocli.engines.hash.opened import NotOpened, OpenFile
from aiocli.engines.hash.unit import SMALL_BYTES
from aiocli.engines.hash.wanted import STDIN, Hashed, HashRules, Lines, Promised, Step, Wanted

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterable, Sequence
    from concurrent.futures import Executor

    from aiocli.core.events import OnBytes, OnEvent
    from aiocli.engines.hash.lists.writing import LineForm

__all__ = [
    "STDIN",
    "HashRules",
    "Hashed",
    "Lines",
    "Promised",
    "Step",
    "Wanted",
    "check_files",
    "digest_files",
    "digest_lines",
    "wants_pool",
]

POOL_S = 0.04
"""So long must one process need for small files to be worth a pool, which takes 20 ms to import, fork and end."""

_FILE_S = 15e-6
_BYTE_S = 1 / 1.5e9
"""What a small file takes, and each of its bytes: of those of usual sizes, about the same with any algorithm."""


def wants_pool(names: Sequence[str]) -> bool:
    """Tell whether files are worth the fork of a pool of processes.

    Args:
        names: all, or as many as are known; a directory among them stands for many. Large files do not count, as
            threads hash them.
    """
    if count_processors() < 2:
        return False
    seconds = 0.0
    for name in names:
        try:
            facts = os.stat(name)
        except (OSError, ValueError):
            continue
        if stat.S_ISDIR(facts.st_mode):
            return True
        if stat.S_ISREG(facts.st_mode) and facts.st_size <= SMALL_BYTES:
            seconds += _FILE_S + facts.st_size * _BYTE_S
            if seconds >= POOL_S:
                return True
    return False


def digest_files(
    wanted: Iterable[Wanted],
    rules: HashRules,
    pool: Executor | None = None,
    on_event: OnEvent | None = None,
    on_bytes: OnBytes | None = None,
) -> AsyncGenerator[Hashed]:
    """Yield what became of each file, in order, each as soon as it and all before it are done.

    Without a named backend it never suspends, so that no event loop is needed.

    Args:
        wanted: taken from step by step, only so far ahead as keeps all processors busy.
        rules: how to read.
        pool: of processes, for small files; None has this one read them.
        on_event: told of files: Progress counts those that are done, File begins one that nothing else is done
            beside, Digesting tells how far the algorithms are in it.
        on_bytes: told of bytes of files that were taken in, from the caller's thread; with several algorithms, of as
            many as they have had on average.

    Raises:
        BackendUnavailable: the named backend does not work here.
        MissingPackage: an algorithm needs one that is not installed.
        KeyError: there is no such algorithm.

    Cancellation:
        Whoever does not read it to its end closes it (contextlib.aclosing), which waits for threads to stop.
    """
    for_names, for_algorithms = tee(wanted)
    names = map(attrgetter("name"), for_names)
    algorithms = map(attrgetter("algorithms"), for_algorithms)
    results = _digest(names, algorithms, rules, pool, on_event, on_bytes)
    return cast("AsyncGenerator[Hashed]", results)  # lines come only where they are asked for


def digest_lines(
    names: Iterable[str],
    algorithms: tuple[str, ...],
    rules: HashRules,
    forms: tuple[LineForm, ...],
    pool: Executor | None = None,
    on_event: OnEvent | None = None,
    on_bytes: OnBytes | None = None,
) -> AsyncGenerator[Hashed | Lines]:
    """Yield as `digest_files` does, but with small files' digests as lines, made by whoever has hashed them.

    So the caller has little to do for each of many files.

    Args:
        names: of the files; "-" is standard input.
        algorithms: names, for all of them.
        rules: see there.
        forms: of the lines of each file, one for each algorithm; without any this is `digest_files`.
        pool: see there, like the others and what is said of errors and cancellation.
        on_event: see there.
        on_bytes: see there.
    """
    return _digest(names, repeat(algorithms), rules, pool, on_event, on_bytes, forms)


def check_files(
    promised: Sequence[Promised],
    rules: HashRules,
    kept_end: str,
    pool: Executor | None = None,
    on_event: OnEvent | None = None,
    on_bytes: OnBytes | None = None,
) -> AsyncGenerator[Hashed | Lines]:
    """Yield as `digest_files` does, but of small files that have the digests promised lines, made by who hashed them.

    The pool begins before anybody waits for results. Of such a file its digests may come all the same.

    Args:
        promised: all files, in order.
        rules: see there.
        kept_end: of the lines, behind the file's name as it is; empty has none made, but the files counted.
        pool: see there, like the others and what is said of errors and cancellation.
        on_event: see there.
        on_bytes: see there.
    """
    names = chain.from_iterable(files.names for files in promised)
    algorithms = chain.from_iterable(repeat(files.algorithms, len(files.names)) for files in promised)
    hexdigests = chain.from_iterable(files.hexdigests for files in promised)
    if rules.backend is not None:
        return _digest_each(map(Wanted, names, algorithms), rules, on_event, on_bytes)
    ahead = Ahead(names, algorithms, rules, pool, on_event, on_bytes, promised=hexdigests, kept_end=kept_end)
    ahead.begin(sum(len(files.names) for files in promised))
    return _digest_ahead(ahead, rules, on_event, on_bytes)


def _digest(
    names: Iterable[str],
    algorithms: Iterable[tuple[str, ...]],
    rules: HashRules,
    pool: Executor | None,
    on_event: OnEvent | None,
    on_bytes: OnBytes | None,
    forms: tuple[LineForm, ...] = (),
) -> AsyncGenerator[Hashed | Lines]:
    if rules.backend is not None:
        return _digest_each(map(Wanted, names, algorithms), rules, on_event, on_bytes)
    ahead = Ahead(names, algorithms, rules, pool, on_event, on_bytes, forms)
    return _digest_ahead(ahead, rules, on_event, on_bytes)


async def _digest_each(
    wanted: Iterable[Wanted], rules: HashRules, on_event: OnEvent | None, on_bytes: OnBytes | None
) -> AsyncGenerator[Hashed | Lines]:
    for want in wanted:
        yield await _digest_one(want, rules, on_event, on_bytes)


async def _digest_ahead(
    ahead: Ahead, rules: HashRules, on_event: OnEvent | None, on_bytes: OnBytes | None
) -> AsyncGenerator[Hashed | Lines]:
    with closing(ahead):
        for result in ahead.results():
            if isinstance(result, Wanted):
                yield await _digest_one(result, rules, on_event, on_bytes)
            else:
                yield result


async def _digest_one(want: Wanted, rules: HashRules, on_event: OnEvent | None, on_bytes: OnBytes | None) -> Hashed:
    if on_event is not None:
        on_event(Waiting())  # opening a FIFO may take long, too
    try:
        opened = OpenFile(want, rules, on_event, on_bytes)
    except NotOpened as failure:
        return failure.hashed
    with closing(opened):
        return await opened.digest()
