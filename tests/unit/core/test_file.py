"""AIOFile: opening, names, modes, text, cancellation, and reading without a loop."""

import asyncio
import concurrent.futures
import errno
import gc
import io
import os
import pathlib
import subprocess
import sys
import threading
from contextlib import suppress

import pytest

from aiocli.core.async_open import async_open
from aiocli.core.context import PIECE_BYTES, create_context, get_default_context
from aiocli.core.file import AIOFile
from aiocli.core.loop import drive
from aiocli.core.way import choose_way
from tests.support.noise import noise
from tests.support.resources import is_open, loop_until, open_fds, opened_since


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "data"
    path.write_bytes(b"0123456789")
    return path


class Recorder:
    """A context of the caller's: records its calls and moves data by pread and pwrite, a few bytes at a time."""

    def __init__(self, limit=1 << 30):
        self.calls = []
        self.limit = limit
        self.loop = asyncio.get_running_loop()

    async def read(self, nbytes, fd, offset):
        self.calls.append(("read", nbytes, offset))
        return os.pread(fd, min(nbytes, self.limit), offset)

    async def write(self, payload, fd, offset):
        self.calls.append(("write", payload, offset))
        return os.pwrite(fd, payload[: self.limit], offset)

    async def fsync(self, fd):
        self.calls.append(("fsync",))

    async def fdsync(self, fd):
        self.calls.append(("fdsync",))


# Opening and closing


async def test_opening_gives_the_descriptor_to_the_call_that_did_it(path):
    file = AIOFile(path, "rb")
    assert file.closed
    fd = await file.open()
    assert file.fileno() == fd
    assert not file.closed
    assert await file.open() is None
    await file.close()
    assert file.closed
    assert not is_open(fd)


async def test_one_of_many_openers_opens(path):
    file = AIOFile(path, "rb")
    fds = await asyncio.gather(*[file.open() for _ in range(3)])
    assert sorted(fd is None for fd in fds) == [False, True, True]
    await file.close()


async def test_awaiting_and_entering_open(path):
    file = await AIOFile(path, "rb")
    assert await file.read() == b"0123456789"
    await file.close()
    async with AIOFile(path, "rb") as file:
        assert not file.closed
    assert file.closed


async def test_opening_after_closing_is_an_invalid_state(path):
    file = await AIOFile(path, "rb")
    await file.close()
    await file.close()
    with pytest.raises(asyncio.InvalidStateError):
        await file.open()
    with pytest.raises(ValueError, match="closed"):
        await file.read()


async def test_failed_opening_is_not_remembered(tmp_path):
    file = AIOFile(tmp_path / "later", "rb")
    with pytest.raises(FileNotFoundError) as caught:
        await file.open()
    assert caught.value.filename == str(tmp_path / "later")
    (tmp_path / "later").write_bytes(b"here")
    async with file:
        assert await file.read() == b"here"


async def test_cancelling_one_opener_leaves_the_other(tmp_path):
    os.mkfifo(tmp_path / "fifo")
    before = open_fds()
    file = AIOFile(tmp_path / "fifo", "rb")
    first, second = asyncio.ensure_future(file.open()), asyncio.ensure_future(file.open())
    await asyncio.sleep(0)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    await asyncio.sleep(0)
    writing = await asyncio.to_thread(os.open, tmp_path / "fifo", os.O_WRONLY)
    assert isinstance(await second, int)
    await file.close()
    os.close(writing)
    await loop_until(lambda: not opened_since(before))


async def test_cancelled_opening_leaves_no_descriptor(path):
    before = open_fds()
    release = threading.Event()
    with concurrent.futures.ThreadPoolExecutor(1) as executor:
        executor.submit(release.wait)
        file = AIOFile(path, "rb", executor=executor)
        task = asyncio.ensure_future(file.open())
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        release.set()
    assert file.closed
    await loop_until(lambda: not opened_since(before))


async def test_opening_uses_the_executor_given(path):
    used = []
    with concurrent.futures.ThreadPoolExecutor(1, initializer=lambda: used.append(1)) as executor:
        async with AIOFile(path, "rb", executor=executor) as file:
            assert await file.read(1) == b"0"
    assert used == [1]


async def test_directory_is_refused_as_the_builtin_does(tmp_path):
    with pytest.raises(IsADirectoryError) as caught:
        await AIOFile(tmp_path, "rb")
    assert caught.value.filename == str(tmp_path)


async def test_closing_before_opening_does_nothing(path):
    file = AIOFile(path, "rb")
    await file.close()
    async with file:
        assert await file.read(1) == b"0"


async def test_dropped_file_is_closed_with_a_warning_and_a_dropped_clone_without(path):
    file = await AIOFile(path, "rb")
    fd = file.fileno()
    copy = await file.clone()
    del copy
    gc.collect()
    with pytest.warns(ResourceWarning, match="unclosed file"):
        del file
    gc.collect()
    assert not is_open(fd)


def test_nothing_binds_to_a_loop_before_it_is_used(path):
    file = AIOFile(path, "rb+", backend="thread")

    async def read():
        await file.open()
        return await file.read(3)

    assert asyncio.run(read()) == b"012"
    assert asyncio.run(read()) == b"012"
    asyncio.run(file.close())


@pytest.mark.parametrize(
    "convert", [str, os.fsencode, pathlib.Path, lambda path: type("P", (), {"__str__": path.__str__})()]
)
async def test_paths_of_all_kinds_are_taken(path, convert):
    async with AIOFile(convert(path), "rb") as file:
        assert await file.read(2) == b"01"
        assert file.name == str(path)


async def test_descriptor_is_taken_over_and_closed(path):
    fd = os.open(path, os.O_RDONLY)
    async with AIOFile(fd, "rb") as file:
        assert file.fileno() == fd
        assert await file.read(2, 3) == b"34"
    assert not is_open(fd)


async def test_undecodable_name_is_kept(tmp_path):
    name = os.fsencode(tmp_path) + b"/\xff\xfe"
    async with AIOFile(name, "wb") as file:
        assert os.fsencode(file.name) == name


# Reading


@pytest.mark.parametrize("backend", [None, "thread"])
async def test_sizes_and_offsets(path, backend):
    async with AIOFile(path, "rb", backend=backend) as file:
        assert await file.read() == b"0123456789"
        assert await file.read(None) == b"0123456789"
        assert await file.read(0) == b""
        assert await file.read(4) == b"0123"
        assert await file.read(4, 8) == b"89"
        assert await file.read(-1, 7) == b"789"
        assert await file.read(-1, 1000) == b""
        for size, offset in ((-2, 0), (1, -1)):
            with pytest.raises(ValueError, match="at least"):
                await file.read(size, offset)


async def test_short_reads_go_on_to_the_size(path):
    context = Recorder(limit=3)
    async with AIOFile(path, "rb", context=context) as file:
        assert await file.read(8, 1) == b"12345678"
        assert await file.read() == b"0123456789"
    assert context.calls[:3] == [("read", 8, 1), ("read", 5, 4), ("read", 2, 7)]


async def test_growing_file_is_read_to_its_real_end(path):
    class Growing(Recorder):
        async def read(self, nbytes, fd, offset):
            if not self.calls:
                with open(path, "ab") as more:
                    more.write(b"abc" * 50_000)
            return await super().read(nbytes, fd, offset)

    async with AIOFile(path, "rb", context=Growing()) as file:
        assert len(await file.read()) == 150_010


async def test_big_files_are_read_and_written_in_pieces(tmp_path):
    data = noise(PIECE_BYTES * 2 + 100)
    context = Recorder()
    async with AIOFile(tmp_path / "big", "wb+", context=context, sync=False) as file:
        assert await file.write(bytearray(data)) == len(data)
        assert await file.read() == data
    assert max(len(call[1]) for call in context.calls if call[0] == "write") == PIECE_BYTES
    assert max(call[1] for call in context.calls if call[0] == "read") == PIECE_BYTES


async def test_uncached_data_comes_through_the_context(tmp_path):
    data = noise(300_000)
    path = tmp_path / "cold"
    path.write_bytes(data)
    with open(path, "rb") as file:
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    async with AIOFile(path, "rb") as file:
        assert await file.read(100_000, 100_000) == data[100_000:200_000]
        assert await file.read() == data


@pytest.mark.skipif(not os.path.isdir("/dev/shm"), reason="no memory file system")
async def test_memory_file_system_is_read_without_a_context(monkeypatch):
    monkeypatch.setattr("aiocli.core.access.get_default_context", None)
    name = f"/dev/shm/aio-test-{os.getpid()}"
    with open(name, "wb") as file:
        file.write(b"x" * 100_000)
    try:
        async with AIOFile(name, "rb") as file:
            assert await file.read() == b"x" * 100_000
            assert await file.read(5, 99_998) == b"xx"
    finally:
        os.unlink(name)


async def test_cached_reads_let_the_loop_turn(path):
    turns = 0

    async def turn():
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    async with AIOFile(path, "rb") as file:
        task = asyncio.ensure_future(turn())
        for _ in range(640):
            await file.read(5)
        task.cancel()
    assert turns >= 9


async def test_timeout_fires_among_cached_reads(path):
    async def read_for_ever(file):
        while True:
            await file.read(5)

    async with AIOFile(path, "rb") as file:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(read_for_ever(file), 0.01)


async def test_auto_follows_caio_impl(path, monkeypatch):
    monkeypatch.setenv("CAIO_IMPL", "python")
    choose_way.cache_clear()
    try:
        async with AIOFile(path, "rb") as file:
            assert await file.read(3) == b"012"
            assert file._handle.access._current is get_default_context("python")
    finally:
        choose_way.cache_clear()


@pytest.mark.slow
@pytest.mark.parametrize("where", ["disk", "memory"])
def test_cached_file_is_read_without_asyncio(where, path):
    name = str(path)
    if where == "memory":
        if not os.path.isdir("/dev/shm"):
            pytest.skip("no memory file system")
        name = f"/dev/shm/aio-test-{os.getpid()}-driven"
        with open(name, "wb") as file:
            file.write(b"0123456789")
    script = (
        "import sys\n"
        "from aiocli.core.loop import drive\n"
        "from aiocli import AIOFile\n"
        "async def main():\n"
        "    async with AIOFile(sys.argv[1], 'rb') as f:\n"
        "        return await f.read()\n"
        "print(drive(main()), 'asyncio' in sys.modules, 'ctypes' in sys.modules, 'caio' in sys.modules)\n"
    )
    try:
        ended = subprocess.run([sys.executable, "-c", script, name], capture_output=True, text=True, timeout=60)
    finally:
        if where == "memory":
            os.unlink(name)
    assert ended.stdout == "b'0123456789' False False False\n", ended.stderr


def test_drive_starts_a_loop_for_what_has_to_wait(path):
    async def main():
        async with AIOFile(path, "rb+") as file:
            before = await file.read(2)
            await file.write(b"ab")
            await file.truncate(4)
            return before, await file.read()

    assert drive(main()) == (b"01", b"ab23")


# Writing


async def test_partial_writes_go_on_with_the_rest(tmp_path):
    context = Recorder(limit=4)
    async with AIOFile(tmp_path / "data", "wb", context=context) as file:
        assert await file.write(b"0123456789", 5) == 10
    assert context.calls == [
        ("write", b"0123456789", 5),
        ("write", b"456789", 9),
        ("write", b"89", 13),
        ("fdsync",),
    ]


@pytest.mark.parametrize(
    ("answers", "raised"), [((-errno.ENOSPC,), OSError), ((3, -errno.ENOSPC), OSError), ((0,), RuntimeError)]
)
async def test_bad_answers_of_a_context_are_errors(path, answers, raised):
    class Bad(Recorder):
        async def write(self, payload, fd, offset):
            return answers[len(self.calls) - 1] if not self.calls.append(1) else None

    async with AIOFile(path, "rb+", context=Bad()) as file:
        with pytest.raises(raised) as caught:
            await file.write(b"0123456789")
    if raised is OSError:
        assert (caught.value.errno, caught.value.filename) == (errno.ENOSPC, str(path))
    else:
        assert "Write operation returned 0" in str(caught.value)


async def test_empty_write_does_nothing(path):
    context = Recorder()
    async with AIOFile(path, "rb+", context=context, sync=False) as file:
        assert await file.write(b"") == 0
    assert context.calls == []


async def test_wrong_types_and_modes_are_refused(path):
    async with AIOFile(path, "rb") as file:
        with pytest.raises(io.UnsupportedOperation, match="not writable"):
            await file.write(b"x")
    async with AIOFile(path, "w") as file:
        with pytest.raises(io.UnsupportedOperation, match="not readable"):
            await file.read()
        with pytest.raises(ValueError, match="takes str"):
            await file.write(b"x")
    async with AIOFile(path, "wb") as file:
        with pytest.raises(ValueError, match="takes bytes"):
            await file.write("x")
    with pytest.raises(ValueError, match="no backend 'nonsense'"):
        AIOFile(path, backend="nonsense")
    with pytest.raises(ValueError, match="not both"):
        AIOFile(path, backend="thread", context=object())


async def test_arrays_of_other_items_are_written_as_bytes(tmp_path):
    data = memoryview(b"abcdefgh").cast("I")
    async with AIOFile(tmp_path / "data", "wb") as file:
        assert await file.write(data) == 8
    assert (tmp_path / "data").read_bytes() == b"abcdefgh"


async def test_append_modes_write_at_the_end(path):
    async with AIOFile(path, "ab+") as file:
        await file.write(b"ab", 0)
        assert await file.read() == b"0123456789ab"


async def test_exclusive_mode_refuses_an_existing_file(path):
    with pytest.raises(FileExistsError) as caught:
        await AIOFile(path, "xb")
    assert caught.value.filename == str(path)


async def test_writable_file_is_synced_at_close_unless_told_not_to(path):
    for mode, sync, expected in (("rb+", True, [("fdsync",)]), ("rb", True, []), ("rb+", False, [])):
        context = Recorder()
        await (await AIOFile(path, mode, context=context, sync=sync)).close()
        assert context.calls == expected


async def test_last_of_the_clones_syncs(path):
    context = Recorder()
    file = await AIOFile(path, "rb+", context=context)
    copy = await file.clone()
    await file.close()
    assert context.calls == []
    await copy.close()
    assert context.calls == [("fdsync",)]


@pytest.mark.parametrize("number", [errno.EINVAL, errno.EROFS])
async def test_file_that_cannot_be_synced_closes_all_the_same(path, number):
    class Unsyncable(Recorder):
        async def fdsync(self, fd):
            raise OSError(number, os.strerror(number))

    file = await AIOFile(path, "rb+", context=Unsyncable())
    fd = file.fileno()
    await file.close()
    assert not is_open(fd)


async def test_failing_sync_is_told_and_the_file_closed(path):
    class Failing(Recorder):
        async def fdsync(self, fd):
            raise OSError(errno.EIO, os.strerror(errno.EIO))

    file = await AIOFile(path, "rb+", context=Failing())
    fd = file.fileno()
    with pytest.raises(OSError, match="Input/output error") as caught:
        await file.close()
    assert caught.value.filename == str(path)
    assert not is_open(fd)


async def test_foreign_context_keeps_the_descriptor_while_a_cancelled_read_runs(path):
    class Slow(Recorder):
        async def read(self, nbytes, fd, offset):
            await release.wait()
            return await super().read(nbytes, fd, offset)

    release = asyncio.Event()
    context = Slow()
    file = await AIOFile(path, "rb", context=context)
    fd = file.fileno()
    task = asyncio.ensure_future(file.read(3))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await file.close()
    assert is_open(fd)
    release.set()
    await loop_until(lambda: not is_open(fd))
    assert context.calls == [("read", 3, 0)]


async def test_call_that_a_cancelled_close_has_not_waited_for_keeps_the_descriptor(path):
    class Slow(Recorder):
        async def read(self, nbytes, fd, offset):
            await release.wait()
            return os.pread(fd, 2, offset)

    release = asyncio.Event()
    file = await AIOFile(path, "rb", context=Slow())
    fd = file.fileno()
    reading = asyncio.ensure_future(file.read(4))
    closing = asyncio.ensure_future(file.close())
    await asyncio.sleep(0)
    closing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await closing
    assert is_open(fd)
    release.set()
    assert await reading == b"0123"
    assert not is_open(fd)


async def test_aborted_file_is_closed_at_once_or_by_its_last_call(path):
    file = await AIOFile(path, "rb+")
    fd = file.fileno()
    file.abort()
    assert file.closed
    assert not is_open(fd)
    file.abort()
    await file.close()

    reading_end, writing_end = os.pipe()
    pipe = await AIOFile(reading_end, "rb")
    reading = asyncio.ensure_future(pipe.read(1))
    await asyncio.sleep(0)
    pipe.abort()
    assert pipe.closed
    assert is_open(reading_end)
    os.write(writing_end, b"x")
    assert await reading == b"x"
    assert not is_open(reading_end)
    os.close(writing_end)


def test_file_that_is_not_open_can_be_aborted(path):
    file = AIOFile(path)
    file.abort()
    assert file.closed


async def test_truncating_what_is_only_read_is_unsupported(path):
    async with AIOFile(path, "rb") as file:
        with pytest.raises(io.UnsupportedOperation):
            await file.truncate()


def block_device():
    for name in os.listdir("/sys/class/block"):
        with suppress(OSError):
            fd = os.open(f"/dev/{name}", os.O_RDONLY)
            size = os.lseek(fd, 0, os.SEEK_END)
            os.close(fd)
            if size:
                return f"/dev/{name}", size
    pytest.skip("no block device can be opened here")


async def test_end_of_a_block_device_is_known():
    path, size = block_device()
    fd = os.open(path, os.O_RDONLY)
    os.lseek(fd, 7, os.SEEK_SET)
    async with async_open(fd, "rb") as file:
        assert file.seek(0, os.SEEK_END) == size
        assert await file.read(5) == b""
        file.seek(-5, os.SEEK_CUR)
        assert len(await file.read()) == 5
        assert os.lseek(fd, 0, os.SEEK_CUR) == 7


async def test_given_descriptor_is_owned_before_an_opening_can_be_cancelled(path):
    async def hold(fd):
        async with AIOFile(fd, "rb"):
            await asyncio.Event().wait()

    fds = [os.open(path, os.O_RDONLY) for _ in range(100)]  # more than are opened before the loop gets its turn
    tasks = [asyncio.ensure_future(hold(fd)) for fd in fds]
    await asyncio.sleep(0)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert not any(map(is_open, fds))


@pytest.mark.parametrize("turns", range(6))
async def test_close_that_is_cancelled_as_the_last_call_ends_closes(path, turns):
    class Slow(Recorder):
        async def read(self, nbytes, fd, offset):
            await release.wait()
            return os.pread(fd, nbytes, offset)

    release = asyncio.Event()
    file = await AIOFile(path, "rb", context=Slow())
    fd = file.fileno()
    reading = asyncio.ensure_future(file.read(4))
    await asyncio.sleep(0)
    closing = asyncio.ensure_future(file.close())
    await asyncio.sleep(0)
    release.set()
    for _ in range(turns):
        await asyncio.sleep(0)
    closing.cancel()
    await asyncio.gather(reading, closing, return_exceptions=True)
    await loop_until(lambda: not is_open(fd))


async def test_cancelled_close_closes(path):
    class Slow(Recorder):
        async def fdsync(self, fd):
            await release.wait()

    release = asyncio.Event()
    file = await AIOFile(path, "rb+", context=Slow())
    fd = file.fileno()
    task = asyncio.ensure_future(file.close())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert file.closed
    release.set()
    await loop_until(lambda: not is_open(fd))


async def test_context_of_ours_can_be_given(path):
    context = create_context(backend="thread")
    async with AIOFile(path, "rb+", context=context) as file:
        assert file.loop is asyncio.get_running_loop()
        assert await file.write(b"ab") == 2
        assert await file.read(3) == b"ab2"
    assert not context.is_closed
    context.close()


# Text


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1", "utf-16", "utf-32", "utf-8-sig"])
async def test_text_has_one_byte_order_mark_at_most(tmp_path, encoding):
    path = tmp_path / "text"
    async with AIOFile(path, "w+", encoding=encoding) as file:
        length = await file.write("grün")
        await file.write("£", length)
        assert await file.read() == "grün£"
    assert path.read_bytes() == "grün£".encode(encoding)


async def test_appended_text_has_no_second_mark(tmp_path):
    for _ in range(2):
        async with AIOFile(tmp_path / "text", "a", encoding="utf-16") as file:
            await file.write("ab")
    assert (tmp_path / "text").read_text(encoding="utf-16") == "abab"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig"])
async def test_concurrent_appends_to_an_empty_file_make_one_mark(tmp_path, encoding):
    async with AIOFile(tmp_path / "text", "a", encoding=encoding) as file:
        assert await file.write("")
        await file.truncate()
        await asyncio.gather(*[file.write(letter) for letter in "abcd"])
        assert not await file.write("")
    assert (tmp_path / "text").read_bytes() == "abcd".encode(encoding)


def test_unknown_encoding_is_refused_at_once(path):
    with pytest.raises(LookupError):
        AIOFile(path, "r", encoding="nonsense")


# Open file objects


async def test_open_file_object_is_used_and_left_open(path):
    with open(path, "r+", encoding="latin-1") as fp:
        fp.write("ä")
        file = AIOFile.from_fp(fp)
        assert file.name == str(path)
        assert file.encoding == "latin-1"
        async with file:
            assert await file.open() is None
            assert await file.read() == "ä123456789"
        assert not fp.closed
        assert fp.read() == "123456789"


async def test_closed_file_object_is_refused(path):
    with open(path, "rb") as fp:
        pass
    with pytest.raises(ValueError, match="closed"):
        AIOFile.from_fp(fp)
