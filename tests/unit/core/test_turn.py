"""The lock without a loop."""

import asyncio

import pytest

from aiocli.core.loop import drive
from aiocli.core.turn import Turn
from tests.support.resources import WAIT_S


def test_free_turn_needs_no_loop():
    async def use():
        async with Turn():
            return "used"

    assert drive(use()) == "used"


async def test_turns_are_taken_in_order():
    turn, order = Turn(), []

    async def use(number):
        async with turn:
            await asyncio.sleep(0)
            order.append(number)

    await asyncio.gather(*[use(number) for number in range(10)])
    assert order == list(range(10))


async def test_cancelled_waiter_does_not_keep_the_turn():
    turn = Turn()
    async with turn:
        waiters = [asyncio.ensure_future(_use(turn)) for _ in range(3)]
        await asyncio.sleep(0)
        waiters[0].cancel()
    waiters[1].cancel()  # it has been given the turn, but does not know yet
    assert await asyncio.wait_for(waiters[2], WAIT_S) == "used"
    for waiter in waiters[:2]:
        with pytest.raises(asyncio.CancelledError):
            await waiter
    assert await asyncio.wait_for(_use(turn), WAIT_S) == "used"


async def test_failing_body_gives_the_turn_back():
    turn = Turn()
    with pytest.raises(KeyError):
        async with turn:
            raise KeyError
    assert await _use(turn) == "used"


async def _use(turn):
    async with turn:
        return "used"
