"""Zeros found in data, holes found in files that change meanwhile, and what is told of both."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiocli.core.endpoint import Endpoint
from aiocli.core.events import Details
from aiocli.core.loop import drive
from aiocli.engines.copy import FAST_PATHS, CloneError, CopyJob, kernel, move
from aiocli.engines.copy.details import details
from aiocli.engines.copy.rules import Clone, Sparse
from aiocli.engines.copy.zeros import BLOCK_BYTES, runs_of_data
from tests.support.holes import LAYOUTS, make_sparse
from tests.support.program import Started

MIB = 1024 * 1024
AVOIDED, UNKNOWN, UNSUPPORTED, YES, NO = "avoided", "unknown", "unsupported", "yes", "no"

PARTS = st.lists(
    st.tuples(st.booleans(), st.sampled_from([1, 7, BLOCK_BYTES - 1, BLOCK_BYTES, BLOCK_BYTES + 1, 3 * BLOCK_BYTES])),
    max_size=8,
)


@given(PARTS, st.sampled_from([0, 1, BLOCK_BYTES - 1, BLOCK_BYTES, 5 * BLOCK_BYTES + 17]))
def test_all_but_blocks_of_zeros_is_to_be_written(parts: list[tuple[bool, int]], offset: int) -> None:
    data = b"".join((b"\0" if is_zero else b"x") * nbytes for is_zero, nbytes in parts)
    runs = [*runs_of_data(data, offset)]
    written = bytearray(len(data))
    for start, end in runs:
        written[start:end] = data[start:end]
    assert written == data
    assert all(start < end for start, end in runs)
    assert all(end < start for (_, end), (start, _) in pairwise(runs))
    for block in range(-offset % BLOCK_BYTES, len(data) - BLOCK_BYTES + 1, BLOCK_BYTES):
        if not any(data[block : block + BLOCK_BYTES]):
            assert not any(start < block + BLOCK_BYTES and block < end for start, end in runs)


def copied(src: Path, dst: Path, flags: int = os.O_TRUNC, **options: Any) -> CopyJob:
    src_fd = os.open(src, os.O_RDONLY)
    dst_fd = os.open(dst, os.O_WRONLY | os.O_CREAT | flags, 0o600)
    try:
        job = CopyJob(Endpoint.of(src_fd, str(src)), Endpoint.of(dst_fd, str(dst)), **options)
        with suppress(CloneError):
            drive(move(job))
        return job
    finally:
        os.close(src_fd)
        os.close(dst_fd)


@pytest.fixture
def can_share(tmp_path: Path) -> bool:
    src = make_sparse(tmp_path / "probe", LAYOUTS["data"])
    return copied(src, tmp_path / "probe clone").attempts[-1].strategy == "reflink"


ONLY_PLAIN = {"disabled": frozenset(FAST_PATHS)}
DETAILS: list[tuple[str, dict[str, Any], Details]] = [
    ("data", {}, Details(YES, UNSUPPORTED, NO)),
    ("data", ONLY_PLAIN, Details(AVOIDED, NO, NO)),
    ("data", {"sparse": Sparse.ALWAYS}, Details(AVOIDED, UNSUPPORTED, "zeros")),
    ("data", {"sparse": Sparse.NEVER}, Details(AVOIDED, NO, NO)),
    ("data", {"clone": Clone.NEVER}, Details(AVOIDED, NO, NO)),
    ("data", {"clone": Clone.ALWAYS}, Details(UNKNOWN, UNSUPPORTED, UNKNOWN)),
    ("data", {"backend": "thread"}, Details(AVOIDED, NO, NO)),
    ("hole", {}, Details(UNKNOWN, UNSUPPORTED, "SEEK_HOLE")),
    ("hole", {"sparse": Sparse.ALWAYS}, Details(UNKNOWN, UNSUPPORTED, "SEEK_HOLE")),
    ("hole between", {}, Details(YES, UNSUPPORTED, "SEEK_HOLE")),
    ("hole between", {"sparse": Sparse.ALWAYS}, Details(AVOIDED, UNSUPPORTED, "SEEK_HOLE + zeros")),
    ("hole between", {"sparse": Sparse.NEVER}, Details(AVOIDED, NO, NO)),
    ("empty", {}, Details(UNKNOWN, UNSUPPORTED, NO)),
    ("empty", {"sparse": Sparse.ALWAYS}, Details(AVOIDED, UNSUPPORTED, "zeros")),
]


@pytest.mark.parametrize(("layout", "options", "expected"), DETAILS)
def test_details_are_gnus_words(
    tmp_path: Path, layout: str, options: dict[str, Any], expected: Details, can_share: bool
) -> None:
    if can_share:
        pytest.skip("blocks are shared here, and that is all that is told")
    src = make_sparse(tmp_path / "src", LAYOUTS[layout])
    assert details(copied(src, tmp_path / "dst", **{"sparse": Sparse.AUTO, **options})) == expected


def test_details_of_what_the_kernel_cannot_offload(tmp_path: Path) -> None:
    src = make_sparse(tmp_path / "src", LAYOUTS["data"])
    assert details(copied(Path("/proc/version"), tmp_path / "dst")) == Details(UNSUPPORTED, UNSUPPORTED, NO)
    assert details(copied(src, Path("/dev/null"), flags=0)) == Details(UNSUPPORTED, UNSUPPORTED, NO)


@pytest.mark.parametrize("disabled", [frozenset(), frozenset({"reflink"})])
def test_what_is_to_be_a_clone_is_never_copied(tmp_path: Path, disabled: frozenset[str], can_share: bool) -> None:
    if can_share and not disabled:
        pytest.skip("blocks can be shared here")
    src, dst = make_sparse(tmp_path / "src", LAYOUTS["data"]), tmp_path / "dst"
    job = copied(src, dst, clone=Clone.ALWAYS, disabled=disabled)
    assert [attempt.strategy for attempt in job.attempts] == ["reflink"]
    assert (job.moved, dst.stat().st_size) == (0, 0)


def test_file_that_ends_before_its_size_is_copied_to_its_end(tmp_path: Path) -> None:
    src, dst = Path("/sys/kernel/mm/transparent_hugepage/enabled"), tmp_path / "dst"
    if not src.exists():
        pytest.skip("the kernel has no such file")
    for options in ({}, ONLY_PLAIN, {"leaves_cache": True}, {"backend": "thread"}, {"sparse": Sparse.ALWAYS}):
        copied(src, dst, **{"sparse": Sparse.AUTO, **options})
        assert dst.read_bytes() == src.read_bytes()


@pytest.mark.parametrize("layout", [[("data", 5 * MIB)], [("hole", MIB), ("data", 5 * MIB)]], ids=["dense", "sparse"])
def test_slices_end_where_the_longest_call_does(
    tmp_path: Path, layout: list[tuple[str, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kernel, "SLICE_BYTES", 2 * MIB)
    monkeypatch.setattr(kernel, "MOST_BYTES_OF_CALL", 3 * MIB)
    slices: list[int] = []
    options = {"sparse": Sparse.AUTO, "disabled": frozenset(FAST_PATHS) - {"copy_range"}}
    copied(make_sparse(tmp_path / "src", layout), tmp_path / "dst", on_bytes=slices.append, **options)
    assert slices == [2 * MIB, MIB, 2 * MIB]


PUNCH_AND_FILL = """
import ctypes, os, sys
fd = os.open(sys.argv[1], os.O_RDWR)
fallocate = ctypes.CDLL(None).fallocate
fallocate.argtypes = (ctypes.c_int, ctypes.c_int, ctypes.c_int64, ctypes.c_int64)
print(flush=True)
while True:
    for offset in range(0, 1 << 20, 8192):
        fallocate(fd, 3, offset, 8192)
        os.pwrite(fd, b"x" * 4096, offset + 4096)
"""


@pytest.mark.parametrize("off", [frozenset(), frozenset(FAST_PATHS)], ids=["fast", "plain"])
def test_holes_that_come_and_go_do_not_stop_a_copy(tmp_path: Path, off: frozenset[str]) -> None:
    src, dst = make_sparse(tmp_path / "src", [("data", 4096), ("hole", 1 << 20)]), tmp_path / "dst"
    with Started([sys.executable, "-c", PUNCH_AND_FILL, src], stdout=subprocess.PIPE) as writer:
        try:
            assert writer.stdout is not None
            writer.stdout.readline()
            for _ in range(20):
                copied(src, dst, sparse=Sparse.AUTO, disabled=off)
                assert dst.stat().st_size == src.stat().st_size
        finally:
            writer.kill()


@pytest.mark.parametrize("options", [{}, ONLY_PLAIN, {"leaves_cache": True}, {"backend": "thread"}])
def test_source_that_shrank_in_a_hole_ends_there(tmp_path: Path, options: dict[str, Any]) -> None:
    src, dst = make_sparse(tmp_path / "src", LAYOUTS["hole last"]), tmp_path / "dst"
    with src.open("rb") as source, dst.open("wb") as target:
        job = CopyJob(
            Endpoint.of(source.fileno(), "src"), Endpoint.of(target.fileno(), "dst"), sparse=Sparse.AUTO, **options
        )
        os.truncate(src, 100_000)
        drive(move(job))
    assert dst.read_bytes() == src.read_bytes()
