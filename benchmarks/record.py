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


@dataclass(frozen=True)
class Run:
    """One run: seconds on the clock, seconds of CPU of the contender alone, peak memory in bytes."""

    wall_s: float
    cpu_s: float
    max_rss_bytes: int


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


def save_summary(question: str, cells: Sequence[str]) -> None:
    """Write a question's line to summary.md, in place of an earlier one of today."""
    path = folder() / "summary.md"
    lines = path.read_text().splitlines() if path.exists() else _heading()
    start = f"| {question} |"
    lines = [line for line in lines if not line.startswith(start)]
    path.write_text("\n".join([*lines, f"{start} {' | '.join(cells)} |"]) + "\n")


def _heading() -> list[str]:
    kernel = ".".join(platform.release().split(".")[:2])
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return [
        f"{machine()}, {platform.system()} {kernel}, {python}",
        "",
        f"| {' | '.join(COLUMNS)} |",
        f"|{' --- |' * len(COLUMNS)}",
    ]
