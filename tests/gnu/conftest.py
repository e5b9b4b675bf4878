"""Fixtures that run scripts of steps under both programs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.checksums import Checksums
from tests.support.duel import Duel
from tests.support.shared_memory import memory_folder


@pytest.fixture(scope="session")
def duel() -> Iterator[Duel]:
    """Run scripts of steps under GNU's program and under ours, on a tmpfs if there is one."""
    with memory_folder() as folder, Duel(Path(folder)) as made:
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
