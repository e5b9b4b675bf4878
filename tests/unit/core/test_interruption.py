"""An interruption at any moment ends what is done, and nothing else goes wrong by it."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path
from unittest.mock import Mock

import pytest

from aiocli.core.interruption import interruption_behind
from aiocli.core.loop import drive, wait_for_loop
from tests.support.interrupted import WORKS

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("work", WORKS)
def test_work_that_is_interrupted_at_any_line_ends_so(work):
    command = [sys.executable, "-m", "tests.support.interrupted", work]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    ends = [line.partition("\t")[0] for line in done.stdout.splitlines()]
    # one that was put off may come when all is done
    assert {"'interrupted'"} <= {*ends} <= {"'interrupted'", "'done'"}, done.stdout


def test_interruption_is_known_behind_cleaning_up_that_waits_where_no_loop_could_be_made(monkeypatch):
    stop = KeyboardInterrupt()

    async def main():
        try:
            await wait_for_loop()
        finally:
            await asyncio.sleep(0)

    monkeypatch.setattr(asyncio, "Runner", Mock(side_effect=stop))
    with pytest.raises(RuntimeError) as failed:
        drive(main())
    assert interruption_behind(failed.value) is stop


def test_interruption_is_known_behind_what_it_has_led_to():
    stop = KeyboardInterrupt()
    meanwhile, after = OSError(), OSError()
    meanwhile.__context__, after.__cause__ = stop, meanwhile
    assert interruption_behind(stop) is stop
    assert interruption_behind(after) is stop
    assert interruption_behind(OSError()) is None
