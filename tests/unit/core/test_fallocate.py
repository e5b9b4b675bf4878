"""Blocks reserved in advance, and given back."""

from __future__ import annotations

import os
from pathlib import Path

from aiocli.core.fallocate import punch_hole, reserve_blocks


def test_reserving_keeps_the_size(tmp_path: Path) -> None:
    with (tmp_path / "file").open("wb") as file:
        if reserve_blocks(file.fileno(), 0, 1 << 20):
            assert os.fstat(file.fileno()).st_blocks * 512 >= 1 << 20
        assert os.fstat(file.fileno()).st_size == 0


def test_what_cannot_be_reserved_is_told(tmp_path: Path) -> None:
    with (tmp_path / "file").open("wb") as file:
        assert not reserve_blocks(file.fileno(), 0, 1 << 62)
    read_fd, write_fd = os.pipe()
    assert not reserve_blocks(write_fd, 0, 1)
    os.close(read_fd)
    os.close(write_fd)


def test_punching_frees_blocks_and_keeps_the_size(tmp_path: Path) -> None:
    with (tmp_path / "file").open("wb") as file:
        file.write(b"x" * (1 << 20))
        file.flush()
        if punch_hole(file.fileno(), 65536, 1 << 20):
            assert os.fstat(file.fileno()).st_blocks * 512 < 1 << 19
            assert (tmp_path / "file").read_bytes() == b"x" * 65536 + bytes((1 << 20) - 65536)
        assert os.fstat(file.fileno()).st_size == 1 << 20
