"""What every copy strategy must do, and that each can be switched off without anybody noticing.

A strategy is forced by switching all the others off; what it refuses falls to `plain`, the reference.
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import fcntl
import os
import select
import socket
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from aiocli.core.endpoint import Endpoint
from aiocli.core.errors import OutputError
from aiocli.core.loop import drive
from aiocli.engines.copy import FAST_PATHS, STRATEGIES, CopyJob, move
from aiocli.engines.copy.overlapped import MIN_BYTES
from tests.support.backends import BACKEND_PARAMS
from tests.support.copying import all_but, copy, drained, fed, opened, painted, pipe, socket_pair

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
ENDS = [0, 1, 1_000_000, MIN_BYTES + 4000, MIN_BYTES + 9000]
"""Of a file of MIN_BYTES + 5000."""


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


@pytest.mark.parametrize("end", ENDS)
def test_copy_stops_at_the_end_asked_for(tmp_path: Path, strategy: str, end: int) -> None:
    src, dst = tmp_path / "src", tmp_path / "dst"
    src.write_bytes(painted(MIN_BYTES + 5000))
    copy(src, dst, end=end, disabled=all_but(strategy))
    assert dst.read_bytes() == painted(MIN_BYTES + 5000)[:end]


@pytest.mark.parametrize("backend", BACKEND_PARAMS)
@pytest.mark.parametrize("end", ENDS)
def test_named_backend_stops_at_the_end_asked_for(tmp_path: Path, end: int, backend: str) -> None:
    src, dst = tmp_path / "src", tmp_path / "dst"
    src.write_bytes(painted(MIN_BYTES + 5000))
    job = copy(src, dst, end=end, backend=backend)
    assert dst.read_bytes() == painted(MIN_BYTES + 5000)[:end]
    assert job.attempts[-1].strategy == "context"  # whatever else there is


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


def test_size_zero_does_not_mean_empty(tmp_path: Path, strategy: str) -> None:
    dst = tmp_path / "dst"
    copy(Path("/proc/version"), dst, disabled=all_but(strategy))
    assert dst.read_bytes() == Path("/proc/version").read_bytes()


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
    thread = fed(write_fd, painted(3_000_001))
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
            drive(move(CopyJob(source, Endpoint.of(write_fd, "out"), bytes_behind=1 << 30)))
        assert fcntl.fcntl(write_fd, fcntl.F_GETPIPE_SZ) >= 1 << 20
    finally:
        with contextlib.suppress(OSError):
            os.close(read_fd)
        os.close(write_fd)


def unix_sockets() -> tuple[int, int]:
    one, other = socket.socketpair()
    return one.detach(), other.detach()


def tcp_sockets() -> tuple[int, int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        one = socket.create_connection(server.getsockname())
        other, _ = server.accept()
    return one.detach(), other.detach()


@pytest.mark.parametrize("nbytes", [1, 70_000, 1 << 20, (1 << 20) + 1, 3_000_000, 20_000_000])
@pytest.mark.parametrize("make", [os.pipe, unix_sockets, tcp_sockets])
@pytest.mark.parametrize("disabled", [(), ("splice",), ("sendfile",)])
def test_what_waits_unread_when_a_copy_has_ended_stays_as_it_was(
    tmp_path: Path, make: Callable[[], tuple[int, int]], nbytes: int, disabled: tuple[str, ...]
) -> None:
    src = tmp_path / "src"
    content = painted(nbytes)
    src.write_bytes(content)
    read_fd, write_fd = make()
    pieces: list[bytes] = []
    has_ended = threading.Event()

    def read() -> None:
        while not has_ended.is_set():  # no more than it takes
            if sum(map(len, pieces)) < nbytes and not has_ended.wait(0.001):
                select.select([read_fd], [], [], 0.01)
                with contextlib.suppress(BlockingIOError):
                    pieces.append(os.read(read_fd, 1 << 16))

    os.set_blocking(read_fd, False)
    with concurrent.futures.ThreadPoolExecutor(1) as pool, opened(src, os.O_RDONLY) as source:
        reading = pool.submit(read)
        try:
            drive(move(CopyJob(source, Endpoint.of(write_fd, "out"), disabled=frozenset(disabled))))
        finally:
            has_ended.set()
            reading.result()
    os.close(write_fd)
    with src.open("rb+") as file:
        file.write(bytes(nbytes))
    os.set_blocking(read_fd, True)
    with open(read_fd, "rb") as rest:
        assert b"".join(pieces) + rest.read() == content


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


def test_interrupted_overlapped_copy_stops_its_threads_and_keeps_no_blocks_that_hold_nothing(tmp_path: Path) -> None:
    src, dst = tmp_path / "src", tmp_path / "dst"
    with src.open("wb") as file:
        file.truncate(1 << 30)
        file.write(painted(1 << 20))

    def interrupt(nbytes: int) -> None:
        raise KeyboardInterrupt

    with opened(src, os.O_RDONLY) as source, opened(dst, os.O_WRONLY | os.O_CREAT) as target:
        job = CopyJob(source, target, jobs=2, disabled=all_but("overlapped"), on_bytes=interrupt)
        with pytest.raises(KeyboardInterrupt):
            drive(move(job))
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("aio-team")]
    facts = dst.stat()
    assert facts.st_blocks * 512 <= facts.st_size + (1 << 20)
