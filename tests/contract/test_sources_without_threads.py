"""Ways to hash a file where fewer threads can be had than they want, or none: the digests are the same."""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from aiocli.core.context import get_default_context
from aiocli.core.endpoint import Endpoint
from aiocli.core.errors import NoThreads
from aiocli.core.loop import drive, wait_for_loop
from aiocli.core.threads import in_thread
from aiocli.engines.hash import FAST_PATHS, HashJob, digest, find
from tests.support.no_threads import without_threads
from tests.support.resources import open_fds, opened_since

NAMES = ("sha512", "md5", "crc32b")
DATA = bytes(range(251)) * 20_000
REASON = "no thread can be had"


def expected() -> tuple[bytes, ...]:
    hashers = [find(name).new() for name in NAMES]
    for hasher in hashers:
        hasher.update(DATA)
    return tuple(hasher.digest() for hasher in hashers)


@pytest.fixture
def allow(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[int], None]]:
    """Allow so many threads from now on."""
    monkeypatch.setattr("aiocli.engines.hash.storage.is_rotational", lambda device: False)
    with ExitStack() as stack:
        yield lambda nthreads: stack.enter_context(without_threads())(nthreads)


@pytest.fixture
def file(tmp_path: Path) -> Any:
    (tmp_path / "file").write_bytes(DATA)
    fd = os.open(tmp_path / "file", os.O_RDONLY)
    yield Endpoint.of(fd, "the name")
    os.close(fd)


def job_of(src: Endpoint, **options: Any) -> HashJob:
    return HashJob(src, [find(name) for name in NAMES], **{"jobs": 3, **options})


@pytest.mark.parametrize("nthreads", [0, 1, 2, 3])
@pytest.mark.parametrize("source", FAST_PATHS)
def test_digests_are_those_of_the_bytes(file: Endpoint, allow: Any, source: str, nthreads: int) -> None:
    counted: list[int] = []
    before, fds = threading.active_count(), open_fds()
    job = job_of(file, disabled=frozenset(FAST_PATHS) - {source}, on_bytes=counted.append)
    allow(nthreads)
    digests = drive(digest(job))
    assert (digests.values, digests.nbytes, sum(counted)) == (expected(), len(DATA), len(DATA))
    assert job.attempts[1:] == ([(source, "")] if nthreads else [(source, REASON), ("stream", "")])
    assert threading.active_count() <= before  # those that earlier tests have left may end at any time
    assert opened_since(fds) == []


def test_a_pipe_is_hashed_by_who_has_begun_to_read_it(allow: Any) -> None:
    read_fd, write_fd = os.pipe()

    def feed() -> None:
        with open(write_fd, "wb") as end:
            end.write(DATA)

    feeder = threading.Thread(target=feed, daemon=True)
    feeder.start()
    allow(0)
    digests = drive(digest(job_of(Endpoint.of(read_fd, "pipe"))))
    feeder.join()
    os.close(read_fd)
    assert (digests.values, digests.nbytes) == (expected(), len(DATA))


def test_a_named_backend_is_not_left_for_another_way(file: Endpoint, allow: Any) -> None:
    async def run() -> None:
        job = job_of(file, backend="python", offload=in_thread)
        get_default_context("python")  # has its threads
        allow(0)
        with pytest.raises(NoThreads) as caught:
            await digest(job)
        assert (caught.value.errno, caught.value.filename) == (errno.EAGAIN, "the name")
        assert job.attempts == [("context", "")]

    drive(_in_a_loop(run))


async def _in_a_loop(run: Any) -> None:
    await wait_for_loop()
    await run()


def test_where_even_the_last_way_wants_a_thread_it_is_an_oserror(file: Endpoint, allow: Any) -> None:
    async def run() -> None:
        job = job_of(file, offload=in_thread)
        with pytest.raises(BlockingIOError) as caught:
            await digest(job)
        assert caught.value.filename == "the name"
        assert [name for name, _ in job.attempts] == ["context", *FAST_PATHS, "stream"]

    allow(0)
    drive(_in_a_loop(run))
