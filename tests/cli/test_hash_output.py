"""Where `aio hash` writes: files that are replaced as a whole, terminals, pipes that nobody reads."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import time
from typing import TYPE_CHECKING

import pytest

from aiocli.ui.progress_drawing import DELAY_S
from tests.support.json_events import events_of
from tests.support.program import AIO, Program, Result
from tests.support.resources import WAIT_S, is_asleep, is_read_up, wait_until
from tests.support.strace import changed_meanwhile
from tests.support.terminal import Terminal

if TYPE_CHECKING:
    from pathlib import Path

DATA = b"data\n"
BIG = 2 * 1024 * 1024
LINE = f"{hashlib.sha256(DATA).hexdigest()}  src\n"


@pytest.fixture
def src(aio: Program) -> Program:
    """The program in a directory with a file src."""
    (aio.cwd / "src").write_bytes(DATA)
    return aio


@pytest.mark.parametrize("option", ["-o", "--output"])
def test_a_file_gets_the_lines_and_standard_output_nothing(src: Program, option: str) -> None:
    assert src("hash", option, "list", "src", "src").outcome() == (0, b"", b"")
    assert (src.cwd / "list").read_text() == LINE * 2


def test_a_file_that_is_there_is_replaced_and_keeps_its_mode(src: Program) -> None:
    (src.cwd / "list").write_text("old\n" * 100)
    (src.cwd / "list").chmod(0o640)
    before = os.stat(src.cwd / "list").st_ino
    assert src("hash", "-o", "list", "src").status == 0
    assert (src.cwd / "list").read_text() == LINE
    facts = os.stat(src.cwd / "list")
    assert (facts.st_mode & 0o777, facts.st_ino == before) == (0o640, False)


def test_what_cannot_be_read_is_told_and_the_file_has_the_rest(src: Program) -> None:
    result = src("hash", "-o", "list", "missing", "src")
    assert result.outcome() == (1, b"", b"aio hash: missing: No such file or directory\n")
    assert (src.cwd / "list").read_text() == LINE


def test_a_file_that_cannot_be_made_is_one_line(src: Program) -> None:
    (src.cwd / "folder").mkdir()
    for name, why in (("nowhere/list", "No such file or directory"), ("folder", "Is a directory")):
        assert src("hash", "-o", name, "src").outcome() == (
            1,
            b"",
            f"aio hash: cannot create '{name}': {why}\n".encode(),
        )


def test_the_file_that_is_standard_output_is_not_replaced_under_others(src: Program) -> None:
    with (src.cwd / "log").open("ab") as log:
        log.write(b"before\n")
        log.flush()
        assert src("hash", "-o", "/dev/stdout", "src", stdout=log).outcome() == (0, b"", b"")
        log.write(b"after\n")
    assert (src.cwd / "log").read_text() == f"before\n{LINE}after\n"


def test_devices_and_pipes_are_written_as_they_are(src: Program) -> None:
    assert src("hash", "-o", "/dev/stdout", "src").outcome() == (0, LINE.encode(), b"")
    result = src("hash", "-o", "/dev/full", "src")
    assert result.outcome() == (1, b"", b"aio hash: error writing '/dev/full': No space left on device\n")


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_leaves_the_old_file_and_nothing_else(src: Program, signum: int) -> None:
    (src.cwd / "list").write_text("old\n")
    os.mkfifo(src.cwd / "fifo")
    with src.start("hash", "-o", "list", "src", "fifo") as process, open(src.cwd / "fifo", "r+b", buffering=0) as fifo:
        fifo.write(b"some")
        wait_until(lambda: is_read_up(fifo))
        wait_until(lambda: is_asleep(process.pid))
        process.send_signal(signum)
        assert process.wait(WAIT_S) == -signum
        assert process.stderr is not None
        assert process.stderr.read() == b""
    assert sorted(os.listdir(src.cwd)) == ["fifo", "list", "src"]
    assert (src.cwd / "list").read_text() == "old\n"


def test_a_pipe_that_nobody_reads_ends_it_in_silence(src: Program) -> None:
    ours, theirs = os.pipe()
    os.close(ours)
    result = src("hash", *["src"] * 200, stdout=theirs)
    os.close(theirs)
    assert (result.status, result.stderr) == (-signal.SIGPIPE, b"")


def test_a_full_standard_output_stops_it(src: Program) -> None:
    with open("/dev/full", "wb") as full:
        result = src("hash", "src", "missing", stdout=full)
    assert (result.status, result.stderr.count(b"write error: No space left on device\n")) == (1, 1)


def test_lines_come_as_soon_as_they_can_be_written(src: Program) -> None:
    os.mkfifo(src.cwd / "fifo")
    with src.start("hash", "src", "fifo") as process:
        assert process.stdout is not None
        assert process.stdout.readline() == LINE.encode()
        with open(src.cwd / "fifo", "wb") as fifo:
            fifo.write(DATA)
        assert process.stdout.read() == LINE.replace("src", "fifo").encode()
    assert process.returncode == 0


TABLE = f"src  5 B\r\n  md5     {hashlib.md5(DATA).hexdigest()}\r\n  sha256  {hashlib.sha256(DATA).hexdigest()}\r\n"


def shown(aio: Program, *args: str, columns: int = 80) -> str:
    with Terminal([str(AIO), "hash", *args], aio.cwd, columns=columns) as terminal:
        text = terminal.read_all()
        terminal.process.wait()
    return text.decode()


@pytest.mark.parametrize("args", [(), ("-c",), ("-", "src")])
def test_progress_keeps_off_what_somebody_types(src: Program, args: tuple[str, ...]) -> None:
    with Terminal([str(AIO), "hash", *args], src.cwd) as terminal:
        terminal.type(b"typed\n")
        time.sleep(3 * DELAY_S)
        terminal.type(b"\x04")
        shown = terminal.read_all()
    assert b"B/s" not in shown
    assert shown.startswith(b"typed\r\n")


def test_several_digests_are_a_table_on_a_terminal(src: Program) -> None:
    assert shown(src, "-a", "md5,sha256", "src") == TABLE


def test_digests_wider_than_the_terminal_go_on_below(src: Program) -> None:
    digest = hashlib.sha256(DATA).hexdigest()
    expected = f"  sha256  {digest[:30]}\r\n          {digest[30:60]}\r\n          {digest[60:]}\r\n"
    assert shown(src, "-a", "md5,sha256", "src", columns=40).endswith(expected)


def test_names_in_a_table_cannot_steer_the_terminal(src: Program) -> None:
    name = "\x1b[31mred"
    (src.cwd / name).write_bytes(DATA)
    assert "\x1b" not in shown(src, "-a", "md5,sha256", name)


@pytest.mark.parametrize("options", ["--plain", "--tag", "-z", "--untagged", "-b"])
def test_lines_are_for_whoever_asks_for_them(src: Program, options: str) -> None:
    piped = src("hash", "-a", "md5,sha256", options, "src").stdout.decode()
    assert shown(src, "-a", "md5,sha256", options, "src") == piped.replace("\n", "\r\n")


def test_one_digest_is_a_line_on_a_terminal(src: Program) -> None:
    assert shown(src, "src") == LINE.replace("\n", "\r\n")


def test_progress_shows_files_and_bytes_of_the_whole_work(aio: Program) -> None:
    for name in "abc":
        (aio.cwd / name).write_bytes(bytes(BIG))
    result = aio("hash", "-a", "md5,sha1", "--progress=always", "a", "b", "c")
    assert result.stdout.count(b"\n") == 6
    assert result.stderr.splitlines()[-1].startswith(b"aio hash: total: 6 MiB of 6 MiB, 100%, 3 of 3 files, ")
    assert b"not on disk" not in result.stderr


def test_a_signal_has_the_progress_printed(aio: Program) -> None:
    os.mkfifo(aio.cwd / "fifo")
    with aio.start("hash", "fifo") as process, open(aio.cwd / "fifo", "r+b", buffering=0) as fifo:
        fifo.write(bytes(100))
        assert process.stderr is not None
        wait_until(lambda: is_read_up(fifo) and has_handler(process, signal.SIGUSR1))
        wait_until(lambda: is_asleep(process.pid))
        process.send_signal(signal.SIGUSR1)
        assert process.stderr.readline().startswith(b"aio hash: fifo: ")
        process.kill()


def has_handler(process: subprocess.Popen[bytes], signum: int) -> bool:
    with open(f"/proc/{process.pid}/status") as status:
        caught = next(line.split()[1] for line in status if line.startswith("SigCgt:"))
    return bool(int(caught, 16) >> (signum - 1) & 1)


def test_other_names_show_no_progress(src: Program) -> None:
    (src.cwd / "big").write_bytes(bytes(BIG))
    with Terminal([str(src.link("md5sum").path), "big"], src.cwd) as terminal:
        assert terminal.read_all() == f"{hashlib.md5(bytes(BIG)).hexdigest()}  big\r\n".encode()


def grown(aio: Program, *command: str | Path) -> Result:
    """Hash a file that grows while it is read."""
    log = aio.cwd / "log"
    log.write_bytes(bytes(BIG))
    return changed_meanwhile(log, lambda: os.truncate(log, BIG + 5), *command, "log")


def test_a_file_that_grows_while_it_is_read_is_told_and_fails(aio: Program) -> None:
    result = grown(aio, AIO, "hash")
    assert (result.status, result.stderr) == (1, b"aio hash: log: changed while it was read\n")
    assert result.stdout.endswith(b"  log\n")


def test_a_file_that_grows_is_told_as_json(aio: Program) -> None:
    result = grown(aio, AIO, "hash", "--json")
    _, file, error, summary = events_of(result.stdout)
    assert (result.status, file["has_changed"], summary["errors"]) == (1, True, 1)
    assert (error["step"], error["message"]) == ("change", "log: changed while it was read")


def test_gnus_names_say_nothing_of_files_that_grow(aio: Program) -> None:
    result = grown(aio, aio.link("md5sum").path)
    assert (result.status, result.stderr) == (0, b"")
