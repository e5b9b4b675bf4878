"""What is told where no thread can be started, and that everything goes on when one can be again."""

import errno
import pickle

import pytest

from aiocli import AIOFile, aiofiles
from aiocli.core.errors import NoThreads
from aiocli.core.threads import in_thread, start
from aiocli.library.rotating import RotatingWriter
from tests.support.no_threads import without_threads
from tests.support.resources import is_open, loop_until


def test_a_call_that_cannot_be_started_fails_as_system_calls_do():
    with without_threads(), pytest.raises(BlockingIOError) as caught:
        start(str, 1)
    assert caught.value.errno == errno.EAGAIN
    assert isinstance(caught.value, RuntimeError)  # as Python's own threads raise it
    assert str(caught.value.__cause__) == "can't start new thread"


async def test_the_next_call_tries_again():
    with without_threads(), pytest.raises(NoThreads):
        await in_thread(str, 1)
    assert await in_thread(str, 1) == "1"


def test_it_travels_between_processes():
    error = NoThreads()
    error.filename = "name"
    copy = pickle.loads(pickle.dumps(error))
    assert (type(copy), copy.errno, copy.strerror, copy.filename) == (NoThreads, errno.EAGAIN, error.strerror, "name")


async def test_a_file_fails_with_its_name_and_leaks_no_descriptor(tmp_path):
    path = tmp_path / "file"
    async with AIOFile(path, "wb", sync=False) as file:
        fd = file.fileno()
        with without_threads():
            for operation in (lambda: file.write(b"abc"), lambda: file.truncate(3)):
                with pytest.raises(BlockingIOError) as caught:
                    await operation()
                assert caught.value.filename == str(path)
        assert await file.write(b"def") == 3
    assert not is_open(fd)


async def test_a_log_fails_the_record_and_goes_on(tmp_path):
    async with RotatingWriter(tmp_path / "log", keep=1) as log:
        await loop_until(lambda: not log._is_draining)
        with without_threads(), pytest.raises(BlockingIOError):
            await log.write("lost")
        await log.write("kept")
    assert (tmp_path / "log").read_text() == "kept"


async def test_files_of_the_drop_in_fail_the_call_and_go_on(tmp_path):
    async with aiofiles.open(tmp_path / "file", "w") as file:
        with without_threads(), pytest.raises(BlockingIOError):
            await file.write("lost")
        await file.write("kept")
    assert (tmp_path / "file").read_text() == "kept"
