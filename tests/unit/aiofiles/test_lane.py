"""The queue of calls: order, executors, and results that nobody takes."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from aiocli.aiofiles._lane import Lane
from tests.support.resources import WAIT_S, loop_until, wait_until


async def begin(coroutine, lane=None):
    """Start a call; with a lane, let it get into its thread."""
    task = asyncio.ensure_future(coroutine)
    await asyncio.sleep(0)
    if lane is not None:
        await loop_until(lambda: lane._running is not None)
    return task


async def test_calls_run_one_at_a_time_and_in_order_whatever_their_executors():
    lane = Lane()
    running = []
    order = []

    def call(number):
        running.append(number)
        assert len(running) == 1
        order.append(number)
        running.pop()
        return number

    with ThreadPoolExecutor(1) as one, ThreadPoolExecutor(3) as three:
        executors = [None, one, None, None, three, three, one]
        calls = [
            lane.run(partial(call, number), executors[number % 7], keep=id if number % 3 else None)
            for number in range(700)
        ]
        assert await asyncio.gather(*calls) == order == list(range(700))
    await loop_until(lambda: lane.is_idle)


async def test_error_is_raised_and_the_next_call_runs():
    lane = Lane()
    with pytest.raises(ZeroDivisionError):
        await lane.run(lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        await lane.run(lambda: 1 / 0, keep=id)
    assert await lane.run(lambda: 1) == 1


async def test_cancelled_call_that_waits_never_begins_unless_it_must():
    lane = Lane()
    gate = threading.Event()
    ran = []
    first = await begin(lane.run(gate.wait), lane)
    waiting = await begin(lane.run(partial(ran.append, "waiting")))
    needed = await begin(lane.run(partial(ran.append, "needed"), must_run=True))
    waiting.cancel()
    needed.cancel()
    await asyncio.gather(waiting, needed, return_exceptions=True)
    gate.set()
    assert await first
    await lane.run(int)
    assert ran == ["needed"]


async def test_result_of_a_cancelled_call_is_kept_before_the_next_call_runs():
    lane = Lane()
    gate = threading.Event()
    events = []
    first = await begin(lane.run(partial(gate.wait, 30), keep=events.append), lane)
    second = await begin(lane.run(partial(events.append, "second")))
    assert not lane.is_deserted
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    assert lane.is_deserted
    gate.set()
    await second
    assert events == [True, "second"]


async def test_error_of_a_cancelled_call_is_kept_as_nothing():
    lane = Lane()
    gate = threading.Event()
    kept = []
    first = await begin(lane.run(lambda: 1 / 0 if gate.wait(WAIT_S) else None, keep=kept.append), lane)
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    gate.set()
    await lane.run(int)
    assert kept == [None]


async def test_next_call_waits_until_a_result_that_may_be_kept_is_taken():
    lane = Lane()
    events = []
    ran = threading.Event()
    task = await begin(lane.run(ran.set, keep=lambda _: events.append("kept")))
    after = await begin(lane.run(partial(events.append, "next")))
    wait_until(ran.is_set)
    wait_until(lambda: lane._running is None)  # the loop stands still: nobody has taken the result
    assert events == []
    task.cancel()
    await asyncio.gather(task, after, return_exceptions=True)
    assert events == ["kept", "next"]


async def test_calls_of_an_executor_that_drops_them_are_cancelled_and_the_others_run():
    lane = Lane()
    gate = threading.Event()
    executor = ThreadPoolExecutor(1)
    executor.submit(gate.wait, 30)
    dropped = await begin(lane.run(int, executor))
    other = await begin(lane.run(int))
    executor.shutdown(wait=False, cancel_futures=True)
    gate.set()
    with pytest.raises(asyncio.CancelledError):
        await dropped
    assert await other == 0
    executor.shutdown()


async def test_run_later_runs_in_turn_without_a_waiter():
    lane = Lane()
    events = []
    lane.run_later(partial(events.append, 1))
    await lane.run(partial(events.append, 2))
    assert events == [1, 2]
