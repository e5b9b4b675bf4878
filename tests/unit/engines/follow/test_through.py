"""Reads of a named backend, for who blocks meanwhile."""

from __future__ import annotations

import errno
import os

import pytest

from aiocli.core import backends
from aiocli.core.errors import BackendUnavailable
from aiocli.engines.follow.events import Data, FollowRules
from aiocli.engines.follow.following import follow_files
from aiocli.engines.follow.opened import Opened
from aiocli.engines.follow.through import ContextReads
from tests.support.backends import BACKEND_PARAMS
from tests.support.following import Following, append, opened
from tests.support.resources import native_threads, open_fds, opened_since, wait_until


@pytest.mark.parametrize("backend", BACKEND_PARAMS)
def test_they_are_those_of_pread_and_leave_nothing(tmp_path, backend):
    path = tmp_path / "file"
    path.write_bytes(bytes(range(256)) * 1000)
    before = open_fds(), native_threads()
    fd = os.open(path, os.O_RDONLY)
    reads = ContextReads(backend)
    for nbytes, offset in ((10, 0), (100_000, 5), (300_000, 1000), (10, 256_000), (10, 300_000)):
        assert reads.pread(fd, nbytes, offset) == os.pread(fd, nbytes, offset)
    with pytest.raises(OSError, match="Invalid argument") as failure:
        reads.pread(fd, 10, -1)
    assert failure.value.errno == errno.EINVAL
    reads.close()
    os.close(fd)
    wait_until(lambda: not opened_since(before[0]) and native_threads() <= before[1])


def test_a_file_is_read_by_what_is_given(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"data")
    calls = []

    def pread(fd, nbytes, offset):
        calls.append((nbytes, offset))
        return os.pread(fd, nbytes, offset)

    file = Opened.at(str(path))
    assert file.read(3, pread) == b"dat"
    assert file.read(3, pread) == b"a"
    file.close()
    assert calls == [(3, 0), (3, 3)]


async def test_what_is_appended_comes_through_the_named_backend(tmp_path, monkeypatch):
    path = tmp_path / "file"
    path.write_bytes(b"")
    read = []
    pread = ContextReads.pread
    monkeypatch.setattr(ContextReads, "pread", lambda self, *args: read.append(args[2]) or pread(self, *args))
    async with Following(path, backend="python") as following:
        append(path, b"new\n")
        await following.until_data(b"new\n")
    assert [event.offset for event in following.all if isinstance(event, Data)] == [0]
    assert 0 in read


async def test_backend_that_does_not_work_is_told_and_nothing_is_left(tmp_path, monkeypatch):
    path = tmp_path / "file"
    path.write_bytes(b"data")
    before = open_fds(), native_threads()
    monkeypatch.setattr(backends, "load", _refuse)
    with pytest.raises(BackendUnavailable):
        await anext(follow_files([opened(str(path), 0)], FollowRules(backend="uring")))
    wait_until(lambda: not opened_since(before[0]) and native_threads() <= before[1])


def _refuse(name):
    raise backends.refusal(name, "not here")
