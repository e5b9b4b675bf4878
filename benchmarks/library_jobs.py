"""The jobs of bench_library: which library does what, how much of it, and what ratio is wanted."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

from benchmarks.library_bodies import (
    Body,
    iterate_chunks,
    iterate_line_reader,
    iterate_lines,
    read_at_random,
    read_beside_ticker,
    read_long_lines,
    read_small_files,
    seek_and_read,
    write_at_random,
)
from benchmarks.record import Sample

KIB = 1 << 10

Measure = Literal["wall", "CPU", "one core", "stall", "growth"]


@dataclass(frozen=True)
class Contender:
    """A library, by the name of its module, and what is done with it."""

    library: str
    body: Body


@dataclass(frozen=True)
class Job:
    """One question.

    Attributes:
        name: on the command line and in the names of files.
        unit: of what is done, for rates.
        ours: this package.
        peer: what it is compared with; it may do less where it is slow, as rates are compared.
        wanted: what is measured, and how many times as good as the peer that has to be; ANY if nothing was agreed.
            Where both CPU and one core are wanted, one of them will do. Growth is that of ours alone: at most that
            factor in time for a line twice as long.
    """

    name: str
    unit: str
    ours: Contender
    peer: Contender
    wanted: dict[Measure, float]


ANY = 0.0
NOTHING_AGREED: dict[Measure, float] = {"wall": ANY, "CPU": ANY}


def by(library: str, body: Callable[..., Coroutine[Any, Any, Sample]], **options: Any) -> Contender:
    """Make a contender of a body with its options."""
    return Contender(library, partial(body, **options))


def alike(
    name: str,
    unit: str,
    wanted: dict[Measure, float],
    body: Callable[..., Coroutine[Any, Any, Sample]],
    *,
    peer: str = "aiofile",
    **options: Any,
) -> Job:
    """Make a job that both do with the same calls and as much of it."""
    ours = "aiocli" if peer == "aiofile" else f"aiocli.{peer}"
    return Job(name, unit, by(ours, body, **options), by(peer, body, **options), wanted)


READ_4K = partial(read_at_random, nbytes=4 * KIB, part=1)
READ_64K = partial(read_at_random, nbytes=64 * KIB, part=4)
FEW_LINES = partial(iterate_lines, opener="open", part=1 / 100)

JOBS = (
    alike("read-4k", "reads", {"wall": 1.8, "CPU": 3, "one core": 3}, READ_4K, at_once=64),
    alike("read-64k", "reads", {"wall": 1, "CPU": 1.7, "one core": 1.7}, READ_64K, at_once=64),
    Job(
        "read-4k-aiofiles",
        "reads",
        by("aiocli", READ_4K, at_once=64),
        by("aiofiles", seek_and_read, nbytes=4 * KIB, part=1 / 32),
        {"wall": 20, "CPU": ANY},
    ),
    Job(
        "read-4k-one-aiofiles",
        "reads",
        by("aiocli", READ_4K, at_once=1),
        by("aiofiles", seek_and_read, nbytes=4 * KIB, part=1 / 32),
        NOTHING_AGREED,
    ),
    Job(
        "read-64k-aiofiles",
        "reads",
        by("aiocli", READ_64K, at_once=64),
        by("aiofiles", seek_and_read, nbytes=64 * KIB, part=1 / 2),
        NOTHING_AGREED,
    ),
    alike(
        "read-4k-cold",
        "reads",
        {"wall": 0.95, "CPU": ANY, "one core": ANY},
        read_at_random,
        nbytes=4 * KIB,
        part=1 / 16,
        at_once=32,
        is_cached=False,
    ),
    alike("lines-bytes", "lines", {"wall": 3, "CPU": ANY}, iterate_lines, mode="rb"),
    alike("lines-text", "lines", {"wall": 2.5, "CPU": ANY}, iterate_lines, mode="r"),
    alike("reader-bytes", "lines", {"wall": 3, "CPU": ANY}, iterate_line_reader, mode="rb"),
    alike("reader-text", "lines", {"wall": 2.5, "CPU": ANY}, iterate_line_reader, mode="r"),
    Job(
        "lines-bytes-aiofiles",
        "lines",
        by("aiocli", iterate_lines, mode="rb"),
        by("aiofiles", FEW_LINES, mode="rb"),
        {"wall": 100, "CPU": ANY},
    ),
    Job(
        "lines-text-aiofiles",
        "lines",
        by("aiocli", iterate_lines, mode="r"),
        by("aiofiles", FEW_LINES, mode="r"),
        {"wall": 100, "CPU": ANY},
    ),
    alike("iter-chunked", "MiB", {"wall": 1.2, "CPU": ANY}, iterate_chunks, chunk_size=256 * KIB),
    alike("small-files", "files", {"wall": 8, "CPU": ANY, "one core": ANY}, read_small_files, at_once=16),
    Job(
        "small-files-aiofiles",
        "files",
        by("aiocli", read_small_files, at_once=16),
        by("aiofiles", read_small_files, at_once=16, opener="open"),
        {"wall": 8, "CPU": ANY, "one core": ANY},
    ),
    alike(
        "write-4k", "writes", {"wall": 1.4, "CPU": ANY, "one core": ANY}, write_at_random, nbytes=4 * KIB, at_once=64
    ),
    alike("stall", "MiB", {"wall": ANY, "CPU": ANY, "stall": 3}, read_beside_ticker),
    Job(
        "long-line",
        "KiB",
        by("aiocli", read_long_lines, part=1 / 256),
        by("aiofile", read_long_lines, part=1 / 1024),
        {"growth": 2.5},
    ),
    alike("drop-in-small-files", "files", NOTHING_AGREED, read_small_files, peer="aiofiles", at_once=16, opener="open"),
    Job(
        "drop-in-lines-bytes",
        "lines",
        by("aiocli.aiofiles", iterate_lines, opener="open", mode="rb"),
        by("aiofiles", FEW_LINES, mode="rb"),
        NOTHING_AGREED,
    ),
    Job(
        "drop-in-lines-text",
        "lines",
        by("aiocli.aiofiles", iterate_lines, opener="open", mode="r"),
        by("aiofiles", FEW_LINES, mode="r"),
        NOTHING_AGREED,
    ),
)
