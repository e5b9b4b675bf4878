"""Nothing is lost or told twice, however often files are rotated between two looks; and what cannot be had is told.

The follower does not run while a test does not wait: all that a test does in between happens between two looks.
"""

from __future__ import annotations

import asyncio
import os
import random
import resource
import shutil
import subprocess
import sys
from contextlib import aclosing

import pytest

from aiocli.engines.follow import FollowRules, follow_files, telling
from aiocli.engines.follow.events import Appeared, Data, Inaccessible, Lost, Polling, Replaced, Truncated
from tests.support.following import Following, append, opened
from tests.support.program import Started
from tests.support.resources import WAIT_S, open_fds
from tests.support.strace import strace

ROTATIONS = 200
LINES = 50


@pytest.fixture
def log(tmp_path):
    path = tmp_path / "log"
    path.touch()
    return path


def following(log, **rules):
    return Following(log, **{"by_name": True, "retries": True, "interval_s": 1.0, **rules})


def lines(rotation, count=LINES):
    return b"".join(b"%d: line %d\n" % (rotation, number) for number in range(count))


ALL = b"".join(map(lines, range(ROTATIONS)))


def rename(log, number):
    log.rename(f"{log}.{number}")


def rename_and_make(log, number):
    log.rename(f"{log}.{number}")
    log.touch()


def replace(log, number):
    os.link(log, f"{log}.{number}")
    new = log.with_name("new")
    new.touch()
    new.replace(log)


def shift(log, number):
    for old in range(min(number, 20), 0, -1):
        os.rename(f"{log}.{old}", f"{log}.{old + 1}") if old < 20 else os.rename(f"{log}.20", f"{log}.{number + 1000}")
    log.rename(f"{log}.1")


def copy_and_truncate(log, number):
    shutil.copy(log, f"{log}.{number}")
    os.truncate(log, 0)


ROTATES = [rename, rename_and_make, replace, shift, copy_and_truncate]


@pytest.mark.parametrize("rotate", ROTATES)
async def test_burst_of_rotations_between_two_looks_loses_nothing(log, rotate):
    async with following(log) as events:
        for number in range(ROTATIONS):
            append(log, lines(number))
            rotate(log, number)
        await events.until_data(ALL)
    assert set(events.kinds()) <= {Replaced, Truncated, Inaccessible, Appeared}


@pytest.mark.parametrize("rotate", ROTATES)
async def test_burst_of_rotations_while_following_loses_nothing(log, rotate):
    script = (
        "import sys; from pathlib import Path; from tests.contract import test_follow_rotation as test;"
        f"log = Path({str(log)!r})\n"
        "for number in range(test.ROTATIONS):\n"
        f" test.append(log, test.lines(number)); test.{rotate.__name__}(log, number)"
    )
    async with following(log) as events:
        with Started([sys.executable, "-c", script]) as process:
            await events.until_data(ALL)
        assert process.returncode == 0
    assert Lost not in events.kinds()


@pytest.mark.parametrize("seed", range(24))
async def test_rotations_at_random_moments_lose_nothing(log, seed):
    chance = random.Random(seed)
    rotates = [copy_and_truncate] if seed % 4 == 0 else [rename, rename_and_make, replace]
    written = b""
    async with following(log, chunk_size=chance.choice([7, 100, 10_000])) as events:
        for number in range(40):
            step = chance.randrange(4)
            if step == 0:
                for _ in range(chance.choice([1, 1, 20])):  # of the loop's turns, in which it may look
                    await asyncio.sleep(0)
            elif step == 1 and log.exists() and log.stat().st_size:
                chance.choice(rotates)(log, number)
            else:
                append(log, lines(number, 5))
                written += lines(number, 5)
        await events.until_data(written)
    assert Lost not in events.kinds()


@pytest.mark.parametrize("uses_inotify", [True, False], ids=["inotify", "polling"])
async def test_rotations_between_opening_and_the_first_watch_lose_nothing(log, uses_inotify):
    append(log, b"one\n")
    files = [opened(str(log), 0)]
    for number, data in ((1, b"two\n"), (2, b"three\n")):
        os.utime(log, (number, number))
        rename(log, number)
        append(log, data)
    rules = FollowRules(by_name=True, retries=True, interval_s=0.01, uses_inotify=uses_inotify)
    told = b""
    async with aclosing(follow_files(files, rules)) as events, asyncio.timeout(WAIT_S):
        async for event in events:
            told += event.data if isinstance(event, Data) else b""
            if told.endswith(b"three\n"):
                break
    assert told == b"one\ntwo\nthree\n"


async def test_offsets_and_files_of_rotated_data_are_told(log):
    async with following(log) as events:
        append(log, b"one\n")
        rename_and_make(log, 1)
        append(log, b"two\n")
        await events.until_data(b"one\ntwo\n")
    first, second = (event for event in events.all if isinstance(event, Data))
    assert first[3:5] == (log.stat().st_dev, log.with_name("log.1").stat().st_ino)
    assert second[1:5] == (0, b"two\n", log.stat().st_dev, log.stat().st_ino)


async def test_copy_is_found_under_its_next_name(log):
    async with following(log) as events:
        append(log, b"one\n")
        await events.until_data(b"one\n")
        append(log, b"two\n")
        shutil.copy(log, f"{log}.1")
        os.truncate(log, 0)
        append(log, b"three\n")
        os.rename(f"{log}.1", f"{log}.2")
        await events.until_data(b"one\ntwo\nthree\n")
    assert events.kinds() == [Truncated]


async def test_file_beside_the_log_is_no_copy_of_it(log):
    append(log, b"old\n")
    async with Following(log, offsets={log: 4}, by_name=True, retries=True, interval_s=1.0) as events:
        append(log.with_name("log.1"), b"something else, and longer\n")
        os.truncate(log, 0)
        append(log.with_name("log.pid"), b"1234\n")
        await events.until_told(Truncated)
        append(log, b"new\n")
        await events.until_data(b"new\n")


@pytest.mark.parametrize("name", ["log.1.gz", "log.2", "log-new"])
async def test_file_that_comes_beside_an_empty_log_is_no_copy_of_it(log, tmp_path, name):
    other = tmp_path / "other"
    other.touch()
    async with following(log) as events, Following(other) as watched:
        append(log, b"one\n")
        await events.until_data(b"one\n")
        rename_and_make(log, 1)
        await events.until_told(Replaced)
        append(other, b"a turn later\n")
        await watched.until_data(b"a turn later\n")
        append(log.with_name(name), b"not the log's\n")
        append(log, b"two\n")
        await events.until_data(b"one\ntwo\n")
    assert events.kinds() == [Replaced]


async def test_compressed_file_is_no_copy_although_it_comes_at_once(log):
    async with following(log) as events:
        append(log, b"one\n")
        await events.until_data(b"one\n")
        rename_and_make(log, 1)
        append(log.with_name("log.1.gz"), b"packed")
        append(log, b"two\n")
        await events.until_data(b"one\ntwo\n")
    assert events.kinds() == [Replaced]


async def test_copy_of_what_was_never_seen_is_none(log):
    append(log.with_name("log.1"), b"1\n2\n3\n4\n")
    async with Following(log, offsets={log: 4}, by_name=True, retries=True) as events:
        await events.until_told(Truncated)
        append(log, b"new\n")
        await events.until_data(b"new\n")


async def test_link_that_was_changed_twice_is_told_as_perhaps_lost(tmp_path):
    link = tmp_path / "link"
    for name in ("first", "second", "third"):
        append(tmp_path / name, name.encode())
    link.symlink_to("first")
    async with following(link) as events:
        append(link, b" and more")
        await events.until_data(b"first and more")
        for name in ("second", "third"):
            link.unlink()
            link.symlink_to(name)
        await events.until_data(b"first and morethird")
        assert events.kinds() == [Replaced, Lost]


async def test_file_that_was_opened_is_told_although_the_link_leads_elsewhere_by_then(tmp_path, monkeypatch):
    link = tmp_path / "link"
    for name in ("first", "second", "third"):
        append(tmp_path / name, name.encode())
    link.symlink_to("first")

    open_name = telling._open

    def open_and_be_late(path):
        found = open_name(path)
        if os.readlink(path) == "second":
            link.unlink()
            link.symlink_to("third")
        return found

    async with following(link) as events:
        append(link, b" and more")
        await events.until_data(b"first and more")
        monkeypatch.setattr(telling, "_open", open_and_be_late)
        link.unlink()
        link.symlink_to("second")
        await events.until_data(b"first and moresecondthird")
        assert events.kinds() == [Replaced, Replaced]


async def test_files_that_are_moved_to_another_directory_are_found_once_that_is_known(log, tmp_path):
    (tmp_path / "old").mkdir()
    async with following(log) as events:
        append(log, b"0\n")
        log.rename(tmp_path / "old" / "log.0")
        append(log, b"1\n")
        await events.until_data(b"0\n1\n")
        for number in range(2, 20):
            log.rename(tmp_path / "old" / f"log.{number}")
            append(log, b"%d\n" % number)
        await events.until_data(b"".join(b"%d\n" % number for number in range(20)))
    assert Lost not in events.kinds()


async def test_what_was_removed_before_it_could_be_read_is_told_as_lost(log):
    async with following(log) as events:
        rename_and_make(log, 1)
        append(log, b"lost\n")
        log.unlink()
        append(log, b"also lost\n")
        log.with_name("new").touch()
        log.with_name("new").replace(log)
        append(log, b"found\n")
        await events.until_data(b"found\n")
    lost = [event for event in events.events if isinstance(event, Lost)]
    assert lost == [
        Lost(str(log), "it was removed before it could be read"),
        Lost(str(log), "it was replaced before it could be read"),
    ]


async def test_more_than_the_kernel_can_tell_is_told_as_perhaps_lost(log, tmp_path):
    append(log, b"old\n")
    with open("/proc/sys/fs/inotify/max_queued_events") as limit:
        events_kept = int(limit.read())
    if events_kept > 100_000:
        pytest.skip("takes too many events")
    async with following(log) as events:
        await events.until_data(b"old\n")
        other = tmp_path / "other"
        other.touch()
        for number in range(events_kept // 2 + 10):
            other = other.rename(tmp_path / f"other{number % 2}")
        append(log, b"last\n")
        rename_and_make(log, 1)
        append(log, b"lost\n")
        rename_and_make(log, 2)
        append(log, b"new\n")
        await events.until_data(b"old\nlast\nnew\n")
        assert Lost in events.kinds()


async def test_file_that_grows_in_silence_is_polled(log, monkeypatch):
    from aiocli.engines.follow import follower, notifications
    from aiocli.engines.follow.watching import FileStirred

    hears = notifications.Notifications.notices
    monkeypatch.setattr(follower, "TICK_S", 0.01)
    monkeypatch.setattr(
        notifications.Notifications,
        "notices",
        lambda self: [notice for notice in hears(self) if not isinstance(notice, FileStirred)],
    )
    async with following(log, interval_s=0.01) as events:
        so_far = b""
        for number in range(4):
            append(log, b"%d" % number)
            so_far += b"%d" % number
            await events.until_data(so_far)
    assert events.events == [Polling(str(log), "it grew, and no notification came")]


@pytest.mark.parametrize(("call", "number"), [("inotify_init1", "EMFILE"), ("inotify_add_watch", "ENOSPC")])
def test_exhausted_notifications_are_told_once_and_polling_goes_on(aio, call, number):
    log = aio.cwd / "log"
    log.write_bytes(b"old\n")
    script = (
        "import asyncio, os, sys; from contextlib import aclosing\n"
        "from aiocli import follow, follow_events as told\n"
        "async def main():\n"
        " async with aclosing(follow(['log', 'other'], interval_s=0.01)) as events:\n"
        "  async for event in events:\n"
        "   if isinstance(event, told.Data): print(event.data.decode(), end=''); break\n"
        "   if not isinstance(event, told.Using): print(type(event).__name__, event.path)\n"
        "   else: open('log', 'ab').write(b'new\\n')\n"
        "asyncio.run(main())"
    )
    when = ":when=2+" if call == "inotify_add_watch" else ""
    inject = strace("-o", "/dev/null", "-e", f"trace={call}", "-e", f"inject={call}:error={number}{when}")
    done = subprocess.run([*inject, sys.executable, "-c", script], cwd=aio.cwd, capture_output=True, check=False)
    assert (done.stdout, done.stderr) == (b"Polling None\nnew\n", b"")


async def test_few_descriptors_are_enough_for_many_rotations(log):
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    async with following(log) as events:
        for number in range(100):
            append(log, lines(number))
            rename(log, number)
        spare = 3  # one for the next file, one for what is told, one for looking at the name
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(open_fds()) + 1 + spare, limits[1]))
        try:
            await events.until_data(b"".join(map(lines, range(100))))
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, limits)
    assert Lost not in events.kinds()


async def test_directory_that_had_the_name_for_a_while_is_passed_over(log, tmp_path):
    async with following(log) as events:
        append(log, b"one\n")
        rename(log, 1)
        log.mkdir()
        log.rename(tmp_path / "directory")
        append(log, b"two\n")
        await events.until_data(b"one\ntwo\n")
    assert set(events.kinds()) <= {Replaced}
