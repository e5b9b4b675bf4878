"""Fixtures that every test may use, and what generated examples depend on."""

from __future__ import annotations

import gc
import os
import signal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.support.program import Program

# The same examples in every run, whatever seeds the order of the tests: what fails once fails again, and what passed
# passes. How long they take depends on the machine.
_OF_THE_MACHINE = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("fixed", derandomize=True, **_OF_THE_MACHINE)
settings.register_profile("search", max_examples=int(os.environ.get("AIO_EXAMPLES") or 100), **_OF_THE_MACHINE)
settings.load_profile("search" if os.environ.get("AIO_EXAMPLES") else "fixed")

# Programs under test take over what is ignored: a shell has what runs in the background ignore SIGINT, nohup SIGHUP.
for signum, handler in ((signal.SIGINT, signal.default_int_handler), (signal.SIGHUP, signal.SIG_DFL)):
    if signal.getsignal(signum) is signal.SIG_IGN:
        signal.signal(signum, handler)


def pytest_collection_finish() -> None:
    """Have garbage looked for among what tests make, not each time among ten thousand tests, too."""
    gc.collect()
    gc.freeze()


@pytest.fixture
def monkeypatch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Patches are undone before the test's files are removed, which calls what may be patched."""
    return monkeypatch


@pytest.fixture
def aio(tmp_path: Path) -> Program:
    """The installed program, in an empty directory of its own."""
    cwd = tmp_path / "cwd"
    cwd.mkdir()
    return Program(cwd)
