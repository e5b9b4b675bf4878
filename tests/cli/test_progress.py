"""Progress as a terminal gets it, as lines elsewhere, and on a signal. Pipes hold work up as long as a test likes."""

from __future__ import annotations

import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from tests.support.program import Program, environment
from tests.support.resources import WAIT_S, is_asleep, is_read_up, wait_until
from tests.support.terminal import Terminal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from subprocess import Popen

MIB = 1024 * 1024


def rest_of(terminal: int) -> bytes:
    """What a terminal still holds that its program has left."""
    data = b""
    try:
        while chunk := os.read(terminal, 65536):
            data += chunk
    except OSError:  # EIO: nobody has the other end open any more, and everything is read
        pass
    return data


class Brake:
    """A FIFO that a command copies to, read only as far as a test lets it."""

    def __init__(self, fd: int) -> None:
        self.fd = fd

    def let(self, nbytes: int) -> None:
        """Take so many bytes."""
        while nbytes:
            assert select.select([self.fd], [], [], WAIT_S)[0]  # until the command has opened it
            nbytes -= len(os.read(self.fd, min(nbytes, 65536)))

    def release(self) -> None:
        """Take all that comes."""
        while os.read(self.fd, 65536):
            pass


@contextmanager
def brake(aio: Program) -> Iterator[Brake]:
    os.mkfifo(aio.cwd / "fifo")
    fd = os.open(aio.cwd / "fifo", os.O_RDONLY | os.O_NONBLOCK)
    os.set_blocking(fd, True)
    try:
        yield Brake(fd)
    finally:
        os.close(fd)


@contextmanager
def feed(aio: Program, name: str) -> Iterator[int]:
    """Make a FIFO that a command copies from; the block's end is that of the data."""
    os.mkfifo(aio.cwd / name)
    fd = os.open(aio.cwd / name, os.O_RDWR)  # which does not wait for a reader
    try:
        yield fd
    finally:
        os.close(fd)


def on_terminal(aio: Program, *args: str, columns: int = 80, **env: str) -> Terminal:
    return Terminal([str(aio.path), *args], aio.cwd, env={"LC_ALL": "C.UTF-8", **env}, columns=columns)


def read_until(stream: int, text: bytes) -> bytes:
    data, deadline = b"", time.monotonic() + WAIT_S
    while text not in data:
        assert select.select([stream], [], [], max(0.0, deadline - time.monotonic()))[0], data
        chunk = os.read(stream, 65536)
        assert chunk, data
        data += chunk
    return data


def stderr_of(process: Popen[bytes]) -> int:
    assert process.stderr is not None
    return process.stderr.fileno()


@pytest.fixture
def big(aio: Program) -> str:
    """The name of a file of 4 MiB."""
    (aio.cwd / "big").write_bytes(b"x" * (4 * MIB))
    return "big"


def test_a_bar_shows_on_a_terminal_while_work_lasts_and_leaves_it_clean(aio: Program) -> None:
    ours, theirs = pty.openpty()
    with aio.start("hash", stderr=theirs, env={"TERM": "xterm", "COLUMNS": "80"}) as process:
        os.close(theirs)
        assert process.stdin is not None
        seen, deadline = b"", time.monotonic() + WAIT_S
        while b"/s" not in seen and time.monotonic() < deadline:
            process.stdin.write(b"x" * 1000)
            process.stdin.flush()
            if select.select([ours], [], [], 0.05)[0]:
                seen += os.read(ours, 65536)
        assert b"/s" in seen
        process.stdin.close()
        assert process.wait(WAIT_S) == 0
        assert process.stdout is not None
        assert process.stdout.read().endswith(b"  -\n")
        seen += rest_of(ours)
    os.close(ours)
    assert b"\x1b[?25h" in seen  # the cursor is back
    assert seen.endswith(b"\x1b[2K")  # the line is cleared


@pytest.mark.slow
def test_the_bar_goes_on_while_nothing_moves(aio: Program, big: str) -> None:
    with brake(aio) as pipe, on_terminal(aio, "cp", big, "fifo") as terminal:
        pipe.let(2 * MIB)
        terminal.read_until("━".encode())
        for _ in range(3):  # what was drawn is taken back and drawn again
            terminal.read_until(b"\x1b[2K")
        terminal.read_until(b" of 4 MiB")
        pipe.release()
        assert terminal.read_all().endswith(b"\x1b[2K")
        assert terminal.process.wait(WAIT_S) == 0


@pytest.mark.slow
@pytest.mark.parametrize("columns", [12, 30, 50])
def test_a_narrow_terminal_gets_one_line_that_fits(aio: Program, big: str, columns: int) -> None:
    with brake(aio) as pipe, on_terminal(aio, "cp", big, "fifo", columns=columns, NO_COLOR="1") as terminal:
        pipe.let(2 * MIB)
        terminal.read_until(b"%")
        terminal.read_until(b"\r\x1b[2K")
        pipe.release()
        shown = terminal.read_all().decode()
    lines = re.sub(r"\x1b\[[?\d]*[A-Za-z]", "\n", shown).splitlines()
    assert max(map(len, lines)) <= columns - 3
    assert "\x1b[3" not in shown  # no colour, as NO_COLOR wants it


@pytest.mark.slow
def test_the_bar_makes_room_for_messages_and_questions(aio: Program) -> None:
    (aio.cwd / "out").mkdir()
    (aio.cwd / "out/file").write_bytes(b"old")
    (aio.cwd / "file").write_bytes(b"new")
    with on_terminal(aio, "cp", "-vi", "pipe", "missing", "file", "out") as terminal:
        with feed(aio, "pipe") as pipe:
            os.write(pipe, b"x" * 65536)
            terminal.read_until(b"/s")
            wait_until(lambda: is_read_up(pipe))
        shown = terminal.read_until(b"overwrite 'out/file'? ")
        assert re.search(rb"\x1b\[2K(\x1b\[\?25h)?aio cp: cannot stat 'missing': No such file", shown)
        select.select([terminal.fd], [], [], 0.3)  # there is time to draw over the question, or to begin to
        terminal.type(b"y\n")
        shown = (shown + terminal.read_until(b"y\r\n")).partition(b"overwrite 'out/file'? ")[2]
        assert shown.startswith(b"y\r\n")
        terminal.read_all()
        assert terminal.process.wait(WAIT_S) == 1
    assert (aio.cwd / "out/file").read_bytes() == b"new"


@pytest.mark.slow
def test_a_tree_is_counted_while_it_is_copied(aio: Program) -> None:
    (aio.cwd / "tree/sub").mkdir(parents=True)
    for name in ("tree/a", "tree/sub/b", "tree/sub/c"):
        (aio.cwd / name).write_bytes(b"x" * MIB)
    args = ("cp", "-r", "--copy-contents", "tree", "out")
    with on_terminal(aio, *args, columns=120) as terminal:
        with feed(aio, "tree/pipe") as pipe:
            terminal.read_until(b"of 3 files")
            terminal.read_until(b"of 3 MiB")
            os.write(pipe, b"x")
            wait_until(lambda: is_read_up(pipe))  # else nobody might write when it is opened
        terminal.read_all()
        assert terminal.process.wait(WAIT_S) == 0
    assert (aio.cwd / "out/sub/c").stat().st_size == MIB


@pytest.mark.slow
def test_an_interrupt_leaves_the_terminal_clean(aio: Program, big: str) -> None:
    with brake(aio) as pipe, on_terminal(aio, "cp", big, "fifo") as terminal:
        pipe.let(MIB)
        terminal.read_until(b"%")
        terminal.type(b"\x03")
        assert re.search(rb"\x1b\[\?25h\r(\x1b\[1A\x1b\[2K)+\Z", terminal.read_all())
        assert terminal.process.wait(WAIT_S) == -signal.SIGINT


@pytest.mark.slow
@pytest.mark.parametrize(("when", "said"), [("auto", b""), ("always", b"aio cp: big: ")])
def test_a_dumb_terminal_gets_lines_if_at_all(aio: Program, big: str, when: str, said: bytes) -> None:
    with brake(aio) as pipe, on_terminal(aio, "cp", f"--progress={when}", big, "fifo", TERM="dumb") as terminal:
        pipe.let(MIB)
        if said:
            terminal.read_until(said)
        pipe.release()
        shown = terminal.read_all()
        assert terminal.process.wait(WAIT_S) == 0
    assert b"\x1b" not in shown
    assert shown.startswith(said)
    assert bool(shown) is bool(said)


SHORT = """
import sys
from aiocli.__main__ import main
from aiocli.ui import progress_drawing

assert progress_drawing.DELAY_S > 0.1
progress_drawing.DELAY_S = 1000  # all work is short
sys.argv[0] = "aio"
main()
"""


def test_short_work_shows_nothing(aio: Program, big: str) -> None:
    ours, theirs = pty.openpty()
    command = [sys.executable, "-c", SHORT, "cp", big, "copy"]
    done = subprocess.run(command, cwd=aio.cwd, env=environment(TERM="xterm"), stderr=theirs, check=False)
    os.close(theirs)
    assert done.returncode == 0
    assert rest_of(ours) == b""
    os.close(ours)


def expect_last_line(aio: Program, args: tuple[str, ...], pattern: bytes) -> None:
    """Assert that a command's last line on standard error is as a pattern says, and tells how long it took.

    Where that is more than half a second there are lines in front of it.
    """
    start = time.monotonic()
    result = aio(*args)
    seconds = time.monotonic() - start
    *earlier, last = result.stderr.splitlines(keepends=True)
    told = re.fullmatch(pattern + rb", in (\d+):(\d\d)\n", last)
    assert told, result
    assert result.status == 0
    assert all(line.startswith(last.partition(b": ")[0]) for line in earlier)
    assert 60 * int(told[1]) + int(told[2]) <= seconds + 0.5  # it is rounded


def test_without_a_terminal_always_prints_lines_and_never_none(aio: Program) -> None:
    (aio.cwd / "file").write_bytes(b"x" * 100_000)
    said = rb"aio cp: file: 97\.7 KiB of 97\.7 KiB, 100%, .*/s"
    expect_last_line(aio, ("cp", "--progress=always", "file", "copy"), said)
    assert aio("cp", "--progress=never", "file", "copy").stderr == b""
    assert aio("cp", "file", "copy").stderr == b""


@pytest.mark.slow
def test_without_a_terminal_a_line_a_second_tells_how_far_it_is(aio: Program, big: str) -> None:
    with brake(aio) as pipe, aio.start("cp", "--progress", big, "fifo") as process:
        pipe.let(2 * MIB)
        said = rb"aio cp: big: .* MiB of 4 MiB, [5-7]\d%, .*/s, \d+:\d\d left.*\n"
        lines = []
        while not (lines and re.fullmatch(said, lines[-1])):
            lines.append(read_until(stderr_of(process), b"\n"))
            assert len(lines) < 20, lines  # a few are earlier where 2 MiB take more than half a second
            pipe.let(4096)
        pipe.release()
        assert process.wait(WAIT_S) == 0


def test_files_of_workers_are_counted(aio: Program) -> None:
    (aio.cwd / "tree").mkdir()
    for number in range(200):
        (aio.cwd / f"tree/{number}").write_bytes(b"12345")
    args = ("cp", "-r", "--jobs=2", "--progress", "tree", "copy")
    # Files are counted beforehand if it takes so long that something shows.
    expected = rb"aio cp: tree: (?:1000 B, 200 files|1000 B of 1000 B, 100%, 200 of 200 files), .*/s"
    expect_last_line(aio, args, expected)


def test_holes_and_what_is_skipped_count_as_done(aio: Program) -> None:
    for name in ("sparse", "other"):
        with open(aio.cwd / name, "wb") as file:
            file.truncate(3 * MIB)
    (aio.cwd / "out").mkdir()
    expected = rb"aio cp: out: 6 MiB of 6 MiB, 100%, 2 of 2 files, .*/s"
    args = ("cp", "-n", "--progress", "sparse", "other", "out")
    expect_last_line(aio, args, expected)
    expect_last_line(aio, args, expected)


def test_copies_to_several_directories_are_one_work(aio: Program, big: str) -> None:
    (aio.cwd / "one").mkdir()
    (aio.cwd / "two").mkdir()
    result = aio("cp", "--progress", "--to", "one", "--to", "two", big)
    assert re.match(rb"aio cp: big: 8 MiB of 8 MiB, 100%, ", result.stderr.splitlines()[-1])


@pytest.mark.parametrize("name", ["aio", "cp"])
def test_a_signal_prints_a_line_and_harms_nothing(aio: Program, big: str, name: str) -> None:
    program, args = (aio, ["cp"]) if name == "aio" else (aio.link(name), [])
    with brake(aio) as pipe, program.start(*args, big, "fifo") as process:
        pipe.let(2 * MIB)
        wait_until(lambda: is_asleep(process.pid))
        process.send_signal(signal.SIGUSR1)
        said = read_until(stderr_of(process), b"\n")
        process.send_signal(signal.SIGUSR1)
        pipe.release()
        assert process.wait(WAIT_S) == 0
    assert re.fullmatch(rb"(aio )?cp: big: .* MiB of 4 MiB, \d+%, .*\n", said)


@pytest.mark.slow
def test_a_signal_prints_a_line_above_the_bar(aio: Program, big: str) -> None:
    with brake(aio) as pipe, on_terminal(aio, "cp", big, "fifo") as terminal:
        pipe.let(2 * MIB)
        terminal.read_until(b"%")
        terminal.process.send_signal(signal.SIGUSR1)
        terminal.read_until(b"\x1b[2Kaio cp: big: ")
        terminal.read_until("━".encode())
        pipe.release()
        terminal.read_all()
        assert terminal.process.wait(WAIT_S) == 0


def test_a_signal_that_was_ignored_stays_so(aio: Program, big: str) -> None:
    with brake(aio) as pipe:
        before = signal.signal(signal.SIGUSR1, signal.SIG_IGN)
        try:
            process = aio.start("cp", big, "fifo", stderr=-1)
        finally:
            signal.signal(signal.SIGUSR1, before)
        with process:
            pipe.let(2 * MIB)
            process.send_signal(signal.SIGUSR1)
            pipe.release()
            assert process.wait(WAIT_S) == 0
            assert process.stderr is not None
            assert process.stderr.read() == b""


NO_THREADS = """
import sys, threading
from aiocli.__main__ import main

threading.stack_size(1 << 46)  # no thread gets so much
sys.argv = ["aio", "cat", "-n", "--progress=always", "data"]
main()
"""


def test_work_is_done_where_no_thread_can_be_started(tmp_path):
    (tmp_path / "data").write_bytes(b"x" * MIB)
    result = subprocess.run([sys.executable, "-c", NO_THREADS], cwd=tmp_path, capture_output=True, check=False)
    assert (result.returncode, result.stdout) == (0, b"     1\t" + b"x" * MIB)
    assert result.stderr.startswith(b"aio cat: data: 1 MiB of 1 MiB, 100%")
