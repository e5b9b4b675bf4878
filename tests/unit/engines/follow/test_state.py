"""What two runs tell together is each byte once, whatever became of the file in between."""

from __future__ import annotations

import gzip
import os
import shutil
import subprocess
import sys
from unittest.mock import Mock

import pytest

from aiocli.engines.follow.events import Data, Lost
from aiocli.engines.follow.rotated import siblings
from aiocli.engines.follow.state import BadState, State

LINES = [b"%06d %s\n" % (number, b"x" * (number % 60)) for number in range(400)]


def text(start, stop):
    return b"".join(LINES[start:stop])


@pytest.fixture
def log(tmp_path):
    path = tmp_path / "log"
    path.write_bytes(text(0, 100))
    return path


def append(path, data):
    with open(path, "ab") as file:
        file.write(data)


async def run(state_path, log, *, lost=None):
    """Tell what is new, as a command does, and return it."""
    state = State.load(str(state_path))
    told = b""
    fd = os.open(log, os.O_RDONLY) if log.exists() else None
    try:
        async for event in state.missed(str(log), fd):
            if isinstance(event, Lost):
                assert lost is not None, event
                lost.append(event.why)
                continue
            told += event.data
            state.record(event)
            state.save()
        if fd is not None:
            offset = state.offset(str(log), fd) or 0
            facts = os.fstat(fd)
            while data := os.pread(fd, 1000, offset):
                told += data
                state.record(Data(str(log), offset, data, facts.st_dev, facts.st_ino))
                offset += len(data)
        state.save(sync=True)
    finally:
        if fd is not None:
            os.close(fd)
    return told


def keep(log):
    append(log, text(100, 400))


def rename(log):
    append(log, text(100, 200))
    log.rename(f"{log}.1")
    log.write_bytes(text(200, 400))


def rename_thrice(log):
    for number, (start, stop) in enumerate(((100, 200), (200, 250), (250, 300))):
        append(log, text(start, stop))
        log.rename(f"{log}-2026010{number}")
        log.touch()
        os.utime(f"{log}-2026010{number}", (number + 1000, number + 1000))
    append(log, text(300, 400))


def copy_and_truncate(log):
    append(log, text(100, 200))
    shutil.copy(log, f"{log}.1")
    os.truncate(log, 0)
    append(log, text(200, 400))


def copy_over_an_older_copy(log):
    append(log, text(100, 200))
    shutil.copyfile(log, f"{log}.1")
    os.truncate(log, 0)
    append(log, text(200, 400))


def copy_and_truncate_and_grow(log):
    append(log, text(100, 110))
    shutil.copy(log, f"{log}.1")
    os.truncate(log, 0)
    append(log, text(110, 400))


def compress(log, number=1, module=gzip):
    path = f"{log}.{number}"
    with open(path, "rb") as src, module.open(f"{path}.gz", "wb") as dst:
        shutil.copyfileobj(src, dst)
    shutil.copystat(path, f"{path}.gz")
    os.unlink(path)


def rename_and_compress(log):
    rename(log)
    compress(log)


def compress_what_was_copied(log):
    copy_and_truncate(log)
    compress(log)


def compress_one_of_two(log):
    append(log, text(100, 200))
    log.rename(f"{log}.1")
    compress(log)
    os.rename(f"{log}.1.gz", f"{log}.2.gz")
    os.utime(f"{log}.2.gz", (1000, 1000))
    log.write_bytes(text(200, 300))
    log.rename(f"{log}.1")
    log.write_bytes(text(300, 400))


def zstandard(log):
    rename(log)
    program = shutil.which("zstd")
    if program is not None:
        subprocess.run([program, "-q", "--rm", f"{log}.1"], check=True)
    else:
        zstd = pytest.importorskip("backports.zstd" if sys.version_info < (3, 14) else "compression.zstd")
        path = f"{log}.1"
        with open(path, "rb") as src, zstd.open(f"{path}.zst", "wb") as dst:
            dst.write(src.read())
        os.unlink(path)


def rename_elsewhere_in_the_directory(log):
    append(log, text(100, 200))
    log.rename(log.with_name("quite different"))
    log.write_bytes(text(200, 400))


def half_compressed(log):
    rename(log)
    with open(f"{log}.1.gz", "wb") as file:
        file.write(b"\x1f\x8b\x08")


CHANGES = [
    keep,
    rename,
    rename_thrice,
    copy_and_truncate,
    copy_and_truncate_and_grow,
    rename_and_compress,
    compress_what_was_copied,
    compress_one_of_two,
    zstandard,
    rename_elsewhere_in_the_directory,
    half_compressed,
]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
async def test_each_byte_is_told_once(log, tmp_path, change):
    state = tmp_path / "state"
    told = await run(state, log)
    change(log)
    told += await run(state, log)
    told += await run(state, log)
    assert told == text(0, 400)


def note_empty(state_path, log):
    """Empty the file and note that, as a run does that finds nothing."""
    os.truncate(log, 0)
    state = State.load(str(state_path))
    with open(log, "rb") as file:
        state.record_at(str(log), file.fileno(), 0)
    state.save()


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
async def test_each_byte_is_told_once_of_what_was_empty_before(log, tmp_path, change):
    state = tmp_path / "state"
    note_empty(state, log)
    append(log, text(0, 100))
    change(log)
    told = await run(state, log)
    told += await run(state, log)
    assert told == text(0, 400)


@pytest.mark.parametrize("change", [keep, copy_and_truncate, compress_what_was_copied, copy_over_an_older_copy])
async def test_what_lay_beside_an_empty_file_is_not_told(log, tmp_path, change):
    state = tmp_path / "state"
    others = [log.with_name(f"{log.name}{name}") for name in (".1", ".2.gz", "-7", ".3")]
    for other in others:
        other.write_bytes(f"of {other.name}\n".encode())
    note_empty(state, log)
    compress(log, 3)
    if change is not copy_over_an_older_copy:
        os.rename(f"{log}.1", f"{log}.4")
    append(others[2], b"more\n" * 100)
    append(log, text(0, 100))
    change(log)
    told = await run(state, log)
    told += await run(state, log)
    assert told == text(0, 400)


async def test_place_in_an_empty_file_is_kept_where_nothing_can_be_read(log, tmp_path, monkeypatch):
    log.with_name(f"{log.name}.1").write_bytes(b"x")
    monkeypatch.setattr(os, "open", Mock(side_effect=PermissionError))
    assert [sibling.head for sibling in siblings(str(log))] == [b""]


async def test_what_was_read_before_and_cannot_be_found_is_told_as_lost(log, tmp_path):
    await run(tmp_path / "state", log)
    append(log, text(100, 200))
    log.unlink()
    (tmp_path / "log.1").write_bytes(b"not this one, although it is long enough" * 100)
    log.write_bytes(text(200, 210))
    lost = []
    assert await run(tmp_path / "state", log, lost=lost) == text(200, 210)
    assert lost == ["the file that was read before is not there any more"]


async def test_rest_of_a_rotated_file_is_told_while_there_is_no_new_one(log, tmp_path):
    await run(tmp_path / "state", log)
    append(log, text(100, 200))
    log.rename(f"{log}.1")
    assert await run(tmp_path / "state", log) == text(100, 200)
    log.write_bytes(text(200, 250))
    assert await run(tmp_path / "state", log) == text(200, 250)


def test_nothing_is_known_of_a_new_name(log, tmp_path):
    with open(log, "rb") as file:
        assert State.load(str(tmp_path / "state")).offset(str(log), file.fileno()) is None


def test_place_that_is_only_noted_is_where_the_next_run_begins(log, tmp_path, monkeypatch):
    state = State.load(str(tmp_path / "state"))
    with open(log, "rb") as file:
        state.record_at(str(log), file.fileno(), 70)
        state.save()
        monkeypatch.chdir(tmp_path)
        assert State.load("state").offset("log", file.fileno()) == 70


def test_late_data_of_an_old_file_do_not_move_the_place(tmp_path):
    state = State(str(tmp_path / "state"))
    state.record(Data("log", 0, b"new", 1, 2))
    state.record(Data("log", 7, b"late", 1, 1, is_late=True))
    assert state._marks[os.path.abspath("log")].inode == 2


def test_tail_is_put_together_over_short_data(tmp_path):
    state = State(str(tmp_path / "state"))
    for offset in range(0, 600, 2):
        state.record(Data("log", offset, b"%02d" % (offset % 100), 1, 2))
    mark = state._marks[os.path.abspath("log")]
    assert (mark.offset, len(mark.tail), mark.tail[-4:]) == (600, 256, b"9698")


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"{}", b'{"v": 2, "files": {}}', b'{"v": 1, "files": {"a": {}}}', b"\xff"]
)
def test_other_files_are_no_state(tmp_path, content):
    (tmp_path / "state").write_bytes(content)
    with pytest.raises(BadState, match="not a state file"):
        State.load(str(tmp_path / "state"))


def test_name_that_is_no_text_is_kept(tmp_path):
    name = os.fsdecode(b"\xff\xfe")
    state = State(str(tmp_path / "state"))
    state.record(Data(name, 0, b"x", 1, 2))
    state.save()
    assert State.load(state.path)._marks == state._marks


def test_state_that_cannot_be_written_stays_as_it_was(tmp_path):
    state = State(str(tmp_path / "missing" / "state"))
    state.record(Data("log", 0, b"x", 1, 2))
    with pytest.raises(FileNotFoundError):
        state.save()
    assert state.is_changed


async def test_nobody_else_may_read_what_logs_end_with(tmp_path, log):
    state = tmp_path / "state"
    await run(state, log)
    assert state.stat().st_mode & 0o777 == 0o600
