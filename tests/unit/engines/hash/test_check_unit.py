"""The work unit of small files that should have certain digests: lines of those that have, digests of others."""

from __future__ import annotations

import hashlib
import os
import pickle
from typing import TYPE_CHECKING, Any

import pytest

from aiocli.engines.hash import check_unit as module
from aiocli.engines.hash import unit as unit_module
from aiocli.engines.hash.check_unit import Check, check_unit
from aiocli.engines.hash.unit import SMALL_BYTES, Unit
from tests.support.noise import noise

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.usefixtures("no_hurry")

DATA = b"content\n"
SHA256 = hashlib.sha256(DATA)
PROMISED = SHA256.hexdigest()
VALUES = (SHA256.digest(),)
END = ": OK\n"


def check(names: list[object], promised: list[str], end: str = END, most_bytes: int = SMALL_BYTES) -> list[Any]:
    unit = Unit([str(name) for name in names], [("sha256",)] * len(names), most_bytes)
    return check_unit(Check(unit, promised, end))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "file"
    path.write_bytes(DATA)
    return path


def test_files_that_are_as_promised_are_answered_together(file: Path) -> None:
    assert check([file] * 3, [PROMISED] * 3) == [(3, 24, f"{file}{END}" * 3)]
    assert check([file] * 3, [PROMISED] * 3, end="") == [(3, 24, "")]


def test_others_are_answered_by_their_digests(file: Path) -> None:
    kept, other = (1, 8, f"{file}{END}"), (1, 8, VALUES)
    promised = [PROMISED, "0" * 64, "", PROMISED, PROMISED, PROMISED[:8]]
    assert check([file] * 6, promised) == [kept, other, other, (2, 16, f"{file}{END}" * 2), other]


def test_all_else_is_left_alone(file: Path, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "large").write_bytes(bytes(SMALL_BYTES + 1))
    names = [tmp_path / "fifo", tmp_path, tmp_path / "large", "-", "missing", "bad\0name", "bad\ud800name"]
    empty = hashlib.sha256().hexdigest()
    assert check([*names, "/proc/version"], [empty] * 8) == [None] * 8
    assert check([file], [PROMISED], most_bytes=7) == [None]


@pytest.mark.parametrize("size", [0, 1, SMALL_BYTES])
def test_files_of_any_size_up_to_the_limit_are_compared(tmp_path: Path, size: int) -> None:
    data = noise(size)
    (tmp_path / "file").write_bytes(data)
    assert check([tmp_path / "file"], [hashlib.sha256(data).hexdigest()], end="") == [(1, size, "")]


def test_a_file_that_is_longer_than_it_was_is_hashed_whole(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Even if what was there before is what was promised."""
    read = os.readv

    def grow_behind(fd: int, buffers: Any) -> int:
        nbytes = read(fd, buffers)
        with file.open("ab") as stream:
            stream.write(b"more")
        return nbytes

    with monkeypatch.context() as patch:
        patch.setattr(os, "readv", grow_behind)
        assert check([file], [PROMISED]) == [(1, 8, f"{file}{END}")]  # it was, when it was looked at and read
    assert check([file], [PROMISED]) == [(1, 12, (hashlib.sha256(DATA + b"more").digest(),))]


def test_a_file_that_changes_between_look_and_read_is_left_alone(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    look = os.stat

    def look_then_change(name: str) -> os.stat_result:
        facts = look(name)
        with file.open("ab") as stream:
            stream.write(b"x")
        return facts

    monkeypatch.setattr(os, "stat", look_then_change)
    promised = hashlib.sha256(DATA + b"x").hexdigest()
    assert check([file], [promised]) == [None]


def test_a_unit_that_takes_long_answers_for_what_it_has(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for place in (module, unit_module):
        monkeypatch.setattr(place, "UNIT_S", -1.0)
    assert check([file] * 3, [PROMISED] * 3) == [(1, 8, f"{file}{END}")]
    assert check([file] * 3, ["0" * 64] * 3) == [(1, 8, VALUES)]


def test_what_is_to_be_checked_can_be_sent() -> None:
    asked = Check(Unit(["a"], [("md5", "sha1")]), ["0"], END)
    assert pickle.loads(pickle.dumps(asked)) == asked
