"""`aio cat`: every way for bytes to go through, on every backend."""

from __future__ import annotations

import os
import socket
import subprocess
from pathlib import Path

import pytest

from aiocli.engines.copy import FAST_PATHS
from tests.support.backends import BACKEND_PARAMS
from tests.support.privileges import unprivileged
from tests.support.resources import WAIT_S

BACKENDS = [pytest.param("auto", id="auto"), *BACKEND_PARAMS]
DISABLED = [*FAST_PATHS, ",".join(FAST_PATHS), "no such strategy"]
VERSION = Path("/proc/version").read_bytes()
LARGE = bytes(range(251)) * 20_000  # no power of two, some of every chunk's sizes


@pytest.fixture(params=BACKENDS)
def backend(request):
    return f"--backend={request.param}"


def start(aio, *args, **popen):
    return aio.start("cat", *args, bufsize=0, **popen)


def test_files_go_to_a_pipe_in_order(aio, backend):
    (aio.cwd / "a").write_bytes(b"a" * 10)
    (aio.cwd / "large").write_bytes(LARGE)
    (aio.cwd / "empty").touch()
    result = aio("cat", backend, "a", "empty", "large", "a")
    assert result.outcome() == (0, b"a" * 10 + LARGE + b"a" * 10, b"")


@pytest.mark.parametrize("mode", ["wb", "ab"])
def test_files_go_to_a_file(aio, backend, mode):
    (aio.cwd / "a").write_bytes(b"first ")
    (aio.cwd / "large").write_bytes(LARGE)
    (aio.cwd / "dst").write_bytes(b"there before ")
    with open(aio.cwd / "dst", mode) as dst:
        result = aio("cat", backend, "a", "large", "a", stdout=dst)
        end = os.lseek(dst.fileno(), 0, os.SEEK_CUR)
    assert result.outcome() == (0, b"", b"")
    content = (aio.cwd / "dst").read_bytes()
    assert content == (b"there before " if mode == "ab" else b"") + b"first " + LARGE + b"first "
    assert mode == "ab" or end == len(content)


def test_standard_input_is_read_where_it_is_named_or_nothing_is(aio, backend):
    (aio.cwd / "a").write_bytes(b"a")
    assert aio("cat", backend, stdin=LARGE).outcome() == (0, LARGE, b"")
    assert aio("cat", backend, "a", "-", "a", stdin=b"in").outcome() == (0, b"aina", b"")


def test_standard_input_is_read_from_its_offset_on_and_left_at_its_end(aio, backend):
    (aio.cwd / "src").write_bytes(b"skipped" + LARGE)
    with open(aio.cwd / "src", "rb", buffering=0) as src:
        src.seek(7)
        result = aio("cat", backend, stdin=src.fileno())
        assert src.tell() == 7 + len(LARGE)
    assert result.outcome() == (0, LARGE, b"")


def test_standard_output_is_written_from_its_offset_on(aio, backend):
    (aio.cwd / "src").write_bytes(b"new")
    (aio.cwd / "dst").write_bytes(b"0123456789")
    with open(aio.cwd / "dst", "r+b", buffering=0) as dst:
        dst.seek(2)
        assert aio("cat", backend, "src", stdout=dst).outcome() == (0, b"", b"")
        assert dst.tell() == 5
    assert (aio.cwd / "dst").read_bytes() == b"01new56789"


def test_missing_file_and_directory_are_reported_and_the_rest_done(aio, backend):
    (aio.cwd / "a").write_bytes(b"a")
    (aio.cwd / "folder").mkdir()
    result = aio("cat", backend, "a", "missing", "folder", "a")
    errors = b"aio cat: missing: No such file or directory\naio cat: folder: Is a directory\n"
    assert result.outcome() == (1, b"aa", errors)


def test_unreadable_file_is_reported_and_the_rest_done(aio, backend):
    for name in ("a", "secret", "b"):
        (aio.cwd / name).write_text(name)
    (aio.cwd / "secret").chmod(0)
    result = aio("cat", backend, "a", "secret", "b", prefix=unprivileged())
    assert result.outcome() == (1, b"ab", b"aio cat: secret: Permission denied\n")


def test_files_of_proc_are_read_though_their_size_is_zero(aio, backend):
    assert aio("cat", backend, "/proc/version", "/proc/version").outcome() == (0, VERSION * 2, b"")


def test_files_of_proc_without_vectored_reads_are_read(aio):
    # The backend linux cannot, and says so.
    result = aio("cat", "/proc/self/status", "/proc/version")
    assert result.status == 0
    assert result.stdout.startswith(b"Name:\t")
    assert result.stdout.endswith(VERSION)
    assert result.stderr == b""


def test_files_of_proc_go_to_a_file(aio, backend):
    with open(aio.cwd / "dst", "wb") as dst:
        assert aio("cat", backend, "/proc/version", stdout=dst).outcome() == (0, b"", b"")
    assert (aio.cwd / "dst").read_bytes() == VERSION


def test_fifo_is_read_to_its_end(aio, backend):
    os.mkfifo(aio.cwd / "fifo")
    process = start(aio, backend, "fifo")
    with open(aio.cwd / "fifo", "wb") as fifo:
        fifo.write(b"through")
    assert process.communicate(timeout=WAIT_S) == (b"through", b"")
    assert process.returncode == 0


@pytest.mark.parametrize("transform", [(), ("-A",), ("-s",)], ids=["plain", "-A", "-s"])
def test_what_a_slow_writer_wrote_appears_at_once(aio, backend, transform):
    with start(aio, backend, *transform) as process:
        for word in (b"one\n", b"two\n", b"three\n"):
            process.stdin.write(word)
            assert process.stdout.read(100) == (word.replace(b"\n", b"$\n") if "-A" in transform else word)
        process.stdin.close()
        assert process.stdout.read() == b""
        assert process.stderr.read() == b""
    assert process.returncode == 0


def test_half_a_line_appears_at_once(aio):
    with start(aio, "-n") as process:
        for word, shown in ((b"one", b"     1\tone"), (b" more", b" more"), (b"\nx", b"\n     2\tx")):
            process.stdin.write(word)
            assert process.stdout.read(100) == shown
        process.stdin.close()
    assert process.returncode == 0


def test_own_output_is_not_read(aio, backend):
    (aio.cwd / "own").write_bytes(b"own")
    (aio.cwd / "other").write_bytes(b"other")
    with open(aio.cwd / "own", "ab") as dst:
        result = aio("cat", backend, "other", "own", "other", stdout=dst)
    assert result.outcome() == (1, b"", b"aio cat: own: input file is output file\n")
    assert (aio.cwd / "own").read_bytes() == b"ownotherother"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        (b"new\nline", b"'new'$'\\n''line'"),
        (b"\x1b[31mred", b"''$'\\033''[31mred'"),
        (b"caf\xe9", b"'caf'$'\\351'"),
        (b"-dash", b"-dash"),
        (b"co:lon", b"'co:lon'"),
    ],
)
def test_names_cannot_steer_a_terminal(aio, name, shown):
    result = aio("cat", "--", name)
    assert result.outcome() == (1, b"", b"aio cat: " + shown + b": No such file or directory\n")
    with open(os.fsencode(aio.cwd) + b"/" + name, "wb") as file:
        file.write(b"content")
    assert aio("cat", "--", name).outcome() == (0, b"content", b"")


def test_full_device_stops_at_the_first_error(aio, backend):
    (aio.cwd / "a").write_bytes(b"a")
    with open("/dev/full", "wb") as full:
        result = aio("cat", backend, "a", "missing", "a", stdout=full)
    assert result.outcome() == (1, b"", b"aio cat: write error: No space left on device\n")


@pytest.mark.parametrize("disabled", DISABLED)
def test_bytes_are_the_same_with_a_strategy_switched_off(aio, disabled):
    src, dst, end = aio.cwd / "src", aio.cwd / "dst", aio.cwd / "end"
    src.write_bytes(LARGE)
    env = {"AIO_DISABLE": disabled}
    assert aio("cat", "src", "/proc/version", env=env).stdout == LARGE + VERSION
    with open(dst, "wb") as file:
        assert aio("cat", "src", "src", env=env, stdout=file).outcome() == (0, b"", b"")
    assert dst.read_bytes() == LARGE + LARGE
    with open(dst, "ab") as file:
        assert aio("cat", "src", env=env, stdout=file).outcome() == (0, b"", b"")
    assert dst.read_bytes() == LARGE * 3
    with open(end, "wb") as file:
        assert aio("cat", "-", env=env, stdin=LARGE, stdout=file).outcome() == (0, b"", b"")
    assert end.read_bytes() == LARGE


def test_pipe_goes_to_pipe_and_file_to_socket(aio):
    assert aio("cat", stdin=LARGE).stdout == LARGE
    (aio.cwd / "src").write_bytes(LARGE)
    ours, theirs = socket.socketpair()
    with ours, start(aio, "src", stdout=theirs.fileno()) as process:
        theirs.close()
        received = b"".join(iter(lambda: ours.recv(1 << 16), b""))
        assert process.stderr.read() == b""
    assert received == LARGE


def test_transformed_output_is_the_same_on_every_backend(aio, backend):
    (aio.cwd / "src").write_bytes(LARGE + b"\n\n\n\tend")
    expected = subprocess.run(["cat", "-nsA"], input=LARGE + b"\n\n\n\tend", stdout=subprocess.PIPE, check=True)
    assert aio("cat", backend, "-nsA", "src").outcome() == (0, expected.stdout, b"")


def test_empty_file_gives_nothing(aio, backend):
    (aio.cwd / "empty").touch()
    assert aio("cat", backend, "empty", "/dev/null").outcome() == (0, b"", b"")


def test_help_and_version_go_to_standard_output(aio):
    status, out, err = aio("cat", "--help").outcome()
    assert (status, err) == (0, b"")
    assert out.startswith(b"Usage: aio cat ")
    assert aio("cat", "--version").stdout.startswith(b"aio cat (aio-fileutils) ")
    assert aio("cat", "--help", "--no-such-option").status == 0


def test_own_option_has_no_abbreviation(aio):
    assert aio("cat", "--back=python").stderr.startswith(b"aio cat: unrecognized option '--back=python'\n")
