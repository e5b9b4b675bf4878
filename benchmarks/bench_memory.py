"""Asks: does a large file stay out of memory, whatever the backend?

There is no peer but a limit: 80 MiB at the peak for copying, printing and hashing one file. A backend that does not
work on this machine is shown with its exit status; what it said is on standard error. Exits 1 over the limit.
Files mapped into memory count as they do for the kernel.
"""

from collections.abc import Iterator
from pathlib import Path

from benchmarks import record
from benchmarks.inputs import default_folder, keep_cached, make_file, scratch
from benchmarks.record import Run
from benchmarks.runner import (
    MIB,
    Contender,
    Failed,
    aio,
    describe_place,
    measure,
    name_of,
    parse_options,
    print_table,
    show_mib,
)

LIMIT_MIB = 80
BACKENDS = ("auto", "uring", "linux", "thread", "python")


def main() -> None:
    """Run each command on each backend and show the greatest peak."""
    options = parse_options(__doc__, folder=default_folder(), pairs=1)
    rows = [["", "peak MiB"]]
    figures: list[tuple[str, str, Run]] = []
    with scratch(options.folder, 2 * options.size) as folder:
        file = make_file(folder / "file", options.size)
        for label, contender in contenders(file):
            try:
                runs = [measure(contender) for _ in range(options.pairs)]
            except Failed as failure:
                rows.append([label, str(failure).rpartition(": ")[2]])
            else:
                figures += [(label, "ours", run) for run in runs]
                rows.append([label, show_mib(max(run.max_rss_bytes for run in runs))])
    print(f"\nmemory: {describe_place(options)}, limit {LIMIT_MIB} MiB")
    print_table(rows)
    over = sorted({label for label, _, run in figures if run.max_rss_bytes > LIMIT_MIB * MIB})
    question = name_of("memory", options)
    record.save_figures(question, figures)
    peak = max((run.max_rss_bytes for _, _, run in figures), default=0)
    verdict = f"greatest peak {show_mib(peak)} MiB"
    record.save_summary(question, ["aio", f"limit {LIMIT_MIB} MiB", verdict, "-", "-", describe_place(options)])
    if over:
        raise SystemExit(f"over {LIMIT_MIB} MiB: {', '.join(over)}")


def contenders(file: Path) -> Iterator[tuple[str, Contender]]:
    """List each command on each backend, with a label."""
    target = file.with_name("target")

    def prepare() -> None:
        target.unlink(missing_ok=True)
        keep_cached(file)

    for backend in BACKENDS:
        option = f"--backend={backend}"
        yield f"aio cp {option}", aio("cp", option, file, target, prepare=prepare)
        yield f"aio cat {option}", aio("cat", option, file, prepare=prepare, piped=True)
        yield f"aio hash --all {option}", aio("hash", "--all", option, file, prepare=prepare)


if __name__ == "__main__":
    main()
