"""What every backend promises, through the context and through AIOFile."""

import asyncio
import errno
import os
import signal
import subprocess
import sys
import textwrap
import threading
import warnings

import pytest

from aiocli.core.clone import clone
from aiocli.core.context import Context, create_context, get_default_context
from aiocli.core.errors import BackendUnavailable
from aiocli.core.file import AIOFile
from tests.support.backends import BACKEND_PARAMS, FILE_PARAMS
from tests.support.noise import noise
from tests.support.resources import is_open, loop_until, native_threads, open_fds, opened_since, wait_until

contexts = pytest.mark.parametrize("backend", BACKEND_PARAMS)
files = pytest.mark.parametrize("backend", FILE_PARAMS)


@pytest.fixture
async def context(backend):
    context = create_context(backend=backend)
    yield context
    context.close()


@pytest.fixture
def fd(tmp_path):
    fd = os.open(tmp_path / "data", os.O_RDWR | os.O_CREAT)
    yield fd
    os.close(fd)


@contexts
async def test_reads_what_was_written_at_an_offset(context, fd):
    assert await context.write(b"hello", fd, 3) == 5
    assert await context.read(5, fd, 3) == b"hello"
    assert await context.read(3, fd, 0) == b"\0\0\0"


@contexts
async def test_read_is_short_at_the_end_and_empty_behind_it(context, fd):
    os.pwrite(fd, b"0123456789", 0)
    assert await context.read(100, fd, 8) == b"89"
    assert await context.read(100, fd, 10) == b""
    assert await context.read(0, fd, 0) == b""


@contexts
async def test_position_of_the_descriptor_is_left_alone(context, fd):
    os.write(fd, b"0123456789")
    os.lseek(fd, 4, os.SEEK_SET)
    await context.read(3, fd, 1)
    await context.write(b"x", fd, 0)
    assert os.lseek(fd, 0, os.SEEK_CUR) == 4


@contexts
async def test_syncs(context, fd):
    assert await context.fsync(fd) is None
    assert await context.fdsync(fd) is None


@contexts
@pytest.mark.parametrize("operation", ["read", "write", "fsync", "fdsync"])
async def test_closed_descriptor_is_ebadf(context, fd, operation):
    number = os.dup(fd)
    os.close(number)
    calls = {
        "read": lambda: context.read(1, number, 0),
        "write": lambda: context.write(b"x", number, 0),
        "fsync": lambda: context.fsync(number),
        "fdsync": lambda: context.fdsync(number),
    }
    with pytest.raises(OSError, match="Bad file descriptor") as caught:
        await calls[operation]()
    assert caught.value.errno == errno.EBADF


@contexts
async def test_wrong_direction_is_ebadf(context, tmp_path):
    fd = os.open(tmp_path / "written", os.O_WRONLY | os.O_CREAT)
    try:
        with pytest.raises(OSError, match="Bad file") as caught:
            await context.read(1, fd, 0)
        assert caught.value.errno == errno.EBADF
    finally:
        os.close(fd)


@contexts
async def test_negative_offset_and_size_are_einval(context, fd):
    for call in (
        lambda: context.read(1, fd, -1),
        lambda: context.read(-1, fd, 0),
        lambda: context.write(b"x", fd, -1),
        lambda: context.read(1, fd, 1 << 63),
    ):
        with pytest.raises(OSError, match="Invalid") as caught:
            await call()
        assert caught.value.errno == errno.EINVAL


@contexts
async def test_reading_a_directory_is_eisdir(context, tmp_path):
    fd = os.open(tmp_path, os.O_RDONLY)
    try:
        with pytest.raises(OSError, match=r".") as caught:
            await context.read(1, fd, 0)
        # libaio's submission tells EINVAL for what has no asynchronous reads
        assert caught.value.errno in {errno.EISDIR, errno.EINVAL}
    finally:
        os.close(fd)


@contexts
async def test_one_bad_operation_does_not_harm_those_beside_it(context, fd):
    os.pwrite(fd, b"abc", 0)
    number = os.dup(fd)
    os.close(number)
    results = await asyncio.gather(
        context.read(1, fd, 0),
        context.read(1, number, 0),
        context.read(1, fd, 1),
        context.read(1, number, 0),
        context.read(1, fd, 2),
        return_exceptions=True,
    )
    assert [results[0], results[2], results[4]] == [b"a", b"b", b"c"]
    assert [results[1].errno, results[3].errno] == [errno.EBADF, errno.EBADF]


@contexts
async def test_more_operations_than_slots_all_complete_and_begin_in_order(tmp_path, backend):
    fd = os.open(tmp_path / "log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    context = create_context(backend=backend, max_requests=16)
    try:
        count = 1000
        written = await asyncio.gather(*[context.write(b"%04d" % number, fd, 0) for number in range(count)])
        assert written == [4] * count
        data = (tmp_path / "log").read_bytes()
        assert sorted(data[i : i + 4] for i in range(0, len(data), 4)) == [b"%04d" % n for n in range(count)]
    finally:
        context.close()
        os.close(fd)


@contexts
async def test_one_slot_keeps_the_order(tmp_path, backend):
    fd = os.open(tmp_path / "log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    context = create_context(backend=backend, max_requests=1)
    try:
        await asyncio.gather(*[context.write(b"%03d" % number, fd, 0) for number in range(200)])
        assert (tmp_path / "log").read_bytes() == b"".join(b"%03d" % number for number in range(200))
    finally:
        context.close()
        os.close(fd)


@contexts
async def test_completion_is_told_once_also_for_a_failing_operation(context, fd):
    told = []
    os.pwrite(fd, b"abc", 0)
    await context.read(3, fd, 0, on_complete=lambda: told.append("read"))
    assert told == ["read"]
    with pytest.raises(OSError, match="Bad file"):
        await context.fsync(99999, on_complete=lambda: told.append("fsync"))
    assert told == ["read", "fsync"]


@contexts
async def test_cancelled_operation_ends_at_once_and_completes_later(context, fd):
    os.pwrite(fd, b"x" * 100_000, 0)
    told = []
    count = 600  # more than the slots: some are cancelled before they begin
    futures = [context.read(100_000, fd, 0, on_complete=lambda: told.append(1)) for _ in range(count)]
    await asyncio.sleep(0)
    for future in futures:
        future.cancel()
    gathered = await asyncio.gather(*futures, return_exceptions=True)
    assert all(isinstance(result, (asyncio.CancelledError, bytes)) for result in gathered)
    await loop_until(lambda: len(told) == count)
    assert await context.read(1, fd, 0) == b"x"


@contexts
async def test_closed_context_takes_nothing_and_fails_what_waits(backend, fd):
    os.pwrite(fd, b"x" * 1000, 0)
    context = create_context(backend=backend, max_requests=4)
    told = []
    futures = [context.read(1000, fd, 0, on_complete=lambda: told.append(1)) for _ in range(6)]
    await asyncio.sleep(0)
    context.close()
    context.close()
    assert context.is_closed
    with pytest.raises(RuntimeError, match="closed"):
        context.read(1, fd, 0)
    results = await asyncio.gather(*futures, return_exceptions=True)
    failed = [result for result in results if not isinstance(result, bytes)]
    assert {error.errno for error in failed} == {errno.ECANCELED}
    await loop_until(lambda: len(told) == 6)


@contexts
async def test_context_tells_its_name_and_loop(context, backend):
    assert context.name == backend
    assert context.loop is asyncio.get_running_loop()
    assert context.max_requests == 512
    assert not context.is_closed
    assert backend in repr(context)


@contexts
async def test_default_context_is_one_a_loop(backend):
    assert get_default_context(backend) is get_default_context(backend)
    assert isinstance(get_default_context(backend), Context)


@contexts
def test_loops_that_come_and_go_leave_nothing(backend, tmp_path):
    path = tmp_path / "data"
    path.write_bytes(b"x" * 5000)

    async def use():
        async with AIOFile(path, "rb+", backend=backend, sync=False) as file:
            await asyncio.gather(*[file.read(1000, offset) for offset in range(0, 5000, 1000)])
            await file.write(b"y", 17)

    threads = threads_but_ours()
    asyncio.run(use())
    before = open_fds()
    for _ in range(20 if backend == "linux" else 200):  # io_destroy takes 30 ms
        asyncio.run(use())
    wait_until(lambda: not opened_since(before))
    wait_until(lambda: threads_but_ours() <= threads)


def threads_but_ours():
    """Count the threads of this process without those of core.threads, which stay a while without work."""
    return native_threads() - sum(thread.name == "aio-call" for thread in threading.enumerate())


@contexts
def test_loop_that_ends_with_operations_in_flight_leaves_nothing(backend, tmp_path):
    path = tmp_path / "data"
    path.write_bytes(b"x" * (1 << 20))

    async def abandon():
        fd = os.open(path, os.O_RDONLY)
        context = get_default_context(backend)
        for _ in range(100):
            context.read(1 << 20, fd, 0)
        context.read(1 << 20, fd, 0, on_complete=lambda: os.close(fd))
        await asyncio.sleep(0)

    before = open_fds()
    for _ in range(3):
        asyncio.run(abandon())
    wait_until(lambda: not opened_since(before))


@contexts
def test_loop_dropped_without_close_takes_its_context_along(backend, tmp_path):
    path = tmp_path / "data"
    path.write_bytes(b"x")

    async def use():
        fd = os.open(path, os.O_RDONLY)
        try:
            return await get_default_context(backend).read(1, fd, 0)
        finally:
            os.close(fd)

    before = open_fds()
    loop = asyncio.new_event_loop()
    assert loop.run_until_complete(use()) == b"x"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # asyncio's own, for the unclosed loop
        del loop
        wait_until(lambda: not opened_since(before))


@contexts
@pytest.mark.slow
def test_interpreter_ends_with_operations_in_flight(backend, tmp_path):
    script = """
        import asyncio, os, sys
        from aiocli.core.context import create_context

        async def main():
            fd = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT)
            context = create_context(backend=sys.argv[2])
            global kept
            kept = [context.write(b"x" * 1000000, fd, 0) for _ in range(30)], context
            await asyncio.sleep(0)

        loop = asyncio.new_event_loop()
        loop.run_until_complete(main())
        """
    ended = _python(script, tmp_path / "data", backend)
    assert ended.returncode == 0
    assert "Fatal" not in ended.stderr


@files
@pytest.mark.slow
def test_full_file_system_is_an_error_with_the_name(backend, tmp_path):
    """RLIMIT_FSIZE stands for the full disk: EFBIG, after a short write."""
    script = """
        import asyncio, resource, signal, sys
        from aiocli.core.file import AIOFile

        async def main():
            async with AIOFile(sys.argv[1], "wb", backend=sys.argv[2] or None) as file:
                try:
                    await file.write(b"x" * 10000)
                except OSError as error:
                    print(error.errno, error.filename)

        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
        asyncio.run(main())
        """
    ended = _python(script, tmp_path / "data", backend or "")
    assert ended.stderr == ""
    assert ended.stdout == f"{errno.EFBIG} {tmp_path / 'data'}\n"
    assert (tmp_path / "data").stat().st_size == 4096


@files
@pytest.mark.slow
@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small tmpfs needs root")
def test_no_space_left_is_enospc(backend, tmp_path):
    mount = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", tmp_path], capture_output=True)
    if mount.returncode:
        pytest.skip(mount.stderr.decode())

    async def fill():
        async with AIOFile(tmp_path / "data", "wb", backend=backend) as file:
            await file.write(b"x" * 1_000_000)

    try:
        with pytest.raises(OSError, match="No space left") as caught:
            asyncio.run(fill())
    finally:
        subprocess.run(["umount", "--lazy", tmp_path], check=True)
    assert caught.value.errno == errno.ENOSPC
    assert caught.value.filename == str(tmp_path / "data")


@files
async def test_file_writes_and_reads(backend, tmp_path):
    async with AIOFile(tmp_path / "data", "wb+", backend=backend) as file:
        assert await file.write(b"0123456789") == 10
        assert await file.write(bytearray(b"ab"), 4) == 2
        assert await file.read() == b"0123ab6789"
        assert await file.read(3, 4) == b"ab6"
        assert await file.read(100, 8) == b"89"
        assert await file.read(1, 10) == b""
        await file.fsync()
        await file.fdsync()
        await file.truncate(2)
        assert await file.read() == b"01"


@files
async def test_file_bigger_than_a_piece_comes_whole(backend, tmp_path):
    data = noise(3_500_000)
    async with AIOFile(tmp_path / "data", "wb+", backend=backend) as file:
        assert await file.write(memoryview(data)) == len(data)
        assert await file.read() == data
        assert await file.read(2_000_000, 1_000_001) == data[1_000_001:3_000_001]
        assert await file.read(-1, 3_499_990) == data[-10:]


@files
async def test_proc_file_of_size_zero_is_read(backend):
    async with AIOFile("/proc/cpuinfo", "rb", backend=backend) as file:
        assert (await file.read()).startswith(b"processor")


@files
async def test_thousand_writes_at_once_land_where_they_belong(backend, tmp_path):
    async with AIOFile(tmp_path / "data", "wb+", backend=backend) as file:
        await asyncio.gather(*[file.write(b"%04d" % number, number * 4) for number in range(1000)])
        assert await file.read() == b"".join(b"%04d" % number for number in range(1000))


@files
async def test_close_waits_for_its_own_operations(backend, tmp_path):
    file = await AIOFile(tmp_path / "data", "wb", backend=backend)
    writes = [asyncio.ensure_future(file.write(b"x" * 100_000, n * 100_000)) for n in range(20)]
    await asyncio.sleep(0)
    await file.close()
    assert [await write for write in writes] == [100_000] * 20
    assert (tmp_path / "data").stat().st_size == 2_000_000


@files
async def test_concurrent_closes_are_one(backend, tmp_path):
    file = await AIOFile(tmp_path / "data", "wb", backend=backend)
    fd = file.fileno()
    await asyncio.gather(*[file.close() for _ in range(20)])
    assert file.closed
    assert not is_open(fd)


@files
async def test_cancelled_read_keeps_the_descriptor_until_it_is_done(backend, tmp_path):
    path = tmp_path / "data"
    path.write_bytes(b"x" * (8 << 20))
    file = await AIOFile(path, "rb", backend=backend or "thread")
    fd = file.fileno()
    tasks = [asyncio.ensure_future(file.read(1 << 20)) for _ in range(64)]
    await asyncio.sleep(0)
    for task in tasks:
        task.cancel()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert all(isinstance(result, (asyncio.CancelledError, bytes)) for result in results)
    await file.close()
    await loop_until(lambda: not is_open(fd))


@files
async def test_clones_share_the_descriptor_until_the_last_is_closed(backend, tmp_path):
    (tmp_path / "data").write_bytes(b"content")
    file = await AIOFile(tmp_path / "data", "rb", backend=backend)
    fd = file.fileno()
    async with clone(file) as one, clone(one) as two:
        assert one.fileno() == two.fileno() == fd
        await file.close()
        assert file.closed
        assert await two.read() == b"content"
        await one.close()
        await one.close()
        assert await two.read() == b"content"
    assert not is_open(fd)


@files
async def test_pipe_is_served_by_a_thread(backend):
    reading, writing = os.pipe()
    async with AIOFile(reading, "rb", backend=backend) as source:
        async with AIOFile(writing, "wb", backend=backend) as sink:
            assert await sink.write(b"through") == 7
            assert await source.read(100, 12345) == b"through"
        assert await source.read() == b""


@files
async def test_devices_can_be_written_and_closed(backend):
    async with AIOFile("/dev/null", "wb", backend=backend) as file:
        assert await file.write(b"x") == 1
    with pytest.raises(OSError, match="No space left") as caught:
        async with AIOFile("/dev/full", "wb", backend=backend) as file:
            await file.write(b"x")
    assert caught.value.errno == errno.ENOSPC
    assert caught.value.filename == "/dev/full"


@pytest.mark.slow
@pytest.mark.parametrize("backend", [param for param in BACKEND_PARAMS if param.id in {"uring", "linux"}])
def test_backend_that_the_kernel_refuses_says_why_and_auto_falls_back(backend):
    script = """
        import asyncio, sys
        from aiocli.core.context import create_context
        from aiocli.core.errors import BackendUnavailable

        async def main():
            try:
                create_context(backend=sys.argv[1])
            except BackendUnavailable as error:
                print(error)
            print(create_context().name)

        asyncio.run(main())
        """
    call = {"uring": "io_uring_setup", "linux": "io_setup"}[backend]
    try:
        ended = _python(script, backend, prefix=["strace", "-f", "-o", "/dev/null", "-e", f"inject={call}:error=EPERM"])
    except FileNotFoundError:
        pytest.skip("strace is not installed")
    message, chosen = ended.stdout.splitlines()
    assert message.startswith(f"backend {backend} does not work here: {call}: Operation not permitted (EPERM): ")
    assert "; these do: " in message
    assert "thread, python" in message
    assert chosen == ("thread" if backend == "uring" else "uring")


async def test_named_backend_that_is_refused_is_no_other(monkeypatch):
    monkeypatch.setattr("aiocli.core.backends.BACKENDS", {})
    with pytest.raises(ValueError, match="no backend"):
        create_context(backend="uring")
    with pytest.raises((ValueError, BackendUnavailable)):
        create_context(backend="nonsense")


def _python(script, *arguments, prefix=()):
    return subprocess.run(
        [*prefix, sys.executable, "-c", textwrap.dedent(script), *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=60,
        preexec_fn=lambda: signal.signal(signal.SIGXFSZ, signal.SIG_DFL),
    )
