"""What aiofiles promises of open() and of the file objects, by its own tests."""

# ruff: noqa: SIM115  # the files are closed by what they are given to

from __future__ import annotations

import asyncio
import builtins
import errno
import gc
import gzip
import io
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from unittest import mock

import aiofiles as theirs
import aiofiles.os
import aiofiles.ospath
import aiofiles.tempfile
import aiofiles.threadpool.binary
import aiofiles.threadpool.text
import aiofiles.threadpool.utils
import pytest

import aiocli.aiofiles
from aiocli import aiofiles as ours
from aiocli.aiofiles import os as ours_os
from aiocli.aiofiles import ospath, threadpool
from aiocli.aiofiles import tempfile as ours_tempfile
from aiocli.aiofiles.base import AsyncBase, AsyncIndirectBase
from aiocli.aiofiles.threadpool import binary, text, utils
from aiocli.aiofiles.threadpool import open as aio_open
from tests.support.noise import noise
from tests.support.resources import WAIT_S, loop_until, wait_until

LINES = b"first\nsecond \xc3\xa9\n\nlast"


@pytest.fixture
def path(tmp_path):
    file = tmp_path / "file"
    file.write_bytes(LINES)
    return str(file)


# Surface


@pytest.mark.parametrize(
    ("peer", "module"),
    [
        (theirs, ours),
        (theirs.os, ours_os),
        (theirs.ospath, ospath),
        (theirs.tempfile, ours_tempfile),
        (theirs.threadpool, threadpool),
        (theirs.base, aiocli.aiofiles.base),
        (theirs.threadpool.binary, binary),
        (theirs.threadpool.text, text),
        (theirs.threadpool.utils, utils),
    ],
    ids=lambda module: module.__name__,
)
def test_every_name_of_the_peer_is_there(peer, module):
    exported = set(getattr(peer, "__all__", ()))
    defined = {name for name, value in vars(peer).items() if getattr(value, "__module__", None) == peer.__name__}
    missing = {name for name in exported | defined if not name.startswith("_") and not hasattr(module, name)}
    assert not missing
    assert exported <= set(getattr(module, "__all__", exported))


@pytest.mark.parametrize("module", [ours, ours_os, ospath, ours_tempfile, threadpool], ids=lambda m: m.__name__)
def test_every_exported_name_is_there(module):
    assert all(hasattr(module, name) for name in module.__all__)


@pytest.mark.parametrize(
    "name",
    [
        "AsyncBufferedIOBase",
        "AsyncBufferedReader",
        "AsyncFileIO",
        "AsyncIndirectBufferedIOBase",
        "AsyncIndirectBufferedReader",
        "AsyncIndirectFileIO",
    ],
)
def test_binary_classes_have_all_their_peers_have(name):
    peer, own = getattr(theirs.threadpool.binary, name), getattr(binary, name)
    assert {attribute for attribute in dir(peer) if not attribute.startswith("_")} <= set(dir(own))


@pytest.mark.parametrize("name", ["AsyncTextIOWrapper", "AsyncTextIndirectIOWrapper"])
def test_text_classes_have_all_their_peers_have(name):
    peer, own = getattr(theirs.threadpool.text, name), getattr(text, name)
    assert {attribute for attribute in dir(peer) if not attribute.startswith("_")} <= set(dir(own))
    assert issubclass(own, AsyncBase)
    assert issubclass(text.AsyncTextIndirectIOWrapper, AsyncIndirectBase)


def test_every_coroutine_says_what_cancelling_does():
    classes = [vars(binary)[name] for name in dir(binary) if name.startswith("Async")]
    classes += [text.AsyncTextIOWrapper, ours_tempfile.AsyncSpooledTemporaryFile]
    silent = [
        f"{cls.__name__}.{name}"
        for cls in classes
        for name in dir(cls)
        if asyncio.iscoroutinefunction(getattr(cls, name)) and not name.startswith("__")
        if "Cancellation:" not in (getattr(cls, name).__doc__ or "")
    ]
    assert not silent


# Opening


@pytest.mark.parametrize(
    ("mode", "buffering", "kind"),
    [
        ("r", -1, text.AsyncTextIOWrapper),
        ("w", -1, text.AsyncTextIOWrapper),
        ("rb", -1, binary.AsyncBufferedReader),
        ("r+b", -1, binary.AsyncBufferedReader),
        ("wb", -1, binary.AsyncBufferedIOBase),
        ("ab", -1, binary.AsyncBufferedIOBase),
        ("rb", 0, binary.AsyncFileIO),
    ],
)
async def test_mode_decides_the_class(path, mode, buffering, kind):
    async with aio_open(path, mode, buffering) as file:
        assert type(file) is kind


@pytest.mark.parametrize(("mode", "buffering"), [("rb", -1), ("rb", 0), ("r", -1), ("a+", -1), ("a+b", -1), ("wb", 0)])
async def test_name_mode_and_descriptor_are_those_of_the_file(path, mode, buffering):
    async with aio_open(path, mode, buffering) as file:
        with open(path, mode, buffering) as builtin:
            assert file.name == builtin.name == path
            assert file.mode == builtin.mode
        assert os.path.samestat(os.fstat(file.fileno()), os.stat(path))
        assert not file.closed
    assert file.closed


async def test_path_objects_bytes_and_descriptors_open(path, tmp_path):
    for name in (tmp_path / "file", os.fsencode(path), os.open(path, os.O_RDONLY)):
        async with aio_open(name, "rb") as file:
            assert await file.read() == LINES
            assert file.name == (name if isinstance(name, int) else os.fspath(name))


def errors_of(arguments, options):
    try:
        open(*arguments, **options).close()
    except (OSError, ValueError, TypeError, LookupError) as error:
        return type(error), str(error), getattr(error, "errno", None), getattr(error, "filename", None)
    return None


@pytest.mark.parametrize(
    ("arguments", "options"),
    [
        (("/nonexistent/file",), {}),
        (("/nonexistent/file", "w"), {}),
        (("/",), {}),
        (("/", "rb"), {}),
        (("/", "w"), {}),
        (("\0",), {}),
        ((b"\0", "rb"), {}),
        (("/dev/null", "q"), {}),
        (("/dev/null", "rw"), {}),
        (("/dev/null", "rb"), {"encoding": "utf-8"}),
        (("/dev/null", "r", 0), {}),
        (("/dev/null",), {"newline": "x"}),
        (("/dev/null",), {"encoding": "no such codec"}),
        ((__file__,), {"encoding": "no such codec"}),
        ((__file__, "rb"), {"errors": "strict"}),
        ((__file__,), {"closefd": False}),
        ((99999,), {}),
        ((1.5,), {}),
    ],
    ids=str,
)
async def test_opening_fails_as_the_builtin_open(arguments, options):
    expected = errors_of(arguments, options)
    assert expected is not None
    with pytest.raises(expected[0]) as caught:
        await aio_open(*arguments, **options)
    error = caught.value
    assert (type(error), str(error), getattr(error, "errno", None), getattr(error, "filename", None)) == expected


async def test_opener_and_closefd_are_passed_on(path):
    flags_seen = []

    def opener(name, flags):
        flags_seen.append(flags)
        return os.open(name, flags)

    async with aio_open(path, "rb", opener=opener) as file:
        fd = os.dup(file.fileno())
    assert flags_seen == [os.O_RDONLY | os.O_CLOEXEC]
    async with aio_open(fd, "rb", buffering=0, closefd=False) as file:
        assert file.closefd is False
    os.close(fd)


async def test_sync_open_is_looked_up_when_a_file_is_opened():
    threadpool.wrap.register(mock.MagicMock)(
        lambda *args, **kwargs: binary.AsyncBufferedIOBase(*args, **kwargs)  # as the README shows
    )
    fake = mock.MagicMock(read=mock.MagicMock(return_value="data"))
    fake.readline.return_value = ""
    with mock.patch("aiocli.aiofiles.threadpool.sync_open", return_value=fake) as sync_open:
        async with aio_open("somewhere", "w") as file:
            await file.write("x")
            assert await file.read() == "data"
            assert [line async for line in file] == []
    assert sync_open.call_args.args == ("somewhere",)
    assert sync_open.call_args.kwargs["mode"] == "w"
    fake.write.assert_called_once_with("x")
    fake.__exit__.assert_called_once_with(None, None, None)


async def test_slow_opening_leaves_the_loop_free():
    may_open = threading.Event()

    def slow_open(*_args, **_kwargs):
        may_open.wait(WAIT_S)
        return io.BytesIO(b"late")

    with mock.patch.object(threadpool, "sync_open", slow_open):
        opening = asyncio.ensure_future(aio_open("x", "rb"))
        for _ in range(100):
            await asyncio.sleep(0)
        assert not opening.done()
        may_open.set()
        file = await opening
    assert await file.read() == b"late"


@pytest.mark.parametrize("thing", [int, [], open, 3, io.StringIO], ids=str)
def test_what_is_no_file_object_cannot_be_wrapped(thing):
    with pytest.raises(TypeError):
        threadpool.wrap(thing, loop=None, executor=None)


@pytest.mark.parametrize(
    ("make", "kind"),
    [
        (lambda path: io.BytesIO(LINES), binary.AsyncBufferedIOBase),
        (lambda path: io.StringIO(LINES.decode()), text.AsyncTextIOWrapper),
        (lambda path: gzip.open(path + ".gz"), binary.AsyncBufferedIOBase),
        (lambda path: io.FileIO(path), binary.AsyncFileIO),
        (lambda path: open(path, "r+b"), binary.AsyncBufferedReader),
    ],
    ids=["BytesIO", "StringIO", "GzipFile", "FileIO", "BufferedRandom"],
)
async def test_any_file_object_can_be_wrapped_and_lines_mix_with_reads(path, make, kind):
    with gzip.open(path + ".gz", "wb") as packed:
        packed.write(LINES)
    file = threadpool.wrap(make(path))
    assert type(file) is kind
    want = LINES.decode() if kind is text.AsyncTextIOWrapper else LINES
    assert await file.readline() == want[:6]
    assert await file.tell() == 6
    assert await file.read() == want[6:]
    await file.seek(0)
    assert [line async for line in file] == want.splitlines(keepends=True)
    await file.close()
    with pytest.raises(ValueError, match="closed"):
        await file.readline()


# Reading and writing


@pytest.mark.parametrize("mode", ["r", "rb"])
async def test_closed_file_raises_what_the_builtin_one_does(path, mode):
    builtin = open(path, mode)
    builtin.close()
    file = await aio_open(path, mode)
    assert await file.readline()
    await file.close()
    await file.close()
    for name in ("read", "readline", "readlines", "tell", "flush", "isatty", "seekable"):
        with pytest.raises(ValueError, match=r".*") as expected:
            getattr(builtin, name)()
        with pytest.raises(ValueError, match=r".*") as got:
            await getattr(file, name)()
        assert str(got.value) == str(expected.value), name


@pytest.mark.parametrize("mode", ["w", "a", "wb", "ab"])
async def test_reading_what_is_only_written_fails_and_the_file_is_closed(path, mode):
    async with aio_open(path, mode) as file:
        for read in (file.read, file.readline):
            with pytest.raises(io.UnsupportedOperation):
                await read()
        with pytest.raises(io.UnsupportedOperation):
            async for _ in file:
                pass
    assert file.closed


async def test_cancelled_task_leaves_the_file_closed(path):
    files = []

    async def hold():
        async with aio_open(path) as file:
            files.append(file)
            await asyncio.Event().wait()

    task = asyncio.ensure_future(hold())
    await loop_until(lambda: files)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert files[0].closed


async def test_writes_are_in_the_file_after_flush_or_at_once_without_a_buffer(path):
    async with aio_open(path, "wb") as file:
        assert await file.write(b"0123") == 4
        assert os.stat(path).st_size == 0
        await file.flush()
        assert os.stat(path).st_size == 4
    async with aio_open(path, "wb", buffering=0) as file:
        assert await file.write(b"01") == 2
        assert os.stat(path).st_size == 2


async def test_truncate_readinto_peek_and_big_seeks_work(path):
    data = noise(4 * io.DEFAULT_BUFFER_SIZE)
    async with aio_open(path, "w+b") as file:
        await file.writelines([data[:10], data[10:]])
        await file.seek(io.DEFAULT_BUFFER_SIZE * 2)
        assert await file.read() == data[io.DEFAULT_BUFFER_SIZE * 2 :]
        await file.seek(0)
        buffer = bytearray(4)
        assert await file.readinto(buffer) == 4
        assert await file.readinto1(memoryview(buffer)[:1]) == 1
        assert buffer == data[4:5] + data[1:4]
        assert data[5:].startswith(await file.peek(3))
        assert await file.read1(2) == data[5:7]
        await file.seek(0)
        assert await file.truncate() == 0
        assert await file.read() == b""


async def test_appending_file_is_read_after_seek(path):
    async with aio_open(path, "a+") as file:
        assert await file.read() == ""
        await file.write("more")
        await file.seek(0)
        assert await file.read() == LINES.decode() + "more"


async def test_text_file_has_the_attributes_of_text(path):
    async with aio_open(path, "r+", encoding="utf-8", errors="replace", newline="") as file:
        assert (file.encoding, file.errors, file.line_buffering, file.write_through) == (
            "utf-8",
            "replace",
            False,
            False,
        )
        assert file.newlines is None
        await file.read()
        assert file.newlines == "\n"
        assert await file.readable()
        assert await file.writable()
        assert await file.seekable()
        assert not await file.isatty()
        assert isinstance(file.buffer, io.BufferedRandom)
        await file.reconfigure(line_buffering=True)
        assert file.line_buffering
        with pytest.raises(AttributeError):
            file.encoding = "ascii"


async def test_binary_file_is_readable_without_await(path):
    async with aio_open(path, "rb") as file:
        assert file.readable()
        assert isinstance(file.raw, io.FileIO)
    async with aio_open(path, "rb", buffering=0) as file:
        assert await file.readall() == LINES


@pytest.mark.parametrize("mode", ["r", "rb"])
async def test_detached_object_goes_on_where_the_wrapper_was(path, mode):
    opening = aio_open(path, mode)
    file = await opening.__aenter__()
    await file.readline()
    below = file.detach()
    assert not below.closed
    if mode == "rb":
        assert below.read() == LINES[6:]
    with pytest.raises(ValueError, match="detached"):
        await file.read()
    with pytest.raises(ValueError, match="detached"):
        await opening.__aexit__(None, None, None)
    below.close()


async def test_repr_names_the_wrapped_file(path):
    async with aio_open(path) as file:
        assert repr(file).endswith(f" wrapping {file._file!r}")


async def test_iterating_gives_the_lines_in_every_mode(path):
    for mode, buffering in (("r", -1), ("rb", -1), ("rb", 0)):
        async with aio_open(path, mode, buffering) as file:
            assert file.__aiter__() is file
            with builtins.open(path, mode, buffering) as builtin:
                assert [line async for line in file] == list(builtin)


async def test_file_that_grows_is_read_on_after_its_end(path):
    async with aio_open(path, "rb") as file:
        assert await file.readlines() == LINES.splitlines(keepends=True)
        assert await file.readline() == b""
        with open(path, "ab") as more:
            more.write(b" of all\nand")
        assert await file.readline() == b" of all\n"
        with open(path, "ab") as more:
            more.write(b" more\n")
        assert await file.readline() == b"and more\n"


async def test_unfinished_last_line_is_not_read_ahead(path):
    async with aio_open(path) as file:
        assert await file.readline() == "first\n"
        with open(path, "ab") as more:
            more.write(b"ing\n")
        assert (await file.readlines())[-1] == "lasting\n"
        await file.seek(0)
        for _ in range(3):
            await file.readline()
        assert await file.readline() == "lasting\n"


async def test_executor_of_the_caller_does_all_the_work(path):
    seen = []

    class Spying(ThreadPoolExecutor):
        def submit(self, *args):
            seen.append(args[0])
            return super().submit(*args)

    with Spying(1) as executor:
        names = []

        def opener(name, flags):
            names.append(threading.current_thread())
            return os.open(name, flags)

        async with aio_open(path, "rb", opener=opener, executor=executor) as file:
            await file.read()
        assert len(seen) == 3
        assert names[0] in executor._threads


async def test_loop_argument_is_accepted(path):
    async with aio_open(path, loop=asyncio.get_running_loop()) as file:
        assert await file.readline() == "first\n"


async def test_dropped_file_warns_as_the_builtin_one(path):
    files = [await aio_open(path, "rb")]
    with pytest.warns(ResourceWarning, match="unclosed file"):
        files.clear()


def test_no_thread_is_left_with_a_file(path):
    async def main():
        async with aio_open(path, "w") as file:
            await file.write("x")
        return file._file

    import weakref

    reference = weakref.ref(asyncio.run(main()))
    wait_until(lambda: gc.collect() >= 0 and reference() is None)


async def test_disk_full_is_the_error_of_the_builtin_file():
    async with aio_open("/dev/full", "wb", buffering=0) as file:
        with pytest.raises(OSError, match="No space left") as caught:
            await file.write(b"x")
    assert caught.value.errno == errno.ENOSPC
