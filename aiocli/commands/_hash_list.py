"""aio hash --list: the algorithms, how fast each is here and now, and what is missing."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, NamedTuple

from aiocli.engines.hash.algorithms import ALGORITHMS, FAMILIES, Algorithm, Hasher, MissingPackage
from aiocli.ui.output import print_text
from aiocli.ui.report import STDOUT_FD

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from aiocli.ui.report import Report

MEASURE_S = 0.01
"""For one algorithm: dozens of updates of most of them, and the whole list within half a second."""

LEAST_UPDATES = 3
"""Of the slowest, which take longer than that: one of them may be held up."""

UPDATE_BYTES = 64 * 1024
"""At a time: it stays in the cache, the call itself hardly shows, and even the slowest sum has several turns."""

JSON_VERSION = 1
"""As of all JSON of aio."""


class Row(NamedTuple):
    """One algorithm; the fields are the keys of the JSON.

    Attributes:
        name: as -a takes it.
        bits: of its digest; the usual number where there are several.
        tag: what its lines begin with.
        gigabytes_per_second: of one core, as measured; None if it cannot run.
        needs: what is missing, and how to get it; None if nothing.
        lengths: the bits that -l takes, for people; None if there is no choice.
    """

    name: str
    bits: int
    tag: str
    gigabytes_per_second: float | None
    needs: str | None
    lengths: str | None


def print_list(report: Report, is_plain: bool, is_json: bool = False) -> None:
    """Print all algorithms: as a table on a terminal, otherwise with tabs between the fields.

    Args:
        report: told below the table what is missing; elsewhere that is a field.
        is_plain: tabs on a terminal, too.
        is_json: one object a line.

    Raises:
        OutputError: standard output is full, closed or gone.
    """
    rows = map(_row, ALGORITHMS.values())
    if is_json:
        _print_json(rows)
    elif is_plain or not os.isatty(STDOUT_FD):
        for row in rows:
            print_text("\t".join(("" if field is None else _text(field)) for field in row) + "\n")
    else:
        _print_table(list(rows), report)


def _row(algorithm: Algorithm) -> Row:
    """Look at an algorithm and measure it."""
    speed = needs = None
    try:
        hasher = algorithm.new()
    except MissingPackage as error:
        needs = str(error)
    else:
        speed = _measure(hasher)
    family = FAMILIES.get(algorithm.name)
    lengths = family.lengths_text if family else None
    return Row(algorithm.name, algorithm.digest_size * 8, algorithm.tag, speed, needs, lengths)


def _measure(hasher: Hasher) -> float:
    """Return GB/s of the fastest of a few updates: whatever else runs on the machine only makes them slower."""
    data = bytes(range(256)) * (UPDATE_BYTES // 256)
    hasher.update(data)  # tables are made, caches filled
    fastest = float("inf")
    begun = ended = time.perf_counter()
    count = 0
    while ended - begun < MEASURE_S or count < LEAST_UPDATES:
        before = time.perf_counter()
        hasher.update(data)
        ended = time.perf_counter()
        fastest = min(fastest, ended - before)
        count += 1
    return round(UPDATE_BYTES / fastest / 1e9, 3)


def _text(field: str | float) -> str:
    return f"{field:.3f}" if isinstance(field, float) else str(field)


def _print_json(rows: Iterable[Row]) -> None:
    import json

    for row in rows:
        print_text(json.dumps({"v": JSON_VERSION, "event": "algorithm", **row._asdict()}) + "\n")


def _print_table(rows: list[Row], report: Report) -> None:
    lines = [("ALGORITHM", "BITS", "TAG", "GB/s", "LENGTHS WITH -l"), *map(_cells, rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    print_text("".join(f"{line}\n" for line in _aligned(lines, widths)))
    for row in rows:
        if row.needs:
            report.note(row.needs)


def _cells(row: Row) -> tuple[str, ...]:
    speed = "missing" if row.gigabytes_per_second is None else _text(row.gigabytes_per_second)
    return row.name, str(row.bits), row.tag, speed, row.lengths or ""


def _aligned(lines: list[tuple[str, ...]], widths: list[int]) -> Iterator[str]:
    """Yield lines whose numbers end, and whose texts begin, in the same columns."""
    for line in lines:
        name, bits, tag, speed, lengths = (
            cell.rjust(width) if column in (1, 3) else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        )
        yield f"{name}  {bits}  {tag}  {speed}  {lengths}".rstrip()
