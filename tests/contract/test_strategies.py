"""What every copy strategy must do, and that each can be switched off without anybody noticing.

A strategy is forced by switching all the others off; what it refuses falls to `plain`, the reference.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from aiocli.core.endpoint import Endpoint
from aiocli.core.errors import OutputError
from aiocli.core.loop import drive
from aiocli.engines.copy import FAST_PATHS, STRATEGIES, CopyJob, move
from aiocli.engines.copy.overlapped import MIN_BYTES
from tests.support.backends import BACKEND_PARAMS

PERIOD = 251  # a prime: blocks that change places are seen
SIZES = {
    "empty": 0,
    "one": 1,
    "page": 4096,
    "chunk-1": 256 * 1024 - 1,
    "chunk": 256 * 1024,
    "chunk+1": 256 * 1024 + 1,
    "slice+1": 8 * 1024 * 1024 + 1,
    "overlapped": MIN_BYTES + 12345,
}


def painted(nbytes: int, start: int = 0) -> bytes:
    pattern = bytes(range(PERIOD))
    return (pattern * (nbytes // PERIOD + 2))[start % PERIOD :][:nbytes]


def all_but(name: str) -> frozenset[str]:
    return frozenset(FAST_PATHS) - {name}


@contextmanager
def opened(path: Path, flags: int) -> Iterator[Endpoint]:
    fd = os.open(path, flags, 0o600)
    try:
        yield Endpoint.of(fd, path.name)
    finally:
        os.close(fd)


def copy(src: Path, dst: Path, *, flags: int = os.O_TRUNC, at: int = 0, **options: object) -> CopyJob:
    """Copy file to file and check what every copy leaves behind."""
    with opened(src, os.O_RDONLY) as source, opened(dst, os.O_WRONLY | os.O_CREAT | flags) as target:
        if at:
            os.lseek(source.fd, at, os.SEEK_SET)
            source = Endpoint.of(source.fd, source.name)
        counted: list[int] = []
        job = CopyJob(source, target, on_bytes=counted.append, **options)  # type: ignore[arg-type]
        moved = drive(move(job))
        assert moved == job.moved == sum(counted)
        passed = source.size - at if job.keeps_holes else moved
        assert os.lseek(source.fd, 0, os.SEEK_CUR) == at + passed
        if not flags & os.O_APPEND:
            assert os.lseek(target.fd, 0, os.SEEK_CUR) == (target.offset or 0) + passed
        return job


@pytest.fixture(params=[*FAST_PATHS, "plain"])
def strategy(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
def test_file_to_file_is_equal(tmp_path: Path, strategy: str, size: int) -> None:
    src, dst = tmp_path / "src", tmp_path / "dst"
    src.write_bytes(painted(size))
    job = copy(src, dst, disabled=all_but(strategy))
    assert dst.read_bytes() == painted(size)
    assert job.moved == size
    assert job.attempts[-1].strategy in (strategy, "plain")


@pytest.mark.parametrize("name", FAST_PATHS)
def test_file_to_file_is_equal_with_one_fast_path_off(tmp_path: Path, name: str) -> None:
    src, dst = tmp_path / "src", tmp_path / "dst"
    src.write_bytes(painted(MIN_BYTES + 1))
    job = copy(src, dst, disabled=frozenset({name}))
    assert dst.read_bytes() == painted(MIN_BYTES + 1)
    assert job.attempts[-1].strategy != name


def test_copy_begins_at_the_source_offset(tmp_path: Path, strategy: str) -> None:
    src, dst = tmp_path / "src", tmp_path / "dst"
    src.write_bytes(painted(MIN_BYTES + 5000))
    copy(src, dst, at=4321, disabled=all_but(strategy))
    assert dst.read_bytes() == painted(MIN_BYTES + 5000)[4321:]


@pytest.mark.parametrize("backend", [None, *BACKEND_PARAMS])
@pytest.mark.parametrize("end", [0, 1, 1_000_000, MIN_BYTES + 4000, MIN_BYTES + 9000])
def test_copy_stops_at_the_end_asked_for(tmp_path: Path, strategy: str, end: int, backend: str | None) -> None:
    src, dst = tmp_path / "src", tmp_path / "dst"
    src.write_bytes(painted(MIN_BYTES + 5000))
    copy(src, dst, end=end, disabled=all_but(strategy), backend=backend)
    assert dst.read_bytes() == painted(MIN_BYTES + 5000)[:end]


def test_pipe_keeps_what_lies_behind_the_end_asked_for(tmp_path: Path, strategy: str) -> None:
    read_fd, write_fd = os.pipe()
    os.write(write_fd, b"head and the rest")
    with opened(tmp_path / "dst", os.O_WRONLY | os.O_CREAT) as target:
        drive(move(CopyJob(Endpoint.of(read_fd, "in"), target, end=4, disabled=all_but(strategy))))
    assert (tmp_path / "dst").read_bytes() == b"head"
    assert os.read(read_fd, 100) == b" and the rest"
    os.close(read_fd)
    os.close(write_fd)


def test_appending_target_keeps_what_it_had(tmp_path: Path, strategy: str) -> None:
    src, dst = tmp_path / "src", tmp_path / "dst"
    src.write_bytes(painted(MIN_BYTES + 1))
    dst.write_bytes(b"before")
    copy(src, dst, flags=os.O_APPEND, disabled=all_but(strategy))
    assert dst.read_bytes() == b"before" + painted(MIN_BYTES + 1)


def test_holes_stay_holes(tmp_path: Path, strategy: str) -> None:
    src, dst = tmp_path / "src", tmp_path / "dst"
    size = MIN_BYTES * 2
    with src.open("wb") as file:
        file.truncate(size)
        file.seek(1024 * 1024)
        file.write(b"data")
    copied = copy(src, dst, keep_holes=True, disabled=all_but(strategy))
    assert copied.attempts[-1].strategy in (strategy, "plain")
    assert dst.stat().st_size == size
    assert dst.stat().st_blocks <= src.stat().st_blocks
    assert dst.read_bytes() == src.read_bytes()


def test_all_hole_keeps_its_size(tmp_path: Path, strategy: str) -> None:
    src, dst = tmp_path / "src", tmp_path / "dst"
    src.touch()
    os.truncate(src, MIN_BYTES)
    with opened(src, os.O_RDONLY) as source, opened(dst, os.O_WRONLY | os.O_CREAT) as target:
        drive(move(CopyJob(source, target, keep_holes=True, disabled=all_but(strategy))))
    assert dst.stat().st_size == MIN_BYTES
    assert dst.stat().st_blocks == 0


def test_size_zero_does_not_mean_empty(tmp_path: Path, strategy: str) -> None:
    dst = tmp_path / "dst"
    copy(Path("/proc/version"), dst, disabled=all_but(strategy))
    assert dst.read_bytes() == Path("/proc/version").read_bytes()


def drained(fd: int) -> tuple[threading.Thread, bytearray]:
    data = bytearray()

    def drain() -> None:
        while chunk := os.read(fd, 1 << 20):
            data.extend(chunk)

    thread = threading.Thread(target=drain)
    thread.start()
    return thread, data


def pipe() -> tuple[int, int]:
    return os.pipe()


def socket_pair() -> tuple[int, int]:
    ours, theirs = socket.socketpair()
    return ours.detach(), theirs.detach()


@pytest.mark.parametrize("channel", [pipe, socket_pair])
def test_file_to_channel_is_equal(tmp_path: Path, strategy: str, channel: Callable[[], tuple[int, int]]) -> None:
    src = tmp_path / "src"
    src.write_bytes(painted(3_000_001))
    read_fd, write_fd = channel()
    thread, data = drained(read_fd)
    try:
        with opened(src, os.O_RDONLY) as source:
            job = CopyJob(source, Endpoint.of(write_fd, "out"), disabled=all_but(strategy))
            assert drive(move(job)) == 3_000_001
    finally:
        os.close(write_fd)
        thread.join()
        os.close(read_fd)
    assert data == painted(3_000_001)


@pytest.mark.parametrize("channel", [pipe, socket_pair])
def test_channel_to_file_is_equal(tmp_path: Path, strategy: str, channel: Callable[[], tuple[int, int]]) -> None:
    read_fd, write_fd = channel()

    def feed() -> None:
        view = memoryview(painted(3_000_001))
        while view:
            view = view[os.write(write_fd, view[:100_000]) :]
        os.close(write_fd)

    thread = threading.Thread(target=feed)
    thread.start()
    with opened(tmp_path / "dst", os.O_WRONLY | os.O_CREAT) as target:
        job = CopyJob(Endpoint.of(read_fd, "in"), target, disabled=all_but(strategy))
        assert drive(move(job)) == 3_000_001
    thread.join()
    os.close(read_fd)
    assert (tmp_path / "dst").read_bytes() == painted(3_000_001)


def test_gone_reader_is_an_output_error(tmp_path: Path, strategy: str) -> None:
    src = tmp_path / "src"
    src.write_bytes(painted(3_000_000))
    read_fd, write_fd = os.pipe()
    os.close(read_fd)
    try:
        with opened(src, os.O_RDONLY) as source:
            job = CopyJob(source, Endpoint.of(write_fd, "out"), disabled=all_but(strategy))
            with pytest.raises(OutputError, match="Broken pipe") as caught:
                drive(move(job))
    finally:
        os.close(write_fd)
    assert caught.value.filename == "out"


def test_full_device_is_an_output_error(tmp_path: Path, strategy: str) -> None:
    src = tmp_path / "src"
    src.write_bytes(painted(3_000_000))
    with (
        opened(src, os.O_RDONLY) as source,
        opened(Path("/dev/full"), os.O_WRONLY) as target,
        pytest.raises(OutputError, match="No space left"),
    ):
        drive(move(CopyJob(source, target, disabled=all_but(strategy))))


@pytest.mark.parametrize("backend", BACKEND_PARAMS)
@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
def test_named_backend_copies_file_to_file(tmp_path: Path, backend: str, size: int) -> None:
    src, dst = tmp_path / "src", tmp_path / "dst"
    src.write_bytes(painted(size))
    job = copy(src, dst, backend=backend, chunk_size=1 << 20)
    assert dst.read_bytes() == painted(size)
    assert job.attempts[-1].strategy == "context"


@pytest.mark.parametrize("backend", BACKEND_PARAMS)
def test_named_backend_keeps_holes_appends_and_reads_proc(tmp_path: Path, backend: str) -> None:
    src, dst = tmp_path / "src", tmp_path / "dst"
    src.touch()
    os.truncate(src, 3 << 20)
    copy(src, dst, backend=backend, keep_holes=True)
    assert (dst.stat().st_size, dst.stat().st_blocks) == (3 << 20, 0)
    src.write_bytes(painted(5000))
    dst.write_bytes(b"before")
    copy(src, dst, backend=backend, flags=os.O_APPEND)
    assert dst.read_bytes() == b"before" + painted(5000)
    copy(Path("/proc/version"), dst, backend=backend)
    assert dst.read_bytes() == Path("/proc/version").read_bytes()


@pytest.mark.parametrize("backend", BACKEND_PARAMS)
def test_named_backend_serves_pipes_by_threads(tmp_path: Path, backend: str) -> None:
    src = tmp_path / "src"
    src.write_bytes(painted(3_000_001))
    read_fd, write_fd = os.pipe()
    thread, data = drained(read_fd)
    try:
        with opened(src, os.O_RDONLY) as source:
            job = CopyJob(source, Endpoint.of(write_fd, "out"), backend=backend)
            assert drive(move(job)) == 3_000_001
    finally:
        os.close(write_fd)
        thread.join()
        os.close(read_fd)
    assert data == painted(3_000_001)
    assert job.attempts[-1].strategy == "context"


@pytest.mark.parametrize("backend", [None, *BACKEND_PARAMS])
def test_source_that_shrank_gives_what_is_left(tmp_path: Path, backend: str | None) -> None:
    src, dst = tmp_path / "src", tmp_path / "dst"
    src.write_bytes(painted(MIN_BYTES + 1))
    with opened(src, os.O_RDONLY) as source, opened(dst, os.O_WRONLY | os.O_CREAT) as target:
        os.truncate(src, 1_000_000)
        drive(move(CopyJob(source, target, backend=backend)))
    assert dst.read_bytes() == painted(1_000_000)


@pytest.mark.parametrize("backend", [None, *BACKEND_PARAMS])
def test_source_that_grew_is_copied_to_its_new_end(tmp_path: Path, backend: str | None) -> None:
    src, dst = tmp_path / "src", tmp_path / "dst"
    src.write_bytes(painted(MIN_BYTES + 1))
    with opened(src, os.O_RDONLY) as source, opened(dst, os.O_WRONLY | os.O_CREAT) as target:
        with src.open("ab") as file:
            file.write(b"more")
        drive(move(CopyJob(source, target, backend=backend)))
    assert dst.read_bytes() == painted(MIN_BYTES + 1) + b"more"


def test_large_pipes_are_asked_for(tmp_path: Path) -> None:
    src = tmp_path / "src"
    src.write_bytes(b"x")
    read_fd, write_fd = os.pipe()
    try:
        with opened(src, os.O_RDONLY) as source:
            drive(move(CopyJob(source, Endpoint.of(write_fd, "out"))))
        assert fcntl.fcntl(write_fd, fcntl.F_GETPIPE_SZ) >= 1 << 20
    finally:
        with contextlib.suppress(OSError):
            os.close(read_fd)
        os.close(write_fd)


def test_some_strategy_takes_every_pair_of_ends() -> None:
    from itertools import product

    from aiocli.core.endpoint import Kind

    ends = [
        Endpoint(3, "end", kind, size, size, device, 1, offset, is_append)
        for kind, size, device, offset, is_append in product(Kind, (0, 1, 1 << 30), (1, 2), (None, 0, 7), (False, True))
    ]
    for src, dst, backend in product(ends, ends[::7], (None, "uring")):
        job = CopyJob(src, dst, backend=backend, disabled=frozenset(FAST_PATHS))
        assert any(strategy.refuses(job) is None for strategy in STRATEGIES)
