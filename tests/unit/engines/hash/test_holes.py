"""Where data and holes begin and end, and zeros that are never read."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from aiocli.engines.hash.algorithms import find
from aiocli.engines.hash.holes import STEP_BYTES, Run, feed_zeros, run_at
from tests.support.holes import LAYOUTS, make_sparse


def runs_of(path: Path, size: int) -> list[Run]:
    fd = os.open(path, os.O_RDONLY)
    try:
        runs: list[Run] = []
        while (offset := runs[-1].end if runs else 0) < size:
            runs.append(run_at(fd, offset, size))
            assert runs[-1].end > offset
        return runs
    finally:
        os.close(fd)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_runs_cover_a_file_and_holes_are_zeros(tmp_path: Path, layout: str) -> None:
    path = make_sparse(tmp_path / "file", LAYOUTS[layout])
    data, offset = path.read_bytes(), 0
    for run in runs_of(path, len(data)):
        assert not (run.is_hole and any(data[offset : run.end]))
        offset = run.end
    assert offset == len(data)


def test_what_was_never_written_is_a_hole(tmp_path: Path) -> None:
    path = make_sparse(tmp_path / "file", [("hole", 65536), ("data", 4096), ("hole", 65536)])
    assert runs_of(path, 135_168) == [Run(65536, True), Run(69632, False), Run(135_168, True)]


def test_a_file_that_became_shorter_has_no_hole_behind_its_end(tmp_path: Path) -> None:
    path = make_sparse(tmp_path / "file", [("hole", 65536)])
    fd = os.open(path, os.O_RDONLY)
    assert run_at(fd, 4096, 1 << 20) == Run(65536, True)
    assert run_at(fd, 65536, 1 << 20) == Run(65536, False)
    os.close(fd)


def test_a_file_of_proc_is_all_data() -> None:
    fd = os.open("/proc/version", os.O_RDONLY)
    assert run_at(fd, 0, 100) == Run(100, False)
    os.close(fd)


def test_what_cannot_seek_is_an_error() -> None:
    read_fd, write_fd = os.pipe()
    with pytest.raises(OSError, match="Illegal seek"):
        run_at(read_fd, 0, 100)
    os.close(read_fd)
    os.close(write_fd)


@pytest.mark.parametrize("nbytes", [0, 1, 300_000, STEP_BYTES + 1])
@pytest.mark.parametrize("name", ["sha1", "crc"])
def test_zeros_are_fed(name: str, nbytes: int) -> None:
    told: list[int] = []
    hasher, other = find(name).new(), find(name).new()
    feed_zeros(hasher, nbytes, lambda step: not told.append(step))
    other.update(bytes(nbytes))
    assert hasher.digest() == other.digest()
    assert sum(told) == nbytes


def test_zeros_stop_when_nobody_wants_them() -> None:
    hasher = hashlib.sha1()
    feed_zeros(hasher, STEP_BYTES * 3, lambda step: False)
    assert hasher.digest() == hashlib.sha1(bytes(STEP_BYTES)).digest()
