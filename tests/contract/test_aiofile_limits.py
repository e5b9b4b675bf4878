"""What aiofile gets wrong or cannot do, and this library must: errors and resources first, then data, then cost."""

import asyncio
import bz2
import codecs
import csv
import errno
import gc
import gzip
import io
import os
import resource
import signal
import socket
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path

import pytest

from aiocli import AIOFile, LineReader, Reader, Writer, async_open, clone
from tests.support.backends import FILE_PARAMS
from tests.support.noise import noise
from tests.support.resources import is_open, loop_until
from tests.support.shared_memory import memory_folder

files = pytest.mark.parametrize("backend", FILE_PARAMS)


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"0123456789")
    return path


def run_python(script, *arguments, **options):
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script), *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        **options,
    )


# Errors and resources


@files
async def test_failures_are_os_errors_with_errno_and_name(backend, path):
    async with AIOFile(path, "rb+", backend=backend, sync=False) as file:
        with pytest.raises(OSError, match=r".") as caught:
            await file.write(b"x", (1 << 63) - 2)  # behind what any file system holds
        assert caught.value.errno in {errno.EFBIG, errno.EINVAL}
        assert caught.value.filename == str(path)
    async with AIOFile("/dev/full", "wb", backend=backend) as file:
        with pytest.raises(OSError, match="No space left on device") as caught:
            await file.write(b"x")
        assert (caught.value.errno, caught.value.filename) == (errno.ENOSPC, "/dev/full")


@files
async def test_pipes_and_the_null_device_close_and_leak_nothing(backend):
    reading, writing = os.pipe()
    async with AIOFile(writing, "wb", backend=backend) as file:
        await file.write(b"x")
    assert not is_open(writing)
    os.close(reading)
    async with AIOFile("/dev/null", "wb", backend=backend) as file:
        fd = file.fileno()
    assert not is_open(fd)


@files
async def test_closing_need_not_sync(backend, path, monkeypatch):
    synced = []
    monkeypatch.setattr("aiocli.core.access.ContextAccess.fdsync", lambda self: synced.append(self) or asyncio.sleep(0))
    for sync in (True, False):
        async with AIOFile(path, "rb+", backend=backend, sync=sync) as file:
            await file.write(b"x")
        assert len(synced) == 1


@files
async def test_closes_at_once_are_one_and_wait_for_reads(backend, path):
    path.write_bytes(b"x" * 3_000_000)
    file = await AIOFile(path, "rb", backend=backend)
    fd = file.fileno()
    reads = [asyncio.ensure_future(file.read(3_000_000)) for _ in range(8)]
    await asyncio.sleep(0)
    await asyncio.gather(*[file.close() for _ in range(20)])
    assert {len(await read) for read in reads} == {3_000_000}
    assert not is_open(fd)


@files
@pytest.mark.parametrize("is_clone", [False, True])
@pytest.mark.parametrize("options", [{"mode": "ab"}, {"mode": "a"}, {"mode": "a", "encoding": "utf-16"}])
async def test_writes_that_wait_for_their_turn_are_written_before_the_file_is_closed(backend, path, options, is_clone):
    path.unlink()
    source = await AIOFile(path, backend=backend, sync=False, **options)
    file = await source.clone() if is_clone else source
    words = [f"{number} " for number in range(20)]
    if file.mode.binary:
        words = [word.encode() for word in words]
    writes = [asyncio.ensure_future(file.write(word)) for word in words]
    await asyncio.sleep(0)
    await source.close()
    await file.close()
    other = os.open(path.parent / "other", os.O_RDWR | os.O_CREAT)  # it gets the number that is free now
    assert all(write.done() and write.result() for write in writes)
    os.close(other)
    assert (path.parent / "other").read_bytes() == b""
    assert path.read_text(options.get("encoding", "ascii")).split() == list(map(str, range(20)))


@files
async def test_writes_that_wait_for_a_pipe_are_written_before_it_is_closed(backend):
    reading, writing = os.pipe()
    file = await AIOFile(writing, "wb", backend=backend)
    writes = [asyncio.ensure_future(file.write(b"%d " % number)) for number in range(20)]
    await asyncio.sleep(0)
    await file.close()
    assert all(write.done() for write in writes)
    assert os.read(reading, 1000).split() == [b"%d" % number for number in range(20)]
    os.close(reading)


@files
@pytest.mark.parametrize("mode", ["w", "a"])
async def test_file_with_a_cursor_is_closed_behind_the_calls_that_came_before(backend, path, mode):
    path.unlink()
    file = await async_open(path, mode, backend=backend)
    writes = [asyncio.ensure_future(file.write(f"{number} ")) for number in range(20)]
    await asyncio.sleep(0)
    await file.close()
    assert [write.result() for write in writes] == [len(str(number)) + 1 for number in range(20)]
    assert path.read_text().split() == list(map(str, range(20)))


@files
async def test_closing_a_clone_again_leaves_the_source_open(backend, path):
    async with AIOFile(path, "rb", backend=backend) as file:
        one = await clone(file)
        await one.close()
        await one.close()
        assert one.closed
        with pytest.raises(ValueError, match="closed"):
            await one.read(1)
        assert await file.read(1) == b"0"


@files
async def test_clones_that_nobody_closes_do_not_keep_the_descriptor(backend, path):
    async with async_open(path, "rb", backend=backend) as file:
        fd = file.fileno()
        clones = [await clone(file) for _ in range(4)]
        assert [await one.read(2) for one in clones] == [b"01"] * 4
        del clones
    gc.collect()
    assert not is_open(fd)


async def test_failed_opening_can_be_repeated(tmp_path):
    file = AIOFile(tmp_path / "later", "rb")
    with pytest.raises(FileNotFoundError):
        await file.open()
    (tmp_path / "later").write_bytes(b"here")
    async with file:
        assert await file.read() == b"here"


async def test_cancelled_opener_takes_no_other_along(tmp_path):
    os.mkfifo(tmp_path / "fifo")
    file = AIOFile(tmp_path / "fifo", "rb")
    openers = [asyncio.ensure_future(file.open()) for _ in range(2)]
    await asyncio.sleep(0)
    openers[0].cancel()
    writing = await asyncio.to_thread(os.open, tmp_path / "fifo", os.O_WRONLY)
    assert isinstance(await openers[1], int)
    os.close(writing)
    await file.close()


@files
def test_file_made_outside_a_loop_works_in_any(backend, path):
    file = async_open(path, "rb", backend=backend)

    async def read(nbytes):
        await file.open()
        return await file.read(nbytes)

    assert asyncio.run(read(3)) == b"012"
    assert asyncio.run(read(3)) == b"345"
    asyncio.run(file.close())


# Wrong data


@files
@pytest.mark.parametrize("name", ["/proc/cpuinfo", "/proc/self/maps"])
async def test_file_whose_size_is_zero_is_read_to_its_end(backend, name):
    if backend == "linux" and name != "/proc/cpuinfo":
        pytest.skip("libaio reads no seq files but a few: the kernel answers EINVAL")
    async with AIOFile(name, "rb", backend=backend) as file:
        whole = await file.read()
        assert whole.startswith(Path(name).read_bytes()[:20])
        assert len(whole) > 100


@pytest.mark.slow
@files
def test_more_than_two_gibibytes_come_whole(backend):
    """In a process of its own, which needs 2 GiB of memory; the file is a hole on a tmpfs and needs none."""
    size = (1 << 31) + 100
    meminfo = dict(line.split(":") for line in Path("/proc/meminfo").read_text().splitlines())
    available = int(meminfo["MemAvailable"].split()[0]) << 10
    if available < 3 * size:
        pytest.skip(f"{available >> 20} MiB of memory are available, {3 * size >> 20} are needed")
    if backend in ("linux", "thread", "python"):
        pytest.skip("as the pieces are the same on every backend, auto and uring stand for all")
    script = """
        import asyncio, sys
        from aiocli import AIOFile

        async def main():
            async with AIOFile(sys.argv[1], "rb", backend=sys.argv[2] or None) as file:
                data = await file.read()
                print(len(data), data[-3:].decode())

        asyncio.run(main())
        """
    with memory_folder() as folder:
        with Path(folder, "big").open("wb") as big:
            big.truncate(size)
            big.seek(size - 3)
            big.write(b"end")
        done = run_python(script, Path(folder, "big"), backend or "")
    assert (done.stdout, done.stderr) == (f"{size} end\n", "")


@files
@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "utf-8-sig", "iso2022_jp", "utf-7", "utf-16-be"])
async def test_stateful_encodings_are_read_in_pieces_and_written_with_one_mark(backend, encoding, tmp_path):
    text = "漢字 and kana\nかな\n" * 50
    async with async_open(tmp_path / "new", "w+", encoding=encoding, backend=backend, sync=False) as file:
        for start in range(0, len(text), 7):
            await file.write(text[start : start + 7])
        file.seek(0)
        pieces = []
        while piece := await file.read(2):
            assert len(piece) == 2 or len("".join(pieces)) + len(piece) == len(text)
            pieces.append(piece)
        assert "".join(pieces) == text
    assert (tmp_path / "new").read_text(encoding=encoding) == text


@files
@pytest.mark.parametrize(("encoding", "text"), [("punycode", "bücher und mehr"), ("idna", "www.example.com")])
async def test_encodings_of_names_are_read_in_pieces_too(backend, encoding, text, tmp_path):
    async with async_open(tmp_path / "new", "w+", encoding=encoding, backend=backend, sync=False) as file:
        await file.write(text)
        file.seek(0)
        assert [await file.read(2), await file.read()] == [text[:2], text[2:]]


@files
async def test_big_endian_file_with_a_mark_is_read_and_continued_in_its_byte_order(backend, tmp_path):
    lines = [f"line {number} é\n" for number in range(2000)]
    (tmp_path / "be").write_bytes(codecs.BOM_UTF16_BE + "".join(lines).encode("utf-16-be"))
    async with AIOFile(tmp_path / "be", "r", encoding="utf-16", backend=backend) as file:
        assert [line async for line in LineReader(file)] == lines
    async with async_open(tmp_path / "be", "a+", encoding="utf-16", backend=backend, sync=False) as file:
        await file.write("the last")
    assert (tmp_path / "be").read_text(encoding="utf-16") == "".join(lines) + "the last"


@files
async def test_readline_stops_at_its_size_and_at_the_newline(backend, path):
    path.write_bytes(b"a\nbbbb\ncc\n")
    async with async_open(path, "rb", backend=backend) as file:
        assert await file.readline(4) == b"a\n"
        assert file.tell() == 2
        assert [await file.readline(0), await file.readline(3), await file.readline()] == [b"", b"bbb", b"b\n"]
        assert [await file.readline(), await file.readline()] == [b"cc\n", b""]


async def test_readline_with_a_size_reads_no_more_than_a_block(path, monkeypatch):
    path.write_bytes(b"x" * 1_000_000)
    async with async_open(path, "rb") as file:
        reads = []
        original = file.file.read_bytes
        monkeypatch.setattr(file.file, "read_bytes", lambda *args: reads.append(args) or original(*args))
        assert await file.readline(10) == b"x" * 10
        assert len(reads) == 1


@files
@pytest.mark.parametrize("separator", [";", "\0", "\r", "\r\n", "--"])
async def test_separators_of_any_kind_end_lines(backend, path, separator):
    text = separator.join(["a\nb", "", "c", "d"])
    path.write_text(text, newline="")
    expected = [f"a\nb{separator}", separator, f"c{separator}", "d"]
    async with AIOFile(path, "r", backend=backend) as file:
        assert [line async for line in LineReader(file, line_sep=separator)] == expected
    async with async_open(path, "rb", backend=backend) as file:
        assert [await file.readline(newline=separator.encode()) for _ in range(4)] == [e.encode() for e in expected]


@files
async def test_iteration_goes_on_at_the_cursor_and_moves_it(backend, path):
    path.write_bytes(b"header\none\ntwo\nthree\n")
    async with async_open(path, "rb", backend=backend) as file:
        assert await file.readline() == b"header\n"
        async for line in file:
            assert line == b"one\n"
            break
        assert file.tell() == 11
        assert await file.read(2) == b"tw"
        assert [chunk async for chunk in file.iter_chunked(4)] == [b"o\nth", b"ree\n"]
        assert file.tell() == 21
        file.seek(7)
        assert [line async for line in file] == [b"one\n", b"two\n", b"three\n"]


@files
async def test_line_reader_goes_on_when_a_file_grows(backend, path):
    async with AIOFile(path, "r", backend=backend) as file:
        reader = LineReader(file)
        assert [line async for line in reader] == ["0123456789"]
        assert await reader.readline() == ""
        with pytest.raises(StopAsyncIteration):
            await anext(reader)
        with path.open("a") as other:
            other.write("more\n")
        assert await reader.readline() == "more\n"


@files
async def test_appending_starts_at_the_end_that_is_there_at_opening(backend, path):
    file = async_open(path, "a+b", backend=backend, sync=False)
    with path.open("ab") as other:
        other.write(b"grown")
    async with file:
        assert file.tell() == 15
        with path.open("ab") as other:
            other.write(b"by another")
        await file.write(b"X")
        assert file.tell() == 26
        file.seek(0)
        await file.write(b"Y")
        assert file.tell() == 27
    assert path.read_bytes() == b"0123456789grownby anotherXY"


@files
async def test_appends_at_once_keep_their_order(backend, tmp_path):
    async with AIOFile(tmp_path / "log", "ab", backend=backend, sync=False) as file:
        await asyncio.gather(*[file.write(b"%04d\n" % number) for number in range(2000)])
    assert (tmp_path / "log").read_bytes() == b"".join(b"%04d\n" % number for number in range(2000))


@files
async def test_file_objects_are_taken_at_their_position_flushed_and_in_their_encoding(backend, path):
    with path.open("w+", encoding="latin-1") as plain:
        plain.write("é: une ligne\nune autre\n")
        plain.seek(3)
        async with async_open(plain, backend=backend) as file:
            assert await file.readline() == "une ligne\n"
        assert plain.read(3) == "une"
    with tempfile.TemporaryFile("a+b") as unnamed:
        unnamed.write(b"unflushed")
        async with async_open(unnamed, backend=backend) as file:
            assert file.tell() == 9
            file.seek(2)
            assert await file.read() == b"flushed"


async def test_objects_without_a_descriptor_of_their_own_are_used_themselves(tmp_path):
    memory = io.BytesIO(b"in memory\n")
    memory.seek(3)
    async with async_open(memory) as file:
        assert await file.read() == b"memory\n"
        await file.write(b"more")
        with pytest.raises(io.UnsupportedOperation):
            file.fileno()
    assert memory.getvalue() == b"in memory\nmore"
    for module in (gzip, bz2):
        with module.open(tmp_path / "packed", "wb") as packed:
            packed.write(b"line\n" * 1000)
        with module.open(tmp_path / "packed") as packed:
            async with async_open(packed) as file:
                assert [line async for line in file] == [b"line\n"] * 1000
    with tempfile.SpooledTemporaryFile() as spooled:
        async with async_open(spooled) as file:
            await file.write(b"spooled")
            file.seek(0)
            assert await file.read() == b"spooled"
    with pytest.raises(TypeError, match="text without a descriptor"):
        async_open(io.StringIO("text"))


@files
async def test_paths_of_every_kind_are_opened(backend, path):
    class Named:
        def __str__(self):
            return str(path)

    for kind in (str(path), os.fsencode(path), path, os.open(path, os.O_RDONLY), Named()):
        async with async_open(kind, "rb", backend=backend) as file:
            assert await file.read(2) == b"01"


@files
@pytest.mark.skipif(sys.platform != "linux", reason="RLIMIT_FSIZE with SIGXFSZ ignored")
async def test_failed_write_leaves_the_cursor(backend, tmp_path):
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    async with async_open(tmp_path / "small", "wb", backend=backend, sync=False) as file:
        await file.write(b"x" * 10)
        resource.setrlimit(resource.RLIMIT_FSIZE, (15, before[1]))
        try:
            with pytest.raises(OSError, match="File too large"):
                await file.write(b"y" * 10)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
            signal.signal(signal.SIGXFSZ, handler)
        assert file.tell() == 10
        await file.write(b"z")
    assert (tmp_path / "small").read_bytes()[:11] == b"x" * 10 + b"z"


@files
async def test_positions_before_the_start_are_refused(backend, path):
    async with async_open(path, "rb", backend=backend) as file:
        for offset, whence in ((-1, 0), (-1, 1), (-11, 2)):
            with pytest.raises(ValueError, match="before the start"):
                file.seek(offset, whence)
        assert await file.read() == b"0123456789"
        with pytest.raises(ValueError, match="offset"):
            await file.file.read(1, -1)


@files
async def test_newlines_and_errors_are_treated_as_by_the_builtin(backend, path):
    path.write_bytes(b"one\r\ntwo\rthree\nlast \xff")
    for newline in (None, "", "\n", "\r", "\r\n"):
        for errors in ("replace", "ignore", "surrogateescape"):
            with path.open("r", newline=newline, errors=errors, encoding="utf-8") as plain:
                expected = plain.readlines()
            async with async_open(path, newline=newline, errors=errors, backend=backend) as file:
                assert await file.readlines() == expected
                file.seek(0)
                assert [line async for line in file] == expected
    async with async_open(path, "w", newline="\r\n", backend=backend, sync=False) as file:
        assert await file.write("é\n") == 2
    assert path.read_bytes() == "é\r\n".encode()


async def test_lines_before_invalid_text_are_handed_out(path):
    path.write_bytes(b"fine\nfine too\nbro\xffken\nlost?\n")
    async with async_open(path) as file:
        assert [await file.readline(), await file.readline()] == ["fine\n", "fine too\n"]
        for _ in range(2):
            with pytest.raises(UnicodeDecodeError):
                await file.readline()
            assert file.tell() == 14
        file.seek(21)
        assert await file.readline() == "\n"
        assert await file.readline() == "lost?\n"


@files
async def test_positional_text_is_stretched_to_whole_characters(backend, path):
    path.write_text("é€😀")
    async with AIOFile(path, "r", backend=backend) as file:
        assert [await file.read(1), await file.read(3), await file.read(1, 5)] == ["é", "é€", "😀"]


@files
async def test_what_builtin_files_have_is_here(backend, path):
    async with async_open(path, "r+", backend=backend, sync=False) as file:
        assert (file.name, file.mode, file.encoding, file.errors) == (str(path), "r+", "utf-8", "strict")
        assert (file.readable(), file.writable(), file.seekable(), file.isatty()) == (True, True, True, False)
        assert isinstance(file.fileno(), int)
        assert await file.read(None) == "0123456789"
        assert (file.seek(-3, 2), file.seek(1, 1), file.seek(0)) == (7, 8, 0)
        await file.writelines(["one\n", "two\r\n"])
        assert (await file.truncate(), await file.truncate(6), file.tell()) == (9, 6, 9)
        file.seek(0)
        assert await file.readlines() == ["one\n", "tw"]
        assert file.newlines == "\n"
    async with async_open(path, "rb", backend=backend) as file:
        buffer = bytearray(4)
        assert await file.readinto(buffer) == 4
        assert (buffer, file.tell()) == (b"one\n", 4)
        assert await file.readinto(buffer) == 2
    with pytest.raises(ValueError, match="not open"):
        await async_open(path).read()


# Cost


async def test_one_long_line_costs_as_much_a_byte_as_a_short_one(tmp_path):
    """Counted in bytes that are split, not in seconds: quadratic work would split 16 MiB many times over."""
    path = tmp_path / "long"
    path.write_bytes(b"x" * (16 << 20) + b"\nshort\n")
    looked_at = 0

    class Counted(bytes):
        def find(self, *args):
            nonlocal looked_at
            looked_at += len(self)
            return super().find(*args)

    async with AIOFile(path, "rb") as file:
        original = file.read_bytes

        async def read_bytes(*args):
            return Counted(await original(*args))

        file.read_bytes = read_bytes
        reader = LineReader(file)
        assert len(await reader.readline()) == (16 << 20) + 1
        assert await reader.readline() == b"short\n"
    assert looked_at < 20 << 20


async def test_partial_writes_copy_each_byte_once(tmp_path):
    """A context that writes 4 KiB at a time gets pieces of a piece at most, never the whole rest."""
    copied = 0

    class Slow:
        loop = asyncio.get_running_loop()

        async def write(self, payload, fd, offset):
            nonlocal copied
            copied += len(payload)
            return os.pwrite(fd, payload[:4096], offset)

        async def fdsync(self, fd):
            pass

    size = 8 << 20
    async with AIOFile(tmp_path / "new", "wb", context=Slow()) as file:
        assert await file.write(bytes(size)) == size
    pieces = size // 4096
    assert copied <= pieces * (1 << 20)  # never the megabytes that are left


async def test_reading_the_last_bytes_allocates_no_more_than_they_need(tmp_path):
    import tracemalloc

    with (tmp_path / "big").open("wb") as big:
        big.truncate(64 << 20)
    async with AIOFile(tmp_path / "big", "rb") as file:
        await file.read(10)
        tracemalloc.start()
        assert await file.read(-1, (64 << 20) - 10) == bytes(10)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert peak < 1 << 20


async def test_readline_reads_blocks_not_lines(path, monkeypatch):
    path.write_bytes(b"a line of text\n" * 20_000)
    async with async_open(path, "rb") as file:
        reads = []
        original = file.file.read_bytes
        monkeypatch.setattr(file.file, "read_bytes", lambda *args: reads.append(args) or original(*args))
        count = 0
        while await file.readline():
            count += 1
        assert (count, len(reads)) == (20_000, 6)


# What belongs to none of these lists, but to the promises


async def test_csv_rows_come_from_lines(path):
    path.write_text('name,note\nada,"two\nlines"\n')

    class Lines:
        def __init__(self, lines):
            self.lines = lines

        def __iter__(self):
            return iter(self.lines)

    async with AIOFile(path, "r") as file:
        reader = LineReader(file)
        lines = []
        while line := await reader.readline():
            lines.append(line)
    assert list(csv.DictReader(Lines(lines))) == [{"name": "ada", "note": "two\nlines"}]


async def test_reader_and_writer_copy_a_file(path, tmp_path):
    path.write_bytes(noise(300_001))
    async with AIOFile(path, "rb") as src, AIOFile(tmp_path / "copy", "wb", sync=False) as dst:
        writer = Writer(dst)
        async for chunk in Reader(src, chunk_size=4096):
            await writer(chunk)
    assert (tmp_path / "copy").read_bytes() == path.read_bytes()


@files
async def test_cancelled_read_of_a_pipe_leaves_what_comes_to_the_next(backend):
    reading, writing = os.pipe()
    async with async_open(reading, "r", backend=backend) as file:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(file.readline(), 0.01)
        os.write(writing, b"first\nsecond\nthe rest")
        assert [await file.readline(), await file.readline()] == ["first\n", "second\n"]
        rest = asyncio.ensure_future(file.read())
        await asyncio.sleep(0)
        rest.cancel()
        os.close(writing)
        await loop_until(rest.done)
        assert await file.read() == "the rest"


@files
async def test_terminals_and_sockets_are_served_by_threads(backend):
    keyboard, terminal = os.openpty()
    async with async_open(terminal, "r+", backend=backend) as file:
        assert file.isatty()
        assert not file.seekable()
        os.write(keyboard, b"typed\n")
        assert await file.readline() == "typed\n"
        assert await file.write("shown\n") == 6
        output = b""
        while b"shown" not in output:  # behind the echo
            output += os.read(keyboard, 100)
        with pytest.raises(io.UnsupportedOperation):
            file.seek(0)
    os.close(keyboard)
    one, other = socket.socketpair()
    with other:
        async with async_open(one.detach(), "rb+", backend=backend) as file:
            await file.write(b"to the other")
            assert other.recv(100) == b"to the other"
            other.sendall(b"back")
            assert await file.read(100) == b"back"


@files
async def test_fifo_carries_more_than_fits(backend, tmp_path):
    os.mkfifo(tmp_path / "fifo")
    data = noise(1_000_000)

    async def write():
        async with async_open(tmp_path / "fifo", "wb", backend=backend) as file:
            assert await file.write(data) == len(data)

    async def read():
        async with async_open(tmp_path / "fifo", "rb", backend=backend) as file:
            return await file.read()

    assert (await asyncio.gather(read(), write()))[0] == data


def test_process_ends_although_a_read_of_its_input_waits():
    script = """
        import asyncio, sys, time
        from aiocli import async_open

        async def main():
            async with async_open(0, "r", closefd=False) as file:
                try:
                    await asyncio.wait_for(file.readline(), 0.05)
                except TimeoutError:
                    print("timed out")

        asyncio.run(main())
        """
    reading, writing = os.pipe()
    try:
        done = run_python(script, stdin=reading)
        assert (done.stdout, done.stderr) == ("timed out\n", "")
    finally:
        os.close(reading)
        os.close(writing)
