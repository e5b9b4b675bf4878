"""What both watchers must do: the suite runs with notifications, on every backend, and by looking again and again."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys

import pytest

from aiocli.engines.follow.events import (
    Appeared,
    Data,
    Ended,
    Inaccessible,
    NothingLeft,
    Replaced,
    Truncated,
    Untailable,
)
from tests.support.backends import BACKEND_PARAMS
from tests.support.following import Following, append
from tests.support.program import Started
from tests.support.resources import loop_until, native_threads, open_fds, opened_since

pytestmark = pytest.mark.filterwarnings("error")


@pytest.fixture(
    params=[
        pytest.param({"uses_inotify": True}, id="inotify"),
        pytest.param({"uses_inotify": False}, id="polling"),
        *(
            pytest.param(
                {"uses_inotify": True, "backend": param.values[0]}, id=f"inotify-{param.id}", marks=param.marks
            )
            for param in BACKEND_PARAMS
        ),
    ]
)
def rules(request):
    return request.param


@pytest.fixture
def by_name(rules):
    return {**rules, "by_name": True, "retries": True}


@pytest.fixture
def log(tmp_path):
    path = tmp_path / "log"
    path.write_bytes(b"old\n")
    return path


async def test_what_is_appended_is_told_from_where_it_was_read_to(log, rules):
    async with Following(log, offsets={log: 4}, **rules) as following:
        append(log, b"one\n")
        await following.until_data(b"one\n")
        append(log, b"two\n")
        await following.until_data(b"one\ntwo\n")
    facts = log.stat()
    events = [event for event in following.all if isinstance(event, Data)]
    assert events[0] == Data(str(log), 4, b"one\n", facts.st_dev, facts.st_ino)
    assert events[1].offset == 8


async def test_data_come_in_pieces_of_bounded_size(log, rules):
    log.write_bytes(bytes(range(256)) * 4)
    async with Following(log, chunk_size=100, **rules) as following:
        await following.until_data(bytes(range(256)) * 4)
    assert max(len(event.data) for event in following.all if isinstance(event, Data)) == 100


async def test_file_that_shrinks_is_told_from_its_beginning(log, rules):
    async with Following(log, offsets={log: 4}, **rules) as following:
        log.write_bytes(b"n\n")
        await following.until_data(b"n\n")
        assert following.kinds() == [Truncated]


async def test_file_that_was_cut_off_and_grew_beyond_the_place_is_noticed(log, rules):
    async with Following(log, offsets={log: 4}, **rules) as following:
        log.write_bytes(b"another content\n")
        await following.until_data(b"another content\n")
        assert following.kinds() == [Truncated]


async def test_file_that_was_cut_off_and_grew_to_the_same_size_is_noticed(log, rules):
    async with Following(log, offsets={log: 4}, **rules) as following:
        log.write_bytes(b"new\n")
        await following.until_data(b"new\n")


async def test_what_was_cut_off_is_found_in_the_copy_that_was_made_of_it(log, by_name):
    async with Following(log, offsets={log: 4}, **by_name) as following:
        append(log, b"one\n")
        await following.until_data(b"one\n")
        append(log, b"two\n")
        shutil.copy(log, f"{log}.1")
        os.truncate(log, 0)
        await following.until_told(Truncated)
        append(log, b"three\n")
        await following.until_data(b"one\ntwo\nthree\n")


async def test_open_file_is_followed_under_any_name_and_without(log, rules, tmp_path):
    async with Following(log, offsets={log: 4}, **rules) as following:
        with log.open("ab", buffering=0) as writer:
            log.rename(tmp_path / "renamed")
            log.write_bytes(b"another\n")
            writer.write(b"one\n")
            await following.until_data(b"one\n")
            (tmp_path / "renamed").unlink()
            writer.write(b"two\n")
            await following.until_data(b"one\ntwo\n")
        assert following.events == []


async def test_rename_and_new_file_are_followed_by_name(log, by_name, tmp_path):
    async with Following(log, offsets={log: 4}, **by_name) as following:
        append(log, b"last\n")
        log.rename(tmp_path / "log.1")
        log.write_bytes(b"first\n")
        await following.until_data(b"last\nfirst\n")
        assert following.kinds() in ([Replaced], [Inaccessible, Appeared])


async def test_what_is_written_to_the_old_file_before_the_new_one_begins_comes_first(log, by_name, tmp_path):
    async with Following(log, offsets={log: 4}, **by_name) as following:
        with log.open("ab", buffering=0) as writer:
            log.rename(tmp_path / "log.1")
            log.touch()
            await following.until(lambda: following.kinds() in ([Replaced], [Inaccessible, Appeared]))
            writer.write(b"late\n")
            append(log, b"new\n")
            await following.until_data(b"late\nnew\n")
            writer.write(b"later\n")
            await following.until_data(b"late\nnew\nlater\n")
    assert following.all[-1].is_late


async def test_replacing_by_rename_is_followed(log, by_name, tmp_path):
    async with Following(log, offsets={log: 4}, **by_name) as following:
        append(log, b"last\n")
        (tmp_path / "new").write_bytes(b"first\n")
        (tmp_path / "new").replace(log)
        await following.until_data(b"last\nfirst\n")
        assert following.kinds() == [Replaced]


async def test_name_that_goes_and_comes_back_with_its_file_repeats_nothing(log, by_name, tmp_path):
    async with Following(log, offsets={log: 4}, **by_name) as following:
        log.rename(tmp_path / "elsewhere")
        await following.until_told(Inaccessible)
        (tmp_path / "elsewhere").rename(log)
        await following.until_told(Inaccessible, Appeared)
        append(log, b"more\n")
        await following.until_data(b"more\n")


async def test_missing_name_is_waited_for(by_name, tmp_path):
    path = tmp_path / "not" / "there" / "yet"
    async with Following(path, **by_name) as following:
        path.parent.mkdir(parents=True)
        path.write_bytes(b"here\n")
        await following.until_data(b"here\n")
        assert [event[:2] for event in following.events] == [(str(path), False)]


async def test_missing_file_is_waited_for_once_without_a_name(rules, tmp_path):
    path = tmp_path / "late"
    async with Following(path, retries=True, **rules) as following:
        path.write_bytes(b"here\n")
        await following.until_data(b"here\n")
        path.rename(tmp_path / "moved")
        path.write_bytes(b"another\n")
        append(tmp_path / "moved", b"more\n")
        await following.until_data(b"here\nmore\n")
        assert [event[:2] for event in following.events] == [(str(path), False)]


async def test_removed_name_ends_the_following_without_retries(log, rules):
    async with Following(log, offsets={log: 4}, by_name=True, **rules) as following:
        append(log, b"last\n")
        log.unlink()
        await following.until_over()
    assert following.data() == b"last\n"
    assert following.kinds() == [Inaccessible, NothingLeft]


async def test_directory_in_place_of_the_file_is_told_and_a_file_in_place_of_that(log, by_name):
    async with Following(log, offsets={log: 4}, **by_name) as following:
        log.unlink()
        log.mkdir()
        await following.until(lambda: Untailable(str(log), is_given_up=False) in following.events)
        log.rmdir()
        log.write_bytes(b"back\n")
        await following.until_data(b"back\n")


async def test_directory_swap_is_followed(by_name, tmp_path):
    log = tmp_path / "logs" / "today" / "log"
    log.parent.mkdir(parents=True)
    log.write_bytes(b"old\n")
    async with Following(log, offsets={log: 4}, **by_name) as following:
        append(log, b"last\n")
        (tmp_path / "logs").rename(tmp_path / "logs.old")
        log.parent.mkdir(parents=True)
        log.write_bytes(b"first\n")
        await following.until_data(b"last\nfirst\n")
        append(log, b"second\n")
        await following.until_data(b"last\nfirst\nsecond\n")


async def test_removed_directory_that_is_made_again_is_followed(by_name, tmp_path):
    log = tmp_path / "logs" / "log"
    log.parent.mkdir()
    log.write_bytes(b"old\n")
    async with Following(log, offsets={log: 4}, **by_name) as following:
        log.unlink()
        log.parent.rmdir()
        await following.until_told(Inaccessible)
        log.parent.mkdir()
        log.write_bytes(b"new\n")
        await following.until_data(b"new\n")
        assert following.kinds() == [Inaccessible, Appeared]


@pytest.mark.parametrize("is_atomic", [True, False], ids=["replaced", "removed and made"])
async def test_link_to_another_file_is_followed(by_name, tmp_path, is_atomic):
    first, second, link = (tmp_path / name for name in ("first", "second", "link"))
    first.write_bytes(b"1\n")
    second.write_bytes(b"2\n")
    link.symlink_to("first")
    async with Following(link, offsets={link: 2}, **by_name) as following:
        append(first, b"one\n")
        if is_atomic:
            (tmp_path / "new").symlink_to("second")
            (tmp_path / "new").replace(link)
        else:
            link.unlink()
            link.symlink_to("second")
        await following.until_data(b"one\n2\n")
        append(second, b"two\n")
        await following.until_data(b"one\n2\ntwo\n")


async def test_link_on_the_way_and_target_of_a_link_are_watched(by_name, tmp_path):
    for release in ("1", "2"):
        (tmp_path / release).mkdir()
        (tmp_path / release / "log").write_bytes(release.encode())
    (tmp_path / "current").symlink_to(tmp_path / "1")
    (tmp_path / "link").symlink_to("current/log")
    link = tmp_path / "link"
    async with Following(link, offsets={link: 1}, **by_name) as following:
        (tmp_path / "new").symlink_to("2")
        (tmp_path / "new").replace(tmp_path / "current")
        await following.until_data(b"2")
        (tmp_path / "2" / "log").rename(tmp_path / "2" / "log.1")
        (tmp_path / "2" / "log").write_bytes(b"3")
        await following.until_data(b"23")


async def test_fifo_is_followed_over_the_end_of_its_writer(rules, tmp_path):
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    async with Following(fifo, **rules) as following:
        for data, so_far in ((b"one\n", b"one\n"), (b"two\n", b"one\ntwo\n")):
            with open(fifo, "wb", buffering=0) as writer:
                writer.write(data)
                await following.until_data(so_far)


async def test_pipe_without_a_name_ends_with_its_writer(rules):
    reader, writer = os.pipe()
    async with Following(f"/proc/self/fd/{reader}", **rules) as following:
        os.write(writer, b"all\n")
        await following.until_data(b"all\n")
        os.close(writer)
        os.close(reader)
        await following.until_over()
    assert following.kinds() == [Ended, NothingLeft]


async def test_fifo_in_place_of_the_file_is_followed(log, by_name):
    async with Following(log, offsets={log: 4}, **by_name) as following:
        log.unlink()
        os.mkfifo(log)
        await following.until(lambda: following.kinds() in ([Replaced], [Inaccessible, Appeared]))
        with open(log, "wb") as writer:
            writer.write(b"through the pipe\n")
        await following.until_data(b"through the pipe\n")


async def test_null_device_is_followed_in_silence(rules):
    async with Following(os.devnull, **rules) as following:
        await asyncio.sleep(0.05)
    assert following.all[1:] == []


async def test_ends_when_all_processes_have_ended_and_all_is_read(log, rules):
    script = f"import sys; sys.stdin.read(); open({str(log)!r}, 'ab').write(b'last words')"
    with Started([sys.executable, "-c", script], stdin=subprocess.PIPE) as process:
        async with Following(log, offsets={log: 4}, pids=(process.pid, 2**22 + 1), **rules) as following:
            append(log, b"more\n")
            await following.until_data(b"more\n")
            process.stdin.close()
            await following.until_over()
    assert following.data() == b"more\nlast words"
    assert following.events == []


async def test_ends_when_nobody_reads_the_output(log, rules):
    reader, writer = os.pipe()
    async with Following(log, offsets={log: 4}, output_fd=writer, **rules) as following:
        os.close(reader)
        await following.until_over()
    os.close(writer)
    assert following.all[1:] == []


async def test_ends_when_nobody_wants_more(log, rules):
    answers = []

    def is_wanted():
        answers.append(None)
        return len(answers) < 2

    async with Following(log, is_wanted=is_wanted, **rules) as following:
        await following.until_over()


async def test_new_files_of_a_pattern_are_taken_in(by_name, tmp_path):
    (tmp_path / "a.log").write_bytes(b"old\n")
    async with Following(patterns=(f"{tmp_path}/*.log",), from_start_of_new=False, **by_name) as following:
        await asyncio.sleep(0)
        append(tmp_path / "a.log", b"a\n")
        await following.until_data(b"a\n")
        (tmp_path / "other.txt").write_bytes(b"no\n")
        (tmp_path / "b.log").write_bytes(b"b\n")
        await following.until_data(b"b\n", tmp_path / "b.log")
        (tmp_path / "b.log").unlink()
        await following.until_told(Appeared, Inaccessible)
        (tmp_path / "b.log").write_bytes(b"B\n")
        await following.until_data(b"b\nB\n", tmp_path / "b.log")
    assert following.data() == b"a\nb\nB\n"
    assert following.events[0][:2] == (str(tmp_path / "b.log"), True)


async def test_files_of_a_directory_are_taken_in_in_order_of_their_names(by_name, tmp_path):
    folder = tmp_path / "folder"
    async with Following(patterns=(f"{folder}",), **by_name) as following:
        making = tmp_path / "making"
        making.mkdir()
        for name in ("c", "a", "b", ".hidden", "old.gz"):
            (making / name).write_bytes(name.encode())
        (making / "nested").mkdir()
        making.rename(folder)
        await following.until(lambda: len(following.data()) == 3)
    assert following.data() == b"abc"


async def test_rotated_file_is_not_told_again_by_its_directory(by_name, tmp_path):
    log = tmp_path / "log"
    log.write_bytes(b"one\n")
    async with Following(patterns=(str(tmp_path),), **by_name) as following:
        await following.until_data(b"one\n")
        with log.open("ab", buffering=0) as writer:
            log.rename(tmp_path / "log.1")
            log.write_bytes(b"two\n")
            await following.until_data(b"one\ntwo\n")
            writer.write(b"late\n")
            await following.until_data(b"one\ntwo\nlate\n")


async def test_a_thousand_files_are_followed(rules, tmp_path):
    paths = [tmp_path / f"{number:03}" for number in range(400)]
    for path in paths:
        path.touch()
    async with Following(*paths, **rules) as following:
        inotifies = [target for target in open_fds().values() if target == "anon_inode:inotify"]
        assert len(inotifies) == (1 if rules["uses_inotify"] else 0)
        for path in (paths[3], paths[399], paths[7]):
            append(path, path.name.encode())
        await following.until(lambda: len(following.data()) == 9)


@pytest.mark.parametrize("turns", range(8))
async def test_cancellation_leaves_nothing_behind(log, by_name, tmp_path, turns):
    before, threads = open_fds(), native_threads()
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    following = Following(log, fifo, tmp_path / "missing", patterns=(str(tmp_path),), pids=(os.getpid(),), **by_name)
    task = asyncio.create_task(following._run())
    for _ in range(turns):
        await asyncio.sleep(0)
        append(log, b"more\n")
        log.rename(tmp_path / "log.1")
        log.write_bytes(b"new\n")
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await loop_until(lambda: not opened_since(before) and native_threads() <= threads)
