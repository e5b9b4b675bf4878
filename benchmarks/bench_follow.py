"""Asks: how well does `aio tail -F` follow, against GNU tail?

Latency: from before a line is written until it has come out of the pipe, in ms. Rate: SIZE bytes are appended in
blocks while the program follows; from the first write until all has come out. Rotations: lines lost of 10 000, when
the log is renamed and made anew 200 times without a pause, and likewise copied and cut off. Idle: ticks of CPU (10 ms)
in 4 s, with one file and with 1000. All is read from a pipe by this process.
"""

import csv
import os
import select
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median, quantiles

from benchmarks import record
from benchmarks.inputs import default_folder, scratch
from benchmarks.runner import Contender, aio, describe_place, gnu, name_of, parse_options, print_table

LINES = 10_000
ROTATIONS = 200
LATENCIES = 300
PAUSE_S = 0.003
IDLE_S = 4.0
MANY = 1000
BLOCK = b"a line of some length that is appended to the log\n" * 1311  # 64 KiB
READ_BYTES = 256 << 10
SILENCE_S = 2.5  # after which nothing more is expected; polling looks once a second
END = b"the end\n"


def main() -> None:
    """Measure both, by turns, and show the figures."""
    options = parse_options(__doc__, folder=default_folder(), size="500M", pairs=3)
    figures: dict[str, dict[str, list[float]]] = {}
    contenders = {"ours": aio("tail", "-F"), "peer": gnu("tail", "-F")}
    with scratch(options.folder, options.size) as folder:
        for _ in range(options.pairs):
            for side, contender in contenders.items():
                for question, figure in measure_all(contender, folder, options.size):
                    figures.setdefault(question, {}).setdefault(side, []).append(figure)
    place = f"{describe_place(options)}, pairs: {options.pairs}"
    rows = [["", *(contender.name for contender in contenders.values())]]
    for question, sides in figures.items():
        medians = [f"{median(sides[side]):.3g}" for side in contenders]
        rows.append([question, *medians])
        name = name_of(f"follow, {question}", options)
        cells = [contender.name for contender in contenders.values()]
        record.save_summary(name, [*cells, " : ".join(medians), "-", "-", place])
    save_figures(name_of("follow", options), figures)
    print(f"\nfollow: {place}")
    print_table(rows)


def save_figures(name: str, figures: dict[str, dict[str, list[float]]]) -> None:
    """Write each figure, with question and side, to NAME.csv; the unit is in the question."""
    with (record.folder() / f"{name}.csv").open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["question", "side", "figure"])
        for question, sides in figures.items():
            for side, values in sides.items():
                writer.writerows([question, side, f"{value:.6g}"] for value in values)


def measure_all(contender: Contender, folder: Path, nbytes: int) -> Iterator[tuple[str, float]]:
    """Yield each question with its unit, and the figure."""
    latencies = measure_latency(contender, folder)
    yield "latency median (ms)", median(latencies) * 1000
    yield "latency p99 (ms)", quantiles(latencies, n=100)[98] * 1000
    yield "rate (MB/s)", measure_rate(contender, folder, nbytes) / 1e6
    yield "lines lost by renaming", LINES - count_lines(contender, folder, rename)
    yield "lines lost by copying", LINES - count_lines(contender, folder, copy_and_truncate)
    yield "idle ticks of 1 file", measure_idle(contender, folder, 1)
    yield f"idle ticks of {MANY} files", measure_idle(contender, folder, MANY)


@contextmanager
def following(contender: Contender, *paths: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run a contender on files, of which the last one exists and gets a line, until it has told that line."""
    assert not callable(contender.command)
    quiet = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    with subprocess.Popen([*contender.command, *paths], **quiet) as process:
        assert process.stdout is not None
        os.set_blocking(process.stdout.fileno(), False)
        begin = b"the beginning\n"
        append(paths[-1], begin)
        read_until(process, lambda text: text.endswith(begin))
        time.sleep(0.3)  # what it does after it has told, such as watching
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            while process.stdout.fileno() >= 0 and process.poll() is None:
                wait_for(process, 1.0) and read(process)


def append(path: Path, data: bytes) -> None:
    """Append as a program does that opens its log for each line."""
    with path.open("ab", buffering=0) as file:
        file.write(data)


def wait_for(process: subprocess.Popen[bytes], timeout_s: float) -> bool:
    """Wait until there is something to read."""
    assert process.stdout is not None
    return bool(select.select([process.stdout], [], [], timeout_s)[0])


def read(process: subprocess.Popen[bytes]) -> bytes:
    """Read what there is."""
    assert process.stdout is not None
    try:
        return os.read(process.stdout.fileno(), READ_BYTES)
    except BlockingIOError:
        return b""


def read_until(process: subprocess.Popen[bytes], is_enough: Callable[[bytes], bool]) -> bytes:
    """Read until it is enough, or nothing has come for a while."""
    text = b""
    while not is_enough(text) and wait_for(process, SILENCE_S * 4 if not text else SILENCE_S):
        data = read(process)
        if not data:
            break
        text += data
    return text


def measure_latency(contender: Contender, folder: Path) -> list[float]:
    """Return the seconds that each of many lines took."""
    log = fresh(folder)
    latencies = []
    with following(contender, log) as process, log.open("ab", buffering=0) as writer:
        for number in range(LATENCIES):
            line = b"line %d\n" % number
            start = time.perf_counter()
            writer.write(line)
            read_until(process, lambda text, line=line: text.endswith(line))  # type: ignore[misc]
            latencies.append(time.perf_counter() - start)
            time.sleep(PAUSE_S)
    return latencies


def measure_rate(contender: Contender, folder: Path, nbytes: int) -> float:
    """Return the bytes a second that pass while a log grows."""
    log = fresh(folder)
    with following(contender, log) as process:
        start = time.perf_counter()
        pid = os.fork()
        if not pid:
            with log.open("ab", buffering=0) as writer:
                for _ in range(nbytes // len(BLOCK)):
                    writer.write(BLOCK)
            os._exit(0)
        left = nbytes // len(BLOCK) * len(BLOCK)
        while left and wait_for(process, SILENCE_S):
            left -= len(read(process))
        seconds = time.perf_counter() - start
        os.waitpid(pid, 0)
    log.unlink()
    if left:
        raise SystemExit(f"{contender.name}: {left} bytes did not come")
    return nbytes / seconds


def rename(log: Path, number: int) -> None:
    """Rotate by renaming."""
    log.rename(log.with_name(f"log.{number}"))


def copy_and_truncate(log: Path, number: int) -> None:
    """Rotate by copying and cutting off."""
    shutil.copyfile(log, log.with_name(f"log.{number}"))
    os.truncate(log, 0)


def count_lines(contender: Contender, folder: Path, rotate: Callable[[Path, int], None]) -> int:
    """Return how many lines come of a log that is rotated without a pause."""
    log = fresh(folder)
    with following(contender, log) as process:
        each = LINES // ROTATIONS
        pid = os.fork()
        if not pid:
            for number in range(ROTATIONS):
                append(log, b"".join(b"line %d\n" % (number * each + line) for line in range(each)))
                rotate(log, number)
            append(log, END)
            os._exit(0)
        text = read_until(process, lambda text: text.endswith(END))
        os.waitpid(pid, 0)
    return len({*text.splitlines()} - {END.rstrip(), b""})


def measure_idle(contender: Contender, folder: Path, count: int) -> int:
    """Return the ticks of CPU that following quiet files takes."""
    paths = [fresh(folder) if not number else folder / "logs" / f"quiet{number}" for number in range(count)]
    for path in paths:
        path.touch()
    with following(contender, *paths) as process:
        time.sleep(1.0)
        before = ticks(process.pid)
        time.sleep(IDLE_S)
        return ticks(process.pid) - before


def ticks(pid: int) -> int:
    """Return the CPU time that a process has had, in ticks."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def fresh(folder: Path) -> Path:
    """Make an empty log in an empty directory."""
    logs = folder / "logs"
    shutil.rmtree(logs, ignore_errors=True)
    logs.mkdir()
    log = logs / "log"
    log.touch()
    return log


if __name__ == "__main__":
    main()
