"""Locks on files."""

import asyncio
import fcntl
import os
import random
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import pytest

from aiocli.core.file import AIOFile
from aiocli.library import locks
from aiocli.library.locks import locked
from tests.support.program import Started, environment
from tests.support.resources import WAIT_S, loop_until, open_fds, opened_since, wait_until

HOLDER = """
import fcntl, sys
file = open(sys.argv[1], "r+")
getattr(fcntl, sys.argv[2])(file, fcntl.LOCK_EX)
print("locked", flush=True)
sys.stdin.read()
"""

TRIER = """
import fcntl, sys
file = open(sys.argv[1], "r+")
try:
    getattr(fcntl, sys.argv[2])(file, getattr(fcntl, sys.argv[3]) | fcntl.LOCK_NB)
except BlockingIOError:
    print("taken")
else:
    print("free")
"""

AS_NOBODY = """
import asyncio, os, sys
from aiocli.library.locks import locked

async def main():
    os.chdir(sys.argv[1])
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
    async with locked("lock", shared=True), locked("lock", shared=True):
        print("shared")
    async with locked("lock", kind="flock"):
        print("flock")
    try:
        async with locked("lock"):
            print("ofd")
    except PermissionError as error:
        print(error.filename)

asyncio.run(main())
"""


@pytest.fixture
def path(tmp_path):
    return tmp_path / "lock"


@pytest.fixture
async def clean():
    """Nothing stays open."""
    before = open_fds()
    yield
    await loop_until(lambda: not opened_since(before))


@pytest.fixture(params=["ofd", "flock"])
def kind(request):
    return request.param


def foreign(kind):
    """What another program calls to exclude us."""
    return "lockf" if kind == "ofd" else "flock"


def state_for_others(path, kind, operation="LOCK_EX"):
    command = [sys.executable, "-c", TRIER, path, foreign(kind), operation]
    return subprocess.run(command, env=environment(), capture_output=True, text=True, check=True).stdout.strip()


async def is_free(path, **options):
    try:
        async with locked(path, timeout=0, **options):
            return True
    except TimeoutError:
        return False


class Holder:
    """A task that waits for the lock and holds it until it is cancelled."""

    def __init__(self, path, **options):
        self.has_lock = asyncio.Event()
        self.task = asyncio.ensure_future(self._hold(path, options))

    async def _hold(self, path, options):
        async with locked(path, **options):
            self.has_lock.set()
            await asyncio.Event().wait()

    async def end(self):
        self.task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await self.task


async def held(path, **options):
    """Return somebody who holds the lock."""
    holder = Holder(path, **options)
    await asyncio.wait_for(holder.has_lock.wait(), WAIT_S)
    return holder


async def waiting(path, **options):
    """Return somebody who waits for the lock and has tried to get it, or is trying."""
    before = open_fds()
    waiter = Holder(path, **options)
    await loop_until(lambda: os.path.realpath(path) in opened_since(before))
    assert not waiter.has_lock.is_set()
    return waiter


async def test_lock_excludes_other_tasks_until_the_block_is_left(path, kind, clean):
    async with locked(path, kind=kind) as lock:
        assert os.path.samestat(os.fstat(lock.fileno()), path.stat())
        assert not await is_free(path, kind=kind)
        assert not await is_free(path, kind=kind, shared=True)
    assert await is_free(path, kind=kind)
    with pytest.raises(ValueError, match="not locked"):
        lock.fileno()


async def test_lock_excludes_other_processes(path, kind):
    async with locked(path, kind=kind):
        assert state_for_others(path, kind) == "taken"
    assert state_for_others(path, kind) == "free"
    async with locked(path, kind=kind, shared=True):
        assert state_for_others(path, kind) == "taken"
        assert state_for_others(path, kind, "LOCK_SH" if kind == "flock" else "LOCK_EX") == (
            "free" if kind == "flock" else "taken"
        )


async def test_lock_of_another_process_is_waited_for_until_that_dies(path, kind, clean):
    path.touch()
    with Started(
        [sys.executable, "-c", HOLDER, path, foreign(kind)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment(),
    ) as holder:
        assert holder.stdout.readline() == b"locked\n"
        assert not await is_free(path, kind=kind)
        waiter = Holder(path, kind=kind)
        holder.kill()
        await waiter.has_lock.wait()
        await waiter.end()


def test_loops_of_several_threads_exclude_each_other(path, kind):
    inside, seen = [], []

    async def work():
        for _ in range(10):
            async with locked(path, kind=kind, poll=0.002):
                inside.append(1)
                await asyncio.sleep(0)
                seen.append(len(inside))
                inside.pop()

    threads = [threading.Thread(target=asyncio.run, args=(work(),)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [1] * 40


async def test_tasks_get_the_lock_in_the_order_in_which_they_came(path):
    order = []

    async def work(number):
        async with locked(path):
            order.append(number)
            await asyncio.sleep(0)

    await asyncio.gather(*(work(number) for number in range(50)))
    assert order == list(range(50))


async def test_released_lock_is_handed_over_without_waiting_for_the_next_attempt(path, monkeypatch):
    monkeypatch.setattr(locks, "FIRST_PAUSE_S", 1000)
    pauses = asyncio.Event()
    pause = locks._Line.pause

    async def tell_and_pause(line, seconds):
        asyncio.get_running_loop().call_soon(pauses.set)  # when it waits
        await pause(line, seconds)

    monkeypatch.setattr(locks._Line, "pause", tell_and_pause)
    holder = await held(path)
    waiter = await waiting(path, poll=1000)
    await pauses.wait()
    await holder.end()
    await asyncio.wait_for(waiter.has_lock.wait(), WAIT_S)
    await waiter.end()


async def test_shared_locks_are_held_together(path, kind, clean):
    async with locked(path, shared=True, kind=kind), locked(path, shared=True, kind=kind) as second:
        assert second.is_shared
        assert not await is_free(path, kind=kind)
    assert await is_free(path, kind=kind)


async def test_shared_locks_that_are_tried_once_and_at_once_are_all_had(path, kind, clean):
    async def hold():
        async with locked(path, shared=True, kind=kind, timeout=0):
            holders.append(1)
            await loop_until(lambda: len(holders) == 4)

    holders = []
    await asyncio.gather(*[hold() for _ in range(4)])
    assert await is_free(path, kind=kind)


async def test_who_waits_for_an_exclusive_lock_is_not_starved_by_readers(path):
    order = []

    async def work(name, shared):
        async with locked(path, shared=shared):
            order.append(name)

    reader = await held(path, shared=True)
    writer = asyncio.ensure_future(work("writer", False))
    await asyncio.sleep(0)
    late = asyncio.ensure_future(work("late reader", True))
    await asyncio.sleep(0)
    await reader.end()
    await asyncio.gather(writer, late)
    assert order == ["writer", "late reader"]


async def test_timeout_is_told_with_the_files_name(path, clean):
    holder = await held(path)
    start = asyncio.get_running_loop().time()
    for seconds in (0, 0.05):
        with pytest.raises(TimeoutError, match="not free within") as caught:
            async with locked(path, timeout=seconds):
                raise AssertionError
        assert caught.value.filename == os.fspath(path)
    assert asyncio.get_running_loop().time() - start >= 0.05
    await holder.end()


async def test_timeout_holds_in_the_line_behind_others_too(path, clean):
    holder = await held(path)
    first = Holder(path)
    await asyncio.sleep(0)
    assert not await is_free(path)
    with pytest.raises(TimeoutError):
        async with locked(path, timeout=0.01):
            raise AssertionError
    await holder.end()
    await first.has_lock.wait()
    await first.end()


async def test_timeout_of_zero_gets_a_free_lock(path):
    for _ in range(20):
        assert await is_free(path)


async def test_cancelled_waiter_ends_at_once_and_gets_nothing(path, kind, clean):
    holder = await held(path, kind=kind)
    waiters = [await waiting(path, kind=kind), *(Holder(path, kind=kind) for _ in range(4))]
    for waiter in waiters:
        await waiter.end()
        assert not waiter.has_lock.is_set()
    await holder.end()
    async with locked(path, kind=kind, timeout=WAIT_S):  # an attempt that was under way gives back what it got
        pass


async def test_cancelling_at_any_moment_leaves_no_lock_behind(path, kind, clean):
    chance = random.Random(0)  # threads decide as much; what is asserted holds in any order
    inside = []

    async def work():
        async with locked(path, kind=kind, shared=chance.random() < 0.3, poll=0.002) as lock:
            assert lock.is_shared or not inside
            inside.append(lock)
            try:
                await asyncio.sleep(0)
                assert lock.is_shared or inside == [lock]
            finally:
                inside.remove(lock)

    tasks = []
    for _ in range(200):
        tasks.append(asyncio.ensure_future(work()))
        await asyncio.sleep(chance.random() * 0.0005)
        if chance.random() < 0.7:
            chance.choice(tasks).cancel()
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    assert {type(outcome) for outcome in outcomes} <= {type(None), asyncio.CancelledError}
    async with locked(path, kind=kind, timeout=WAIT_S):
        pass


@pytest.mark.parametrize("error", [ZeroDivisionError, asyncio.CancelledError])
async def test_lock_is_released_when_the_block_raises(path, clean, error):
    with pytest.raises(error):
        async with locked(path):
            raise error
    assert await is_free(path)


async def test_cancellation_while_releasing_releases(path, clean):
    holder = await held(path)
    holder.task.cancel()
    await asyncio.sleep(0)
    await holder.end()
    await loop_until(lambda: state_for_others(path, "ofd") == "free")


async def test_descriptor_is_not_inherited_and_a_copy_does_not_keep_the_lock(path, kind):
    async with locked(path, kind=kind) as lock:
        assert not os.get_inheritable(lock.fileno())
        child = subprocess.Popen(["cat"], stdin=subprocess.PIPE, pass_fds=[lock.fileno()])  # noqa: ASYNC220
    try:
        assert await is_free(path, kind=kind)
    finally:
        child.communicate()


async def test_lock_file_stays_and_keeps_its_content(path):
    path.write_bytes(b"content")
    async with locked(path):
        pass
    assert path.read_bytes() == b"content"


async def test_missing_file_is_made_unless_forbidden(path):
    with pytest.raises(FileNotFoundError) as caught:
        async with locked(path, create=False):
            raise AssertionError
    assert caught.value.filename == os.fspath(path)
    async with locked(path, shared=True):
        assert path.read_bytes() == b""
    with pytest.raises(FileNotFoundError):
        async with locked(path.parent / "missing" / "lock"):
            raise AssertionError


async def test_symbolic_link_leads_to_the_lock_file(path):
    link = path.with_name("link")
    link.symlink_to("lock")
    async with locked(link):
        assert link.is_symlink()
        assert not await is_free(path)


async def test_directory_can_be_locked_by_flock_only(tmp_path):
    async with locked(tmp_path, kind="flock"):
        assert not await is_free(tmp_path, kind="flock")
    with pytest.raises(IsADirectoryError) as caught:
        async with locked(tmp_path):
            raise AssertionError
    assert caught.value.filename == os.fspath(tmp_path)


@pytest.mark.skipif(os.geteuid() != 0, reason="root alone can be another user")
def test_read_only_file_can_be_locked_shared_and_by_flock():
    with tempfile.TemporaryDirectory() as name:  # pytest's are for root alone
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "lock").touch(mode=0o644)
        command = [sys.executable, "-c", AS_NOBODY, folder]
        done = subprocess.run(command, env=environment(), capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("shared\nflock\nlock\n", "")


@pytest.mark.parametrize("change", [os.unlink, lambda path: os.replace(path.with_name("other"), path)])
async def test_removed_or_replaced_file_is_not_waited_for(path, clean, change):
    path.with_name("other").touch()
    holder = await held(path)
    waiter = await waiting(path)
    change(path)
    await waiter.has_lock.wait()
    assert not await is_free(path)
    await waiter.end()
    await holder.end()
    assert await is_free(path)


async def test_open_files_can_be_locked_and_closed_in_the_block(path, kind, clean):
    path.touch()
    async with AIOFile(path, "r+b", sync=False) as file:
        with open(path, "r+b") as plain:
            for lockable in (file, plain, plain.fileno()):
                async with locked(lockable, kind=kind):
                    assert not await is_free(path, kind=kind)
                    assert not await is_free(lockable, kind=kind)
        async with locked(file, kind=kind) as lock:
            await file.close()
            assert lock.name == os.fspath(path)
            assert not await is_free(path, kind=kind)
    assert await is_free(path, kind=kind)


async def test_closing_the_locked_file_elsewhere_releases_nothing(path):
    async with locked(path):
        path.read_bytes()
        assert state_for_others(path, "ofd") == "taken"


@pytest.mark.parametrize("options", [{"kind": "posix"}, {"poll": 0}])
async def test_senseless_options_are_refused(path, options):
    with pytest.raises(ValueError, match="must be"):
        async with locked(path, **options):
            raise AssertionError


async def test_kinds_do_not_see_each_other(path):
    async with locked(path, kind="ofd"), locked(path, kind="flock", timeout=0):
        pass


def test_it_works_on_uvloop(path):
    uvloop = pytest.importorskip("uvloop")

    async def main():
        async with locked(path):
            assert not await is_free(path)
        first, second = await held(path), Holder(path)
        await first.end()
        await second.has_lock.wait()
        await second.end()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main())


def test_loop_that_ends_while_a_task_waits_leaves_the_lock_free(path):
    async def main():
        holder, waiter = await held(path), await waiting(path)
        return holder.task, waiter.task

    assert all(task.cancelled() for task in asyncio.run(main()))
    with open(path, "r+b") as file:
        wait_until(lambda: _takes(file))


def _takes(file):
    try:
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
