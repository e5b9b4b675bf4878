"""How many threads copy a large file, and when none do."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from aiocli.core import fallocate, writeback
from aiocli.core.endpoint import Endpoint
from aiocli.core.filesystem import filesystem_type
from aiocli.core.loop import drive
from aiocli.engines.copy import CopyJob, move, overlapped, reserved, workers
from tests.support.holes import LAYOUTS, make_sparse


@pytest.mark.parametrize(
    ("jobs", "until_writeback", "expected"),
    [
        (None, 1 << 40, "overlapped"),
        (None, 1000, "copy_range"),
        (2, 1000, "overlapped"),
    ],
)
def test_threads_leave_alone_what_the_kernel_would_slow_down(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, jobs: int | None, until_writeback: int, expected: str
) -> None:
    monkeypatch.setattr(overlapped, "MIN_BYTES", 0)
    monkeypatch.setattr(overlapped, "MEMORY_TYPES", frozenset())
    monkeypatch.setattr(writeback, "bytes_until_writeback", lambda: until_writeback)
    src = make_sparse(tmp_path / "src", LAYOUTS["data"])
    with src.open("rb") as source, (tmp_path / "dst").open("wb") as target:
        job = CopyJob(
            Endpoint.of(source.fileno(), "src"),
            Endpoint.of(target.fileno(), "dst"),
            jobs=jobs,
            disabled=frozenset({"reflink"}),
        )
        drive(move(job))
    assert job.attempts[-1].strategy == expected
    assert (tmp_path / "dst").read_bytes() == src.read_bytes()


def test_room_in_front_of_writing_back_is_what_the_kernel_says() -> None:
    facts = dict(line.split() for line in Path("/proc/vmstat").read_text().splitlines())
    if "nr_dirty_background_threshold" not in facts:
        pytest.skip("the kernel does not say")
    threshold = int(facts["nr_dirty_background_threshold"]) * os.sysconf("SC_PAGE_SIZE")
    assert 0 <= writeback.bytes_until_writeback() <= 2 * threshold


def test_jobs_are_the_readers_of_a_large_file(tmp_path: Path) -> None:
    with make_sparse(tmp_path / "src", LAYOUTS["data"]).open("rb") as file:
        end = Endpoint.of(file.fileno(), "src")
        assert len(workers.Workers(CopyJob(end, end, jobs=3)).done) == 3


@pytest.mark.parametrize(("is_cached", "nthreads"), [(True, workers.THREADS), (False, workers.ROTATIONAL_THREADS)])
def test_disk_that_turns_is_read_in_order_unless_the_data_are_cached(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_cached: bool, nthreads: int
) -> None:
    monkeypatch.setattr(workers, "is_rotational", lambda device: True)
    monkeypatch.setattr(workers, "is_cached", lambda fd, offset: is_cached)
    with make_sparse(tmp_path / "src", LAYOUTS["data"]).open("rb") as file:
        end = Endpoint.of(file.fileno(), "src")
        assert len(workers.Workers(CopyJob(end, end)).done) == nthreads


def test_reserved_blocks_are_freed_when_a_signal_comes_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(overlapped, "MIN_BYTES", 0)
    monkeypatch.setattr(reserved, "MIN_BYTES", 0)
    monkeypatch.setattr(reserved, "RESERVING_TYPES", {filesystem_type(tmp_path.stat().st_dev)})
    reserve = fallocate.reserve_blocks

    def reserve_then_stop(fd: int, offset: int, nbytes: int) -> None:
        reserve(fd, offset, nbytes)
        raise KeyboardInterrupt

    monkeypatch.setattr(fallocate, "reserve_blocks", reserve_then_stop)
    (tmp_path / "src").write_bytes(b"x" * 1_000_000)
    with (tmp_path / "src").open("rb") as source, (tmp_path / "dst").open("wb") as target:
        ends = Endpoint.of(source.fileno(), "src"), Endpoint.of(target.fileno(), "dst")
        with pytest.raises(KeyboardInterrupt):
            drive(move(CopyJob(*ends, jobs=2, disabled=frozenset({"reflink"}))))
    assert (tmp_path / "dst").stat().st_blocks == 0
