"""What is known of the file systems and disks that files lie on."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from aiocli.core.filesystem import is_rotational


def test_disk_turns_if_the_kernel_says_so() -> None:
    disks = [*Path("/sys/block").glob("*/queue/rotational")]
    if not disks:
        pytest.skip("there is no disk here")
    for fact in disks:
        major, minor = (fact.parent.parent / "dev").read_text().split(":")
        assert is_rotational(os.makedev(int(major), int(minor))) is (fact.read_text().strip() == "1")


def test_partition_turns_as_its_disk_does() -> None:
    partitions = [*Path("/sys/block").glob("*/*/partition")]
    if not partitions:
        pytest.skip("no disk has partitions here")
    for partition in partitions:
        major, minor = (partition.parent / "dev").read_text().split(":")
        disk = partition.parent.parent / "queue" / "rotational"
        assert is_rotational(os.makedev(int(major), int(minor))) is (disk.read_text().strip() == "1")


def test_what_is_on_no_disk_does_not_turn() -> None:
    assert not is_rotational(Path("/proc").stat().st_dev)
