"""Fixtures that run scripts of steps under both programs."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.checksums import Checksums
from tests.support.duel import Duel

SHARED_MEMORY = Path("/dev/shm")
"""A tmpfs on every Linux: fast, and it gives inode numbers in the order in which files are made, hence GNU's order."""


@pytest.fixture(scope="session")
def duel() -> Iterator[Duel]:
    """Run scripts of steps under GNU's program and under ours, on a tmpfs if there is one."""
    is_usable = SHARED_MEMORY.is_dir() and os.access(SHARED_MEMORY, os.W_OK)
    with tempfile.TemporaryDirectory(dir=SHARED_MEMORY if is_usable else None) as folder, Duel(Path(folder)) as made:
        yield made


@pytest.fixture(scope="session")
def cp_same(duel: Duel) -> Callable[[str], object]:
    """Assert that a script in which cp is the only program does the same under both."""
    return duel.fight


@pytest.fixture(scope="session")
def checksums(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Checksums]:
    """Run checksum programs, GNU's and ours, on the same files."""
    with Checksums(tmp_path_factory.mktemp("checksums")) as made:
        yield made
