"""Queues, cancellation, loops and threads of aiofiles' file objects: nothing is lost, mixed, or waits for ever."""

from __future__ import annotations

import asyncio
import gc
import os
import subprocess
import sys
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from aiocli import aiofiles
from aiocli.aiofiles import _cursor, threadpool
from aiocli.aiofiles import os as aio_os
from tests.support.program import Started
from tests.support.resources import WAIT_S, is_open, loop_until, open_fds, opened_since, wait_until


@pytest.fixture
def pipe():
    """A pipe with nothing in it: both ends; the test closes the writing one, its file the reading one."""
    reading, writing = os.pipe()
    yield reading, writing
    for fd in (reading, writing):
        if is_open(fd):
            os.close(fd)


async def begin(coroutine, file=None):
    """Start a call; with its file, let it get into its thread."""
    task = asyncio.ensure_future(coroutine)
    await asyncio.sleep(0)
    if file is not None:
        await loop_until(lambda: file._cursor.lane._running is not None)
    return task


async def cancel(task):
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


# Many calls at once on one file


@pytest.mark.parametrize("mode", ["w", "wb"])
async def test_gathered_writes_are_all_written_in_the_order_of_the_calls(tmp_path, mode):
    lines = [f"line {number} {'x' * (number % 90)}\n" for number in range(5000)]
    pieces = lines if mode == "w" else [line.encode() for line in lines]
    async with aiofiles.open(tmp_path / "f", mode) as file:
        await asyncio.gather(*(file.write(piece) for piece in pieces))
    assert (tmp_path / "f").read_text() == "".join(lines)


@pytest.mark.parametrize(("mode", "buffering"), [("r", -1), ("rb", -1), ("rb", 0)])
async def test_gathered_readlines_give_each_line_once_and_in_order(tmp_path, mode, buffering):
    lines = [b"%d\n" % number for number in range(2000)]
    (tmp_path / "f").write_bytes(b"".join(lines))
    async with aiofiles.open(tmp_path / "f", mode, buffering) as file:
        got = await asyncio.gather(*(file.readline() for _ in lines))
    assert got == (lines if mode == "rb" else [line.decode() for line in lines])


async def test_wrappers_of_one_file_object_share_its_queue(tmp_path):
    with open(tmp_path / "f", "w") as file:
        wrappers = [threadpool.wrap(file) for _ in range(3)]
        await asyncio.gather(*(wrappers[number % 3].write(f"{number}\n") for number in range(999)))
        await wrappers[0].flush()
    assert (tmp_path / "f").read_text() == "".join(f"{number}\n" for number in range(999))


async def test_one_file_in_the_loops_of_several_threads_loses_no_line(tmp_path):
    lines = [b"%d\n" % number for number in range(3000)]
    (tmp_path / "f").write_bytes(b"".join(lines))
    got = []

    async def read(file):
        async for line in file:
            got.append(line)
            if len(got) % 7 == 0:
                await file.tell()

    async with aiofiles.open(tmp_path / "f", "rb") as file:
        await asyncio.gather(*(asyncio.to_thread(asyncio.run, read(file)) for _ in range(3)))
    assert sorted(got) == sorted(lines)


# Cancellation


BOTH = ["readline", "read", "readlines", "readline to 3"]


@pytest.mark.parametrize(
    ("mode", "name"),
    [("r", name) for name in BOTH] + [("rb", name) for name in [*BOTH, "read1", "readinto", "readinto1", "readall"]],
)
async def test_what_a_cancelled_read_of_a_pipe_gets_is_the_next_ones(pipe, mode, name):
    reading, writing = pipe
    arguments = {"readline to 3": [3], "read": [4], "readlines": [1]}.get(name, [])
    method = name.split()[0]
    buffering = 0 if name == "readall" else -1
    memory = bytearray(4)
    if method.startswith("readinto"):
        arguments = [memory]
    async with aiofiles.open(reading, mode, buffering) as file:
        await cancel(await begin(getattr(file, method)(*arguments), file))
        assert await asyncio.to_thread(os.write, writing, b"ab\ncd\nef\n") == 9
        os.close(writing)
        got = [line async for line in file]
        assert memory == bytes(4)
    assert got == (["ab\n", "cd\n", "ef\n"] if mode == "r" else [b"ab\n", b"cd\n", b"ef\n"])


@pytest.mark.parametrize(
    ("name", "arguments", "expected"),
    [
        ("readline", (), b"one\n"),
        ("readline", (2,), b"on"),
        ("readlines", (), [b"one\n", b"two\n", b"3"]),
        ("readlines", (5,), [b"one\n", b"two\n"]),
        ("read", (5,), b"one\nt"),
        ("read", (-1,), b"one\ntwo\n3"),
        ("read", (None,), b"one\ntwo\n3"),
        ("read1", (3,), b"one"),
        ("peek", (), b"one\n"),
    ],
)
async def test_every_kind_of_read_begins_with_what_was_kept(pipe, name, arguments, expected):
    reading, writing = pipe
    async with aiofiles.open(reading, "rb") as file:
        await cancel(await begin(file.readline(), file))
        os.write(writing, b"one\ntwo\n3")
        os.close(writing)
        got = await getattr(file, name)(*arguments)
        assert got == expected or (name == "peek" and b"one\ntwo\n3".startswith(got) and got)
        rest = got if name != "peek" else b""
        rest = b"".join(rest) if isinstance(rest, list) else rest
        assert rest + await file.read() == b"one\ntwo\n3"


@pytest.mark.parametrize("size", range(1, 14))
@pytest.mark.parametrize("newline", ["", "\r", "\r\n"])
async def test_kept_text_ends_its_lines_where_the_file_would(pipe, newline, size):
    reading, writing = pipe
    async with aiofiles.open(reading, "r", newline=newline) as file:
        await cancel(await begin(file.read(size), file))
        os.write(writing, b"a\nb\rc\r\nd\r\ne\n")
        os.close(writing)
        got = [await file.readline() for _ in range(6)]
    expected = {
        "": ["a\n", "b\r", "c\r\n", "d\r\n", "e\n", ""],
        "\r": ["a\nb\r", "c\r", "\nd\r", "\ne\n", "", ""],
        "\r\n": ["a\nb\rc\r\n", "d\r\n", "e\n", "", "", ""],
    }
    assert got == expected[newline]


@pytest.mark.parametrize("newline", ["", "\r\n"])
async def test_kept_carriage_returns_are_lines_of_their_own_where_no_newline_follows(pipe, newline):
    reading, writing = pipe
    async with aiofiles.open(reading, "r", newline=newline) as file:
        await cancel(await begin(file.read(2), file))
        os.write(writing, b"a\r\r\r\nb\r")
        os.close(writing)
        got = [await file.readline() for _ in range(5)]
    assert got == (["a\r", "\r", "\r\n", "b\r", ""] if newline == "" else ["a\r\r\r\n", "b\r", "", "", ""])


async def test_codec_whose_position_cannot_be_told_is_read(tmp_path):
    (tmp_path / "text").write_text("제목: 안녕\n본문 하나\n본문 둘\n", encoding="iso2022_kr")
    async with aiofiles.open(tmp_path / "text", encoding="iso2022_kr") as file:
        assert await file.readline() == "제목: 안녕\n"
        assert await file.read(5) == "본문 하나"
        assert [await file.readline(), *await file.readlines()] == ["\n", "본문 둘\n"]


@pytest.mark.parametrize("mode", ["r", "rb"])
async def test_reads_cancelled_at_any_moment_lose_and_double_no_line(tmp_path, mode):
    lines = [f"{number} é\n" for number in range(3000)]
    (tmp_path / "f").write_text("".join(lines), encoding="utf-8")
    got = []
    async with aiofiles.open(tmp_path / "f", mode, encoding="utf-8" if mode == "r" else None) as file:
        for number in range(100_000):
            task = asyncio.ensure_future(file.readline() if number % 5 else file.readline(100))
            for _ in range(number % 4):
                await asyncio.sleep(0)
            if number % 3:
                task.cancel()
            (line,) = await asyncio.gather(task, return_exceptions=True)
            if line == lines[0][:0] or line == b"":
                break
            if not isinstance(line, asyncio.CancelledError):
                got.append(line if mode == "r" else line.decode())
    assert got == lines


async def test_result_that_came_too_late_for_its_task_is_the_next_calls(pipe):
    reading, writing = pipe
    async with aiofiles.open(reading, "rb") as file:
        task = await begin(file.readline(), file)
        other = await begin(file.readline())
        os.write(writing, b"one\ntwo\n")
        cursor = file._cursor
        wait_until(lambda: cursor.lane._running is None)  # done in the thread; this loop has not seen it
        await cancel(task)
        assert await other == b"one\n"
        assert await file.readline() == b"two\n"


async def test_cancelled_write_is_whole_or_not_begun(pipe):
    reading, writing = pipe
    async with aiofiles.open(writing, "wb", buffering=0) as file:
        size = 65536
        await file.write(bytes(size))  # the pipe is full
        under_way = await begin(file.write(b"first"), file)
        waiting = await begin(file.write(b"second"))
        await cancel(waiting)
        await cancel(under_way)
        assert len(os.read(reading, size)) == size
        await file.write(b"third")
    assert os.read(reading, 100) == b"firstthird"


async def test_cancelled_opening_closes_the_file_that_comes(tmp_path):
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    before = open_fds()
    await cancel(await begin(aiofiles.open(fifo, "rb").__aenter__()))
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(aiofiles.open(fifo, "rb"), 0.01)
    writing = os.open(fifo, os.O_RDWR)  # openings that have begun succeed now; perhaps none has
    await loop_until(lambda: len(opened_since(before)) == 1)
    os.close(writing)


async def test_time_out_on_a_silent_pipe_leaves_async_with_and_closes_later(pipe):
    reading, writing = pipe
    files = []

    async def read():
        async with aiofiles.open(reading, "rb") as file:
            files.append(file)
            await file.readline()

    task = asyncio.ensure_future(read())
    await loop_until(lambda: files and files[0]._cursor.lane._running is not None)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(task, 0.05)
    assert is_open(reading)
    os.close(writing)
    await loop_until(lambda: not is_open(reading))
    assert files[0].closed


async def test_cancelled_close_closes(tmp_path):
    executor = ThreadPoolExecutor(1)
    file = await aiofiles.open(tmp_path / "f", "w", executor=executor)
    gate = threading.Event()
    executor.submit(gate.wait)
    writing = await begin(file.write("x"))
    closing = await begin(file.close())
    await cancel(closing)
    gate.set()
    await writing
    await loop_until(lambda: file.closed)
    assert (tmp_path / "f").read_text() == "x"
    executor.shutdown()


# Loops


@pytest.mark.parametrize("executor", [None, "own"])
def test_file_of_one_loop_works_in_the_next(tmp_path, executor):
    (tmp_path / "f").write_text("one\ntwo\n")
    with ThreadPoolExecutor(1) as pool:
        threads = pool if executor else None

        async def opened():
            return await aiofiles.open(tmp_path / "f", executor=threads)

        file = asyncio.run(opened())
        assert asyncio.run(file.readline()) == "one\n"
        assert asyncio.run(file.readline()) == "two\n"
        asyncio.run(file.close())


def test_opening_made_outside_a_loop_works_in_one(tmp_path):
    (tmp_path / "f").write_text("x")
    opening = aiofiles.open(tmp_path / "f")

    async def read():
        async with opening as file:
            return await file.read()

    assert asyncio.run(read()) == "x"


def test_line_that_a_closed_loop_waited_for_is_the_next_loops(pipe):
    reading, writing = pipe
    file = threadpool.wrap(open(reading))  # noqa: SIM115

    async def impatient():
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.02):
                await file.readline()

    asyncio.run(impatient())
    asyncio.run(impatient())
    os.write(writing, b"first\nsecond\n")
    assert asyncio.run(file.readline()) == "first\n"
    assert asyncio.run(file.readline()) == "second\n"
    asyncio.run(file.close())


def test_line_read_for_a_loop_that_was_closed_under_its_task_is_kept(pipe):
    reading, writing = pipe
    file = threadpool.wrap(open(reading))  # noqa: SIM115
    loop = asyncio.new_event_loop()
    call = file.readline()
    task = loop.create_task(call)
    task._log_destroy_pending = False
    loop.call_later(0.01, loop.stop)
    loop.run_forever()
    loop.close()
    os.write(writing, b"first\nsecond\n")
    wait_until(lambda: file._cursor.lane._running is None)
    assert asyncio.run(file.readline()) == "first\n"
    call.close()
    assert asyncio.run(file.readline()) == "second\n"
    asyncio.run(file.close())


STDIN = """
import asyncio, sys
import aiocli.aiofiles as aiofiles

async def main():
    stdin = getattr(aiofiles, sys.argv[1])
    try:
        async with asyncio.timeout(0.1):
            await stdin.readline()
    except TimeoutError:
        print("late", flush=True)
        if len(sys.argv) > 2:
            print(await stdin.readline(), await stdin.readline(), flush=True)

asyncio.run(main())
if len(sys.argv) > 2:
    print(asyncio.run(getattr(aiofiles, sys.argv[1]).readline()), flush=True)
"""


@pytest.mark.parametrize("name", ["stdin", "stdin_bytes"])
def test_process_ends_while_a_thread_reads_standard_input(name):
    with Started(
        [sys.executable, "-c", STDIN, name], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.wait(WAIT_S) == 0  # its input is still open
        assert process.stdout.read() == b"late\n"
        assert process.stderr.read() == b""


@pytest.mark.parametrize("name", ["stdin", "stdin_bytes"])
def test_line_after_a_timed_out_readline_of_standard_input_is_not_lost(name):
    with Started(
        [sys.executable, "-c", STDIN, name, "more"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout.readline() == "late\n"
        out, _ = process.communicate("first\nsecond\nthird\n", timeout=WAIT_S)
    lines = ["first\n", "second\n", "third\n"]
    shown = [repr(line.encode()) for line in lines] if name == "stdin_bytes" else lines
    assert out == f"{shown[0]} {shown[1]}\n{shown[2]}\n"


async def test_standard_streams_are_looked_up_at_each_call(monkeypatch, tmp_path):
    path = tmp_path / "f"
    path.write_text("from a file\nand more\n")
    with open(path) as replaced, open(tmp_path / "out", "w") as out:
        monkeypatch.setattr(sys, "stdin", replaced)
        monkeypatch.setattr(sys, "stdout", out)
        monkeypatch.setattr(sys, "stderr", out)
        assert await aiofiles.stdin.readline() == "from a file\n"
        assert await aiofiles.stdin.readline() == "and more\n"
        assert aiofiles.stdin.fileno() == replaced.fileno()
        await aiofiles.stdout.write("1")
        await aiofiles.stderr.write("2")
        await aiofiles.stdout.flush()
        await aiofiles.stdout_bytes.write(b"3")
        await aiofiles.stderr_bytes.write(b"4")
        await aiofiles.stderr_bytes.flush()
    assert (tmp_path / "out").read_text() == "1234"


async def test_error_of_standard_input_is_passed_on(monkeypatch, tmp_path):
    class Refusing:
        def readline(self):
            raise OSError("no reading here")

    monkeypatch.setattr(sys, "stdin", Refusing())
    with pytest.raises(OSError, match="no reading here"):
        await aiofiles.stdin.readline()


# Threads


async def test_blocked_openings_hold_up_nothing_else(tmp_path):
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    tasks = [asyncio.ensure_future(aiofiles.open(fifo, "rb").__aenter__()) for _ in range(40)]
    await asyncio.sleep(0)
    async with asyncio.timeout(WAIT_S):
        assert (await aio_os.stat(tmp_path)).st_ino
        async with aiofiles.open(tmp_path / "f", "w+") as file:
            await file.write("x")
    assert not any(task.done() for task in tasks)
    writing = os.open(fifo, os.O_WRONLY)
    for file in await asyncio.gather(*tasks):
        await file.close()
    os.close(writing)


async def test_leaving_async_with_uses_the_executor_of_the_file(tmp_path):
    with ThreadPoolExecutor(1, thread_name_prefix="mine") as executor:
        file = await aiofiles.open(tmp_path / "f", "w", executor=executor)
        where = []
        closing = file._file

        class Seen:
            def __exit__(self, *args):
                where.append(threading.current_thread().name)
                closing.close()

        file._file = Seen()
        async with file:
            pass
    assert [name.split("_")[0] for name in where] == ["mine"]


async def test_executor_that_was_shut_down_is_an_error_of_the_call(tmp_path):
    executor = ThreadPoolExecutor(1)
    file = await aiofiles.open(tmp_path / "f", "w", executor=executor)
    executor.shutdown()
    with pytest.raises(RuntimeError, match="shutdown"):
        await file.write("x")
    with pytest.raises(RuntimeError, match="shutdown"):
        await file.write("x")
    file._file.close()


async def test_lines_of_a_regular_file_cost_few_thread_hops(tmp_path, monkeypatch):
    (tmp_path / "f").write_text("a line of some thirty bytes...\n" * 20_000)
    hops = []
    run = _cursor.Lane.run
    monkeypatch.setattr(_cursor, "TURN_S", 60.0)  # however busy the machine is
    monkeypatch.setattr(_cursor.Lane, "run", lambda self, *args, **kw: (hops.append(1), run(self, *args, **kw))[1])
    async with aiofiles.open(tmp_path / "f", "rb") as file:
        assert len([line async for line in file]) == 20_000
    assert len(hops) < 20


async def test_slow_work_with_lines_that_are_there_lets_other_tasks_go_on(tmp_path, monkeypatch):
    monkeypatch.setattr(_cursor, "TURN_S", 0.0)  # all work is slow
    lines = [f"{number}\n" for number in range(1000)]
    (tmp_path / "f").write_text("".join(lines))
    turns = []
    counting = asyncio.ensure_future(_count_turns(turns))
    async with aiofiles.open(tmp_path / "f") as file:
        assert [line async for line in file] == lines
    counting.cancel()
    assert len(turns) > 1000 // 16


async def _count_turns(turns):
    while True:
        await asyncio.sleep(0)
        turns.append(1)


async def test_line_of_a_pipe_comes_while_it_stays_open(pipe):
    reading, writing = pipe
    async with aiofiles.open(reading) as file:
        os.write(writing, b"one\ntw")
        assert await file.readline() == "one\n"
        os.write(writing, b"o\n")
        assert await file.readline() == "two\n"
        os.close(writing)
        assert await file.readline() == ""


async def test_files_of_proc_and_devices_are_read_line_by_line():
    async with aiofiles.open("/proc/self/status") as file:
        assert (await file.readline()).startswith("Name:")
        await file.seek(0)
        assert "Pid:" in await file.read()
    async with aiofiles.open("/dev/null", "rb") as file:
        assert [line async for line in file] == []


# The object that open() returns


async def test_awaited_file_is_a_context_manager(tmp_path):
    file = await aiofiles.open(tmp_path / "f", "w")
    async with file as same:
        assert same is file
    assert file.closed
    with pytest.raises(ValueError, match="closed file"):
        async with file:
            pass


async def test_opening_entered_again_is_the_same_file_until_it_is_closed(tmp_path):
    opening = aiofiles.open(tmp_path / "f", "w")
    async with opening as first:
        assert await opening is first
        one, two = await asyncio.gather(opening, opening)
        assert one is two is first
    with pytest.raises(ValueError, match="closed file"):
        async with opening:
            pass


async def test_failed_opening_can_be_tried_again(tmp_path):
    opening = aiofiles.open(tmp_path / "f")
    with pytest.raises(FileNotFoundError):
        await opening
    (tmp_path / "f").write_text("now")
    async with opening as file:
        assert await file.read() == "now"


def test_dropped_opening_opens_nothing_and_warns_at_most_once(tmp_path):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        aiofiles.open(tmp_path / "f", "w")
        gc.collect()
    assert len(caught) <= 1
    assert not (tmp_path / "f").exists()


@pytest.mark.parametrize("mode", ["r+", "r+b"])
@pytest.mark.parametrize("name", ["write", "truncate", "tell", "seek", "read", "detach"])
async def test_read_ahead_lines_are_not_seen_by_other_calls(tmp_path, mode, name):
    content = "".join(f"line {number}\n" for number in range(9))
    path = tmp_path / "f"
    path.write_text(content)
    async with aiofiles.open(path, mode) as file:
        assert len(await file.readline()) == 7
        coded = (lambda text: text) if mode == "r+" else str.encode
        if name == "tell":
            assert await file.tell() == 7
        elif name == "read":
            assert await file.read() == coded(content[7:])
        elif name == "seek":
            assert await file.seek(0, os.SEEK_CUR) == 7
        elif name == "truncate":
            await file.truncate(await file.tell())
            assert path.read_text() == content[:7]
        elif name == "write":
            await file.seek(await file.tell())
            await file.write(coded("LINE"))
            await file.flush()
            assert path.read_text() == content[:7] + "LINE" + content[11:]
        else:
            below = file.detach()
            assert mode == "r+" or below.read() == content[7:].encode()
            replaced = threadpool.wrap(below)
            assert not replaced.closed
            file._file = below
            file._cursor = replaced._cursor


@pytest.mark.parametrize("hint", [-1, 0, 1, 4, 5, 8, 9, 100, None])
@pytest.mark.parametrize("mode", ["r", "rb"])
async def test_hint_of_readlines_is_treated_as_by_the_builtin_file(tmp_path, mode, hint):
    (tmp_path / "f").write_text("one\ntwo\nthree\nfour")
    async with aiofiles.open(tmp_path / "f", mode) as file:
        with open(tmp_path / "f", mode) as builtin:
            assert await file.readlines(hint) == builtin.readlines(hint)
        position = await file.tell()
        rest = await file.read()
        assert position + len(rest) == 18


async def test_detach_while_a_call_is_under_way_is_refused(pipe):
    reading, writing = pipe
    async with aiofiles.open(reading, "rb") as file:
        reading_task = await begin(file.readline(), file)
        with pytest.raises(RuntimeError, match="under way"):
            file.detach()
        os.write(writing, b"x\n")
        assert await reading_task == b"x\n"


def test_context_variables_reach_the_thread(tmp_path):
    import contextvars

    variable = contextvars.ContextVar("variable", default=0)
    seen = []

    def opener(path, flags):
        seen.append(variable.get())
        return os.open(path, flags)

    async def main():
        variable.set(5)
        async with aiofiles.open(tmp_path / "f", "w", opener=partial(opener)):
            pass

    asyncio.run(main())
    assert seen == [5]
