"""Asks: how fast is the library, against aiofile and aiofiles?

Fair: both contenders of a pair run in one process, one after the other, each in an event loop of its own, on the same
files and random offsets, and with their defaults but for the sizes that the job names. aiofile lets a kernel thread
poll (io_uring's SQPOLL), which on an idle machine gives it a second processor for nothing: so CPU time is compared,
too, with that thread's in it, and for "one core" the whole process is bound to one processor. No run begins before
the polling thread of the run before is gone. aiofiles has one cursor a file and so takes one read at a time.

Above 1 ours is better: more done in a second of the clock or of CPU time, or a shorter stall of the event loop. Of
long lines there is only the factor in time for a line twice as long: 2 is linear, 4 quadratic. Ends with status 1 if
a job fails or is below what is wanted.

Besides the options below, --job NAME runs only that job (may be given again) and --list shows the names. All sizes go
with --size: 1G means random reads and one great read in 256 MiB, chunks of 1 GiB, 1.5 million lines, 4096 small files,
32768 writes, lines of 4 to 16 MiB (1 to 4 for aiofile). The peers: pip install aiofile==3.12.3 aiofiles==25.1.0
"""

import argparse
import asyncio
import dataclasses
import gc
import importlib
import importlib.metadata
import importlib.util
import multiprocessing
import os
import sys
import time
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median
from typing import NamedTuple

from benchmarks import record
from benchmarks.inputs import default_folder, scratch
from benchmarks.library_bodies import Data
from benchmarks.library_jobs import ANY, JOBS, Contender, Job, Measure
from benchmarks.record import Sample
from benchmarks.runner import (
    HIDDEN_VARIABLES,
    MIB,
    Failed,
    Options,
    Ratio,
    describe_place,
    name_of,
    parse_options,
    print_table,
)

LEAST_BYTES = 16 * MIB
PATIENCE_S = 5.0

Samples = dict[str, list[Sample]]  # by role: "ours", "peer"


class Row(NamedTuple):
    """A measure of a job, as it is shown."""

    measure: Measure
    ours: str
    peer: str
    ratio: Ratio
    wanted: str
    verdict: str


def main() -> None:
    """Run the jobs, show a table and keep the figures."""
    jobs = choose_jobs()
    options = parse_options(__doc__, folder=default_folder())
    if options.size < LEAST_BYTES:
        raise SystemExit(f"--size must be at least {LEAST_BYTES // MIB}M")
    for name in HIDDEN_VARIABLES:
        os.environ.pop(name, None)
    jobs = [job for job in jobs if is_installed(job)]
    load = os.getloadavg()[0]
    conditions = f"{describe_place(options)}, pairs: {options.pairs}, load {load:.2f}"
    conditions += " (forced)" if options.is_forced else ""
    table = [["", "", "against", "ours", "peer", "times as good", "wanted", ""]]
    complaints = []
    with scratch(options.folder, 2 * options.size) as folder:
        for job in jobs:
            sys.stderr.write(f"{job.name}\n")
            try:
                rows = run_job(job, Data(folder, options.size), options, conditions)
            except Failed as failure:
                complaints.append(str(failure))
                continue
            table += [[job.name, row.measure, title(job.peer), *map(str, row[1:])] for row in rows]
            if not is_enough(rows):
                complaints.append(f"{job.name}: below what is wanted")
    if len(table) > 1:
        print(f"\nlibrary: {conditions}")
        print_table(table)
    if complaints:
        raise SystemExit("\n".join(complaints))


def choose_jobs() -> list[Job]:
    """Take --job and --list from the command line, and leave the rest to `parse_options`."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--job", action="append", choices=[job.name for job in JOBS], metavar="NAME")
    parser.add_argument("--list", action="store_true")
    given, sys.argv[1:] = parser.parse_known_args()
    if given.list:
        print("\n".join(job.name for job in JOBS))
        raise SystemExit
    return [job for job in JOBS if not given.job or job.name in given.job]


def is_installed(job: Job) -> bool:
    """Tell whether this package has what the job takes; say so if not.

    Raises:
        SystemExit: the peer is missing.
    """
    if importlib.util.find_spec(job.peer.library) is None:
        raise SystemExit(f"{job.peer.library}: not installed; pip install aiofile==3.12.3 aiofiles==25.1.0")
    if importlib.util.find_spec(job.ours.library) is None:
        print(f"{job.name}: left out, there is no {job.ours.library}")
        return False
    return True


def title(contender: Contender) -> str:
    """Name a library with its version."""
    package, _, _ = contender.library.partition(".")
    distribution = "aio-fileutils" if package == "aiocli" else package
    return f"{contender.library} {importlib.metadata.version(distribution)}"


# --- measuring ----------------------------------------------------------------------------------------------


def run_job(job: Job, data: Data, options: Options, conditions: str) -> list[Row]:
    """Run a job, once more on one core if that is asked for, and keep the figures.

    Raises:
        Failed: it failed; nothing is kept.
    """
    processors = len(os.sched_getaffinity(0))
    runs = {processors: run_in_child(job, data, options.pairs)}
    rows = [row_of(job, measure, runs[processors]) for measure in job.wanted if measure != "one core"]
    if "one core" in job.wanted:
        if processors > 1:
            runs[1] = run_in_child(job, data, options.pairs, processor=max(os.sched_getaffinity(0)))
        rows.append(row_of(job, "one core", runs[1]))
    titles = {"ours": title(job.ours), "peer": title(job.peer)}
    record.save_samples(
        f"library-{name_of(job.name, options)}",
        [
            (titles[role], role, count, sample)
            for count, samples in runs.items()
            for role in titles
            for sample in samples[role]
        ],
    )
    for row in rows:
        contenders = [f"{titles['ours']}: {row.ours}", f"{titles['peer']}: {row.peer}"]
        question = f"{name_of(job.name, options)}, {row.measure}"
        record.save_library_summary(question, [*contenders, str(row.ratio), row.wanted, conditions])
    return rows


def run_in_child(job: Job, data: Data, pairs: int, processor: int | None = None) -> Samples:
    """Run the pairs in a process of their own, bound to a processor if one is given.

    Raises:
        Failed: it did not come to its end; what it said is on standard error.
    """
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=run_pairs, args=(sender, job, data, pairs, processor))
    process.start()
    sender.close()  # the child's end is the last one, so that its death ends recv()
    try:
        samples: Samples = receiver.recv()
    except EOFError:
        process.join()
        raise Failed(f"{job.name}: failed, exit status {process.exitcode}") from None
    process.join()
    return samples


def run_pairs(sender: Connection, job: Job, data: Data, pairs: int, processor: int | None) -> None:
    """Run ours and the peer by turns, one round to warm up and those that count; send what was measured.

    Who comes first changes from round to round: a disk behind a virtual machine may have a cache of its own, and the
    second to read would find there what the first had to wait for.
    """
    if processor is not None:
        os.sched_setaffinity(0, {processor})
    samples: Samples = {"ours": [], "peer": []}
    turns = [("ours", job.ours), ("peer", job.peer)]
    for number in range(pairs + 1):
        turns.reverse()
        for role, contender in turns:
            sample = run_once(contender, dataclasses.replace(data, seed=number))
            if number:
                samples[role].append(sample)
    sender.send(samples)


def run_once(contender: Contender, data: Data) -> Sample:
    """Run a contender in an event loop of its own, and wait until nothing of it is left that takes CPU time."""
    library = importlib.import_module(contender.library)

    async def run() -> Sample:
        sample = await contender.body(library, data)
        check_processors()
        return sample

    gc.collect()
    sample = asyncio.run(run())
    deadline = time.monotonic() + PATIENCE_S
    while any(name.startswith("iou-") for name in threads().values()):
        if time.monotonic() > deadline:
            raise RuntimeError(f"{contender.library}: a thread of io_uring outlives the event loop")
        time.sleep(0.001)
    return sample


def check_processors() -> None:
    """See that all threads are bound to the processors of this one.

    The kernel's polling thread does as the one that made it, on Linux 6.18; whether it always did is not known.

    Raises:
        RuntimeError: one is not.
    """
    own = os.sched_getaffinity(0)
    for thread, name in threads().items():
        if os.sched_getaffinity(thread) != own:
            raise RuntimeError(f"{name}: is not bound to {own}")


def threads() -> dict[int, str]:
    """List the threads of this process, those of the kernel among them, with their names."""
    names = {}
    for task in Path("/proc/self/task").iterdir():
        try:
            names[int(task.name)] = (task / "comm").read_text().strip()
        except (FileNotFoundError, ProcessLookupError):  # ended meanwhile
            continue
    return names


# --- comparing ----------------------------------------------------------------------------------------------


def row_of(job: Job, measure: Measure, samples: Samples) -> Row:
    """Compare the pairs in one measure."""
    ours, peer = samples["ours"], samples["peer"]
    wanted = job.wanted[measure]
    shown = (show(job, measure, ours), show(job, measure, peer))
    if measure == "growth":
        ratio = spread([growth(sample) for sample in ours])
        return Row(measure, *shown, ratio, f"at most {wanted}", "met" if ratio.median <= wanted else "missed")
    ratio = spread([goodness(measure, a) / goodness(measure, b) for a, b in zip(ours, peer, strict=True)])
    if wanted == ANY:
        return Row(measure, *shown, ratio, "-", "")
    return Row(measure, *shown, ratio, f"{wanted}", "met" if ratio.median >= wanted else "missed")


def goodness(measure: Measure, sample: Sample) -> float:
    """Give a figure of which more is better: a rate, or one divided by the longest stall."""
    if measure == "stall":
        return 1 / sample.parts_s[0]
    return sample.units / (sample.cpu_s if measure == "CPU" else sample.wall_s)


def growth(sample: Sample) -> float:
    """Give the factor in time for a line twice as long: the mean of those measured."""
    first, *_, last = sample.parts_s
    return float((last / first) ** (1 / (len(sample.parts_s) - 1)))


def show(job: Job, measure: Measure, samples: list[Sample]) -> str:
    """Write the medians of a contender's runs; for orientation, not for comparing."""
    if measure == "stall":
        return f"{median(sample.parts_s[0] for sample in samples) * 1000:.1f} ms"
    if measure == "growth":
        by_length = zip(*(sample.parts_s for sample in samples), strict=True)
        return " ".join(f"{median(parts_s) * 1000:.1f}" for parts_s in by_length) + " ms"
    per = "CPU s" if measure == "CPU" else "s"
    return f"{median(goodness(measure, sample) for sample in samples):,.0f} {job.unit}/{per}"


def spread(ratios: list[float]) -> Ratio:
    """Give the median, the least and the greatest."""
    return Ratio(median(ratios), min(ratios), max(ratios))


def is_enough(rows: list[Row]) -> bool:
    """Tell whether a job is as good as wanted; of CPU and one core, one will do."""
    missed = {row.measure for row in rows if row.verdict == "missed"}
    either: set[Measure] = {"CPU", "one core"}
    if any(row.measure in either and row.verdict == "met" for row in rows):
        missed -= either
    return not missed


if __name__ == "__main__":
    main()
