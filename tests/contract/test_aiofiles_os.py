"""aiofiles.os and aiofiles.os.path: the functions of os and os.path, with their results and errors."""

from __future__ import annotations

import asyncio
import os
import socket
import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from aiocli import aiofiles
from aiocli.aiofiles import os as aio_os
from aiocli.aiofiles import ospath
from tests.support.resources import loop_until, open_fds, opened_since


@pytest.fixture
def path(tmp_path):
    file = tmp_path / "file"
    file.write_bytes(b"0123456789")
    return file


def test_every_function_that_asks_the_disk_is_there():
    names = "stat lstat statvfs sendfile rename renames replace remove unlink mkdir makedirs rmdir removedirs link "
    names += (
        "symlink readlink listdir scandir access getcwd wrap chmod chown lchown utime truncate walk fsync fdatasync"
    )
    assert set(names.split()) | {"path"} <= set(aio_os.__all__)
    names = (
        "abspath exists isfile isdir islink ismount getsize getatime getmtime getctime samefile sameopenfile lexists "
    )
    assert set(names.split()) | {"realpath", "expanduser"} <= set(ospath.__all__)
    assert aio_os.path is ospath
    assert aiofiles.ospath is ospath


async def test_facts_are_those_of_os(path):
    assert await aio_os.stat(path) == os.stat(path)
    assert await aio_os.lstat(path) == os.lstat(path)
    assert (await aio_os.statvfs(path)).f_bsize == os.statvfs(path).f_bsize
    assert await aio_os.access(path, os.R_OK)
    assert await aio_os.getcwd() == os.getcwd()
    assert await aio_os.listdir(path.parent) == ["file"]
    assert await aio_os.listdir(os.fsencode(path.parent)) == [b"file"]
    for name in ("getsize", "getatime", "getmtime", "getctime", "exists", "isfile", "isdir", "islink", "ismount"):
        assert await getattr(ospath, name)(path) == getattr(os.path, name)(path), name
    for name in ("abspath", "realpath", "lexists", "expanduser"):
        assert await getattr(ospath, name)("~/x") == getattr(os.path, name)("~/x"), name
    with open(path) as one, open(path) as two:
        assert await ospath.sameopenfile(one.fileno(), two.fileno())
    assert await ospath.samefile(path, str(path))


async def test_names_are_made_moved_and_removed(tmp_path):
    await aio_os.mkdir(tmp_path / "a", 0o700)
    await aio_os.makedirs(tmp_path / "b" / "c", exist_ok=True)
    (tmp_path / "a" / "f").write_text("x")
    await aio_os.rename(tmp_path / "a" / "f", tmp_path / "a" / "g")
    await aio_os.replace(tmp_path / "a" / "g", tmp_path / "a" / "h")
    await aio_os.renames(tmp_path / "a" / "h", tmp_path / "d" / "i")
    assert not (tmp_path / "a").exists()
    await aio_os.link(tmp_path / "d" / "i", tmp_path / "hard")
    await aio_os.symlink("hard", tmp_path / "soft")
    assert await aio_os.readlink(tmp_path / "soft") == "hard"
    await aio_os.remove(tmp_path / "soft")
    await aio_os.unlink(tmp_path / "hard")
    await aio_os.rmdir(tmp_path / "b" / "c")
    (tmp_path / "e" / "e").mkdir(parents=True)
    await aio_os.removedirs(tmp_path / "e" / "e")
    assert sorted(os.listdir(tmp_path)) == ["b", "d"]


async def test_facts_are_changed(path):
    await aio_os.chmod(path, 0o600)
    await aio_os.truncate(path, 3)
    await aio_os.utime(path, ns=(5, 7))
    await aio_os.chown(path, -1, -1)
    await aio_os.lchown(path, -1, -1)
    facts = os.stat(path)
    assert (stat.S_IMODE(facts.st_mode), facts.st_mtime_ns, facts.st_size) == (0o600, 7, 3)
    with open(path, "r+b") as file:
        await aio_os.fsync(file.fileno())
        await aio_os.fdatasync(file.fileno())


async def test_names_relative_to_a_directory_descriptor_work(path):
    fd = os.open(path.parent, os.O_RDONLY)
    assert (await aio_os.stat("file", dir_fd=fd)).st_size == 10
    await aio_os.link("file", "hard", src_dir_fd=fd, dst_dir_fd=fd)
    await aio_os.symlink("file", "soft", dir_fd=fd)
    assert sorted(await aio_os.listdir(fd)) == ["file", "hard", "soft"]
    assert (await aio_os.stat("soft", dir_fd=fd, follow_symlinks=False)).st_size == 4
    os.close(fd)


@pytest.mark.parametrize("name", ["listdir", "scandir", "stat", "remove", "rmdir", "readlink"])
async def test_errors_are_those_of_os(name):
    with pytest.raises(FileNotFoundError) as expected:
        getattr(os, name)("/nonexistent/x")
    with pytest.raises(FileNotFoundError) as got:
        await getattr(aio_os, name)("/nonexistent/x")
    assert str(got.value) == str(expected.value)


async def test_file_is_sent_to_a_socket_and_to_a_file(path, tmp_path):
    ends = socket.socketpair()
    with ends[0], ends[1], open(path, "rb") as file, open(tmp_path / "copy", "wb") as copy:
        assert await aio_os.sendfile(ends[0].fileno(), file.fileno(), 2, 5) == 5
        assert ends[1].recv(100) == b"23456"
        assert await aio_os.sendfile(copy.fileno(), file.fileno(), 0, 10) == 10
    assert (tmp_path / "copy").read_bytes() == path.read_bytes()


async def test_executor_of_the_caller_is_used_and_the_loop_ignored():
    def where():
        """Say where."""
        return threading.current_thread().name

    wrapped = aio_os.wrap(where)
    assert wrapped.__name__ == "where"
    with ThreadPoolExecutor(1, thread_name_prefix="mine") as executor:
        assert (await wrapped(executor=executor, loop=asyncio.get_running_loop())).startswith("mine")
    assert threading.current_thread().name != await ospath.wrap(where)()
    assert await asyncio.create_task(aio_os.stat("/", loop=None, executor=None)) == os.stat("/")


# Directories


@pytest.fixture
def directory(tmp_path):
    for number in range(600):
        (tmp_path / f"{number}").touch()
    return tmp_path


async def test_entries_come_by_async_for_and_by_for_and_by_both(directory):
    expected = sorted(os.listdir(directory))
    async with await aio_os.scandir(directory) as entries:
        assert sorted([entry.name async for entry in entries]) == expected
    with await aio_os.scandir(str(directory)) as entries:
        assert sorted(entry.name for entry in entries) == expected
    entries = await aio_os.scandir(directory)
    found = [(await entries.__anext__()).name, next(entries).name]
    found += [entry.name for entry in entries]
    assert sorted(found) == expected
    entries.close()
    async with await aio_os.scandir(os.fsencode(directory)) as entries:
        assert isinstance((await anext(entries)).name, bytes)


async def test_working_directory_is_scanned_without_argument(directory, monkeypatch):
    monkeypatch.chdir(directory)
    with await aio_os.scandir() as entries:
        assert {entry.name for entry in entries} == set(os.listdir())


async def test_entries_of_a_cancelled_call_are_the_next_ones(directory):
    found = []
    before = open_fds()
    async with await aio_os.scandir(directory) as entries:
        for number in range(1000):
            task = asyncio.ensure_future(anext(entries, None))
            for _ in range(number % 4):
                await asyncio.sleep(0)
            if number % 2:
                task.cancel()
            (entry,) = await asyncio.gather(task, return_exceptions=True)
            if entry is None:
                break
            if not isinstance(entry, asyncio.CancelledError):
                found.append(entry.name)
    assert len(found) == len(set(found))
    assert set(found) <= set(os.listdir(directory))
    assert not opened_since(before)


async def test_cancelled_scandir_leaves_no_directory_open(directory):
    before = open_fds()
    for number in range(20):
        task = asyncio.ensure_future(aio_os.scandir(directory))
        for _ in range(number % 4):
            await asyncio.sleep(0)
        task.cancel()
        (entries,) = await asyncio.gather(task, return_exceptions=True)
        if not isinstance(entries, asyncio.CancelledError):
            entries.close()
    await loop_until(lambda: not opened_since(before))


async def test_tree_is_walked_as_by_os(tmp_path):
    for name in ("a/b/c", "a/d", "e"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "f").touch()
    (tmp_path / "link").symlink_to("a")
    for options in ({}, {"topdown": False}, {"followlinks": True}):
        assert [step async for step in aio_os.walk(tmp_path, **options)] == list(os.walk(tmp_path, **options))
    seen = []
    async for root, directories, _ in aio_os.walk(str(tmp_path)):
        seen.append(Path(root).name)
        directories[:] = [name for name in directories if name != "a"]
    assert seen == [tmp_path.name, "e"]
    errors = []
    assert [step async for step in aio_os.walk(tmp_path / "none", onerror=errors.append)] == []
    assert isinstance(errors[0], FileNotFoundError)
