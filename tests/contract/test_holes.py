"""Where holes come from, whichever strategy copies: from the source's holes, from zeros, or from nowhere."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from aiocli.core.endpoint import Endpoint
from aiocli.core.loop import drive
from aiocli.engines.copy import FAST_PATHS, CopyJob, move, overlapped
from aiocli.engines.copy.overlapped import MIN_BYTES
from aiocli.engines.copy.rules import Clone, Sparse
from tests.support.backends import BACKEND_PARAMS
from tests.support.copying import all_but, copy, fed, opened, painted, pipe, socket_pair
from tests.support.holes import BLOCK_BYTES, LAYOUTS, make_sparse, room_of_data


def test_holes_stay_holes(tmp_path: Path, strategy: str) -> None:
    src, dst = tmp_path / "src", tmp_path / "dst"
    size = MIN_BYTES * 2
    with src.open("wb") as file:
        file.truncate(size)
        file.seek(1024 * 1024)
        file.write(b"data")
    copied = copy(src, dst, sparse=Sparse.AUTO, disabled=all_but(strategy))
    assert copied.attempts[-1].strategy in (strategy, "plain")
    assert dst.stat().st_size == size
    assert dst.stat().st_blocks <= src.stat().st_blocks
    assert dst.read_bytes() == src.read_bytes()


@pytest.fixture
def small_overlapped(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the overlapped strategy take files of any size."""
    monkeypatch.setattr(overlapped, "MIN_BYTES", 0)


def check_holes(src: Path, dst: Path, sparse: Sparse) -> None:
    assert dst.stat().st_size == src.stat().st_size
    assert dst.read_bytes() == src.read_bytes()
    room = dst.stat().st_blocks * 512
    if sparse is Sparse.AUTO:
        assert room <= src.stat().st_blocks * 512
    elif sparse is Sparse.ALWAYS:
        assert room <= room_of_data(src) + BLOCK_BYTES  # with a block for the file system's map of the others
    else:
        assert room >= src.stat().st_size


@pytest.mark.parametrize("sparse", Sparse)
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.usefixtures("small_overlapped")
def test_holes_come_from_where_they_shall(tmp_path: Path, strategy: str, layout: str, sparse: Sparse) -> None:
    src, dst = make_sparse(tmp_path / "src", LAYOUTS[layout]), tmp_path / "dst"
    job = copy(src, dst, sparse=sparse, disabled=all_but(strategy), chunk_size=65536)
    assert job.attempts[-1].strategy in (strategy, "plain")
    check_holes(src, dst, sparse)


@pytest.mark.parametrize("sparse", Sparse)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_holes_come_from_where_they_shall_past_the_page_cache(tmp_path: Path, layout: str, sparse: Sparse) -> None:
    src, dst = make_sparse(tmp_path / "src", LAYOUTS[layout]), tmp_path / "dst"
    assert copy(src, dst, sparse=sparse, leaves_cache=True).attempts[-1].strategy == "pipelined"
    check_holes(src, dst, sparse)


@pytest.mark.parametrize("backend", BACKEND_PARAMS)
@pytest.mark.parametrize("sparse", Sparse)
def test_named_backend_makes_holes_where_they_shall_be(tmp_path: Path, backend: str, sparse: Sparse) -> None:
    for name, layout in LAYOUTS.items():
        src, dst = make_sparse(tmp_path / f"{name} src", layout), tmp_path / f"{name} dst"
        copy(src, dst, backend=backend, sparse=sparse, chunk_size=65536)
        check_holes(src, dst, sparse)


@pytest.mark.parametrize("sparse", [Sparse.AUTO, Sparse.ALWAYS])
@pytest.mark.usefixtures("small_overlapped")
def test_holes_are_written_over_what_the_target_holds(tmp_path: Path, strategy: str, sparse: Sparse) -> None:
    src, dst = make_sparse(tmp_path / "src", LAYOUTS["mixed"]), tmp_path / "dst"
    size = src.stat().st_size
    for flags in (os.O_WRONLY, os.O_APPEND):
        dst.write_bytes(painted(size + 10))
        copy(src, dst, sparse=sparse, flags=flags, disabled=all_but(strategy))
        old = painted(size + 10)
        assert dst.read_bytes() == (old + src.read_bytes() if flags & os.O_APPEND else src.read_bytes() + old[-10:])


@pytest.mark.parametrize("options", [{"clone": Clone.NEVER}, {"sparse": Sparse.NEVER}])
def test_blocks_are_not_shared_unless_they_may_be(tmp_path: Path, options: dict[str, object]) -> None:
    src = make_sparse(tmp_path / "src", LAYOUTS["mixed"])
    job = copy(src, tmp_path / "dst", **options)
    refusals = {attempt.strategy: attempt for attempt in job.attempts}
    for name in ("reflink", "copy_range"):
        assert refusals[name].refusal
        assert not refusals[name].is_tried


def test_all_hole_keeps_its_size(tmp_path: Path, strategy: str) -> None:
    src, dst = tmp_path / "src", tmp_path / "dst"
    src.touch()
    os.truncate(src, MIN_BYTES)
    with opened(src, os.O_RDONLY) as source, opened(dst, os.O_WRONLY | os.O_CREAT) as target:
        drive(move(CopyJob(source, target, sparse=Sparse.AUTO, disabled=all_but(strategy))))
    assert dst.stat().st_size == MIN_BYTES
    assert dst.stat().st_blocks == 0


@pytest.mark.parametrize("channel", [pipe, socket_pair])
@pytest.mark.parametrize(
    "options",
    [{}, {"disabled": frozenset(FAST_PATHS)}, {"leaves_cache": True}, {"backend": "thread"}],
    ids=["fast", "plain", "pipelined", "context"],
)
def test_zeros_from_a_channel_become_holes(
    tmp_path: Path, channel: Callable[[], tuple[int, int]], options: dict[str, Any]
) -> None:
    src, dst = make_sparse(tmp_path / "src", LAYOUTS["mixed"]), tmp_path / "dst"
    size = src.stat().st_size
    read_fd, write_fd = channel()
    thread = fed(write_fd, src.read_bytes())
    with opened(dst, os.O_WRONLY | os.O_CREAT) as target:
        job = CopyJob(Endpoint.of(read_fd, "in"), target, sparse=Sparse.ALWAYS, **options)
        assert drive(move(job)) == size
        assert os.lseek(target.fd, 0, os.SEEK_CUR) == size
    thread.join()
    os.close(read_fd)
    check_holes(src, dst, Sparse.ALWAYS)


@pytest.mark.parametrize("backend", BACKEND_PARAMS)
def test_named_backend_keeps_holes_appends_and_reads_proc(tmp_path: Path, backend: str) -> None:
    src, dst = tmp_path / "src", tmp_path / "dst"
    src.touch()
    os.truncate(src, 3 << 20)
    copy(src, dst, backend=backend, sparse=Sparse.AUTO)
    assert (dst.stat().st_size, dst.stat().st_blocks) == (3 << 20, 0)
    src.write_bytes(painted(5000))
    dst.write_bytes(b"before")
    copy(src, dst, backend=backend, flags=os.O_APPEND)
    assert dst.read_bytes() == b"before" + painted(5000)
    copy(Path("/proc/version"), dst, backend=backend)
    assert dst.read_bytes() == Path("/proc/version").read_bytes()
