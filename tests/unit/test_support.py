"""What tests rely on to be independent of the machine."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.support import interrupting
from tests.support.program import Program
from tests.support.resources import open_fds, opened_since

ROOT = Path(__file__).parents[2]
KILLS = """
import os, sys
from tests.support.killing import count_calls, killed_at, killed_at_each_call

def work():
    fd = os.open(sys.argv[1], os.O_CREAT)
    os.stat(fd)
    os.rename(sys.argv[1], sys.argv[1] + ".new")

print(*killed_at_each_call(work, lambda: None), count_calls(work, lambda: None), killed_at(work, 1))
"""


def test_process_does_not_outlive_a_test_that_fails(tmp_path: Path) -> None:
    sleeping = Program(tmp_path, Path("/bin/sleep")).start("1000")
    with pytest.raises(TimeoutError), sleeping:
        raise TimeoutError
    assert sleeping.returncode == -signal.SIGKILL


def test_work_that_never_ends_once_it_is_interrupted_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def work() -> None:
        try:
            os.getpid()
        except KeyboardInterrupt:
            threading.Event().wait()

    for patience_s in (0.5, 5.0, 50.0):  # on a busy machine it has not even begun after the first
        monkeypatch.setattr(interrupting, "WAIT_S", patience_s)
        line, end = interrupting.outcome_at(work, 1)
        if line:
            break
    assert (line.endswith(" work"), end) == (True, "hangs")


def test_each_call_that_changes_files_is_one_to_be_killed_at(tmp_path: Path) -> None:
    command = [sys.executable, "-c", KILLS, tmp_path / "file"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "open rename 2 rename\n"


def test_what_is_closed_meanwhile_hides_nothing_that_was_opened(tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    first = os.open(tmp_path / "a", os.O_RDONLY)
    before = open_fds()
    second = os.open(tmp_path / "a", os.O_RDONLY)
    assert opened_since(before) == [os.fspath(tmp_path / "a")]
    os.close(first)
    assert opened_since(before) == []
    third = os.open(os.devnull, os.O_RDONLY)
    assert opened_since(before) == [os.devnull]
    os.close(second)
    os.close(third)
