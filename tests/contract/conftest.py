"""What all contracts of copies share."""

from __future__ import annotations

import pytest

from aiocli.engines.copy import FAST_PATHS


@pytest.fixture(params=[*FAST_PATHS, "plain"])
def strategy(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name
