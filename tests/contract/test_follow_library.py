"""`aiocli.follow`: the engine as a program of asyncio finds it."""

from __future__ import annotations

import asyncio
import os
from contextlib import aclosing

import pytest

import aiocli
from aiocli.engines.follow.events import Appeared, Data, NothingLeft, Using
from tests.support.following import append
from tests.support.resources import loop_until, native_threads, open_fds, opened_since


async def data_of(events, wanted):
    """Collect data until there are so many bytes."""
    found = b""
    async for event in events:
        if isinstance(event, Data):
            found += event.data
        if len(found) >= wanted:
            break
    return found


async def test_lines_of_a_log_come_as_they_are_written(tmp_path):
    log = tmp_path / "log"
    log.write_bytes(b"old\n")
    async with aclosing(aiocli.follow(log)) as events:
        assert await anext(events) == Using(has_notifications=True)
        append(log, b"new\n")
        assert (await anext(events)).data == b"new\n"


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"from_start": True}, b"0123456789"),
        ({"offsets": {"log": 7}}, b"789"),
        ({"from_start": True, "by_name": False}, b"0123456789"),
    ],
)
async def test_beginning_can_be_chosen(tmp_path, monkeypatch, options, expected):
    monkeypatch.chdir(tmp_path)
    append("log", b"0123456789")
    async with aclosing(aiocli.follow("log", **options)) as events:
        assert await data_of(events, len(expected)) == expected


async def test_patterns_and_directories_stand_among_names(tmp_path):
    (tmp_path / "folder").mkdir()
    append(tmp_path / "folder" / "a", b"a")
    append(tmp_path / "b.log", b"b")
    paths = [tmp_path / "folder", f"{tmp_path}/*.log", tmp_path / "c"]
    async with aclosing(aiocli.follow(paths, from_start=True)) as events:
        assert sorted(await data_of(events, 2)) == sorted(b"ab")
        append(tmp_path / "c", b"c")
        append(tmp_path / "folder" / "d", b"d")
        coming = [await anext(events) for _ in range(4)]
    assert {event.path for event in coming if isinstance(event, Appeared)} == {
        str(tmp_path / "c"),
        str(tmp_path / "folder" / "d"),
    }


async def test_files_of_a_pattern_that_are_there_begin_at_their_end(tmp_path):
    append(tmp_path / "a.log", b"old")
    async with aclosing(aiocli.follow(f"{tmp_path}/*.log")) as events:
        await anext(events)
        waiting = asyncio.ensure_future(anext(events))
        await asyncio.sleep(0)
        append(tmp_path / "a.log", b"new")
        event = await waiting
    assert (event.offset, event.data) == (3, b"new")


async def test_following_ends_without_retries_when_no_file_is_left(tmp_path):
    events = [event async for event in aiocli.follow(tmp_path / "missing", retries=False)]
    assert [type(event) for event in events] == [Using, NothingLeft]


@pytest.mark.filterwarnings("error")
async def test_breaking_out_leaves_nothing_behind(tmp_path):
    log = tmp_path / "log"
    log.write_bytes(b"line\n")
    before, threads = open_fds(), native_threads()
    async for event in aiocli.follow(log, from_start=True):
        if isinstance(event, Data):
            break
    await loop_until(lambda: not opened_since(before) and native_threads() <= threads)


async def test_time_outs_and_other_tasks_have_their_turn_while_much_comes(tmp_path):
    log = tmp_path / "log"
    log.write_bytes(b"x" * 20_000_000)

    async def follow():
        async with aclosing(aiocli.follow(log, from_start=True, chunk_size=10)) as events:
            return await data_of(events, 20_000_000)

    with pytest.raises(TimeoutError):
        await asyncio.wait_for(follow(), 0.05)


async def test_slow_readers_loop_does_not_spin(tmp_path, monkeypatch):
    log = tmp_path / "log"
    log.touch()
    async with aclosing(aiocli.follow(log)) as events:
        await anext(events)
        waiting = asyncio.ensure_future(anext(events))
        await asyncio.sleep(0)
        append(log, b"awaited")
        assert (await waiting).data == b"awaited"
        append(log, b"something to tell")
        loop, woken = asyncio.get_running_loop(), []
        select = loop._selector.select

        def select_and_tell(timeout=None):
            ready = select(timeout)
            woken.extend(key.fileobj for key, _ in ready if key.fileobj is not loop._ssock)
            return ready

        monkeypatch.setattr(loop._selector, "select", select_and_tell)
        for _ in range(10):
            await asyncio.sleep(0)
        assert woken == []
        assert (await anext(events)).data == b"something to tell"


def test_one_loop_after_another_can_follow(tmp_path):
    append(tmp_path / "log", b"line")

    async def first():
        async with aclosing(aiocli.follow(tmp_path / "log", from_start=True)) as events:
            return await data_of(events, 4)

    assert [asyncio.run(first()) for _ in range(2)] == [b"line", b"line"]


def test_events_are_found_by_their_module():
    assert aiocli.follow_events.Data is Data
    assert os.path.basename(aiocli.follow_events.__file__) == "events.py"
