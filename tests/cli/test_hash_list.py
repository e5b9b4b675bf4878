"""aio hash --list: what is here, how fast it is, and what is missing."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from aiocli.engines.hash.algorithms import ALGORITHMS, FAMILIES
from tests.support.json_events import events_of
from tests.support.program import AIO, environment
from tests.support.terminal import Terminal

if TYPE_CHECKING:
    from pathlib import Path

WITHOUT = """
import sys
sys.modules["xxhash"] = None
sys.argv = ["aio", "hash", "--list", *sys.argv[1:]]
from aiocli.__main__ import main
main()
"""
"""Runs aio as if a package were not installed."""


@pytest.mark.slow
def test_a_pipe_gets_a_line_of_fields_for_each_algorithm(aio):
    done = aio("hash", "--list")
    assert (done.status, done.stderr) == (0, b"")
    rows = [line.split("\t") for line in done.stdout.decode().splitlines()]
    assert [row[:3] for row in rows] == [[a.name, str(a.digest_size * 8), a.tag] for a in ALGORITHMS.values()]
    assert all(float(row[3]) >= 0 for row in rows)  # 0.000 on a machine that stands still
    assert {row[4] for row in rows} == {""}
    assert {row[0] for row in rows if row[5]} == {name for name in FAMILIES if name in ALGORITHMS}


@pytest.mark.slow
def test_missing_packages_are_told_and_how_to_get_them():
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT], capture_output=True, text=True, env=environment(), check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    rows = {(fields := line.split("\t"))[0]: fields for line in done.stdout.splitlines()}
    assert rows["xxh64"][3:5] == ["", "xxh64 needs the package xxhash: pip install xxhash"]
    assert rows["md5"][3] != ""


@pytest.mark.slow
def test_a_terminal_gets_a_table_and_notes_below_it(tmp_path):
    lines = on_terminal([sys.executable, "-c", WITHOUT], tmp_path).splitlines()
    table, notes = lines[: len(ALGORITHMS) + 1], lines[len(ALGORITHMS) + 1 :]
    assert table[0].split() == ["ALGORITHM", "BITS", "TAG", "GB/s", "LENGTHS", "WITH", "-l"]
    assert [line.split()[0] for line in table[1:]] == list(ALGORITHMS)
    assert len({line.index(ALGORITHMS[line.split()[0]].tag, 12) for line in table[1:]}) == 1
    assert [line.split()[0] for line in table if "missing" in line] == ["xxh32", "xxh64", "xxh3-64", "xxh3-128"]
    assert notes[0] == "aio hash: xxh32 needs the package xxhash: pip install xxhash"
    assert len(notes) == 4


@pytest.mark.slow
def test_plain_is_for_terminals_too(tmp_path):
    assert on_terminal([str(AIO), "hash", "--list", "--plain"], tmp_path).startswith("md5\t128\tMD5\t")


@pytest.mark.slow
def test_programs_get_an_object_for_each_algorithm(aio):
    done = aio("hash", "--list", "--json")
    assert (done.status, done.stderr) == (0, b"")
    objects = events_of(done.stdout)
    assert [each["name"] for each in objects] == list(ALGORITHMS)
    assert set(objects[0]) == {"v", "event", "name", "bits", "tag", "gigabytes_per_second", "needs", "lengths"}
    assert {(each["v"], each["event"]) for each in objects} == {(1, "algorithm")}
    assert all(each["gigabytes_per_second"] >= 0 and each["needs"] is None for each in objects)


def on_terminal(command: list[str], folder: Path) -> str:
    """Run a command on a terminal; return all that it showed."""
    with Terminal(command, folder) as terminal:
        shown = terminal.read_all()
        assert terminal.process.wait() == 0
    return shown.decode().replace("\r\n", "\n")
