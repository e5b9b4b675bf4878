"""Threads that share a job."""

from __future__ import annotations

import threading

import pytest

from aiocli.core.errors import NoThreads
from aiocli.engines.team import Team


class Counting(Team):
    def __init__(self, size: int, error: BaseException | None = None) -> None:
        self.told: list[int] = []
        super().__init__(size, self.told.append)
        self.error = error

    def work(self, number: int) -> None:
        self.done[number] += number + 1
        if self.error is not None and number == 0:
            raise self.error
        while self.error is not None and not self.is_stopping:
            pass


def test_all_that_was_done_is_told() -> None:
    team = Counting(3)
    team.run()
    assert sum(team.told) == 1 + 2 + 3


@pytest.mark.parametrize("error", [OSError(5, "gone"), MemoryError(), ValueError("a bug")])
def test_the_first_failure_stops_all_and_is_raised(error: BaseException) -> None:
    with pytest.raises(type(error)) as caught:
        Counting(2, error).run()
    assert caught.value is error


def test_nobody_begins_unless_all_threads_can_be_had(monkeypatch: pytest.MonkeyPatch) -> None:
    start, started = threading.Thread.start, []

    def start_one(thread: threading.Thread) -> None:
        if started:
            raise RuntimeError("can't start new thread")
        started.append(thread)
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", start_one)
    team = Counting(2)
    with pytest.raises(NoThreads):
        team.run()
    assert not started[0].is_alive()
    assert team.done == [0, 0]
