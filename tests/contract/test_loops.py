"""Loops come and go, of several kinds and in several threads: each has its contexts, and nothing outlives it."""

import asyncio
import concurrent.futures
import gc
import threading

import pytest

from aiocli import AIOFile, async_open, get_default_context
from tests.support.backends import FILE_PARAMS
from tests.support.resources import loop_until, native_threads, open_fds, opened_since, wait_until

LOOPS = 10_000


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"0123456789\n" * 1000)
    return path


def runners():
    """The ways in which programs run their loops."""

    def by_runner(main):
        with asyncio.Runner() as runner:
            return runner.run(main)

    def by_uvloop(main):
        uvloop = pytest.importorskip("uvloop", reason="uvloop is not installed")
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(main)

    def by_hand(main):
        loop = asyncio.new_event_loop()
        try:
            return loop.run_until_complete(main)
        finally:
            loop.close()

    return {"asyncio.run": asyncio.run, "Runner": by_runner, "uvloop": by_uvloop, "by hand": by_hand}


@pytest.mark.parametrize("backend", FILE_PARAMS)
@pytest.mark.parametrize("run", runners().values(), ids=runners())
def test_every_kind_of_loop_carries_everything(run, backend, path):
    async def use():
        async with async_open(path, "r+", backend=backend) as file:
            assert len([line async for line in file]) == 1000
            await file.write("more\n")
            file.seek(0)
            await asyncio.gather(*[file.file.read(11, 11 * number) for number in range(200)])
            await file.flush()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.Event().wait(), 0.001)
        return get_default_context(backend)

    run(asyncio.sleep(0))  # uvloop keeps a pipe of its own from its first loop on
    before = open_fds()
    context = run(use())
    assert context.is_closed
    del context
    wait_until(lambda: not opened_since(before))


@pytest.mark.slow
def test_ten_thousand_loops_leave_nothing(path):
    async def use():
        async with AIOFile(path, "rb+", sync=False) as file:
            await get_default_context().read(10, file.fileno(), 0)
            await file.write(b"x", 5)

    for _ in range(20):
        asyncio.run(use())
    gc.collect()
    fds, threads = open_fds(), native_threads()
    for _ in range(LOOPS):
        asyncio.run(use())
    wait_until(lambda: not opened_since(fds))
    wait_until(lambda: native_threads() <= threads + 2)  # the test runner has threads of its own


def test_loops_in_threads_have_contexts_of_their_own(path):
    async def use():
        async with AIOFile(path, "rb+", sync=False) as file:
            await asyncio.gather(*[file.write(b"y", number) for number in range(50)])
            context = get_default_context()
            barrier.wait()  # all are alive at the same moment
            return id(context)

    barrier = threading.Barrier(4)
    before = open_fds()
    with concurrent.futures.ThreadPoolExecutor(4) as executor:
        assert len(set(executor.map(lambda _: asyncio.run(use()), range(4)))) == 4
    wait_until(lambda: not opened_since(before))


def test_file_is_used_in_one_loop_after_the_other(path):
    file = AIOFile(path, "rb+", sync=False)

    async def use(offset):
        await file.open()
        await file.write(b"%d" % offset, offset)
        return await file.read(1, offset)

    assert [asyncio.run(use(offset)) for offset in range(5)] == [b"0", b"1", b"2", b"3", b"4"]
    asyncio.run(file.close())


async def test_cancelled_work_of_every_kind_ends_and_frees_the_file(path):
    before = open_fds()
    file = await async_open(path, "r+", sync=False)
    tasks = [
        asyncio.ensure_future(call)
        for call in (
            *(file.file.write_bytes(b"x" * 100_000, number) for number in range(20)),
            *(file.read(1) for _ in range(20)),
            file.readlines(),
            file.truncate(50_000),
            file.flush(),
        )
    ]
    await asyncio.sleep(0)
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    await file.close()
    await loop_until(lambda: len(opened_since(before)) <= 2)  # the loop's context has two
