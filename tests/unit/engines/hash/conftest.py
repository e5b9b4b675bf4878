"""What the tests of both work units need."""

from __future__ import annotations

import pytest

from aiocli.engines.hash import check_unit, unit


@pytest.fixture
def no_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a unit do all that it is given, however busy the machine is."""
    for module in (unit, check_unit):
        monkeypatch.setattr(module, "UNIT_S", 3600.0)
