"""The work unit of small files: what is simple is hashed, all else is left alone."""

from __future__ import annotations

import hashlib
import os
import pickle
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from aiocli.engines.hash import unit as module
from aiocli.engines.hash.packages import MissingPackage
from aiocli.engines.hash.unit import SMALL_BYTES, Unit, hash_unit
from tests.support.noise import noise

pytestmark = pytest.mark.usefixtures("no_hurry")

SHA256 = ("sha256",)


def answers(*paths: object, algorithms: tuple[str, ...] = SHA256, **options: Any) -> list[Any]:
    return hash_unit(Unit([str(path) for path in paths], [algorithms] * len(paths), **options))


def sha256(data: bytes) -> tuple[int, int, tuple[bytes, ...]]:
    return 1, len(data), (hashlib.sha256(data).digest(),)


@pytest.fixture(params=[{}, {"is_listed": True}, {"leaves_cache": True}], ids=str)
def way(request: pytest.FixtureRequest) -> dict[str, bool]:
    options: dict[str, bool] = request.param
    return options


@pytest.mark.parametrize("size", [0, 1, 5000, SMALL_BYTES - 1, SMALL_BYTES])
def test_small_files_are_hashed(tmp_path: Path, way: dict[str, bool], size: int) -> None:
    data = noise(size)
    (tmp_path / "file").write_bytes(data)
    assert answers(tmp_path / "file", **way) == [sha256(data)]


def test_each_file_has_its_own_algorithms(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"data")
    name = str(tmp_path / "file")
    done = hash_unit(Unit([name, name, name], [("md5", "sha1"), ("sha3-256",), ("blake2b-128",)]))
    assert done == [
        (1, 4, (hashlib.md5(b"data").digest(), hashlib.sha1(b"data").digest())),
        (1, 4, (hashlib.sha3_256(b"data").digest(),)),
        (1, 4, (hashlib.blake2b(b"data", digest_size=16).digest(),)),
    ]


def test_all_else_is_left_alone(tmp_path: Path, way: dict[str, bool]) -> None:
    (tmp_path / "large").write_bytes(bytes(SMALL_BYTES + 1))
    (tmp_path / "directory").mkdir()
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "link").symlink_to("nowhere")
    with socket.socket(socket.AF_UNIX) as end:
        end.bind(str(tmp_path / "socket"))
        names = ["large", "directory", "fifo", "link", "socket", "missing", "bad\0name", "bad\ud800name"]
        assert answers(*(tmp_path / name for name in names), "/proc/version", "-", "", **way) == [None] * 11


def test_a_limit_is_kept(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"12345")
    assert answers(tmp_path / "file", most_bytes=4) == [None]
    assert answers(tmp_path / "file", most_bytes=5) == [sha256(b"12345")]


def test_a_file_called_like_standard_input_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "-").write_bytes(b"data")
    monkeypatch.chdir(tmp_path)
    assert answers("-", "./-") == [None, sha256(b"data")]


def test_a_fifo_that_somebody_writes_to_is_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    opened: list[int] = []
    writer = threading.Thread(target=lambda: opened.append(os.open(tmp_path / "fifo", os.O_WRONLY)))
    writer.start()
    assert answers(tmp_path / "fifo") == [None]
    assert not opened
    reader = os.open(tmp_path / "fifo", os.O_RDONLY)
    writer.join()
    os.close(reader)
    os.close(opened[0])


@pytest.mark.parametrize("change", ["grow", "shrink", "touch", "replace"])
def test_a_file_that_changes_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: dict[str, bool], change: str
) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"data")
    monkeypatch.setattr(module, "CLOCK_STEP_NS", 3600 * 10**9)  # as if it had just been written, however long ago
    look = os.fstat

    def act() -> None:
        if change == "grow":
            path.write_bytes(b"data and more")
        elif change == "shrink":
            os.truncate(path, 1)
        elif change == "touch":
            os.utime(path, (1, 1))
        else:
            (tmp_path / "new").write_bytes(b"data")
            os.utime(tmp_path / "new", ns=(facts.st_atime_ns, facts.st_mtime_ns))
            os.replace(tmp_path / "new", path)

    facts, calls = path.stat(), []

    def change_then_look(fd: int) -> os.stat_result:
        calls.append(fd)
        if len(calls) == (2 if "is_listed" in way else 1):
            act()
        return look(fd)

    if change == "replace":  # between the two looks of a way that looks at the name first
        if "is_listed" in way:
            pytest.skip("looks only at what it has opened")
        open_file = os.open
        monkeypatch.setattr(os, "open", lambda *args: (act(), open_file(*args))[1])
    else:
        monkeypatch.setattr(os, "fstat", change_then_look)
    assert answers(path, **way) == [None]


def test_a_unit_that_takes_long_answers_for_what_it_has(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_bytes(b"data")
    monkeypatch.setattr(module, "UNIT_S", -1.0)
    assert answers(*[tmp_path / "file"] * 3) == [sha256(b"data")]


def test_units_are_for_any_executor(tmp_path: Path) -> None:
    contents = {str(tmp_path / str(number)): noise(100_000) for number in range(40)}
    for path, data in contents.items():
        Path(path).write_bytes(data)
    unit = Unit(list(contents), [SHA256] * len(contents))
    assert pickle.loads(pickle.dumps(unit)) == unit
    with ThreadPoolExecutor(4) as executor:
        for done in executor.map(hash_unit, [unit] * 8):
            assert done == [sha256(data) for data in contents.values()]


def test_an_algorithm_that_is_not_there_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(KeyError, match="nothing"):
        answers(tmp_path, algorithms=("nothing",))
    monkeypatch.setitem(__import__("sys").modules, "xxhash", None)
    module.makers_of.cache_clear()
    with pytest.raises(MissingPackage, match="xxhash"):
        answers(tmp_path, algorithms=("xxh32",))


def test_a_listed_file_is_looked_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_bytes(b"data")
    looks: list[int] = []
    look = os.fstat
    monkeypatch.setattr(os, "fstat", lambda fd: (looks.append(fd), look(fd))[1])
    monkeypatch.setattr(module, "CLOCK_STEP_NS", -(10**9))  # the unit begins long after the last change
    assert answers(tmp_path / "file", is_listed=True) == [sha256(b"data")]
    assert len(looks) == 1


def test_a_listed_file_is_looked_at_twice_where_another_clock_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_bytes(b"data")
    looks: list[str] = []
    look = os.stat
    monkeypatch.setattr(os, "stat", lambda name, **_: (looks.append(name), look(name))[1])
    monkeypatch.setattr(module, "CLOCK_STEP_NS", -(10**9))
    monkeypatch.setattr(module, "filesystem_type", lambda device: "fuse.sshfs")
    module._has_our_clock.cache_clear()
    assert answers(tmp_path / "file", is_listed=True) == [sha256(b"data")]
    assert looks == [str(tmp_path / "file")]
    module._has_our_clock.cache_clear()


@pytest.mark.parametrize("size", [module.HEAD_BYTES - 1, module.HEAD_BYTES, module.HEAD_BYTES + 1])
def test_a_listed_file_of_any_size_is_read_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    data = noise(size)
    (tmp_path / "file").write_bytes(data)
    monkeypatch.setattr(module, "CLOCK_STEP_NS", -(10**9))
    assert answers(tmp_path / "file", is_listed=True) == [sha256(data)]
