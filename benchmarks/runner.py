"""Runs two contenders by turns and reports the ratios of the pairs; the questions are in bench_*.py.

Time on a shared machine drifts, the ratio of two runs next to each other much less: so the result is the median of
the ratios of the pairs, and never the ratio of two times taken apart.

Peak memory: the kernel counts what a process was before exec, too, here a copy of this one. A peak at or below this
process's own is therefore unknown and shown as "<17.0".
"""

import argparse
import importlib.metadata
import os
import platform
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Literal

from benchmarks import inputs, record
from benchmarks.record import Run

MIB = 1 << 20
LOAD_LIMIT = 1.5
READER_BYTES = 128 << 10  # what GNU cat reads at once
# What would change the contenders behind our back.
HIDDEN_VARIABLES = ("AIO_BACKEND", "AIO_DISABLE", "CAIO_IMPL")
AIO = str(Path(sys.executable).with_name("aio"))

Command = Sequence[str | Path] | Callable[[], object]
Measure = Literal["wall_s", "cpu_s"]


class Failed(SystemExit):
    """A contender did not end with status 0; ends the script with that line, unless caught."""


@dataclass(frozen=True)
class Contender:
    """What is measured.

    Attributes:
        name: as shown, with the version.
        command: argument list, the program by its full path; or a function, run in a child process of its own.
        prepare: run before each round, not timed.
        startup: a command that does nothing but start; its median time is taken off for the net figures.
        piped: whether standard output is a pipe that another process empties, instead of /dev/null.
    """

    name: str
    command: Command
    prepare: Callable[[], object] | None = None
    startup: Sequence[str | Path] | None = None
    piped: bool = False


@dataclass(frozen=True)
class Options:
    """What the command line says; sizes in bytes."""

    pairs: int
    size: int
    is_default_size: bool
    folder: Path
    is_forced: bool


@dataclass(frozen=True)
class Ratio:
    """The median, least and greatest ratio ours/peer of all pairs."""

    median: float
    least: float
    greatest: float

    def __str__(self) -> str:
        return f"{self.median:.3f} ({self.least:.3f}-{self.greatest:.3f})"


# --- contenders ---------------------------------------------------------------------------------------------


def aio(*arguments: str | Path, prepare: Callable[[], object] | None = None, piped: bool = False) -> Contender:
    """Make the contender `aio ARGUMENTS`, the one installed beside this interpreter."""
    version = importlib.metadata.version("aio-fileutils")
    return Contender(f"aio {arguments[0]} {version}", [AIO, *arguments], prepare, [AIO, "--version"], piped)


def installed(
    program: str, *arguments: str | Path, prepare: Callable[[], object] | None = None, piped: bool = False
) -> Contender | None:
    """Make the contender `program ARGUMENTS`, named by its own --version; None if it is not installed."""
    path = shutil.which(program)
    if path is None:
        return None
    lines = subprocess.run([path, "--version"], capture_output=True, text=True, check=False).stdout.splitlines()
    name = lines[0] if lines else f"{program} (version unknown)"
    return Contender(name, [path, *arguments], prepare, [path, "--version"], piped)


def gnu(
    program: str, *arguments: str | Path, prepare: Callable[[], object] | None = None, piped: bool = False
) -> Contender:
    """Make the contender GNU `program`: from the folder in AIO_GNU_BIN, else the installed one.

    Raises:
        SystemExit: there is none.
    """
    path = shutil.which(program, path=os.environ.get("AIO_GNU_BIN") or None)
    found = installed(path, *arguments, prepare=prepare, piped=piped) if path else None
    if found is None:
        raise SystemExit(f"{program}: not found; AIO_GNU_BIN may name the folder that holds it")
    return found


def import_click(*, piped: bool = False) -> Contender:
    """Make the contender that only starts Python and imports click, by this same interpreter."""
    name = f"import click {importlib.metadata.version('click')}, Python {platform.python_version()}"
    return Contender(name, [sys.executable, "-c", "import click"], piped=piped)


# --- measuring ----------------------------------------------------------------------------------------------


def measure(contender: Contender) -> Run:
    """Prepare and run a contender once.

    With a pipe the clock stops when its reader has all the data; the reader's CPU time is not counted.

    Raises:
        Failed: it ended with another status than 0; what it said is on standard error.
    """
    if contender.prepare:
        contender.prepare()
    reader, output = _start_reader() if contender.piped else (None, os.open(os.devnull, os.O_WRONLY))
    start = time.perf_counter()
    pid = _start(contender.command, output)
    os.close(output)
    _, status, usage = os.wait4(pid, 0)
    if reader is not None:
        os.waitpid(reader, 0)
    wall_s = time.perf_counter() - start
    if status:
        raise Failed(f"{contender.name}: {_describe(status)}")
    return Run(wall_s, usage.ru_utime + usage.ru_stime, usage.ru_maxrss << 10)


def _start(command: Command, output: int) -> int:
    """Start a command with standard input from /dev/null; return its process id."""
    if callable(command):
        return _fork(command, output)
    arguments = [os.fspath(argument) for argument in command]
    environ = {name: value for name, value in os.environ.items() if name not in HIDDEN_VARIABLES}
    actions = [(os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0), (os.POSIX_SPAWN_DUP2, output, 1)]
    # Python ignores SIGPIPE and SIGXFSZ; a shell would start the program with neither ignored.
    defaults = (signal.SIGPIPE, signal.SIGXFSZ)
    return os.posix_spawn(arguments[0], arguments, environ, file_actions=actions, setsigdef=defaults)


def _start_reader() -> tuple[int, int]:
    """Start a process that reads a pipe to its end; return its id and the end to write to.

    It does what `cat >/dev/null` does, without being one of the contenders.
    """
    source, output = os.pipe()

    def read_all() -> None:
        os.close(output)
        buffer = bytearray(READER_BYTES)
        while os.readv(source, [buffer]):
            pass

    pid = _fork(read_all, None)
    os.close(source)
    return pid, output


def _fork(function: Callable[[], object], output: int | None) -> int:
    """Run a function in a child process, its standard output going to a descriptor if one is given."""
    sys.stdout.flush()
    pid = os.fork()
    if pid:
        return pid
    status = 1
    try:
        if output is not None:
            os.dup2(output, 1)
        function()
        sys.stdout.flush()
        status = 0
    except BaseException as error:
        sys.stderr.write(f"{type(error).__name__}: {error}\n")
        sys.stderr.flush()
    finally:
        os._exit(status)


def _describe(status: int) -> str:
    code = os.waitstatus_to_exitcode(status)
    return f"exit status {code}" if code >= 0 else f"killed by {signal.Signals(-code).name}"


# --- comparing ----------------------------------------------------------------------------------------------


def compare(
    question: str, ours: Contender, peer: Contender, options: Options, conditions: str, *, has_net: bool = True
) -> None:
    """Run two contenders by turns, print a table and keep the raw figures.

    One round to warm up, then `options.pairs` rounds that count. Each round runs what the net figures need first
    (the start-ups), then ours and the peer, one directly after the other.

    Args:
        question: names the file with the figures.
        conditions: size and place of the data, for the table's title.
        has_net: whether figures net of start-up are of use; not where start-up is nearly all there is.

    Raises:
        Failed: a contender failed; nothing is kept.
    """
    sides = {"ours": ours, "peer": peer}
    contenders = {
        f"{side} start-up": Contender(f"{contender.name}, start-up", contender.startup)
        for side, contender in sides.items()
        if has_net and contender.startup
    } | sides
    load = os.getloadavg()[0]
    runs: dict[str, list[Run]] = {role: [] for role in contenders}
    for number in range(options.pairs + 1):
        for role, contender in contenders.items():
            run = measure(contender)
            if number:  # the first round warms up
                runs[role].append(run)
    conditions = f"{conditions}, pairs: {options.pairs}, load {load:.2f}{' (forced)' if options.is_forced else ''}"
    wall = _ratio(runs, "wall_s")
    net = _net_ratio(runs)
    cpu = _ratio(runs, "cpu_s")
    rows = [["", "wall s", "net s", "CPU s", "max RSS MiB"]]
    for side, contender in sides.items():
        walls = [run.wall_s for run in runs[side]]
        starts = [run.wall_s for run in runs.get(f"{side} start-up", [])]
        rows.append(
            [
                contender.name,
                f"{median(walls):.4f}",
                f"{median(walls) - median(starts):.4f}" if starts else "-",
                f"{median(run.cpu_s for run in runs[side]):.4f}",
                show_mib(max(run.max_rss_bytes for run in runs[side])),
            ]
        )
    rows.append(["ours/peer, pair by pair", str(wall), str(net or "-"), str(cpu), ""])
    print(f"\n{question}: {conditions}")
    print_table(rows)
    question = name_of(question, options)
    record.save_figures(question, [(contenders[role].name, role, run) for role in contenders for run in runs[role]])
    record.save_summary(question, [ours.name, peer.name, str(wall), str(net or "-"), str(cpu), conditions])


def name_of(question: str, options: Options) -> str:
    """Name the files of a question so that a trial with a small size does not replace the real figures."""
    return question if options.is_default_size else f"{question}-{show_size(options.size)}"


def _ratio(runs: dict[str, list[Run]], measure: Measure) -> Ratio:
    pairs = zip(runs["ours"], runs["peer"], strict=True)
    # CPU time may be 0 for a peer that ends within the clock's step.
    return _spread([getattr(ours, measure) / max(getattr(peer, measure), 1e-6) for ours, peer in pairs])


def _net_ratio(runs: dict[str, list[Run]]) -> Ratio | None:
    """Take the start-ups off both sides; None where one has no start-up or nothing would be left of it."""
    if not (runs.get("ours start-up") and runs.get("peer start-up")):
        return None
    ours_s = median(run.wall_s for run in runs["ours start-up"])
    peer_s = median(run.wall_s for run in runs["peer start-up"])
    pairs = [(a.wall_s - ours_s, b.wall_s - peer_s) for a, b in zip(runs["ours"], runs["peer"], strict=True)]
    if min(map(min, pairs)) <= 0:
        return None
    return _spread([ours / peer for ours, peer in pairs])


def _spread(ratios: list[float]) -> Ratio:
    return Ratio(median(ratios), min(ratios), max(ratios))


# --- command line and tables --------------------------------------------------------------------------------


def parse_options(description: str | None, *, folder: Path, size: str = "1G", pairs: int = 7) -> Options:
    """Read the command line, and refuse to run on a busy machine.

    Args:
        description: the script's docstring, for --help.
        folder: where its files go unless --folder says otherwise.
        size: bytes of its file unless --size says otherwise.
        pairs: rounds that count unless --pairs says otherwise.

    Raises:
        SystemExit: wrong usage, or the load average of the last minute is too high.
    """
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=pairs, metavar="N", help="rounds (%(default)s)")
    parser.add_argument("--size", type=parse_size, default=parse_size(size), metavar="SIZE", help=f"file size ({size})")
    parser.add_argument("--folder", type=Path, default=folder, help="where the files go (%(default)s)")
    parser.add_argument("--force", action="store_true", help="run on a busy machine, too")
    given = parser.parse_args()
    if given.pairs < 1 or given.size < 1:
        parser.error("--pairs and --size must be at least 1")
    load = os.getloadavg()[0]
    if load > LOAD_LIMIT and not given.force:
        raise SystemExit(
            f"{parser.prog}: the load average is {load:.2f}, more than {LOAD_LIMIT}: "
            "the figures would mean little. Wait, or use --force."
        )
    return Options(given.pairs, given.size, given.size == parse_size(size), given.folder.resolve(), load > LOAD_LIMIT)


def parse_size(text: str) -> int:
    """Read a size such as 512, 64K, 16M or 1G.

    Raises:
        ValueError: it is not one.
    """
    power = " KMG".find(text[-1:])
    return int(text[:-1]) << 10 * power if power > 0 else int(text)


def show_size(nbytes: int) -> str:
    """Write a size the way `parse_size` reads it."""
    for power, unit in ((30, "G"), (20, "M"), (10, "K")):
        if nbytes % (1 << power) == 0:
            return f"{nbytes >> power}{unit}"
    return str(nbytes)


def show_mib(max_rss_bytes: int) -> str:
    """Write peak memory in MiB; with "<" when it cannot be told from this process's own (see above)."""
    own_bytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10
    return f"<{own_bytes / MIB:.1f}" if max_rss_bytes <= own_bytes else f"{max_rss_bytes / MIB:.1f}"


def print_table(rows: list[list[str]]) -> None:
    """Print rows in columns, the first column to the left, the others to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for first, *others in rows:
        cells = [
            first.ljust(widths[0]),
            *(cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True)),
        ]
        print("  ".join(cells).rstrip())


def describe_place(options: Options) -> str:
    """Say how large the data is and on which file system."""
    return f"{show_size(options.size)} on {inputs.file_system(options.folder)}"
