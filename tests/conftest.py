"""Fixtures that every test may use."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.program import Program


@pytest.fixture
def aio(tmp_path: Path) -> Program:
    """The installed program, in an empty directory of its own."""
    cwd = tmp_path / "cwd"
    cwd.mkdir()
    return Program(cwd)
