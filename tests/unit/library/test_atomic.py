"""Files that are written as a whole or not at all."""

import asyncio
import errno
import io
import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from aiocli import get_default_context
from aiocli.core.wrappers import BinaryFileWrapper, TextFileWrapper
from aiocli.library.atomic import atomic_write
from tests.support.program import TIMEOUT_S, environment
from tests.support.resources import loop_until, open_fds, opened_since
from tests.support.tmpfs import tiny_tmpfs

ROOT = Path(__file__).parents[3]
SIZE = 300_000

KILLED = f"""
import asyncio, os, sys
from pathlib import Path
from aiocli.core import write_queue
from aiocli.library.atomic import atomic_write
from tests.support.killing import killed_at_each_call

write_queue.SLOW_S = float("inf")  # slow writes would go another way, and be no calls of the module os
target = Path(sys.argv[1])
whole = b"new" * {SIZE}

async def write():
    async with atomic_write(target, "wb") as file:
        for part in range(3):
            await file.write(whole[part * {SIZE} : (part + 1) * {SIZE}])

def reset():
    for left in target.parent.iterdir():
        left.unlink()
    if sys.argv[2] == "old":
        target.write_bytes(b"old")

for call in killed_at_each_call(lambda: asyncio.run(write()), reset):
    contents = {{path.name: path.read_bytes() for path in target.parent.iterdir()}}
    found = contents.pop(target.name, b"nothing")
    assert found in (b"old", b"nothing", whole), (call, len(found))
    assert all(content == whole for content in contents.values()), call
    print(call, "new" if found == whole else found.decode(), len(contents))
assert target.read_bytes() == whole
"""


@pytest.fixture
def target(tmp_path):
    folder = tmp_path / "folder"
    folder.mkdir()
    path = folder / "target"
    path.write_bytes(b"old")
    return path


@pytest.fixture
async def clean(target):
    """Nothing but the target stays in its directory, and nothing stays open."""
    async with atomic_write(target.parent.parent / "warm-up") as file:
        await file.write("x")
    get_default_context()  # which the loop keeps; slow writes go through it
    before = open_fds()
    yield
    assert os.listdir(target.parent) == ["target"]
    await loop_until(lambda: not opened_since(before))


@pytest.fixture
def gate():
    """An executor with one thread, which waits until the gate is opened."""
    with ThreadPoolExecutor(1) as executor:
        yield Gate(executor)


class Gate:
    def __init__(self, executor):
        self.executor = executor
        self._opened = threading.Event()

    def close(self):
        self._opened.clear()
        self.executor.submit(self._opened.wait)

    def open(self):
        self._opened.set()


async def test_text_appears_at_the_end_of_the_block(target, clean):
    async with atomic_write(target) as file:
        assert isinstance(file, TextFileWrapper)
        assert file.name == os.fspath(target)
        await file.write("grün\n")
        await file.writelines(["a\n", "b\n"])
        await file.flush()
        assert file.tell() == 10
        assert target.read_bytes() == b"old"
    assert target.read_text(encoding="utf-8") == "grün\na\nb\n"
    assert file.closed


async def test_binary_file_can_be_read_sought_and_cut_before_it_appears(target, clean):
    async with atomic_write(target, "w+b") as file:
        assert isinstance(file, BinaryFileWrapper)
        await file.write(b"0123456789")
        file.seek(2)
        assert await file.read(3) == b"234"
        await file.truncate(6)
        file.seek(0, os.SEEK_END)
        await file.write(b"!")
    assert target.read_bytes() == b"012345!"


async def test_encoding_errors_and_newline_are_those_of_open(target, clean):
    async with atomic_write(target, encoding="ascii", errors="replace", newline="\r\n") as file:
        await file.write("ü\n")
    assert target.read_bytes() == b"?\r\n"


async def test_file_may_be_closed_in_the_block(target, clean):
    async with atomic_write(target, "wb") as file:
        await file.write(b"new")
        await file.close()
    assert target.read_bytes() == b"new"


async def test_file_without_plus_is_not_readable(target, clean):
    with pytest.raises(io.UnsupportedOperation):
        async with atomic_write(target, "wb") as file:
            await file.read()
    assert target.read_bytes() == b"old"


@pytest.mark.parametrize("mode", ["r", "r+", "a", "ab+", "wx", "", "wbt", "q"])
def test_other_modes_are_refused_at_once(target, mode):
    with pytest.raises(ValueError, match="mode"):
        atomic_write(target, mode)


async def test_unknown_encoding_leaves_the_target(target, clean):
    with pytest.raises(LookupError):
        async with atomic_write(target, encoding="no-such"):
            pass
    assert target.read_bytes() == b"old"


async def test_exclusive_file_must_not_exist(target, clean):
    for options in ({"mode": "x"}, {"exclusive": True}):
        with pytest.raises(FileExistsError) as caught:
            async with atomic_write(target, **options):
                raise AssertionError
        assert caught.value.filename == os.fspath(target)
    target.unlink()
    async with atomic_write(target, "xb") as file:
        await file.write(b"new")
    assert target.read_bytes() == b"new"


async def test_link_is_written_through_or_replaced(target):
    link = target.parent / "link"
    link.symlink_to("target")
    async with atomic_write(link) as file:
        await file.write("through")
    assert (target.read_text(), link.is_symlink()) == ("through", True)
    async with atomic_write(link, follow_symlinks=False) as file:
        await file.write("instead")
    assert (target.read_text(), link.read_text(), link.is_symlink()) == ("through", "instead", False)


async def test_missing_directory_is_told_by_the_targets_name(tmp_path):
    path = tmp_path / "missing" / "target"
    with pytest.raises(FileNotFoundError) as caught:
        async with atomic_write(path):
            raise AssertionError
    assert caught.value.filename == os.fspath(path)


async def test_exception_in_the_block_leaves_the_target(target, clean):
    async def replace():
        async with atomic_write(target) as file:
            await file.write("new")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await replace()
    assert target.read_bytes() == b"old"


async def test_cancellation_in_the_block_leaves_the_target(target, clean):
    async def replace():
        async with atomic_write(target, "wb") as file:
            while True:
                await file.write(bytes(100_000))
                file.seek(0)

    with pytest.raises(TimeoutError):
        await asyncio.wait_for(replace(), 0.01)
    assert target.read_bytes() == b"old"


async def test_cancelled_opening_leaves_the_target(target, clean, gate):
    async def replace():
        async with atomic_write(target, executor=gate.executor):
            raise AssertionError

    gate.close()
    task = asyncio.ensure_future(replace())
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.sleep(0)
    assert not task.done()
    gate.open()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert target.read_bytes() == b"old"


async def test_cancelled_commit_is_finished_and_then_told(target, clean, gate):
    is_written = asyncio.Event()

    async def replace():
        async with atomic_write(target, "wb", executor=gate.executor) as file:
            await file.write(b"new")
            await file.close()
            gate.close()
            is_written.set()

    task = asyncio.ensure_future(replace())
    await is_written.wait()
    await asyncio.sleep(0)
    for _ in range(3):
        task.cancel()
        await asyncio.sleep(0)
    assert not task.done()
    assert target.read_bytes() == b"old"
    gate.open()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert target.read_bytes() == b"new"


async def test_executor_that_is_shut_down_leaves_the_target(target, clean):
    executor = ThreadPoolExecutor(1)

    async def replace():
        async with atomic_write(target, executor=executor) as file:
            await file.write("new")
            executor.shutdown()

    with pytest.raises(RuntimeError, match="shutdown"):
        await replace()
    assert target.read_bytes() == b"old"


async def test_full_disk_leaves_the_target_and_is_told_by_its_name(tmp_path):
    with tiny_tmpfs(tmp_path / "tiny", 64 * 1024) as folder:
        target = folder / "target"
        target.write_bytes(b"old")
        with pytest.raises(OSError, match=os.strerror(errno.ENOSPC)) as caught:
            async with atomic_write(target, "wb") as file:
                await file.write(bytes(1_000_000))
        assert (caught.value.errno, caught.value.filename) == (errno.ENOSPC, os.fspath(target))
        assert os.listdir(folder) == ["target"]
        assert target.read_bytes() == b"old"
        del caught
        async with atomic_write(target, "wb") as file:
            await file.write(bytes(40_000))
        assert target.read_bytes() == bytes(40_000)


async def test_fsync_can_be_left_out(target, clean):
    async with atomic_write(target, fsync=False) as file:
        await file.write("new")
    assert target.read_bytes() == b"new"


async def test_parallel_writers_leave_the_file_of_one(target, clean):
    async def replace(letter):
        async with atomic_write(target) as file:
            for _ in range(10):
                await file.write(letter * 1000)

    await asyncio.gather(*(replace(letter) for letter in "abcdefgh"))
    content = target.read_text()
    assert content == content[0] * 10_000


def test_it_works_on_uvloop(target):
    uvloop = pytest.importorskip("uvloop")

    async def main():
        async with atomic_write(target, "w+") as file:
            await file.write("new")
            file.seek(0)
            assert await file.read() == "new"

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main())
    assert target.read_bytes() == b"new"


def test_loop_that_ends_in_the_block_leaves_the_target(target):
    async def replace(is_inside):
        async with atomic_write(target) as file:
            await file.write("new")
            is_inside.set()
            await asyncio.Event().wait()

    async def main():
        is_inside = asyncio.Event()
        task = asyncio.ensure_future(replace(is_inside))
        await is_inside.wait()
        return task

    assert asyncio.run(main()).cancelled()
    assert os.listdir(target.parent) == ["target"]
    assert target.read_bytes() == b"old"


@pytest.mark.slow
@pytest.mark.parametrize("before", ["old", "nothing"])
def test_process_leaves_the_old_file_or_the_new_wherever_it_is_killed(target, before):
    command = [sys.executable, "-c", KILLED, target, before]
    env = environment(PYTHONDEVMODE="")
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    told = [line.split() for line in done.stdout.splitlines()]
    assert {state for _, state, _ in told} == {before, "new"}
    # Whoever is killed between link and rename leaves a whole file, see engines.replace.
    left = {(call, state) for call, state, others in told if others != "0"}
    assert left == ({("rename", "old")} if before == "old" else set())
