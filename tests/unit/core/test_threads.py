"""Calls in threads of their own."""

import asyncio
import contextvars
import subprocess
import sys
import threading

import pytest

from aiocli.core import threads
from aiocli.core.loop import drive
from aiocli.core.threads import in_thread
from tests.support.resources import WAIT_S, loop_until, wait_until


async def test_result_and_exception_come_back():
    assert await in_thread(pow, 2, 10) == 1024
    with pytest.raises(ZeroDivisionError):
        await in_thread(divmod, 1, 0)


async def test_stop_iteration_becomes_a_runtime_error():
    with pytest.raises(RuntimeError, match="StopIteration"):
        await in_thread(next, iter(()))


async def test_call_runs_in_a_daemon_thread():
    thread = await in_thread(threading.current_thread)
    assert thread is not threading.main_thread()
    assert thread.daemon


async def test_context_variables_are_copied():
    variable = contextvars.ContextVar("variable", default=0)
    variable.set(7)
    assert await in_thread(variable.get) == 7
    await in_thread(variable.set, 8)
    assert variable.get() == 7


async def test_idle_thread_is_used_again(monkeypatch):
    monkeypatch.setattr(threads, "IDLE_S", WAIT_S)
    await in_thread(str, 1)
    known = threading.enumerate()  # one of an earlier test may become idle meanwhile, and be taken
    assert await in_thread(threading.current_thread) in known


async def test_many_blocked_calls_do_not_stop_another():
    release = threading.Event()
    blocked = [asyncio.ensure_future(in_thread(release.wait)) for _ in range(60)]
    assert await asyncio.wait_for(in_thread(str, 1), WAIT_S) == "1"
    release.set()
    assert await asyncio.gather(*blocked) == [True] * 60


async def test_cancelled_call_ends_at_once_and_its_result_is_dropped():
    release, ended = threading.Event(), threading.Event()

    def work():
        release.wait()
        ended.set()

    task = asyncio.ensure_future(in_thread(work))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not ended.is_set()
    release.set()
    await loop_until(ended.is_set)


def test_loop_that_is_gone_is_no_harm():
    release, ended = threading.Event(), threading.Event()

    def work():
        release.wait()
        ended.set()

    async def abandon():
        asyncio.ensure_future(in_thread(work)).add_done_callback(lambda _: None)
        await asyncio.sleep(0)

    asyncio.run(abandon())
    release.set()
    wait_until(ended.is_set)
    assert asyncio.run(in_thread(str, 1)) == "1"


def test_threads_end_when_idle(monkeypatch):
    monkeypatch.setattr(threads, "IDLE_S", 0.01)
    monkeypatch.setattr(threads, "_idle", [])
    thread = asyncio.run(in_thread(threading.current_thread))
    wait_until(lambda: not thread.is_alive())
    assert asyncio.run(in_thread(str, 1)) == "1"


def test_drive_starts_a_loop_for_it():
    assert drive(in_thread(str, 1)) == "1"


def test_forked_child_has_threads_of_its_own():
    script = (
        "import asyncio, os, signal\n"
        "from aiocli.core import threads\n"
        "asyncio.run(threads.in_thread(str, 1))\n"
        "threads._lock.acquire()\n"  # as if another thread were within
        "if not (pid := os.fork()):\n"
        "    signal.alarm(50)\n"
        "    os._exit(asyncio.run(threads.in_thread(int, 7)))\n"
        "print(os.waitpid(pid, 0)[1] >> 8)\n"
    )
    # Python 3.12 warns of forks beside threads, which is what is tested.
    ended = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script], capture_output=True, text=True, timeout=WAIT_S
    )
    assert (ended.stdout, ended.stderr, ended.returncode) == ("7\n", "", 0)


@pytest.mark.slow
def test_blocked_call_does_not_keep_the_process():
    script = (
        "import asyncio, threading\n"
        "from aiocli.core.threads import in_thread\n"
        "async def main():\n"
        "    try: await asyncio.wait_for(in_thread(threading.Event().wait), 0.01)\n"
        "    except TimeoutError: print('gone')\n"
        "asyncio.run(main())\n"
    )
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=WAIT_S)
    assert (ended.stdout, ended.stderr, ended.returncode) == ("gone\n", "", 0)
