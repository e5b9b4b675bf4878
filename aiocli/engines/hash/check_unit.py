"""A work unit of small files that should have certain digests: those that have are answered together.

Of such a file one look is enough, while `hash_unit` takes another one behind it: what has the digest that was promised
is what was promised, whatever the file is by now. All others are left to `hash_unit`.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, NamedTuple

from aiocli.engines.hash.unit import UNIT_S, Reader, Unit, hash_unit, makers_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aiocli.engines.hash.algorithms import Hasher
    from aiocli.engines.hash.unit import Answer


class Check(NamedTuple):
    """Files to hash and to compare.

    Attributes:
        unit: they, without forms; nothing is said of the page cache.
        promised: what the first algorithm should make of each, in lower-case hexadecimal; empty compares nothing.
        kept_end: what follows the names of those that are so, in lines about them; empty makes no lines.
    """

    unit: Unit
    promised: Sequence[str]
    kept_end: str


def check_unit(check: Check) -> list[Answer]:
    """Hash what is simple of these files, and compare: a work unit for any executor.

    Returns:
        As `hash_unit`; lines, perhaps none, of files that are as promised, the digests of others.

    Raises:
        MissingPackage: an algorithm needs one that is not installed.
        KeyError: there is no such algorithm.
    """
    unit, end = check.unit, check.kept_end
    until = time.monotonic() + UNIT_S
    read = Reader(unit).read_once
    answers: list[Answer] = []
    kept: list[str] = []
    nbytes = 0

    def answer_kept() -> None:
        nonlocal nbytes
        if kept:
            answers.append((len(kept), nbytes, end.join((*kept, "")) if end else ""))
            kept.clear()
            nbytes = 0

    for name, algorithms, promised in zip(unit.names, unit.algorithms, check.promised, strict=True):
        data = read(name) if promised else None
        if data is not None and _digits(makers_of(algorithms)[0](), data) == promised:
            kept.append(name)
            nbytes += len(data)
        else:
            answer_kept()
            answers += hash_unit(unit._replace(names=(name,), algorithms=(algorithms,)))
        if time.monotonic() > until:
            break
    answer_kept()
    return answers


def _digits(hasher: Hasher, data: memoryview) -> str:
    hasher.update(data)
    return hasher.digest().hex()
