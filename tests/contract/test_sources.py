"""The contract of every way to bring a file's bytes to hashers: the digests are those of its bytes."""

from __future__ import annotations

import errno
import hashlib
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from aiocli.core.endpoint import Endpoint
from aiocli.core.events import Digesting
from aiocli.core.loop import drive
from aiocli.engines.hash import FAST_PATHS, SOURCES, Digests, HashJob, digest, find
from aiocli.engines.hash.fanout import CHUNK_BYTES, PIECES
from aiocli.engines.hash.threads import SLICE_BYTES
from tests.support.backends import BACKEND_PARAMS
from tests.support.holes import LAYOUTS, make_sparse
from tests.support.resources import open_fds, opened_since, wait_until

NAMES = ("sha512", "md5", "crc32b", "blake3", "sha1")
SIZES = (0, 1, 4096, CHUNK_BYTES, CHUNK_BYTES + 1, SLICE_BYTES * 2 + 7, CHUNK_BYTES * PIECES + 9)
WAYS = [*(pytest.param({"source": source.name}, id=source.name) for source in SOURCES[1:])]
WAYS += [
    pytest.param({"source": "context", "backend": param.values[0]}, id=param.id, marks=param.marks)
    for param in BACKEND_PARAMS
]


def content(nbytes: int) -> bytes:
    return (bytes(range(251)) * (nbytes // 251 + 1))[:nbytes]


def expected(data: bytes, names: tuple[str, ...] = NAMES) -> tuple[bytes, ...]:
    digests = []
    for name in names:
        hasher = find(name).new()
        hasher.update(data)
        digests.append(hasher.digest())
    return tuple(digests)


def make_job(src: Endpoint, way: dict[str, str], names: tuple[str, ...] = NAMES, **options: Any) -> HashJob:
    disabled = frozenset(FAST_PATHS) - {way["source"]}
    options = {"jobs": 2, "backend": way.get("backend"), "disabled": disabled} | options
    return HashJob(src, [find(name) for name in names], **options)


@pytest.fixture(autouse=True)
def threads_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every way take files of any size, whatever they lie on."""
    monkeypatch.setattr(sys.modules[digest.__module__], "MIN_THREADS_BYTES", 0)
    monkeypatch.setattr("aiocli.engines.hash.storage.is_rotational", lambda device: False)


def digests_of(path: Path, way: dict[str, str], start: int = 0, **options: Any) -> tuple[Digests, HashJob]:
    fd = os.open(path, os.O_RDONLY)
    try:
        os.lseek(fd, start, os.SEEK_SET)
        job = make_job(Endpoint.of(fd, "file"), way, **options)
        digests = drive(digest(job))
        assert os.lseek(fd, 0, os.SEEK_CUR) == start + digests.nbytes
        return digests, job
    finally:
        os.close(fd)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("way", WAYS)
def test_digests_are_those_of_the_bytes(tmp_path: Path, way: dict[str, str], size: int) -> None:
    (tmp_path / "file").write_bytes(content(size))
    counted: list[int] = []
    digests, job = digests_of(tmp_path / "file", way, on_bytes=counted.append)
    assert digests == Digests(expected(content(size)), size, has_changed=False)
    assert sum(counted) == size
    assert job.source == way["source"]


@pytest.mark.parametrize("way", WAYS)
def test_one_algorithm_is_enough(tmp_path: Path, way: dict[str, str]) -> None:
    data = content(CHUNK_BYTES * 3 + 1)
    (tmp_path / "file").write_bytes(data)
    digests, _ = digests_of(tmp_path / "file", way, names=("sha256",))
    assert digests.values == (hashlib.sha256(data).digest(),)


@pytest.mark.parametrize("options", [{"jobs": 1}, {"jobs": 16}, {"chunk_size": 1000}, {"leaves_cache": True}], ids=str)
@pytest.mark.parametrize("way", WAYS)
def test_how_it_is_read_changes_nothing(tmp_path: Path, way: dict[str, str], options: dict[str, Any]) -> None:
    (tmp_path / "file").write_bytes(content(300_001))
    assert digests_of(tmp_path / "file", way, **options)[0].values == expected(content(300_001))


@pytest.mark.parametrize("way", WAYS)
def test_hashing_begins_at_the_file_offset(tmp_path: Path, way: dict[str, str]) -> None:
    data = content(3 * CHUNK_BYTES)
    (tmp_path / "file").write_bytes(data)
    digests, _ = digests_of(tmp_path / "file", way, start=12345)
    assert digests == Digests(expected(data[12345:]), len(data) - 12345)


@pytest.mark.parametrize("way", WAYS)
def test_an_offset_behind_the_end_leaves_nothing(tmp_path: Path, way: dict[str, str]) -> None:
    (tmp_path / "file").write_bytes(b"data")
    assert digests_of(tmp_path / "file", way, start=10)[0] == Digests(expected(b""), 0)


@pytest.mark.parametrize("chunk_size", [None, 50_000])
@pytest.mark.parametrize("way", WAYS)
def test_holes_are_zeros(tmp_path: Path, way: dict[str, str], chunk_size: int | None) -> None:
    for name, layout in LAYOUTS.items():
        path = make_sparse(tmp_path / name, layout)
        data = path.read_bytes()
        for start in (0, 70_001):
            digests, _ = digests_of(path, way, start=min(start, len(data)), chunk_size=chunk_size)
            assert digests == Digests(expected(data[start:]), max(0, len(data) - start)), (name, start)


@pytest.mark.parametrize("way", WAYS)
def test_holes_are_not_read(tmp_path: Path, way: dict[str, str]) -> None:
    path = tmp_path / "file"
    with path.open("wb") as file:
        file.truncate(1 << 43)  # 8 TiB, which nobody reads while a test lasts
        file.seek(1 << 30)
        file.write(b"data")
    digests, _ = digests_of(path, way, names=("adler32",))
    assert digests.nbytes == 1 << 43


@pytest.mark.parametrize("way", WAYS)
def test_a_size_of_zero_says_nothing(way: dict[str, str]) -> None:
    data = Path("/proc/version").read_bytes()
    assert digests_of(Path("/proc/version"), way)[0] == Digests(expected(data), len(data))


@contextmanager
def piped(data: bytes) -> Iterator[Endpoint]:
    """Yield the end of a pipe through which data come."""
    read_fd, write_fd = os.pipe()

    def feed() -> None:
        view = memoryview(data)
        while view:
            view = view[os.write(write_fd, view) :]
        os.close(write_fd)

    thread = threading.Thread(target=feed)
    thread.start()
    yield Endpoint.of(read_fd, "pipe")
    thread.join()
    os.close(read_fd)


@pytest.mark.parametrize("way", WAYS)
def test_a_pipe_is_read_once_for_all(way: dict[str, str]) -> None:
    data = content(CHUNK_BYTES * (PIECES + 2) + 1)
    with piped(data) as end:
        assert drive(digest(make_job(end, way))) == Digests(expected(data), len(data))


def test_little_from_a_pipe_needs_no_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    with piped(b"little") as end:
        monkeypatch.setattr(threading.Thread, "start", lambda self: pytest.fail("a thread"))
        assert drive(digest(make_job(end, {"source": "fan_out"}))).values == expected(b"little")


@pytest.mark.parametrize("way", WAYS)
def test_a_read_that_fails_has_the_files_name(tmp_path: Path, way: dict[str, str]) -> None:
    (tmp_path / "file").write_bytes(content(CHUNK_BYTES))
    before = open_fds()
    fd = os.open(tmp_path / "file", os.O_WRONLY)
    with pytest.raises(OSError, match="Bad file descriptor") as caught:
        drive(digest(make_job(Endpoint.of(fd, "the name"), way)))
    os.close(fd)
    assert caught.value.filename == "the name"
    assert caught.value.errno == errno.EBADF
    del caught
    if "backend" not in way:
        assert not opened_since(before)


class Changing:
    """Changes a file once some of it was read."""

    def __init__(self, path: Path, change: str) -> None:
        self.path = path
        self.change = change

    def __call__(self, nbytes: int) -> None:
        change, self.change = self.change, ""
        if change == "grow":
            with self.path.open("ab") as file:
                file.write(b"more")
        elif change == "shrink":
            os.truncate(self.path, 10)
        elif change == "touch":
            os.utime(self.path, (1, 1))


@pytest.mark.parametrize("change", ["grow", "shrink", "touch"])
@pytest.mark.parametrize("layout", ["data", "hole between"])
@pytest.mark.parametrize("way", WAYS)
def test_a_file_that_changes_is_told(tmp_path: Path, way: dict[str, str], layout: str, change: str) -> None:
    path = make_sparse(tmp_path / "file", LAYOUTS[layout])
    digests, _ = digests_of(path, way, on_bytes=Changing(path, change), chunk_size=1000)
    assert digests.has_changed


def test_a_file_that_stays_has_not_changed(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"data")
    os.utime(tmp_path / "file", (1, 1))
    for source in SOURCES[1:]:
        assert not digests_of(tmp_path / "file", {"source": source.name})[0].has_changed


@pytest.mark.parametrize("way", WAYS)
def test_how_far_each_algorithm_is_is_told(tmp_path: Path, way: dict[str, str]) -> None:
    (tmp_path / "file").write_bytes(content(CHUNK_BYTES * 2))
    events: list[Any] = []
    digests_of(tmp_path / "file", way, on_event=events.append)
    assert events
    for event in events:
        assert isinstance(event, Digesting)
        assert (event.path, event.size) == ("file", CHUNK_BYTES * 2)
        assert tuple(name for name, _ in event.taken) == NAMES


@pytest.mark.parametrize("way", WAYS)
def test_an_interrupt_ends_all_threads(tmp_path: Path, way: dict[str, str]) -> None:
    (tmp_path / "file").write_bytes(content(CHUNK_BYTES * 64))
    before, fds = set(threading.enumerate()), open_fds()

    def interrupt(nbytes: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        digests_of(tmp_path / "file", way, on_bytes=interrupt)
    if "backend" not in way:  # else the loop's own stay a while
        assert set(threading.enumerate()) <= before
        wait_until(lambda: not opened_since(fds))


def test_what_did_it_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(content(CHUNK_BYTES))

    def attempts(**options: Any) -> list[tuple[str, str]]:
        fd = os.open(tmp_path / "file", os.O_RDONLY)
        job = HashJob(Endpoint.of(fd, "file"), [find("md5"), find("sha1")], **options)
        drive(digest(job))
        os.close(fd)
        assert job.source == job.attempts[-1][0]
        return job.attempts

    no_backend = ("context", "no backend was asked for")
    assert attempts(jobs=2)[-1] == ("clones", "")
    assert attempts(jobs=2, leaves_cache=True)[-1] == ("fan_out", "")
    assert attempts(jobs=1) == [no_backend, ("clones", "one thread"), ("fan_out", "one thread"), ("stream", "")]
    assert attempts(jobs=2, backend="python") == [("context", "")]
    assert attempts(jobs=2, disabled=frozenset(FAST_PATHS)) == [no_backend, ("stream", "")]


@pytest.mark.parametrize(
    ("fact", "value"),
    [("is_rotational", True), ("filesystem_type", "nfs4"), ("_available_bytes", CHUNK_BYTES)],
)
def test_where_several_readers_hurt_there_is_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fact: str, value: Any
) -> None:
    (tmp_path / "file").write_bytes(content(CHUNK_BYTES))
    monkeypatch.setattr(f"aiocli.engines.hash.storage.{fact}", lambda *_: value)
    monkeypatch.setattr("aiocli.engines.hash.storage.is_cached", lambda *_: False)
    _, job = digests_of(tmp_path / "file", {"source": "fan_out"}, disabled=frozenset())
    assert job.source == "fan_out"
    _, job = digests_of(tmp_path / "file", {"source": "context", "backend": "python"})
    assert job.source == "context"
