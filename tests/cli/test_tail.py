"""The installed `aio tail`: ends on every backend, and following."""

from __future__ import annotations

import os
import select
import signal
import time
from pathlib import Path

import pytest

from tests.support.backends import FILE_PARAMS
from tests.support.program import Program
from tests.support.resources import WAIT_S

LINES = b"".join(b"%06d\n" % number for number in range(300_000))


def options_of(backend: str | None) -> list[str]:
    return [f"--backend={backend}"] if backend else []


@pytest.mark.parametrize("backend", FILE_PARAMS)
@pytest.mark.parametrize(
    ("amount", "expected"),
    [
        (["-n", "3"], LINES[-21:]),
        (["-n", "200000"], LINES[-1_400_000:]),
        (["-n", "+299999"], LINES[-14:]),
        (["-n", "+2"], LINES[7:]),
        (["-c", "5"], LINES[-5:]),
        (["-c", "+2099990"], LINES[2099989:]),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_end_of_a_file_on_every_backend(aio: Program, backend: str | None, amount: list[str], expected: bytes) -> None:
    (aio.cwd / "lines").write_bytes(LINES)
    assert aio("tail", *options_of(backend), *amount, "lines").outcome() == (0, expected, b"")


@pytest.mark.parametrize("backend", FILE_PARAMS)
def test_end_of_a_pipe_on_every_backend(aio: Program, backend: str | None) -> None:
    assert aio("tail", *options_of(backend), "-n", "2", stdin=LINES).outcome() == (0, LINES[-14:], b"")
    assert aio("tail", *options_of(backend), "-n", "+299999", stdin=LINES).outcome() == (0, LINES[-14:], b"")


@pytest.mark.parametrize("is_stdin", [False, True])
@pytest.mark.parametrize("nbytes", [7, 4096, 4097, 700_000])
@pytest.mark.parametrize("amount", ["-n+1", "-c+3", "-n9999999"])
@pytest.mark.parametrize("backend", [None, "thread"])
def test_file_is_copied_behind_its_own_end_once(
    aio: Program, backend: str | None, amount: str, nbytes: int, is_stdin: bool
) -> None:
    path = aio.cwd / "lines"
    path.write_bytes(LINES[:nbytes])
    with path.open("ab") as end, path.open("rb") as beginning:
        operand = {"stdin": beginning.fileno()} if is_stdin else {}
        names = [] if is_stdin else ["lines"]
        # Without an end it would grow until there is no room.
        prefix = ("prlimit", f"--fsize={3 * nbytes}")
        assert aio("tail", *options_of(backend), amount, *names, stdout=end, prefix=prefix, **operand).status == 0
    skipped = 2 if amount == "-c+3" else 0
    assert path.read_bytes() == LINES[:nbytes] + LINES[skipped:nbytes]


def test_files_of_the_kernel_are_copied_whatever_they_say_of_their_size(aio: Program) -> None:
    names = [name for name in ("/proc/version", "/sys/kernel/mm/transparent_hugepage/enabled") if os.path.exists(name)]
    for name in names:
        assert aio("tail", "-c", "+2", name).outcome() == (0, Path(name).read_bytes()[1:], b"")


def test_following_ends_well_where_all_pipes_have_been_read(aio: Program) -> None:
    assert aio("tail", "-f", "-n1", "/dev/stdin", stdin=b"one\ntwo\n").outcome() == (0, b"two\n", b"")
    assert aio("tail", "-F", "-n1", "/dev/fd/0", stdin=b"one\ntwo").outcome() == (0, b"two", b"")
    assert aio("tail", "-f", "--until=three", "/dev/stdin", stdin=b"one\ntwo\n").outcome() == (1, b"one\ntwo\n", b"")
    result = aio("tail", "-f", "-n1", "/dev/stdin", "nope", stdin=b"one\ntwo\n")
    assert result.status == 1
    assert result.stdout == b"==> /dev/stdin <==\ntwo\n"


def read_until(fd: int, wanted: bytes) -> bytes:
    """Read what comes until it ends as wanted; what came so far if it does not in time."""
    data, deadline = b"", time.monotonic() + WAIT_S
    while not data.endswith(wanted) and (left := deadline - time.monotonic()) > 0:
        if select.select([fd], [], [], left)[0]:
            chunk = os.read(fd, 65536)
            if not chunk:
                break
            data += chunk
    return data


def append(path: Path, data: bytes) -> None:
    with path.open("ab") as file:
        file.write(data)


@pytest.mark.parametrize("backend", FILE_PARAMS)
def test_follow_prints_what_is_appended_and_dies_of_ctrl_c(aio: Program, backend: str | None) -> None:
    log = aio.cwd / "log"
    log.write_bytes(b"one\ntwo\n")
    with aio.start("tail", *options_of(backend), "-n1", "-f", "log") as process:
        assert process.stdout is not None
        assert read_until(process.stdout.fileno(), b"two\n") == b"two\n"
        append(log, b"three\n")
        assert read_until(process.stdout.fileno(), b"three\n") == b"three\n"
        append(log, b"four\nfi")
        assert read_until(process.stdout.fileno(), b"fi") == b"four\nfi"
        process.send_signal(signal.SIGINT)
        assert process.wait(WAIT_S) == -signal.SIGINT
        assert process.stderr is not None
        assert process.stderr.read() == b""


def test_follow_names_the_file_that_grows(aio: Program) -> None:
    one, two = aio.cwd / "one", aio.cwd / "two"
    one.write_bytes(b"1\n")
    two.write_bytes(b"2\n")
    with aio.start("tail", "-f", "one", "two") as process:
        assert process.stdout is not None
        fd = process.stdout.fileno()
        assert read_until(fd, b"2\n") == b"==> one <==\n1\n\n==> two <==\n2\n"
        append(two, b"more\n")
        assert read_until(fd, b"more\n") == b"more\n"
        append(one, b"again\n")
        assert read_until(fd, b"again\n") == b"\n==> one <==\nagain\n"
        process.kill()


def test_follow_tells_that_a_file_was_truncated_and_prints_it_anew(aio: Program) -> None:
    log = aio.cwd / "log"
    log.write_bytes(b"long enough\n")
    with aio.start("tail", "-f", "log") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert read_until(process.stdout.fileno(), b"enough\n") == b"long enough\n"
        os.truncate(log, 0)
        assert read_until(process.stderr.fileno(), b"truncated\n") == b"aio tail: log: file truncated\n"
        append(log, b"new\n")
        assert read_until(process.stdout.fileno(), b"new\n") == b"new\n"
        process.kill()


def test_follow_ends_when_nobody_reads_any_more(aio: Program) -> None:
    (aio.cwd / "log").write_bytes(b"line\n")
    with aio.start("tail", "-f", "log") as process:
        assert process.stdout is not None
        assert read_until(process.stdout.fileno(), b"line\n") == b"line\n"
        process.stdout.close()
        assert process.wait(WAIT_S) == -signal.SIGPIPE
