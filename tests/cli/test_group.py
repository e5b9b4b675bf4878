"""`aio` itself: its commands, its options and environment, and backends that are not there."""

from __future__ import annotations

import shutil
import subprocess
import sys

import pytest

from aiocli.commands import COMMANDS

USAGE = 2
HINT = b"Try 'aio --help' for more information.\n"


def data_file(aio):
    (aio.cwd / "src").write_bytes(b"data\n")


def without_uring():
    """Make io_uring fail as a seccomp filter does."""
    prefix = ("strace", "-f", "-o", "/dev/null", "-e", "inject=io_uring_setup:error=EPERM")
    if shutil.which("strace") is None:
        pytest.skip("no strace to make io_uring_setup fail")
    if subprocess.run([*prefix, "true"], capture_output=True, check=False).returncode:
        pytest.skip("strace may not trace here")
    return prefix


def test_command_is_needed(aio):
    assert aio().outcome() == (USAGE, b"", b"aio: missing command\n" + HINT)


@pytest.mark.parametrize("name", ["no-such", "", "_check", "_template"])
def test_unknown_command_is_told(aio, name):
    result = aio(name)
    assert result.outcome() == (USAGE, b"", f"aio: '{name}' is not an aio command\n".encode() + HINT)


def test_unknown_command_cannot_steer_a_terminal(aio):
    result = aio("\x1b[31mred")
    assert result.status == USAGE
    assert b"\x1b" not in result.stderr


@pytest.mark.parametrize("option", ["--no-such", "-x", "--version=1"])
def test_unknown_option_is_told(aio, option):
    result = aio(option, "cat")
    assert (result.status, result.stdout) == (USAGE, b"")
    assert result.stderr.startswith(b"aio: ")
    assert result.stderr.endswith(HINT)


def test_help_lists_every_command(aio):
    status, out, err = aio("--help").outcome()
    assert (status, err) == (0, b"")
    for name, summary in COMMANDS.items():
        assert name.encode() in out
        assert summary.encode() in out
    assert aio("-h").stdout == out


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_and_version(aio, name):
    status, out, err = aio(name, "--help").outcome()
    assert (status, err) == (0, b"")
    assert out.startswith(f"Usage: aio {name} ".encode())
    assert aio(name, "--version").stdout.startswith(f"aio {name} (aio-fileutils) ".encode())


def test_version_names_the_distribution(aio):
    assert aio("--version").stdout.startswith(b"aio (aio-fileutils) ")


@pytest.mark.parametrize(
    "line",
    [
        ["--backend", "python", "cat", "src"],
        ["--backend=python", "cat", "src"],
        ["cat", "--backend=python", "src"],
        ["cat", "src", "--backend", "python"],
        ["--backend=no-such", "cat", "--backend=python", "src"],
        ["--backend=python", "--backend=auto", "cat", "src"],
    ],
    ids=" ".join,
)
def test_backend_is_taken_before_the_command_and_behind_it(aio, line):
    data_file(aio)
    assert aio(*line).outcome() == (0, b"data\n", b"")


@pytest.mark.parametrize(
    "line", [["--backend=no-such", "cat", "src"], ["cat", "--backend=no-such", "src"]], ids=["before", "behind"]
)
def test_unknown_backend_is_one_line(aio, line):
    data_file(aio)
    result = aio(*line)
    message = b"aio cat: invalid argument 'no-such' for '--backend'; valid arguments are: "
    assert result.outcome() == (1, b"", message + b"auto, uring, linux, thread, python\n")


@pytest.mark.parametrize("line", [["--backend=", "cat", "src"], ["cat", "--backend=", "src"]], ids=["before", "behind"])
def test_empty_name_is_no_backend(aio, line):
    data_file(aio)
    result = aio(*line)
    assert (result.status, result.stdout) == (1, b"")
    assert result.stderr.startswith(b"aio cat: invalid argument '' for '--backend'; ")


def test_unknown_backend_of_the_environment_is_one_line(aio):
    data_file(aio)
    result = aio("cat", "src", env={"AIO_BACKEND": "no-such"})
    assert result.stderr.startswith(b"aio cat: invalid argument 'no-such' for 'AIO_BACKEND'; ")
    assert (result.status, result.stdout, result.stderr.count(b"\n")) == (1, b"", 1)


def test_option_wins_over_the_environment(aio):
    data_file(aio)
    for line in (["cat", "--backend=python", "src"], ["--backend=auto", "cat", "src"]):
        assert aio(*line, env={"AIO_BACKEND": "no-such"}).outcome() == (0, b"data\n", b"")


def test_unknown_backend_of_caios_own_variable_is_passed_over(aio):
    data_file(aio)
    assert aio("cat", "src", env={"CAIO_IMPL": "no-such"}).outcome() == (0, b"data\n", b"")


BOUND = [
    pytest.param("cat", "--backend=uring", {}, id="cat"),
    pytest.param("cp", "--backend=uring", {}, id="cp"),
    pytest.param("hash", "--backend=uring", {}, id="hash"),
    pytest.param("cat", "--", {"AIO_BACKEND": "uring"}, id="AIO_BACKEND"),
    pytest.param("cat", "--", {"CAIO_IMPL": "uring"}, id="CAIO_IMPL"),
]


@pytest.mark.parametrize(("name", "option", "env"), BOUND)
def test_backend_that_does_not_work_is_one_clear_line(aio, name, option, env):
    data_file(aio)
    (aio.cwd / "dst").write_bytes(b"there before\n")
    result = aio(name, option, "src", "dst", env=env, prefix=without_uring())
    assert (result.status, result.stdout) == (1, b"")
    assert result.stderr.count(b"\n") == 1
    start = f"aio {name}: backend uring does not work here: io_uring_setup: Operation not permitted (EPERM)"
    assert result.stderr.startswith(start.encode())
    assert b"thread" in result.stderr.rpartition(b"these do: ")[2]
    assert (aio.cwd / "dst").read_bytes() == b"there before\n"


@pytest.mark.parametrize("line", [["cat"], ["cat", "-n"], ["hash"], ["hash", "--all"]], ids=" ".join)
def test_auto_falls_back_in_silence(aio, line):
    (aio.cwd / "src").write_bytes(bytes(3_000_000))
    expected = aio(*line, "src")
    result = aio(*line, "src", prefix=without_uring())
    assert expected.status == 0
    assert result.outcome() == expected.outcome()


def test_named_backend_that_works_is_not_touched_by_one_that_does_not(aio):
    data_file(aio)
    assert aio("cat", "--backend=thread", "src", prefix=without_uring()).outcome() == (0, b"data\n", b"")


def test_posixly_correct_ends_options_at_the_first_operand(aio):
    data_file(aio)
    result = aio("cat", "src", "-n", env={"POSIXLY_CORRECT": "1"})
    assert result.outcome() == (1, b"data\n", b"aio cat: -n: No such file or directory\n")
    assert aio("cat", "src", "-n").stdout == b"     1\tdata\n"


def test_options_behind_the_command_are_the_commands(aio):
    data_file(aio)
    assert aio("cat", "-n", "src").stdout == b"     1\tdata\n"
    assert aio("-n", "cat", "src").status == USAGE


def test_unknown_names_of_fast_paths_are_passed_over(aio):
    data_file(aio)
    assert aio("cat", "src", env={"AIO_DISABLE": "no-such,,splice"}).outcome() == (0, b"data\n", b"")


@pytest.mark.parametrize("args", [["cat", "src"], ["cat", "missing"], [], ["--version"], ["cat", "--no-such"]])
def test_module_is_the_program(aio, args):
    data_file(aio)
    expected = aio(*args)
    done = subprocess.run([sys.executable, "-m", "aiocli", *args], cwd=aio.cwd, capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == expected.outcome()


def test_doctor_tells_every_backend(aio):
    status, out, err = aio("doctor").outcome()
    assert (status, err) == (0, b"")
    for name in (b"uring", b"linux", b"thread", b"python"):
        assert name in out
