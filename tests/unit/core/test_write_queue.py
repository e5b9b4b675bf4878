"""Writes that go to a thread together: order, errors, cancellation, and when they go another way."""

import asyncio
import errno
import gc
import os
import threading

import pytest

from aiocli import AIOFile
from aiocli.core import threads, write_queue
from aiocli.core.context import Context
from aiocli.core.descriptor import Descriptor
from aiocli.core.write_queue import WriteQueue
from tests.support.resources import WAIT_S, is_open, wait_until


@pytest.fixture
def descriptor(tmp_path):
    descriptor = Descriptor(os.open(tmp_path / "file", os.O_RDWR | os.O_CREAT))
    yield descriptor
    descriptor.release()


def no_thread():
    raise RuntimeError("can't start new thread")


@pytest.fixture
def slow(monkeypatch):
    """Lets each write of the thread wait for a permission."""
    permission = threading.Semaphore(0)
    real = os.pwrite

    def pwrite(fd, data, offset):
        permission.acquire()
        return real(fd, data, offset)

    monkeypatch.setattr(os, "pwrite", pwrite)
    yield permission
    permission.release(1000)


async def test_writes_go_out_in_their_order(tmp_path):
    fd = os.open(tmp_path / "log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    descriptor = Descriptor(fd)
    queue = WriteQueue(descriptor, asyncio.get_running_loop())
    assert await asyncio.gather(*[queue.write(b"%04d" % number, 0) for number in range(1000)]) == [4] * 1000
    assert (tmp_path / "log").read_bytes() == b"".join(b"%04d" % number for number in range(1000))
    descriptor.release()


async def test_what_waits_meanwhile_goes_out_in_one_call(descriptor, slow, monkeypatch):
    calls = []
    real = write_queue.start
    monkeypatch.setattr(
        write_queue, "start", lambda function, writes: calls.append(len(writes)) or real(function, writes)
    )
    queue = WriteQueue(descriptor, asyncio.get_running_loop())
    futures = [queue.write(b"a", 0)]
    await asyncio.sleep(0)
    futures += [queue.write(b"b", number) for number in range(1, 50)]
    slow.release(100)
    await asyncio.gather(*futures)
    assert calls == [1, 49]


async def test_failed_write_does_not_harm_those_beside_it(descriptor):
    queue = WriteQueue(descriptor, asyncio.get_running_loop())
    results = await asyncio.gather(
        queue.write(b"one", 0), queue.write(b"x", (1 << 63) - 2), queue.write(b"two", 3), return_exceptions=True
    )
    assert (results[0], results[2]) == (3, 3)
    assert results[1].errno in {errno.EFBIG, errno.EINVAL}
    assert os.pread(descriptor.fd, 10, 0) == b"onetwo"


async def test_want_of_threads_fails_the_write_and_the_next_one_tries_again(tmp_path, monkeypatch):
    async with AIOFile(tmp_path / "file", "wb", sync=False) as file:
        with monkeypatch.context() as patch:
            patch.setattr(threads, "_take_worker", no_thread)
            async with asyncio.timeout(WAIT_S):
                with pytest.raises(BlockingIOError) as caught:
                    await file.write(b"abc")
        assert caught.value.filename == str(tmp_path / "file")
        assert await file.write(b"def") == 3
        fd = file.fileno()
    assert not is_open(fd)
    assert (tmp_path / "file").read_bytes() == b"def"


async def test_want_of_threads_leaks_no_descriptor(tmp_path, monkeypatch):
    async with AIOFile(tmp_path / "file", "wb", sync=False) as file:
        fd = file.fileno()
        with monkeypatch.context() as patch:
            patch.setattr(threads, "_take_worker", no_thread)
            with pytest.raises(RuntimeError, match="thread"):
                await file.truncate(3)
    assert not is_open(fd)


async def test_cancelled_write_that_has_not_begun_never_does(descriptor, slow):
    queue = WriteQueue(descriptor, asyncio.get_running_loop())
    first = queue.write(b"first", 0)
    await asyncio.sleep(0)
    second = queue.write(b"never", 0)
    second.cancel()
    slow.release(2)
    await first
    await queue.write(b"!", 5)
    assert os.pread(descriptor.fd, 10, 0) == b"first!"


async def test_slow_writes_go_through_the_context_for_a_while(tmp_path, monkeypatch):
    monkeypatch.setattr(write_queue, "SLOW_S", -1.0)  # every write is
    monkeypatch.setattr(write_queue, "PASSES", 3)
    through_context = []
    real = Context.write
    monkeypatch.setattr(
        Context, "write", lambda self, data, *args, **kw: through_context.append(data) or real(self, data, *args, **kw)
    )
    async with AIOFile(tmp_path / "new", "wb", sync=False) as file:
        for number in range(6):
            await file.write(b"%d" % number, number)
    assert through_context == [b"1", b"2", b"3", b"5"]
    assert (tmp_path / "new").read_bytes() == b"012345"


async def test_closing_waits_for_what_the_queue_holds(tmp_path, slow):
    file = await AIOFile(tmp_path / "new", "wb", sync=False)
    fd = file.fileno()
    writing = asyncio.ensure_future(file.write(b"late"))
    await asyncio.sleep(0)
    closing = asyncio.ensure_future(file.close())
    await asyncio.sleep(0)
    assert is_open(fd)
    slow.release(1)
    await asyncio.gather(writing, closing)
    assert not is_open(fd)
    assert (tmp_path / "new").read_bytes() == b"late"


def test_loop_that_ends_meanwhile_leaves_no_descriptor(tmp_path, slow):
    fds = []

    async def abandon():
        file = await AIOFile(tmp_path / "new", "wb", sync=False)
        fds.append(file.fileno())
        tasks = [asyncio.ensure_future(file.write(b"x", number)) for number in range(5)]
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        for task in tasks:
            task.cancel()
        await asyncio.wait([*tasks, asyncio.ensure_future(file.close())])

    asyncio.run(abandon())
    slow.release(10)
    wait_until(lambda: not is_open(fds[0]))


def test_loop_that_is_closed_before_the_write_began_leaves_no_descriptor(tmp_path):
    descriptor = Descriptor(os.open(tmp_path / "file", os.O_RDWR | os.O_CREAT))
    loop = asyncio.new_event_loop()
    queue = WriteQueue(descriptor, loop)
    queue.write(b"never", 0)
    loop.close()
    descriptor.release()
    assert is_open(descriptor.fd)
    del queue
    gc.collect()
    assert not is_open(descriptor.fd)


def test_file_is_written_from_one_loop_after_the_other(tmp_path):
    file = AIOFile(tmp_path / "new", "wb", sync=False)

    async def write(number):
        await file.open()
        await file.write(b"%d" % number, number)

    for number in range(4):
        asyncio.run(write(number))
    asyncio.run(file.close())
    assert (tmp_path / "new").read_bytes() == b"0123"
