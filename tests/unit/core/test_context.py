"""Making contexts, and the corners that no backend reaches by itself."""

import asyncio
import concurrent.futures
import errno
import os
import subprocess
import sys

import pytest

from aiocli.core import backends
from aiocli.core.context import create_context, get_default_context
from aiocli.core.errors import BackendUnavailable
from aiocli.core.file import AIOFile
from tests.support.backends import BACKEND_PARAMS
from tests.support.program import TIMEOUT_S
from tests.support.resources import loop_until, wait_until

uring = pytest.mark.skipif(backends.unavailable("uring") is not None, reason=f"uring: {backends.unavailable('uring')}")
linux = pytest.mark.skipif(backends.unavailable("linux") is not None, reason=f"linux: {backends.unavailable('linux')}")


@pytest.fixture
def fd(tmp_path):
    fd = os.open(tmp_path / "data", os.O_RDWR | os.O_CREAT)
    os.pwrite(fd, b"0123456789", 0)
    yield fd
    os.close(fd)


def in_fresh_thread(function):
    """Call a function where no event loop is set."""
    with concurrent.futures.ThreadPoolExecutor(1) as executor:
        return executor.submit(function).result()


def test_context_needs_a_loop():
    with pytest.raises(RuntimeError, match="event loop"):
        in_fresh_thread(create_context)
    with pytest.raises(RuntimeError, match="no running event loop"):
        get_default_context()


def test_context_may_be_made_before_the_loop_that_is_set_runs(fd):
    def read_by_it():
        loop = asyncio.new_event_loop()
        asyncio.set_event_loop(loop)
        try:
            context = create_context(16)
            assert context.loop is loop

            async def read():
                async with AIOFile(fd, "rb", context=context, closefd=False) as file:
                    return await file.read(4, 3)

            return loop.run_until_complete(read())
        finally:
            loop.close()

    assert in_fresh_thread(read_by_it) == b"3456"


def test_closed_loop_is_refused():
    loop = asyncio.new_event_loop()
    loop.close()
    with pytest.raises(RuntimeError, match="closed"):
        create_context(backend="python", loop=loop)


@pytest.mark.parametrize("count", [0, -1, 1 << 15])
async def test_slots_out_of_range_are_refused(count):
    with pytest.raises(ValueError, match="max_requests"):
        create_context(max_requests=count)


async def test_auto_takes_the_first_that_works(monkeypatch):
    monkeypatch.setattr(backends, "AUTO_ORDER", ("thread", "python"))
    context = create_context()
    assert context.name == "thread"
    context.close()


async def test_auto_falls_back_in_silence(monkeypatch):
    real = backends.load

    def load(name):
        if name == "uring":
            raise backends.refusal(name, "a test")
        return real(name)

    monkeypatch.setattr(backends, "load", load)
    context = create_context()
    assert context.name == "thread"
    context.close()
    with pytest.raises(BackendUnavailable, match="backend uring does not work here: a test; these do: "):
        create_context(backend="uring")


async def test_default_follows_caio_impl_unless_auto_is_asked_for(monkeypatch):
    monkeypatch.setenv("CAIO_IMPL", "python")
    assert get_default_context().name == "python"
    assert get_default_context() is get_default_context("python")
    assert get_default_context("auto").name in backends.AUTO_ORDER[:2]


async def test_closed_default_is_made_anew():
    first = get_default_context("thread")
    first.close()
    assert get_default_context("thread") is not first


@uring
async def test_no_kernel_thread_polls_unless_asked_for():
    context = create_context(backend="uring")
    assert not context._caio.sqpoll
    context.close()


@uring
@pytest.mark.parametrize("number", [errno.EINTR, errno.EAGAIN, errno.EBUSY])
async def test_submission_that_the_ring_refuses_for_now_is_repeated(fd, number):
    context = create_context(backend="uring")
    failures = [SystemError(number, "now"), SystemError(number, "again")]
    context._caio = _Failing(context._caio, "flush", failures)
    assert await context.read(4, fd, 2) == b"2345"
    assert not failures
    context.close()


@uring
async def test_broken_ring_fails_what_is_staged_and_closes(fd):
    context = create_context(backend="uring")
    context._caio = _Failing(context._caio, "flush", [SystemError(errno.EIO, "broken")])
    told = []
    with pytest.raises(OSError, match="Input/output error") as caught:
        await context.read(4, fd, 2, on_complete=lambda: told.append(1))
    assert caught.value.errno == errno.EIO
    assert told == [1]
    assert context.is_closed


@linux
async def test_submission_without_room_is_repeated_in_order(fd):
    context = create_context(backend="linux")
    text = "Insufficient resources are available to queue any iocbs [EAGAIN]"
    context._caio = _Failing(context._caio, "submit", [OverflowError(text), SystemError(errno.EINTR, "")])
    read = await asyncio.gather(*[context.read(1, fd, offset) for offset in range(10)])
    assert b"".join(read) == b"0123456789"
    context.close()


async def test_results_of_a_context_in_a_thread_pool_that_come_together_are_one_wake_up(fd, monkeypatch):
    context = create_context(backend="thread")
    loop = asyncio.get_running_loop()
    wakes = []
    real = loop.call_soon_threadsafe
    monkeypatch.setattr(loop, "call_soon_threadsafe", lambda *args, **kw: (wakes.append(1), real(*args, **kw))[1])
    reads = [context.read(1, fd, offset % 10) for offset in range(200)]
    await loop_until(lambda: context._in_flight)
    wait_until(lambda: len(context._completed) == len(context._in_flight))  # while the loop stands still
    await asyncio.gather(*reads)
    assert 0 < len(wakes) < 10
    assert not context._completed
    context.close()


async def test_operation_cancelled_before_it_is_submitted_never_runs(fd):
    context = create_context(backend="thread")
    told = []
    write = context.write(b"X", fd, 0, on_complete=lambda: told.append(1))
    write.cancel()
    await loop_until(lambda: told)
    assert os.pread(fd, 1, 0) == b"0"
    context.close()


async def test_huge_sizes_are_cut_to_what_one_call_moves(fd, monkeypatch):
    monkeypatch.setattr("aiocli.core.context._MAX_OPERATION_BYTES", 4)
    context = create_context(backend="python")
    assert await context.read(1 << 40, fd, 0) == b"0123"
    assert await context.write(b"abcdefgh", fd, 0) == 4
    context.close()


class _Failing:
    """caio's context, with failures before the real calls of one method."""

    def __init__(self, real, method, failures):
        self._real = real
        self._method = method
        self._failures = failures

    def __getattr__(self, name):
        if name == self._method and self._failures:

            def fail(*_):
                raise self._failures.pop(0)

            return fail
        return getattr(self._real, name)


CHILD_ENDS = """
import asyncio, os, sys, warnings
from aiocli.core.context import create_context

warnings.simplefilter("ignore")  # Python 3.12 warns of forks beside threads, which is what is tested

async def main(backend):
    context = create_context(backend=backend)
    fd = os.open(sys.executable, os.O_RDONLY)
    await context.read(1, fd, 0)
    if not (pid := os.fork()):
        sys.exit(7)
    print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))

asyncio.run(main(sys.argv[1]))
"""


@pytest.mark.parametrize("backend", BACKEND_PARAMS)
def test_forked_child_leaves_alone_what_has_its_threads_elsewhere(backend):
    command = [sys.executable, "-c", CHILD_ENDS, backend]
    done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S, check=True)
    assert (done.stdout, done.stderr) == ("7\n", "")
