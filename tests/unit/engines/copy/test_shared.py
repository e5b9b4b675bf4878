"""Several copies of one file from one read."""

from __future__ import annotations

import asyncio
import os
import random
from contextlib import ExitStack, contextmanager

import pytest

from aiocli.core.endpoint import Endpoint
from aiocli.core.errors import OutputError
from aiocli.engines.copy.job import CopyJob
from aiocli.engines.copy.shared import SharedRead, tee

CHUNK = 64 * 1024
DATA = random.Random(1).randbytes(5 * CHUNK + 123)


@contextmanager
def jobs_for(source, *targets, **settings):
    """Open the source for each target and yield the jobs."""
    with ExitStack() as stack:
        jobs = []
        for target in targets:
            src = stack.enter_context(open(source, "rb", buffering=0))
            dst = stack.enter_context(open(target, "wb", buffering=0))
            jobs.append(
                CopyJob(
                    Endpoint.of(src.fileno(), str(source)),
                    Endpoint.of(dst.fileno(), str(target)),
                    chunk_size=CHUNK,
                    **settings,
                )
            )
        yield jobs


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "source"
    path.write_bytes(DATA)
    return path


@pytest.mark.parametrize("backend", [None, "thread", "python"])
@pytest.mark.parametrize("data", [b"", b"x", DATA, DATA[: 2 * CHUNK]], ids=["empty", "byte", "odd", "even"])
async def test_every_target_gets_everything(tmp_path, data, backend):
    source = tmp_path / "source"
    source.write_bytes(data)
    targets = [tmp_path / name for name in "abc"]
    with jobs_for(source, *targets, backend=backend) as jobs:
        assert await tee(jobs) == {}
        assert [job.moved for job in jobs] == [len(data)] * 3
    assert [target.read_bytes() for target in targets] == [data] * 3


async def test_source_is_read_once(tmp_path, source, monkeypatch):
    nbytes = []
    pread = os.pread

    def counting(fd, size, offset):
        data = pread(fd, size, offset)
        nbytes.append(len(data))
        return data

    monkeypatch.setattr(os, "pread", counting)
    with jobs_for(source, tmp_path / "a", tmp_path / "b") as jobs:
        await tee(jobs)
    assert sum(nbytes) == len(DATA)


async def test_target_that_fails_does_not_keep_the_others_from_going_on(tmp_path, source):
    with jobs_for(source, "/dev/full", tmp_path / "b") as jobs:
        failures = await tee(jobs)
    assert list(failures) == jobs[:1]
    assert isinstance(failures[jobs[0]], OutputError)
    assert (tmp_path / "b").read_bytes() == DATA


async def test_pipe_is_shared_too(tmp_path):
    read_end, write_end = os.pipe()
    os.write(write_end, b"through a pipe")
    os.close(write_end)
    targets = [tmp_path / "a", tmp_path / "b"]
    with ExitStack() as stack:
        stack.callback(os.close, read_end)
        files = [stack.enter_context(open(target, "wb", buffering=0)) for target in targets]
        src = Endpoint.of(read_end, "pipe")
        await tee([CopyJob(src, Endpoint.of(file.fileno(), file.name)) for file in files])
    assert [target.read_bytes() for target in targets] == [b"through a pipe"] * 2


async def test_source_that_shrank_ends_every_copy_there(tmp_path, source):
    with jobs_for(source, tmp_path / "a", tmp_path / "b") as jobs:
        os.truncate(source, 3 * CHUNK + 5)
        await tee(jobs)
    assert [(tmp_path / name).read_bytes() for name in "ab"] == [DATA[: 3 * CHUNK + 5]] * 2


async def test_source_that_grew_is_copied_to_its_end(tmp_path, source):
    with jobs_for(source, tmp_path / "a", tmp_path / "b") as jobs:
        with open(source, "ab") as file:
            file.write(b"more")
        await tee(jobs)
    assert [(tmp_path / name).read_bytes() for name in "ab"] == [DATA + b"more"] * 2


async def test_copiers_meet_at_the_same_file_and_those_behind_go_first(tmp_path, source):
    other = tmp_path / "other"
    other.write_bytes(b"other")
    shared = SharedRead(2)
    order = []

    async def copier(name, *files):
        for position, file in files:
            with jobs_for(file, tmp_path / f"{name} {file.name}") as [job]:
                await shared.move(job, position)
                order.append((name, file.name))
        shared.leave()

    await asyncio.gather(copier("one", (1, other), (2, source)), copier("two", (2, source)))
    assert order[0] == ("one", "other")
    assert sorted(order[1:]) == [("one", "source"), ("two", "source")]
    assert [(tmp_path / f"{name} source").read_bytes() for name in ("one", "two")] == [DATA] * 2


async def test_source_that_cannot_be_read_fails_every_copier(tmp_path):
    shared = SharedRead(2)

    async def copier(name):
        fd = os.open(tmp_path, os.O_RDONLY)
        try:
            with open(tmp_path / name, "wb", buffering=0) as dst:
                job = CopyJob(Endpoint.of(fd, "folder"), Endpoint.of(dst.fileno(), name))
                await shared.move(job, 1)
        finally:
            os.close(fd)
            shared.leave()

    outcomes = await asyncio.gather(copier("a"), copier("b"), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [IsADirectoryError] * 2


async def test_cancelled_copier_is_not_waited_for(tmp_path, source):
    shared = SharedRead(2)
    with jobs_for(source, tmp_path / "a", tmp_path / "b") as [job, other]:
        waiting = asyncio.ensure_future(shared.move(job, 1))
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        shared.leave()
        await shared.move(other, 1)
    assert (tmp_path / "b").read_bytes() == DATA
