"""Logs that are rotated by size and time."""

import asyncio
import bz2
import errno
import gzip
import lzma
import os
import random
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import pytest

from aiocli.core import threads
from aiocli.library.rotated import RotatedFiles
from aiocli.library.rotating import RotatingWriter
from tests.support.program import environment
from tests.support.resources import WAIT_S, loop_until, open_fds, opened_since, wait_until
from tests.support.tmpfs import tiny_tmpfs

OPENERS = {"": open, ".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}

WRITER = """
import asyncio, sys
from aiocli.library.rotating import RotatingWriter

async def main():
    async with RotatingWriter(sys.argv[1], keep=100_000, max_bytes=5000, compress="gz") as log:
        for number in range(int(sys.argv[2]), 1_000_000):
            await log.write(f"{number}\\n")
            print(number, flush=True)

asyncio.run(main())
"""


class Gate:
    """An executor with one thread, which can be kept busy."""

    def __init__(self, executor):
        self.executor = executor
        self._opened = threading.Event()

    def close(self):
        self._opened.clear()
        self.executor.submit(self._opened.wait)

    def open(self):
        self._opened.set()


@pytest.fixture
def gate():
    with ThreadPoolExecutor(1) as executor:
        gate = Gate(executor)
        yield gate
        gate.open()


@pytest.fixture
def path(tmp_path):
    folder = tmp_path / "logs"
    folder.mkdir()
    return folder / "log"


@pytest.fixture
async def clean():
    """Nothing stays open."""
    before = open_fds()
    yield
    await loop_until(lambda: not opened_since(before))


def names(path):
    return sorted(os.listdir(path.parent))


def read(path):
    with OPENERS[path.suffix if path.suffix in OPENERS else ""](path, "rb") as file:
        return file.read()


def old_files(path):
    """The old files by number, the oldest first."""
    found = [name.removeprefix("log.") for name in os.listdir(path.parent) if name != "log"]
    return [path.with_name(f"log.{end}") for end in sorted(found, key=lambda end: -int(end.split(".")[0]))]


def everything(path):
    return b"".join(read(file) for file in [*old_files(path), path])


async def test_records_are_appended_as_they_are(path, clean):
    path.write_bytes(b"before\n")
    async with RotatingWriter(path, keep=1) as log:
        assert log.name == os.fspath(path)
        assert await log.write("grün\n") == 6
        assert await log.write(bytearray(b"bytes ")) == 6
        assert await log.write(memoryview(b"no newline")) == 10
        assert await log.write("") == 0
        assert path.read_bytes() == "before\ngrün\nbytes no newline".encode()
    assert names(path) == ["log"]


async def test_text_is_encoded_on_demand(path):
    async with RotatingWriter(path, keep=1, encoding="latin-1") as log:
        await log.write("grün")
        with pytest.raises(UnicodeEncodeError):
            await log.write("漢")
    assert path.read_bytes() == b"gr\xfcn"


async def test_concurrent_records_keep_their_order(path, clean):
    async with RotatingWriter(path, keep=1) as log:
        await asyncio.gather(*(log.write(f"{number}\n") for number in range(5000)))
    assert path.read_text().split() == [str(number) for number in range(5000)]


async def test_records_that_wait_for_an_append_go_out_in_one(path, gate, monkeypatch):
    writes = []
    real_write = os.write

    def write(fd, data):
        writes.append(bytes(data))
        return real_write(fd, data)

    async with RotatingWriter(path, keep=1, executor=gate.executor) as log:
        await loop_until(lambda: not log._is_draining)
        gate.close()
        tasks = [asyncio.ensure_future(log.write(f"{number}\n")) for number in range(100)]
        await asyncio.sleep(0)
        monkeypatch.setattr(os, "write", write)
        gate.open()
        await asyncio.gather(*tasks)
    expected = "".join(f"{number}\n" for number in range(100)).encode()
    assert [data for data in writes if data.strip()[:1].isdigit()] == [expected]


@pytest.mark.parametrize("batched", [True, False])
async def test_files_stay_below_the_limit_and_no_record_is_split(path, clean, batched):
    chance = random.Random(3)
    records = [bytes([65 + number % 26]) * chance.randrange(1, 40) + b"\n" for number in range(300)]
    async with RotatingWriter(path, keep=1000, max_bytes=100) as log:
        if batched:
            await asyncio.gather(*(log.write(record) for record in records))
        else:
            for record in records:
                await log.write(record)
    assert everything(path) == b"".join(records)
    files = [*old_files(path), path]
    assert all(file.stat().st_size <= 100 for file in files)
    assert all(read(file).endswith(b"\n") for file in files)
    # No file could have taken the first record of the next.
    assert all(len(read(one)) + len(read(two).splitlines()[0]) + 1 > 100 for one, two in pairwise(files))


async def test_record_longer_than_the_limit_has_a_file_of_its_own(path):
    async with RotatingWriter(path, keep=5, max_bytes=10) as log:
        for record in ("a\n", "b" * 20 + "\n", "c\n"):
            await log.write(record)
    assert [read(file) for file in [*old_files(path), path]] == [b"a\n", b"b" * 20 + b"\n", b"c\n"]


async def test_size_counts_from_what_the_file_has(path):
    path.write_bytes(b"12345678\n")
    async with RotatingWriter(path, keep=5, max_bytes=10) as log:
        await log.write("a\n")
    assert (read(path), read(path.with_name("log.1"))) == (b"a\n", b"12345678\n")


async def test_as_many_old_files_are_kept_as_asked_for(path):
    async with RotatingWriter(path, keep=2, max_bytes=1) as log:
        for letter in "abcde":
            await log.write(letter)
    assert names(path) == ["log", "log.1", "log.2"]
    assert everything(path) == b"cde"


async def test_smaller_keep_removes_what_is_too_many(path):
    for number in range(1, 6):
        path.with_name(f"log.{number}").write_text(str(number))
    path.with_name("log.20240101").write_text("not ours")
    path.write_text("0")
    async with RotatingWriter(path, keep=2) as log:
        await log.rotate()
    assert names(path) == ["log", "log.1", "log.2", "log.20240101"]
    assert (read(path.with_name("log.1")), read(path.with_name("log.2"))) == (b"0", b"1")


async def test_gap_in_the_numbers_takes_the_shift(path):
    path.with_name("log.1").write_text("1")
    path.with_name("log.3").write_text("3")
    path.write_text("0")
    async with RotatingWriter(path, keep=3) as log:
        await log.rotate()
    assert everything(path) == b"310"


async def test_nothing_is_kept_if_nothing_is_to_be_kept(path, clean):
    async with RotatingWriter(path, keep=0, max_bytes=10) as log:
        for number in range(20):
            await log.write(f"line {number}\n")
    assert names(path) == ["log"]
    assert read(path) == b"line 19\n"


async def test_rotation_by_hand_leaves_an_empty_log_alone(path):
    async with RotatingWriter(path, keep=3) as log:
        await log.rotate()
        await log.write("a")
        await log.rotate()
        await log.rotate()
    assert names(path) == ["log", "log.1"]
    assert everything(path) == b"a"


async def test_rotation_keeps_its_place_between_records(path):
    async with RotatingWriter(path, keep=3) as log:
        await asyncio.gather(log.write("a"), log.write("b"), log.rotate(), log.write("c"))
    assert (read(path.with_name("log.1")), read(path)) == (b"ab", b"c")


@pytest.fixture
def utc(monkeypatch):
    """Where every day has 24 hours."""
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(("interval", "age"), [("daily", 86400), ("hourly", 3600), (900, 900), (0.5, 1)])
async def test_log_of_an_earlier_interval_is_rotated_by_the_first_record(path, interval, age, utc):
    path.write_text("old")
    os.utime(path, (time.time() - age,) * 2)
    async with RotatingWriter(path, keep=3, interval=interval) as log:
        assert names(path) == ["log"]
        await log.write("new")
    assert (read(path.with_name("log.1")), read(path)) == (b"old", b"new")


@pytest.mark.parametrize("interval", ["daily", "hourly", 10**10, None])
async def test_log_of_the_same_interval_goes_on(path, interval):
    path.write_text("old ")
    async with RotatingWriter(path, keep=3, interval=interval) as log:
        await log.write("new")
    assert (names(path), read(path)) in ((["log"], b"old new"), (["log", "log.1"], b"new"))  # at midnight, say


async def test_record_of_a_new_interval_goes_to_a_new_file(path):
    async with RotatingWriter(path, keep=3, interval=0.05) as log:
        await log.write("a")
        interval = int(time.time() // 0.05)
        await loop_until(lambda: int(time.time() // 0.05) > interval)
        await log.write("b")
    assert (read(path.with_name("log.1")), read(path)) == (b"a", b"b")


async def test_empty_log_of_an_earlier_interval_is_not_rotated(path):
    path.touch()
    os.utime(path, (0, 0))
    async with RotatingWriter(path, keep=3, interval="daily") as log:
        await log.write("a")
        await log.write("b")
    assert (names(path), read(path)) in ((["log"], b"ab"), (["log", "log.1"], b"b"))


@pytest.mark.parametrize("compress", ["gz", "bz2", "xz"])
async def test_old_files_are_compressed_when_the_log_is_closed(path, clean, compress):
    async with RotatingWriter(path, keep=3, max_bytes=1, compress=compress) as log:
        for letter in "abcde":
            await log.write(letter)
    assert names(path) == ["log", *(f"log.{number}.{compress}" for number in (1, 2, 3))]
    assert everything(path) == b"bcde"


async def test_compressed_file_keeps_mode_and_time(path):
    path.write_text("old")
    path.chmod(0o604)
    os.utime(path, (1000, 2000))
    async with RotatingWriter(path, keep=3, compress="gz") as log:
        await log.rotate()
    facts = path.with_name("log.1.gz").stat()
    assert (facts.st_mode & 0o7777, facts.st_mtime) == (0o604, 2000)


async def test_compression_does_not_wait_for_the_close(path):
    async with RotatingWriter(path, keep=3, compress="gz") as log:
        await log.write("a")
        await log.rotate()
        await loop_until(lambda: names(path) == ["log", "log.1.gz"])


def test_file_that_is_rotated_while_another_compression_is_about_to_end_is_compressed(path, monkeypatch):
    files = RotatedFiles(str(path), keep=3, compress="gz")
    look = files._open_plain

    def look_before_a_rotation():
        monkeypatch.undo()
        found = look()
        path.write_text("a")
        files.take_over()
        files.compress_all(is_last=False)  # as another thread does: this one is at it
        return found

    monkeypatch.setattr(files, "_open_plain", look_before_a_rotation)
    files.compress_all(is_last=False)
    assert names(path) == ["log.1.gz"]


async def test_what_a_crash_has_left_is_compressed_at_the_next_opening(path, clean):
    path.with_name("log.1").write_text("c")
    path.with_name("log.1.gz").write_bytes(gzip.compress(b"c"))  # killed before the plain one was removed
    path.with_name("log.2").write_text("b")
    path.with_name("log.3.gz").write_bytes(gzip.compress(b"a"))
    async with RotatingWriter(path, keep=5, compress="gz") as log:
        await loop_until(lambda: names(path) == ["log", "log.1.gz", "log.2.gz", "log.3.gz"])
        await log.write("d")
    assert everything(path) == b"abcd"


async def test_file_that_is_rotated_while_it_is_compressed_gets_its_new_number(path, clean):
    block = random.Random(0).randbytes(1_000_000)
    async with RotatingWriter(path, keep=20, compress="xz") as log:
        for number in range(8):
            await log.write(block[number:])
            await log.rotate()
    assert names(path) == sorted(["log", *(f"log.{number}.xz" for number in range(1, 9))])
    assert [read(file) for file in old_files(path)] == [block[number:] for number in range(8)]


async def test_compression_that_fails_is_told_at_the_end_and_made_good_later(path, clean):
    path.with_name("log.1.gz").mkdir()
    path.with_name("log.1").write_text("a")
    log = RotatingWriter(path, keep=5, compress="gz")
    await log.open()
    await log.write("b")
    with pytest.raises(IsADirectoryError):
        await log.aclose()
    path.with_name("log.1.gz").rmdir()
    async with RotatingWriter(path, keep=5, compress="gz"):
        pass
    assert names(path) == ["log", "log.1.gz"]
    assert everything(path) == b"ab"


async def test_thread_that_comes_too_late_compresses_nothing_that_is_another_writers(path):
    log = RotatingWriter(path, keep=5, compress="gz")
    await log.open()
    await log.aclose()
    path.with_name("log.1").write_text("a")
    log._compress()
    assert names(path) == ["log", "log.1"]


@pytest.mark.parametrize("change", [lambda path: path.rename(path.with_name("moved")), os.unlink])
async def test_log_that_others_move_away_is_made_anew(path, change):
    async with RotatingWriter(path, keep=3) as log:
        await log.write("a")
        change(path)
        await log.write("b")
        change(path)
        path.write_text("c")
        await log.write("d")
    assert read(path) == b"cd"


async def test_log_that_others_empty_goes_on_at_the_start(path):
    async with RotatingWriter(path, keep=3, max_bytes=10) as log:
        await log.write("12345678")
        os.truncate(path, 0)
        await log.write("abcdefgh")
    assert (names(path), read(path)) == (["log"], b"abcdefgh")


async def test_log_whose_directory_is_gone_fails_with_its_name_and_recovers(path):
    async with RotatingWriter(path, keep=3) as log:
        path.unlink()
        path.parent.rmdir()
        with pytest.raises(FileNotFoundError) as caught:
            await log.write("lost")
        assert caught.value.filename == os.fspath(path)
        path.parent.mkdir()
        await log.write("found")
    assert read(path) == b"found"


async def test_rotation_that_fails_loses_no_record_and_is_told_at_the_end(path, clean):
    path.with_name("log.1").mkdir()  # cannot be removed
    log = RotatingWriter(path, keep=1, max_bytes=10)
    await log.open()
    for number in range(5):
        await log.write(f"line {number}\n")
    await asyncio.gather(*(log.write(f"line {number}\n") for number in range(5, 10)))
    with pytest.raises(IsADirectoryError):
        await log.rotate()
    with pytest.raises(IsADirectoryError):
        await log.aclose()
    assert read(path) == "".join(f"line {number}\n" for number in range(10)).encode()


async def test_rotation_that_has_failed_is_tried_again(path):
    path.with_name("log.1").mkdir()
    async with RotatingWriter(path, keep=1, max_bytes=2) as log:
        await log.write("ab")
        await log.write("cd")
        path.with_name("log.1").rmdir()
        await log.write("ef")
    assert (read(path.with_name("log.1")), read(path)) == (b"abcd", b"ef")


async def test_full_disk_is_told_and_leaves_whole_records(tmp_path):
    with tiny_tmpfs(tmp_path / "tiny", 64 * 1024) as folder:
        path = folder / "log"
        ballast = folder / "ballast"
        ballast.write_bytes(bytes(40_000))
        async with RotatingWriter(path, keep=1) as log:
            await log.write(b"a" * 9_999 + b"\n")
            with pytest.raises(OSError, match=os.strerror(errno.ENOSPC)) as caught:
                await log.write(b"b" * 29_999 + b"\n")
            assert (caught.value.errno, caught.value.filename) == (errno.ENOSPC, os.fspath(path))
            assert path.stat().st_size == 10_000
            await log.write(b"short\n")
            ballast.unlink()
            await log.write(b"c" * 29_999 + b"\n")
        assert [line[:1] for line in path.read_bytes().splitlines()] == [b"a", b"s", b"c"]


async def test_full_disk_fails_only_the_records_that_are_not_written(tmp_path, gate):
    with tiny_tmpfs(tmp_path / "tiny", 64 * 1024) as folder:
        path = folder / "log"
        async with RotatingWriter(path, keep=1, executor=gate.executor) as log:
            gate.close()
            tasks = [asyncio.ensure_future(log.write(bytes([letter]) * 20_000)) for letter in b"abcde"]
            await asyncio.sleep(0)
            gate.open()
            outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        assert outcomes[:3] == [20_000] * 3
        assert [outcome.errno for outcome in outcomes[3:]] == [errno.ENOSPC] * 2
        assert path.read_bytes() == b"a" * 20_000 + b"b" * 20_000 + b"c" * 20_000


async def test_cancelled_record_is_written_whole_or_not_at_all(path, gate):
    async with RotatingWriter(path, keep=1, executor=gate.executor) as log:
        await loop_until(lambda: not log._is_draining)
        gate.close()
        tasks = [asyncio.ensure_future(log.write(letter)) for letter in "abc"]
        await asyncio.sleep(0)
        tasks[1].cancel()
        await asyncio.sleep(0)
        assert tasks[1].done()
        gate.open()
        await asyncio.gather(*tasks, return_exceptions=True)
    assert read(path) == b"ac"


async def test_cancelled_opening_closes_the_log(path, gate, clean):
    log = RotatingWriter(path, keep=1, executor=gate.executor)
    gate.close()
    task = asyncio.ensure_future(log.open())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    gate.open()
    with pytest.raises(ValueError, match="closed"):
        await log.write("a")
    await log.aclose()


async def test_cancelled_close_closes_behind_the_records(path, gate, clean):
    log = RotatingWriter(path, keep=1, executor=gate.executor)
    await log.open()
    gate.close()
    written = asyncio.ensure_future(log.write("a"))
    await asyncio.sleep(0)
    closed = asyncio.ensure_future(log.aclose())
    await asyncio.sleep(0)
    closed.cancel()
    with pytest.raises(asyncio.CancelledError):
        await closed
    gate.open()
    assert await written == 1
    assert read(path) == b"a"


async def test_log_that_is_not_open_refuses_records(path):
    log = RotatingWriter(path, keep=1)
    for call in (log.write("a"), log.rotate()):
        with pytest.raises(ValueError, match="not open"):
            await call
    async with log:
        with pytest.raises(ValueError, match="is open"):
            await log.open()
        with pytest.raises(TypeError):
            await log.write(5)
    await log.aclose()
    for call in (log.write("a"), log.rotate(), log.open()):
        with pytest.raises(ValueError, match="closed"):
            await call


async def test_opening_that_fails_has_the_logs_name(path, clean):
    os.mkfifo(path.with_name("fifo"))
    for wrong, kind in (
        (path.parent, IsADirectoryError),
        (path.with_name("fifo"), OSError),
        (path / "missing", FileNotFoundError),
        ("/dev/null", OSError),
    ):
        with pytest.raises(kind) as caught:
            async with RotatingWriter(wrong, keep=1, compress="gz"):
                raise AssertionError
        assert caught.value.filename == os.fspath(wrong)


@pytest.mark.parametrize(
    "options",
    [
        {"keep": -1},
        {"keep": 1, "max_bytes": 0},
        {"keep": 1, "interval": 0},
        {"keep": 1, "interval": -5},
        {"keep": 1, "interval": "weekly"},
        {"keep": 1, "interval": float("nan")},
        {"keep": 1, "compress": "zip"},
    ],
)
def test_senseless_options_are_refused(path, options):
    with pytest.raises(ValueError, match="must be"):
        RotatingWriter(path, **options)


def test_unknown_encoding_is_refused(path):
    with pytest.raises(LookupError):
        RotatingWriter(path, keep=1, encoding="no-such")


async def test_new_log_gets_the_mode_asked_for(path):
    async with RotatingWriter(path, keep=1, mode=0o600) as log:
        await log.write("a")
        await log.rotate()
    assert path.stat().st_mode & 0o777 == 0o600


async def test_log_behind_a_symbolic_link_is_rotated_in_its_place(path, tmp_path):
    link = tmp_path / "link"
    link.symlink_to(path)
    async with RotatingWriter(link, keep=1) as log:
        await log.write("a")
        await log.rotate()
    assert names(path) == ["log", "log.1"]
    assert link.is_symlink()


async def test_want_of_threads_fails_the_record_and_the_next_one_tries_again(path, monkeypatch, clean):
    def no_thread():
        raise RuntimeError("can't start new thread")

    async with RotatingWriter(path, keep=1, max_bytes=100) as log:
        await loop_until(lambda: not log._is_draining)  # else the thread that has opened it writes, too
        with monkeypatch.context() as patch:
            patch.setattr(threads, "_take_worker", no_thread)
            with pytest.raises(BlockingIOError) as caught:
                await asyncio.wait_for(log.write("lost"), WAIT_S)
        assert caught.value.filename == str(path)
        await log.write("kept")
    assert path.read_text() == "kept"


async def test_executor_that_is_shut_down_does_not_silence_the_log(path):
    executor = ThreadPoolExecutor(1)
    async with RotatingWriter(path, keep=1, compress="gz", executor=executor) as log:
        executor.shutdown()
        await log.write("a")
        await log.rotate()
        await log.write("b")
    assert names(path) == ["log", "log.1.gz"]
    assert everything(path) == b"ab"


async def test_log_that_is_not_closed_is_warned_of(path, clean):
    logs = [RotatingWriter(path, keep=1)]
    await logs[0].open()
    await loop_until(lambda: sys.getrefcount(logs[0]) == 2)  # the thread has let go of it
    with pytest.warns(ResourceWarning, match="unclosed log"):
        logs.clear()


def test_it_works_on_uvloop(path):
    uvloop = pytest.importorskip("uvloop")

    async def main():
        async with RotatingWriter(path, keep=9, max_bytes=1, compress="gz") as log:
            await asyncio.gather(*(log.write(letter) for letter in "abc"))

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main())
    assert everything(path) == b"abc"


async def test_tasks_of_several_loops_may_share_a_log(path):
    async def work(letter):
        for _ in range(50):
            await log.write(letter)

    async with RotatingWriter(path, keep=1000, max_bytes=10) as log:
        threads = [threading.Thread(target=asyncio.run, args=(work(letter),)) for letter in "abc"]
        for thread in threads:
            thread.start()
        await work("d")
        await loop_until(lambda: not any(thread.is_alive() for thread in threads))
    assert sorted(everything(path)) == sorted(b"abcd" * 50)


@pytest.mark.slow
def test_killed_process_loses_no_record_that_it_was_told_is_written(path):
    chance = random.Random(5)
    told = -1
    for _ in range(4):
        process = subprocess.Popen(
            [sys.executable, "-c", WRITER, path, str(told + 1)],
            stdout=subprocess.PIPE,
            env=environment(PYTHONDEVMODE=""),
        )
        aim = told + chance.randrange(500, 2500)
        while told < aim:
            told = int(process.stdout.readline())
        process.kill()
        rest = process.communicate()[0].split(b"\n")[:-1]
        told = int(rest[-1]) if rest else told
        asyncio.run(_compress_leftovers(path))
        numbers = [int(line) for line in everything(path).splitlines()]
        assert numbers[: told + 1] == list(range(told + 1))
        assert numbers in (list(range(told + 1)), list(range(told + 2)))
        told = numbers[-1]
    wait_until(lambda: all(file.suffix == ".gz" for file in old_files(path)))


async def _compress_leftovers(path):
    async with RotatingWriter(path, keep=100_000, compress="gz"):
        pass
