"""Locks that are not released in the usual way: no thread can be had, or nobody does it."""

import gc
from contextlib import ExitStack

import pytest

from aiocli.library.locks import FileLock, locked
from tests.support.no_threads import without_threads
from tests.support.resources import open_fds, opened_since


@pytest.mark.parametrize("kind", ["ofd", "flock"])
async def test_lock_is_released_where_no_thread_can_be_had(tmp_path, kind):
    before = open_fds()
    with ExitStack() as stack:
        async with locked(tmp_path / "lock", kind=kind) as lock:
            stack.enter_context(without_threads())
    with pytest.raises(ValueError, match="not locked"):
        lock.fileno()
    assert opened_since(before) == []
    async with locked(tmp_path / "lock", kind=kind, timeout=0):
        pass


async def test_lock_that_nobody_can_take_fails_with_its_name(tmp_path):
    with without_threads(), pytest.raises(BlockingIOError) as caught:
        async with locked(tmp_path / "lock"):
            pass
    assert caught.value.filename == str(tmp_path / "lock")


@pytest.mark.parametrize("kind", ["ofd", "flock"])
async def test_lock_that_is_dropped_is_warned_of_and_released(tmp_path, kind):
    before = open_fds()
    locks = [FileLock(tmp_path / "lock", is_shared=False, kind=kind, creates=True)]
    assert locks[0].attempt()
    with pytest.warns(ResourceWarning, match="unreleased lock .*lock' held"):
        locks.clear()
    assert opened_since(before) == []
    async with locked(tmp_path / "lock", kind=kind, timeout=0):
        pass


def test_claim_that_was_never_made_is_dropped_in_silence(tmp_path):
    with pytest.raises(ValueError, match="kind"):
        FileLock(tmp_path / "lock", is_shared=False, kind="none", creates=True)
    FileLock(tmp_path / "lock", is_shared=False, kind="ofd", creates=True)
    gc.collect()
