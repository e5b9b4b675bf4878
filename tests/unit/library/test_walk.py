"""Directories that are listed and walked without holding up the loop: os.scandir's and os.walk's semantics."""

import asyncio
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing

import pytest

from aiocli.core.threads import in_thread
from aiocli.library import walk as walk_module
from aiocli.library.walk import BATCH_ITEMS, Batches, scandir, walk
from tests.support.resources import WAIT_S, open_fds, opened_since, wait_until


@pytest.fixture
def tree(tmp_path):
    """Directories, files, links to both, a dangling link, empty ones; more siblings than are listed in one hop."""
    top = tmp_path / "top"
    for name in ("a/deep/deeper", "b", "empty", *(f"many/{number}" for number in range(50))):
        (top / name).mkdir(parents=True)
    for name in ("file", "a/x", "a/deep/y", "a/deep/deeper/z", "b/x", "many/7/seven"):
        (top / name).write_text(name)
    (top / "to-b").symlink_to("b")
    (top / "b" / "to-deep").symlink_to("../a/deep")
    (top / "to-file").symlink_to("file")
    (top / "dangling").symlink_to("nowhere")
    return top


@pytest.fixture
def large(tmp_path):
    """A directory of several batches."""
    for number in range(2 * BATCH_ITEMS + 10):
        (tmp_path / str(number)).touch()
    return tmp_path


async def walked(*args, **options):
    return [item async for item in walk(*args, **options)]


@pytest.mark.parametrize("topdown", [True, False])
@pytest.mark.parametrize("followlinks", [True, False])
async def test_walk_yields_what_os_walk_yields_in_its_order(tree, topdown, followlinks):
    expected = list(os.walk(tree, topdown, followlinks=followlinks))
    assert await walked(tree, topdown, followlinks=followlinks) == expected


async def test_walk_of_bytes_yields_bytes(tree):
    top = os.fsencode(tree)
    assert await walked(top) == list(os.walk(top))


async def test_walk_enters_a_top_that_is_a_link(tree):
    assert await walked(tree / "to-b") == list(os.walk(tree / "to-b"))


@pytest.mark.parametrize("ahead", [1, 3, 1000])
async def test_what_is_listed_ahead_changes_nothing(tree, monkeypatch, ahead):
    monkeypatch.setattr(walk_module, "AHEAD", ahead)
    assert await walked(tree) == list(os.walk(tree))
    assert await walked(tree, topdown=False) == list(os.walk(tree, topdown=False))


async def test_names_edited_in_place_steer_a_walk_from_the_top(tree):
    def steer(dirnames):
        names = sorted(set(dirnames) - {"many", "added"}, reverse=True)
        dirnames[:] = [*names, "added"] if "many" in dirnames else names

    ours, theirs = [], []
    async for directory, dirnames, _ in walk(tree):
        steer(dirnames)
        ours.append(directory)
        (tree / "added").mkdir(exist_ok=True)
    for directory, dirnames, _ in os.walk(tree):
        steer(dirnames)
        theirs.append(directory)
    assert ours == theirs
    assert str(tree / "added") in ours


async def test_added_name_of_a_link_is_not_entered(tree):
    visited = []
    async for directory, dirnames, _ in walk(tree):
        visited.append(directory)
        if directory == str(tree):
            dirnames[:] = ["to-b", "b"]
    assert visited == [str(tree), str(tree / "b")]


@pytest.mark.parametrize("topdown", [True, False])
async def test_directory_that_cannot_be_listed_is_reported_and_the_rest_walked(tree, topdown):
    errors, directories = [], []
    async for directory, dirnames, _ in walk(tree, topdown, lambda error: errors.append(error)):
        directories.append(directory)
        if directory == str(tree):
            dirnames[:] = ["missing", "b"]
    if topdown:
        assert [(type(error), error.filename) for error in errors] == [(FileNotFoundError, str(tree / "missing"))]
        assert directories == [str(tree), str(tree / "b")]
    assert await walked(tree / "file", topdown, errors.append) == []
    assert isinstance(errors[-1], NotADirectoryError)


async def test_without_onerror_what_cannot_be_listed_is_left_out(tmp_path):
    assert await walked(tmp_path / "missing") == []


async def test_onerror_is_called_in_the_loops_thread_and_may_end_the_walk(tmp_path):
    def give_up(error):
        assert threading.current_thread() is threading.main_thread()
        raise error

    with pytest.raises(FileNotFoundError):
        await walked(tmp_path / "missing", onerror=give_up)


async def test_walk_may_end_early_and_leaves_nothing_open(tree):
    before = open_fds()
    async with aclosing(walk(tree)) as directories:
        async for _ in directories:
            break
    assert not opened_since(before)


async def test_walk_and_scandir_use_the_callers_executor(tree):
    with ThreadPoolExecutor(1, thread_name_prefix="mine") as executor:
        assert await walked(tree, executor=executor) == list(os.walk(tree))
        assert {entry.name async for entry in scandir(tree, executor=executor)} == set(os.listdir(tree))
        assert len(executor._threads) == 1


async def test_scandir_yields_the_entries_of_several_batches(large):
    entries = [entry async for entry in scandir(large)]
    assert isinstance(entries[0], os.DirEntry)
    assert [entry.name for entry in entries] == os.listdir(large)
    assert all(entry.is_file() for entry in entries)


async def test_scandir_takes_what_os_scandir_takes(tree, monkeypatch):
    monkeypatch.chdir(tree)
    fd = os.open(tree, os.O_RDONLY)
    try:
        for path in (None, ".", b".", tree, fd):
            args = () if path is None else (path,)
            assert [entry.name async for entry in scandir(*args)] == [entry.name for entry in os.scandir(*args)]
    finally:
        os.close(fd)


async def test_scandir_of_nothing_raises_at_the_first_item(tmp_path):
    entries = scandir(tmp_path / "missing")
    with pytest.raises(FileNotFoundError) as caught:
        await anext(entries)
    assert os.fspath(caught.value.filename) == str(tmp_path / "missing")
    with pytest.raises(StopAsyncIteration):
        await anext(entries)


async def test_scandir_at_its_end_stays_there(tree):
    entries = scandir(tree)
    assert len([entry async for entry in entries]) == len(os.listdir(tree))
    assert [entry async for entry in entries] == []


async def test_left_by_break_it_is_closed(large):
    before = open_fds()
    async for _ in scandir(large):
        assert len(opened_since(before)) == 1
        break
    assert not opened_since(before)


async def test_left_by_an_exception_it_is_closed(large):
    before = open_fds()
    entries = scandir(large)

    async def fail():
        async with entries:
            async for _ in entries:
                assert len(opened_since(before)) == 1
                raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    assert not opened_since(before)
    with pytest.raises(StopAsyncIteration):
        await anext(entries)


async def test_left_by_a_cancellation_it_is_closed(large):
    before = open_fds()
    reached = asyncio.Event()

    async def read():
        async for _ in scandir(large):
            reached.set()
            await asyncio.Event().wait()

    task = asyncio.ensure_future(read())
    await reached.wait()
    assert len(opened_since(before)) == 1
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    del task
    assert not opened_since(before)


async def test_never_iterated_it_opens_nothing(large):
    before = open_fds()
    async with scandir(large):
        assert not opened_since(before)


class Slow:
    """A blocking iterator that gives its numbers when it is allowed to."""

    def __init__(self):
        self.is_asked = threading.Event()
        self.may_go_on = threading.Event()
        self.is_closed = False
        self.numbers = iter(range(3))

    def __iter__(self):
        return self

    def __next__(self):
        self.is_asked.set()
        assert self.may_go_on.wait(WAIT_S)
        return next(self.numbers)

    def close(self):
        self.is_closed = True


async def test_what_was_being_fetched_at_a_cancellation_comes_next():
    slow = Slow()
    batches = Batches(lambda: slow, in_thread)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(anext(batches), 0.01)
    await in_thread(slow.is_asked.wait)
    slow.may_go_on.set()
    assert [number async for number in batches] == [0, 1, 2]
    assert not slow.is_closed


async def test_closed_while_a_thread_fetches_it_is_released_by_that_thread():
    slow = Slow()
    batches = Batches(lambda: slow, in_thread)
    task = asyncio.ensure_future(anext(batches))
    await in_thread(slow.is_asked.wait)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await batches.aclose()
    assert not slow.is_closed
    slow.may_go_on.set()
    await in_thread(wait_until, lambda: slow.is_closed)
    with pytest.raises(StopAsyncIteration):
        await anext(batches)


async def test_error_comes_behind_the_items_before_it():
    def numbers():
        yield from (1, 2)
        raise PermissionError("no more")

    batches = Batches(numbers, in_thread)
    assert [await anext(batches), await anext(batches)] == [1, 2]
    with pytest.raises(PermissionError):
        await anext(batches)
    with pytest.raises(StopAsyncIteration):
        await anext(batches)


async def test_several_tasks_share_the_items():
    batches = Batches(lambda: iter_of(1000), in_thread)

    async def take():
        return [number async for number in batches]

    parts = await asyncio.gather(*(take() for _ in range(5)))
    assert sorted(number for part in parts for number in part) == list(range(1000))


def iter_of(count):
    yield from range(count)


async def test_loop_goes_on_while_a_directory_is_listed():
    slow = Slow()
    task = asyncio.ensure_future(anext(Batches(lambda: slow, in_thread)))
    await in_thread(slow.is_asked.wait)
    assert await asyncio.wait_for(asyncio.sleep(0, "free"), WAIT_S) == "free"
    slow.may_go_on.set()
    assert await task == 0
