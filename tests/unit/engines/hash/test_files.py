"""Digests of many files: in order, whatever takes how long, and whoever reads them."""

from __future__ import annotations

import errno
import gc
import hashlib
import os
import random
import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import aclosing
from pathlib import Path
from typing import Any, NoReturn

import pytest

from aiocli.core.events import Digesting, File, Progress, Waiting
from aiocli.core.loop import drive
from aiocli.engines.hash import ahead
from aiocli.engines.hash.files import (
    Hashed,
    HashRules,
    Lines,
    Promised,
    Step,
    Wanted,
    check_files,
    digest_files,
    digest_lines,
    wants_pool,
)
from aiocli.engines.hash.lists import LineForm, lines_writer
from aiocli.engines.hash.unit import SMALL_BYTES
from tests.support.backends import BACKEND_PARAMS
from tests.support.resources import open_fds, opened_since, wait_until

AUTO = HashRules(jobs=2)
LARGE = SMALL_BYTES + 1


@pytest.fixture(autouse=True)
def storage_is_fast(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aiocli.engines.hash.storage.is_rotational", lambda device: False)


@pytest.fixture(params=["inline", "pool"])
def pool(request: pytest.FixtureRequest) -> Iterator[Executor | None]:
    if request.param == "inline":
        yield None
        return
    with ThreadPoolExecutor(2) as executor:
        yield executor


def hash_all(
    names: Iterable[object],
    rules: HashRules = AUTO,
    pool: Executor | None = None,
    algorithms: tuple[str, ...] = ("sha256",),
    **listeners: Any,
) -> list[Hashed]:
    async def collect() -> list[Hashed]:
        wanted = (Wanted(os.fspath(name), algorithms) for name in names)  # type: ignore[call-overload]
        return [hashed async for hashed in digest_files(wanted, rules, pool, **listeners)]

    return drive(collect())


def sha256(path: Path) -> tuple[bytes, ...]:
    return (hashlib.sha256(path.read_bytes()).digest(),)


def make_files(folder: Path, sizes: Iterable[int]) -> list[Path]:
    paths = []
    for number, size in enumerate(sizes):
        path = folder / f"file {number}"
        path.write_bytes(random.Random(number).randbytes(size))
        paths.append(path)
    return paths


RULES = [
    AUTO,
    AUTO._replace(jobs=1),
    AUTO._replace(skips_special=True),
    AUTO._replace(no_cache=True),
    AUTO._replace(chunk_size=1000),
    *(AUTO._replace(disabled=frozenset({name})) for name in ("batch", "clones", "fan_out")),
]


@pytest.mark.parametrize("rules", RULES, ids=lambda rules: str(rules._asdict()))
def test_small_and_large_come_out_in_order(tmp_path: Path, pool: Executor | None, rules: HashRules) -> None:
    sizes = [3 * LARGE, 0, 5, LARGE, 10, *range(200), LARGE, LARGE, SMALL_BYTES]
    paths = make_files(tmp_path, sizes)
    done = hash_all(paths, rules, pool)
    assert [hashed.wanted.name for hashed in done] == [str(path) for path in paths]
    assert [hashed.nbytes for hashed in done] == sizes
    for path, hashed in zip(paths, done, strict=True):
        assert hashed.values == sha256(path)
        assert hashed.step is Step.NONE
        assert not hashed.has_changed
        assert hashed.attempts[-1][1] == ""


@pytest.mark.parametrize("rules", RULES, ids=lambda rules: str(rules._asdict()))
def test_lines_are_those_of_the_digests_in_order(tmp_path: Path, pool: Executor | None, rules: HashRules) -> None:
    paths = make_files(tmp_path, [LARGE, 5, *range(100), LARGE, *range(20)])
    missing, folder = tmp_path / "missing", tmp_path
    names = [str(path) for path in (*paths[:30], missing, *paths[30:60], folder, *paths[60:])]
    forms = (LineForm("sha256"), LineForm("md5", is_tagged=True))

    async def collect() -> list[str]:
        return [
            result.text if isinstance(result, Lines) else written(result)
            async for result in digest_lines(names, ("sha256", "md5"), rules, forms, pool)
        ]

    def written(hashed: Hashed) -> str:
        if hashed.step is not Step.NONE:
            return f"{hashed.step.value}\n"
        return lines_writer(forms)(hashed.values, hashed.wanted.name, hashed.nbytes)

    expected = "".join(written(hashed) for hashed in hash_all(names, rules, algorithms=("sha256", "md5")))
    texts = drive(collect())
    assert "".join(texts) == expected
    assert expected.count("\n") == 2 * len(paths) + 2
    if pool is not None and "batch" not in rules.disabled and rules.chunk_size is None:
        assert len(texts) < len(names)


@pytest.mark.parametrize("rules", [*RULES, AUTO._replace(backend="thread")], ids=lambda rules: str(rules._asdict()))
def test_files_that_are_as_promised_are_lines_and_others_digests_in_order(
    tmp_path: Path, pool: Executor | None, rules: HashRules
) -> None:
    paths = make_files(tmp_path, [LARGE, 5, *range(100), LARGE, *range(20)])
    names = [str(path) for path in (*paths, tmp_path / "missing", *paths[5:40])]
    promised = [hashlib.sha256(Path(name).read_bytes()).hexdigest() if Path(name).exists() else "0" for name in names]
    promised[10] = promised[50] = "0" * 64
    promised[20] = ""
    files = [
        Promised(names[:30], ("sha256",), promised[:30]),
        Promised(names[30:31], ("md5", "sha256"), [""]),
        Promised(names[31:], ("sha256",), promised[31:]),
    ]

    async def collect() -> list[Hashed | Lines]:
        async with aclosing(check_files(files, rules, " is kept\n", pool)) as results:
            return [result async for result in results]

    results = drive(collect())
    told: list[str] = []
    for result in results:
        if isinstance(result, Lines):
            lines = result.text.splitlines()
            assert result.nfiles == len(lines)
            kept = [line.removesuffix(" is kept") for line in lines]
            assert kept == names[len(told) : len(told) + len(kept)]
            assert result.nbytes == sum(os.stat(name).st_size for name in kept)
            told += kept
        else:
            told.append(result.wanted.name)
            assert result.values[-1:] == (() if result.step is Step.OPEN else sha256(Path(result.wanted.name)))
    assert told == names
    digested = {result.wanted.name for result in results if isinstance(result, Hashed)}
    assert {names[number] for number in (10, 20, 30, 50)} | {str(tmp_path / "missing")} <= digested
    if not rules.disabled & {"batch"} and not rules.no_cache and rules.chunk_size is None and rules.backend is None:
        assert len(results) < len(names) // 3


def test_nothing_is_kept_of_files_that_are_done(tmp_path: Path) -> None:
    """Not even until somebody collects garbage: lists may have no end."""

    def batches() -> list[object]:
        return [kept for kept in gc.get_objects() if isinstance(kept, ahead._Batch)]

    (path,) = make_files(tmp_path, [10])
    gc.collect()
    others = batches()  # of tests before: what they have left to a traceback, say
    gc.disable()
    try:
        with ThreadPoolExecutor(2) as executor:
            hash_all([path] * 1000, pool=executor)
            wait_until(lambda: len(batches()) == len(others))
    finally:
        gc.enable()


@pytest.mark.parametrize("backend", BACKEND_PARAMS)
def test_named_backends_read_all(tmp_path: Path, backend: str) -> None:
    paths = make_files(tmp_path, [0, 10, LARGE])
    done = hash_all([*paths, tmp_path / "missing"], HashRules(backend=backend), algorithms=("sha256", "md5"))
    assert [hashed.values[0] for hashed in done[:3]] == [sha256(path)[0] for path in paths]
    assert [hashed.attempts for hashed in done[:3]] == [(("context", ""),)] * 3
    assert done[3].step is Step.OPEN


def test_algorithms_may_differ(tmp_path: Path, pool: Executor | None) -> None:
    paths = make_files(tmp_path, [10, LARGE])

    async def collect() -> list[tuple[bytes, ...]]:
        wanted = [Wanted(str(path), names) for path in paths for names in (("md5",), ("sha1", "blake2b-128"))]
        return [hashed.values async for hashed in digest_files(wanted, AUTO, pool)]

    assert drive(collect()) == [
        values
        for path in paths
        for data in [path.read_bytes()]
        for values in (
            (hashlib.md5(data).digest(),),
            (hashlib.sha1(data).digest(), hashlib.blake2b(data, digest_size=16).digest()),
        )
    ]


def test_what_fails_is_told_in_its_place(tmp_path: Path, pool: Executor | None) -> None:
    good = make_files(tmp_path, [3])[0]
    (tmp_path / "loop").symlink_to("loop")
    names = [good, tmp_path, tmp_path / "missing", "", tmp_path / "loop", "a\0b", "a\ud800b", good]
    done = hash_all(names, AUTO, pool)
    assert [hashed.step for hashed in done] == [
        Step.NONE,
        Step.DIRECTORY,
        *[Step.OPEN] * 5,
        Step.NONE,
    ]
    errors = [hashed.error for hashed in done[1:-1]]
    assert [error and error.errno for error in errors] == [
        errno.EISDIR,
        errno.ENOENT,
        errno.ENOENT,
        errno.ELOOP,
        errno.ENOENT,
        errno.ENOENT,
    ]
    assert [error and error.filename for error in errors] == [os.fspath(name) for name in names[1:-1]]


def test_a_read_that_fails_is_told(tmp_path: Path, pool: Executor | None) -> None:
    done = hash_all(["/proc/self/mem", "/proc/version"], AUTO, pool)
    assert [hashed.step for hashed in done] == [Step.READ, Step.NONE]
    assert done[0].error is not None
    assert done[0].error.filename == "/proc/self/mem"
    assert done[1].values == sha256(Path("/proc/version"))


def test_special_files_are_read_in_their_turn_or_left_alone(tmp_path: Path, pool: Executor | None) -> None:
    fifo, (first, last) = tmp_path / "fifo", make_files(tmp_path, [10, 20])
    os.mkfifo(fifo)
    done = hash_all([first, fifo, "/dev/null", last], AUTO._replace(skips_special=True), pool)
    assert [hashed.step for hashed in done] == [Step.NONE, Step.SPECIAL, Step.SPECIAL, Step.NONE]
    assert all(hashed.error is None for hashed in done)

    writer = threading.Thread(target=fifo.write_bytes, args=(b"through it",))
    writer.start()
    done = hash_all([first, fifo, "/dev/null", last], AUTO, pool)
    writer.join()
    assert [hashed.values for hashed in done] == [
        sha256(first),
        (hashlib.sha256(b"through it").digest(),),
        (hashlib.sha256().digest(),),
        sha256(last),
    ]


def test_a_file_that_changes_is_told(tmp_path: Path, pool: Executor | None) -> None:
    steady, changing = make_files(tmp_path, [10, 5 * LARGE])
    with changing.open("ab") as file:

        def change(nbytes: int) -> None:
            file.write(b"more")
            file.flush()

        done = hash_all([changing, steady, changing, steady], AUTO, pool, on_bytes=change)
    assert [hashed.has_changed for hashed in done] == [True, False, True, False]


def test_results_come_before_what_is_still_to_be_named(tmp_path: Path) -> None:
    paths = make_files(tmp_path, [1, 2, 3])
    named = []

    def wanted() -> Iterator[Wanted]:
        for path in paths:
            named.append(path)
            yield Wanted(str(path), ("md5",))

    async def count() -> list[int]:
        return [len(named) async for _ in digest_files(wanted(), AUTO)]

    assert drive(count()) == [1, 2, 3]


def test_an_endless_list_is_taken_from_step_by_step(
    tmp_path: Path, pool: Executor | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ahead, "WAITING_FILES", 50)
    monkeypatch.setattr(ahead, "UNIT_FILES", 10)
    (path,) = make_files(tmp_path, [1])
    named = 0

    def wanted() -> Iterator[Wanted]:
        nonlocal named
        while True:
            named += 1
            yield Wanted(str(path), ("md5",))

    async def take() -> None:
        async with aclosing(digest_files(wanted(), AUTO, pool)) as results:
            taken = 0
            async for _ in results:
                taken += 1
                assert named <= taken + 60
                if taken == 500:
                    break

    drive(take())


def test_large_files_wait_for_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ahead, "WAITING_FILES", 3)
    paths = make_files(tmp_path, [LARGE, LARGE, 1, LARGE, LARGE, LARGE, 1, 1, 1, 1, 1, LARGE])
    assert [hashed.values for hashed in hash_all(paths)] == [sha256(path) for path in paths]


class DeadPool(Executor):
    """One whose workers are killed."""

    def submit(self, *_: Any, **__: Any) -> Future[Any]:
        future: Future[Any] = Future()
        future.set_exception(BrokenProcessPool("worker died"))
        return future


def test_nothing_is_lost_when_workers_die(tmp_path: Path) -> None:
    paths = make_files(tmp_path, [10, LARGE, 0])
    assert [hashed.values for hashed in hash_all(paths, AUTO, DeadPool())] == [sha256(path) for path in paths]


def test_bytes_and_files_are_told(tmp_path: Path, pool: Executor | None) -> None:
    sizes = [10, LARGE, 3 * LARGE, 0, 300]
    paths = make_files(tmp_path, sizes)
    counted: list[int] = []
    events: list[Any] = []
    hash_all(paths, AUTO, pool, ("md5", "sha1", "crc"), on_bytes=counted.append, on_event=events.append)
    assert sum(counted) == sum(sizes)
    files = sum(event.files for event in events if isinstance(event, Progress))
    alone = [event for event in events if isinstance(event, File)]
    assert files + len(alone) == len(sizes)
    assert all(isinstance(event, Progress | File | Digesting | Waiting) for event in events)


def test_a_file_alone_is_told_when_it_begins(tmp_path: Path) -> None:
    (path,) = make_files(tmp_path, [LARGE])
    events: list[Any] = []
    hash_all([path], on_event=events.append)
    assert events == [Waiting(), File(str(path), "", LARGE)]


@pytest.mark.parametrize("stop", ["close", "interrupt"])
def test_nothing_goes_on_behind_whoever_stops(
    tmp_path: Path, pool: Executor | None, stop: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = make_files(tmp_path, [LARGE, 40 * LARGE, 40 * LARGE])
    started: list[threading.Thread] = []
    start = threading.Thread.start
    monkeypatch.setattr(threading.Thread, "start", lambda thread: (started.append(thread), start(thread))[1])
    fds = open_fds()

    async def take_one() -> None:
        wanted = [Wanted(str(path), ("sha512", "md5")) for path in paths]
        async with aclosing(digest_files(wanted, AUTO, pool)) as results:
            async for _ in results:
                if stop == "interrupt":
                    raise KeyboardInterrupt
                return

    if stop == "interrupt":
        with pytest.raises(KeyboardInterrupt):
            drive(take_one())
    else:
        drive(take_one())
    assert started
    assert sum(thread.is_alive() for thread in started) <= (2 if pool is not None else 0)
    wait_until(lambda: not opened_since(fds))


def test_an_error_of_the_list_is_raised(tmp_path: Path, pool: Executor | None) -> None:
    def wanted() -> Iterator[Path]:
        yield from make_files(tmp_path, [1, LARGE])
        raise RuntimeError("the list")

    with pytest.raises(RuntimeError, match="the list"):
        hash_all(wanted(), AUTO, pool)


def test_few_small_files_are_not_worth_a_pool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small, middle, large = map(str, make_files(tmp_path, [10, SMALL_BYTES, LARGE]))
    fifo = str(tmp_path / "fifo")
    os.mkfifo(fifo)
    monkeypatch.setattr("aiocli.engines.hash.files.count_processors", lambda: 2)
    for names in ([], ["missing", "-", fifo, "a\0b"], [small] * 100, [large] * 100, [middle] * 10):
        assert not wants_pool(names)
    for names in ([small] * 10_000, [middle] * 100, [small, str(tmp_path)]):
        assert wants_pool(names)
    monkeypatch.setattr("aiocli.engines.hash.files.count_processors", lambda: 1)
    assert not wants_pool([small] * 10_000)


class ShutPool(Executor):
    """A pool whose workers were killed."""

    def submit(self, *_: object, **__: object) -> NoReturn:
        raise RuntimeError("no worker is left")


def test_many_units_of_one_file_each_go_no_deeper_than_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aiocli.engines.hash.unit.UNIT_S", -1)
    paths = make_files(tmp_path, [1] * 1500)
    done = hash_all(paths, AUTO, ShutPool())
    assert [hashed.values for hashed in done] == [sha256(path) for path in paths]
