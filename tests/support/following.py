"""A follower at work in a task, and what it has told so far."""

from __future__ import annotations

import asyncio
import os
from contextlib import aclosing

from aiocli.core.endpoint import Endpoint
from aiocli.engines.follow import Followed, FollowRules, follow_files
from aiocli.engines.follow.events import Data, Using
from tests.support.resources import WAIT_S


class Following:
    """Follows while its block lasts.

    Attributes:
        events: all but data, in order.
        all: all events.
    """

    def __init__(self, *paths, offsets=None, output_fd=None, is_wanted=None, **rules):
        self.events = []
        self.all = []
        self.is_over = False
        self._news = asyncio.Event()
        self._arguments = paths, offsets or {}, output_fd, is_wanted
        self._rules = FollowRules(**{"interval_s": 0.01, **rules})
        self._task = None

    async def __aenter__(self):
        self._task = asyncio.create_task(self._run())
        await self.until(lambda: self.all or self._task.done())
        return self

    async def __aexit__(self, *_):
        self._task.cancel()
        results = await asyncio.gather(self._task, return_exceptions=True)
        for result in results:
            if isinstance(result, Exception):
                raise result

    async def _run(self):
        paths, offsets, output_fd, is_wanted = self._arguments
        files = [opened(os.fspath(path), offsets.get(path, 0)) for path in paths]
        async with aclosing(follow_files(files, self._rules, is_wanted=is_wanted, output_fd=output_fd)) as events:
            async for event in events:
                self.all.append(event)
                if not isinstance(event, Data | Using):
                    self.events.append(event)
                self._news.set()
        self.is_over = True
        self._news.set()

    async def until(self, condition, timeout_s=WAIT_S):
        """Wait until what was told meets a condition."""
        async with asyncio.timeout(timeout_s):
            while not condition():
                self._news.clear()
                await self._news.wait()

    async def until_data(self, data, path=None):
        """Wait until exactly these bytes have come."""
        try:
            await self.until(lambda: self.data(path) == data)
        except TimeoutError:
            raise AssertionError(f"expected {data!r}, got {self.data(path)!r} and {self.events}") from None

    async def until_told(self, *kinds):
        """Wait until events of these kinds have come, in this order."""
        try:
            await self.until(lambda: self.kinds()[-len(kinds) :] == [*kinds])
        except TimeoutError:
            raise AssertionError(f"expected {kinds}, got {self.events}") from None

    async def until_over(self):
        """Wait until the follower has ended by itself."""
        await self.until(lambda: self.is_over)

    def kinds(self):
        return [type(event) for event in self.events]

    def data(self, path=None):
        """What has come, of one path or of all."""
        wanted = None if path is None else os.fspath(path)
        return b"".join(event.data for event in self.all if isinstance(event, Data) and wanted in (None, event.path))


def opened(path, offset=0):
    """Open a file to follow it, as a command does."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except OSError as error:
        return Followed(path, error=error.errno)
    return Followed(path, Endpoint.of(fd, path), offset)


def append(path, data):
    with open(path, "ab") as file:
        file.write(data)
