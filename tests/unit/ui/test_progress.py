"""When SIGUSR1 has a line of progress printed."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import pytest

from aiocli.core.events import Start
from aiocli.ui import progress_drawing
from aiocli.ui.progress import ProgressBar
from aiocli.ui.quoting import Quoting
from aiocli.ui.report import Report
from tests.support.resources import WAIT_S

if TYPE_CHECKING:
    from collections.abc import Iterator

MIB = 1024 * 1024


@pytest.fixture
def usual_handler() -> Iterator[None]:
    """Put back what SIGUSR1 does."""
    before = signal.getsignal(signal.SIGUSR1)
    yield
    signal.signal(signal.SIGUSR1, before)


def ask() -> None:
    os.kill(os.getpid(), signal.SIGUSR1)


@pytest.mark.usefixtures("usual_handler")
@pytest.mark.parametrize("when", ["auto", "always", "never"])
def test_a_signal_that_comes_before_the_work_is_answered_once_it_begins(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    monkeypatch.setattr(progress_drawing, "DELAY_S", WAIT_S)  # nothing is printed by itself
    with ProgressBar(Report("aio cp", Quoting(is_utf8=True)), when) as progress:
        ask()
        assert capfd.readouterr().err == ""
        progress.begin(Start("file", 8 * MIB))
        assert capfd.readouterr().err.startswith("aio cp: file: 0 B of 8 MiB, 0%")
        progress.begin(Start("other", 8 * MIB))
        assert "other" not in capfd.readouterr().err


@pytest.mark.usefixtures("usual_handler")
def test_signals_that_come_while_a_line_is_printed_are_answered_by_it(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with ProgressBar(Report("aio cp", Quoting(is_utf8=True)), "never") as progress:
        progress.begin(Start("file", 8 * MIB))

        def write_and_ask(fd: int, text: str) -> None:
            ask()
            os.write(fd, text.encode())

        monkeypatch.setattr("aiocli.ui.progress.write_fd", write_and_ask)
        ask()
        monkeypatch.undo()
        assert capfd.readouterr().err.count("\n") == 1
        ask()
        assert capfd.readouterr().err.count("\n") == 1
