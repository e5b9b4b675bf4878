"""What ends a command's body."""

from __future__ import annotations

from unittest.mock import Mock

import pytest

from aiocli.ui.body import run_body

CONTEXT = Mock(command_path="aio cat")


def test_body_that_fails_because_it_was_interrupted_was_interrupted():
    stop = KeyboardInterrupt()

    async def body(_report):
        raise RuntimeError from stop

    with pytest.raises(KeyboardInterrupt) as caught:
        run_body(CONTEXT, body)
    assert caught.value is stop


def test_body_that_fails_by_itself_is_a_bug():
    async def body(_report):
        raise RuntimeError

    with pytest.raises(RuntimeError):
        run_body(CONTEXT, body)
