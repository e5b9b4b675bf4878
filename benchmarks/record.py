"""Keeps raw figures and one line a question under benchmarks/runs/DATE-MACHINE/."""

import csv
import dataclasses
import datetime
import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

RUNS = Path(__file__).parent / "runs"
COLUMNS = ("question", "ours", "peer", "ours/peer wall (min-max)", "net of start-up", "CPU", "conditions")
LIBRARY_COLUMNS = ("question", "ours", "peer", "times as good (min-max)", "wanted", "conditions")


@dataclass(frozen=True)
class Run:
    """One run: seconds on the clock, seconds of CPU of the contender alone, peak memory in bytes."""

    wall_s: float
    cpu_s: float
    max_rss_bytes: int


@dataclass(frozen=True)
class Sample:
    """One run of a job of the library.

    Attributes:
        units: how much was done, in the job's unit.
        wall_s: seconds on the clock.
        cpu_s: seconds of CPU of the process with all its threads, the kernel's for io_uring among them.
        parts_s: further seconds; the job says which.
    """

    units: int
    wall_s: float
    cpu_s: float
    parts_s: tuple[float, ...] = ()


def folder() -> Path:
    """Make today's folder; it names the kind of machine, never which one."""
    path = RUNS / f"{datetime.date.today().isoformat()}-{machine()}"
    path.mkdir(parents=True, exist_ok=True)
    return path


def machine() -> str:
    """Name the kind of machine, as in "x86_64-2cpu": the processors that this process may use."""
    return f"{platform.machine()}-{len(os.sched_getaffinity(0))}cpu"


def save_figures(question: str, runs: Sequence[tuple[str, str, Run]]) -> None:
    """Write each run, with contender and role, to QUESTION.csv, in place of an earlier one of today."""
    with (folder() / f"{question}.csv").open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["contender", "role", "wall_s", "cpu_s", "max_rss_bytes"])
        for name, role, run in runs:
            wall_s, cpu_s, max_rss_bytes = dataclasses.astuple(run)
            writer.writerow([name, role, f"{wall_s:.6f}", f"{cpu_s:.6f}", max_rss_bytes])


def save_samples(question: str, samples: Sequence[tuple[str, str, int, Sample]]) -> None:
    """Write each run of a job of the library, with contender, role and processors, to QUESTION.csv, as above."""
    with (folder() / f"{question}.csv").open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["contender", "role", "processors", "units", "wall_s", "cpu_s", "parts_s"])
        for name, role, processors, sample in samples:
            parts_s = " ".join(f"{part_s:.6f}" for part_s in sample.parts_s)
            figures = (f"{sample.wall_s:.6f}", f"{sample.cpu_s:.6f}", parts_s)
            writer.writerow([name, role, processors, sample.units, *figures])


def save_summary(question: str, cells: Sequence[str]) -> None:
    """Write a question's line to summary.md, in place of an earlier one of today."""
    _save_line("summary.md", COLUMNS, question, cells)


def save_library_summary(question: str, cells: Sequence[str]) -> None:
    """Write a line to library.md, in place of an earlier one of today; there, above 1 is better."""
    _save_line("library.md", LIBRARY_COLUMNS, question, cells)


def _save_line(name: str, columns: Sequence[str], question: str, cells: Sequence[str]) -> None:
    path = folder() / name
    lines = path.read_text().splitlines() if path.exists() else _heading(columns)
    start = f"| {question} |"
    lines = [line for line in lines if not line.startswith(start)]
    path.write_text("\n".join([*lines, f"{start} {' | '.join(cells)} |"]) + "\n")


def _heading(columns: Sequence[str]) -> list[str]:
    kernel = ".".join(platform.release().split(".")[:2])
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return [
        f"{machine()}, {platform.system()} {kernel}, {python}",
        "",
        f"| {' | '.join(columns)} |",
        f"|{' --- |' * len(columns)}",
    ]
