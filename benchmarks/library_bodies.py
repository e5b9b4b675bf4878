"""What bench_library lets each library do, and the files that takes.

A body sets up, times its work with a Stopwatch and checks that all of it was done. As the libraries share names, one
body serves all that have the same calls; the library is an argument. Opening and closing are timed only where they
are the question. Each library's own chunk sizes are left as they are, except where the job names one.
"""

import asyncio
import itertools
import random
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from benchmarks.inputs import drop_cached, keep_cached, make_file, make_lines, make_small_files
from benchmarks.record import Sample

LINE_BYTES = 87
SMALL_FILE_BYTES = 2000
TICK_S = 0.001


@dataclass(frozen=True)
class Data:
    """Where the files are, made on first need and kept, and how large.

    Attributes:
        folder: holds them.
        size: bytes of the largest; the work of all jobs grows with it.
        seed: chooses the random offsets: both contenders of a pair get the same.
    """

    folder: Path
    size: int
    seed: int = 0

    @property
    def span(self) -> int:
        """Bytes of the file that is read at random."""
        return self.size // 4

    def file(self, nbytes: int) -> Path:
        """Give a file of random bytes."""
        path = self.folder / f"file-{nbytes}"
        return path if path.exists() else make_file(path, nbytes)

    def lines(self, count: int, line_bytes: int = LINE_BYTES) -> Path:
        """Give a file of lines, of which it holds count, and have it cached."""
        path = self.folder / f"lines-{count}-{line_bytes}"
        if not path.exists():
            make_lines(path, count, line_bytes)
        keep_cached(path)
        return path

    def small_files(self, count: int) -> list[Path]:
        """Give small files, and have them cached."""
        folder = self.folder / f"small-{count}"
        paths = sorted(folder.iterdir()) if folder.exists() else make_small_files(folder, count, SMALL_FILE_BYTES)
        for path in paths:
            keep_cached(path)
        return paths

    def offsets(self, nbytes: int, count: int) -> list[int]:
        """Choose offsets in the span, multiples of nbytes; all different if there are as many."""
        blocks = range(0, self.span - nbytes + 1, nbytes)
        chance = random.Random(self.seed)
        return chance.sample(blocks, count) if count <= len(blocks) else chance.choices(blocks, k=count)


class Stopwatch:
    """Measures a `with` block: the clock, and the CPU time of all threads of the process."""

    def __enter__(self) -> Self:
        self._start_s = time.perf_counter(), time.process_time()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self.wall_s = time.perf_counter() - self._start_s[0]
        self.cpu_s = time.process_time() - self._start_s[1]

    def sample(self, units: int, done: int, wanted: int, parts_s: tuple[float, ...] = ()) -> Sample:
        """Give the figures of work that was done as wanted.

        Raises:
            RuntimeError: it was not.
        """
        if done != wanted:
            raise RuntimeError(f"{done} instead of {wanted} bytes or lines")
        return Sample(units, self.wall_s, self.cpu_s, parts_s)


Body = Callable[[Any, Data], Coroutine[Any, Any, Sample]]


# --- bodies -------------------------------------------------------------------------------------------------


async def read_at_random(
    library: Any, data: Data, *, nbytes: int, part: float, at_once: int, is_cached: bool = True
) -> Sample:
    """Read a file without cursor in a fixed number of tasks, each with its share of the offsets.

    Tasks that live long, rather than `gather` over single reads: so it is the library that is measured, and not how
    fast asyncio makes tasks.

    Args:
        library: has AIOFile.
        data: the files.
        nbytes: of each read.
        part: bytes read, as a part of the span; above 1, offsets come again.
        at_once: tasks.
        is_cached: whether the file is in the page cache; else none of it is.
    """
    path = data.file(data.span)
    offsets = data.offsets(nbytes, int(data.span * part) // nbytes)
    (keep_cached if is_cached else drop_cached)(path)
    done = 0

    async def read_all(offsets: list[int]) -> None:
        nonlocal done
        for offset in offsets:
            block = await file.read(nbytes, offset)
            done += len(block)

    async with library.AIOFile(path, "rb") as file:
        with Stopwatch() as watch:
            await asyncio.gather(*(read_all(offsets[number::at_once]) for number in range(at_once)))
    return watch.sample(len(offsets), done, len(offsets) * nbytes)


async def seek_and_read(library: Any, data: Data, *, nbytes: int, part: float) -> Sample:
    """Read a file with a cursor, one read after the other: two tasks would move each other's cursor.

    Without a buffer, which would read more than it is asked for.
    """
    path = data.file(data.span)
    offsets = data.offsets(nbytes, int(data.span * part) // nbytes)
    keep_cached(path)
    done = 0
    async with library.open(path, "rb", buffering=0) as file:
        with Stopwatch() as watch:
            for offset in offsets:
                await file.seek(offset)
                done += len(await file.read(nbytes))
    return watch.sample(len(offsets), done, len(offsets) * nbytes)


async def write_at_random(library: Any, data: Data, *, nbytes: int, at_once: int) -> Sample:
    """Write each block of an existing file once, in random order, in a fixed number of tasks.

    What the disk has to take is left to the close, which is not timed.
    """
    path = data.file(data.size // 8)
    offsets = list(range(0, data.size // 8, nbytes))
    random.Random(data.seed).shuffle(offsets)
    keep_cached(path)
    block = random.Random(1).randbytes(nbytes)
    done = 0

    async def write_all(offsets: list[int]) -> None:
        nonlocal done
        for offset in offsets:
            written = await file.write(block, offset)
            done += written

    async with library.AIOFile(path, "rb+") as file:
        with Stopwatch() as watch:
            await asyncio.gather(*(write_all(offsets[number::at_once]) for number in range(at_once)))
    return watch.sample(len(offsets), done, len(offsets) * nbytes)


async def iterate_lines(library: Any, data: Data, *, mode: str, opener: str = "async_open", part: float = 1) -> Sample:
    """Iterate over an open file with `async for`."""
    count = int(data.size * part) // 8 // LINE_BYTES
    path = data.lines(count)
    encoding = {} if "b" in mode else {"encoding": "utf-8"}
    done = 0
    async with getattr(library, opener)(path, mode, **encoding) as file:
        with Stopwatch() as watch:
            async for _ in file:
                done += 1
    return watch.sample(count, done, count)


async def iterate_line_reader(library: Any, data: Data, *, mode: str) -> Sample:
    """Iterate over a LineReader with `async for`."""
    count = data.size // 8 // LINE_BYTES
    path = data.lines(count)
    done = 0
    async with library.AIOFile(path, mode) as file:
        with Stopwatch() as watch:
            async for _ in library.LineReader(file):
                done += 1
    return watch.sample(count, done, count)


async def iterate_chunks(library: Any, data: Data, *, chunk_size: int) -> Sample:
    """Iterate over a large file with `iter_chunked`."""
    path = data.file(data.size)
    keep_cached(path)
    done = 0
    async with library.async_open(path, "rb") as file:
        with Stopwatch() as watch:
            async for chunk in file.iter_chunked(chunk_size):
                done += len(chunk)
    return watch.sample(data.size >> 20, done, data.size)


async def read_small_files(library: Any, data: Data, *, at_once: int, opener: str = "async_open") -> Sample:
    """Open, read and close many small files in a fixed number of tasks, after one that is not timed."""
    open_file = getattr(library, opener)
    paths = data.small_files(data.size >> 18)
    async with open_file(paths[0], "rb") as file:  # makes the context or the threads
        await file.read()
    done = 0

    async def read_all(paths: list[Path]) -> None:
        nonlocal done
        for path in paths:
            async with open_file(path, "rb") as file:
                content = await file.read()
            done += len(content)

    with Stopwatch() as watch:
        await asyncio.gather(*(read_all(paths[number::at_once]) for number in range(at_once)))
    return watch.sample(len(paths), done, len(paths) * SMALL_FILE_BYTES)


async def read_beside_ticker(library: Any, data: Data) -> Sample:
    """Read a file in one call beside a task that wants to wake up each millisecond; the longest gap between two."""
    path = data.file(data.span)
    keep_cached(path)
    ticks_s: list[float] = []

    async def tick() -> None:
        while True:
            ticks_s.append(time.perf_counter())
            await asyncio.sleep(TICK_S)

    async with library.AIOFile(path, "rb") as file:
        ticker = asyncio.create_task(tick())
        await asyncio.sleep(TICK_S)
        with Stopwatch() as watch:
            content = await file.read(data.span, 0)
        ticks_s.append(time.perf_counter())  # it may not have run since
        ticker.cancel()
    stall_s = max(after - before for before, after in itertools.pairwise(ticks_s))
    return watch.sample(data.span >> 20, len(content), data.span, (stall_s,))


async def read_long_lines(library: Any, data: Data, *, part: float) -> Sample:
    """Read one line with a LineReader, then one twice and one four times as long, and the seconds of each.

    Args:
        library: has AIOFile and LineReader.
        data: the files.
        part: length of the first, as a part of data.size.
    """
    first = int(data.size * part)
    parts_s: list[float] = []
    done = 0
    with Stopwatch() as whole:
        for nbytes in (first, 2 * first, 4 * first):
            async with library.AIOFile(data.lines(1, nbytes), "r") as file:
                with Stopwatch() as watch:
                    line = await library.LineReader(file).readline()
            done += len(line)
            parts_s.append(watch.wall_s)
    return whole.sample(7 * first >> 10, done, 7 * first, tuple(parts_s))
