"""`aio cp`: content, modes, holes and failures, on every backend and with every strategy switched off."""

from __future__ import annotations

import os
import random
import re
import shutil
import stat
import subprocess
from functools import cache

import pytest

from aiocli.engines.copy import FAST_PATHS
from tests.support.backends import BACKEND_PARAMS
from tests.support.gnu import tree_of
from tests.support.privileges import NOBODY, unprivileged
from tests.support.strace import injecting

BACKENDS = [pytest.param("auto", id="auto"), *BACKEND_PARAMS]
DISABLED = [*FAST_PATHS, ",".join(FAST_PATHS)]
DATA = bytes(range(251)) * 20_000
LARGE_BYTES = 40 * 1024 * 1024 + 7  # over the size from which reads and writes overlap


@pytest.fixture(params=BACKENDS)
def backend(request):
    return f"--backend={request.param}"


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """A large file, and its content."""
    path = tmp_path_factory.mktemp("large") / "large"
    content = random.Random(1).randbytes(1 << 20) * 41
    path.write_bytes(content[:LARGE_BYTES])
    return path


def make_tree(folder):
    """A tree of some of everything; its files are too many for one batch of work."""
    for number in range(60):
        (folder / f"{number % 3}/{number % 5}").mkdir(parents=True, exist_ok=True)
        (folder / f"{number % 3}/{number % 5}/{number}").write_bytes(DATA[: number**3])
    (folder / "empty folder").mkdir()
    (folder / "empty").touch()
    (folder / "link").symlink_to("nowhere")
    (folder / "executable").write_text("#!/bin/sh\n")
    (folder / "executable").chmod(0o755)
    os.mkfifo(folder / "fifo")


@cache
def problem_with_mount():
    """Tell why no file system can be mounted for one process; empty if one can."""
    if os.geteuid() != 0:
        return "mounting needs root"
    probe = ["unshare", "-m", "mount", "-t", "tmpfs", "none", "/mnt"]
    done = subprocess.run(probe, capture_output=True, check=False) if shutil.which("unshare") else None
    return "" if done is not None and done.returncode == 0 else "cannot mount a tmpfs here"


def test_file_is_copied(aio, backend):
    (aio.cwd / "src").write_bytes(DATA)
    assert aio("cp", backend, "src", "dst").outcome() == (0, b"", b"")
    assert (aio.cwd / "dst").read_bytes() == DATA


def test_empty_file_is_copied(aio, backend):
    (aio.cwd / "src").touch()
    assert aio("cp", backend, "src", "dst").outcome() == (0, b"", b"")
    assert (aio.cwd / "dst").read_bytes() == b""


def test_longer_target_is_emptied_first(aio, backend):
    (aio.cwd / "src").write_bytes(b"short")
    (aio.cwd / "dst").write_bytes(DATA)
    assert aio("cp", backend, "src", "dst").outcome() == (0, b"", b"")
    assert (aio.cwd / "dst").read_bytes() == b"short"


def test_several_files_go_into_a_directory_and_failures_are_passed_over(aio, backend):
    for name in ("a", "b"):
        (aio.cwd / name).write_text(name)
    for name in ("into", "folder"):
        (aio.cwd / name).mkdir()
    result = aio("cp", backend, "a", "missing", "folder", "b", "into")
    errors = b"aio cp: cannot stat 'missing': No such file or directory\n"
    errors += b"aio cp: -r not specified; omitting directory 'folder'\n"
    assert result.outcome() == (1, b"", errors)
    assert {path.name: path.read_text() for path in (aio.cwd / "into").iterdir()} == {"a": "a", "b": "b"}


def test_files_of_proc_are_copied_though_their_size_is_zero(aio, backend):
    assert aio("cp", backend, "/proc/version", "dst").outcome() == (0, b"", b"")
    with open("/proc/version", "rb") as file:
        assert (aio.cwd / "dst").read_bytes() == file.read()


def test_files_of_proc_without_vectored_reads_are_copied(aio):
    assert aio("cp", "/proc/self/status", "dst").outcome() == (0, b"", b"")
    assert (aio.cwd / "dst").read_bytes().startswith(b"Name:\t")


def test_tree_is_copied(aio, backend):
    src = aio.cwd / "src"
    src.mkdir()
    make_tree(src)
    assert aio("cp", "-r", backend, "src", "dst").outcome() == (0, b"", b"")
    assert tree_of(aio.cwd / "dst") == tree_of(src)


@pytest.mark.parametrize("disabled", DISABLED)
def test_tree_and_file_are_the_same_with_a_strategy_switched_off(aio, disabled):
    src = aio.cwd / "src"
    src.mkdir()
    make_tree(src)
    (src / "data").write_bytes(DATA)
    env = {"AIO_DISABLE": disabled}
    assert aio("cp", "-r", "src", "dst", env=env).outcome() == (0, b"", b"")
    assert tree_of(aio.cwd / "dst") == tree_of(src)
    assert aio("cp", "src/data", "dst/new", env=env).outcome() == (0, b"", b"")
    assert (aio.cwd / "dst/new").read_bytes() == DATA


@pytest.mark.slow
def test_large_file_is_copied(aio, backend, large):
    assert aio("cp", backend, large, "dst").outcome() == (0, b"", b"")
    assert is_equal(large, aio.cwd / "dst")


@pytest.mark.slow
@pytest.mark.parametrize("disabled", DISABLED)
def test_large_file_is_the_same_with_a_strategy_switched_off(aio, disabled, large):
    assert aio("cp", large, "dst", env={"AIO_DISABLE": disabled}).outcome() == (0, b"", b"")
    assert is_equal(large, aio.cwd / "dst")


def is_equal(path, other):
    return path.read_bytes() == other.read_bytes()


@pytest.mark.slow
@pytest.mark.parametrize("disabled", ["", *DISABLED])
def test_holes_of_a_large_file_stay_holes(aio, disabled):
    make_sparse(aio.cwd / "src", 34)
    assert aio("cp", "src", "dst", env={"AIO_DISABLE": disabled}).outcome() == (0, b"", b"")
    check_sparse(aio)


def test_holes_stay_holes_on_every_backend(aio, backend):
    make_sparse(aio.cwd / "src", 8)
    assert aio("cp", backend, "src", "dst").outcome() == (0, b"", b"")
    check_sparse(aio)


def make_sparse(path, mib):
    with open(path, "wb") as file:
        for offset in (1, mib // 2, mib - 2):
            file.seek(offset << 20)
            file.write(DATA[:100_000])
        file.truncate(mib << 20)
    if path.stat().st_blocks * 512 > 1 << 20:
        pytest.skip("this file system keeps no holes")


def check_sparse(aio):
    src, dst = aio.cwd / "src", aio.cwd / "dst"
    assert dst.stat().st_size == src.stat().st_size
    assert dst.stat().st_blocks * 512 < 1 << 20
    assert is_equal(src, dst)


def test_new_file_has_the_modes_bits_but_for_the_umask(aio):
    for mode, umask in ((0o777, 0o022), (0o640, 0o077), (0o6755, 0o002), (0o400, 0)):
        (aio.cwd / "src").write_text("x")
        (aio.cwd / "src").chmod(mode)
        assert aio("cp", "src", f"new {mode}", umask=umask).outcome() == (0, b"", b"")
        assert stat.S_IMODE((aio.cwd / f"new {mode}").stat().st_mode) == mode & 0o777 & ~umask


def test_target_that_is_there_keeps_its_mode_and_links(aio):
    (aio.cwd / "src").write_text("new")
    (aio.cwd / "src").chmod(0o777)
    (aio.cwd / "dst").write_text("there before")
    (aio.cwd / "dst").chmod(0o604)
    (aio.cwd / "hard").hardlink_to(aio.cwd / "dst")
    (aio.cwd / "soft").symlink_to("dst")
    assert aio("cp", "src", "soft").outcome() == (0, b"", b"")
    assert (aio.cwd / "hard").read_text() == "new"
    assert stat.S_IMODE((aio.cwd / "dst").stat().st_mode) == 0o604
    assert (aio.cwd / "soft").is_symlink()


def give_away(folder):
    """Let the unprivileged user own a tree."""
    if os.geteuid() == 0:
        for path in (folder, *folder.rglob("*")):
            os.chown(path, NOBODY, NOBODY, follow_symlinks=False)


def test_unreadable_files_in_a_tree_are_reported_and_the_rest_copied(aio, backend):
    src = aio.cwd / "src"
    src.mkdir()
    make_tree(src)
    give_away(aio.cwd)
    expected = tree_of(src)
    (src / "0/1/6").chmod(0)
    (src / "1/0").chmod(0)
    result = aio("cp", "-r", backend, "src", "dst", prefix=unprivileged())
    assert (result.status, result.stdout) == (1, b"")
    assert sorted(result.stderr.splitlines()) == [
        b"aio cp: cannot access 'src/1/0': Permission denied",
        b"aio cp: cannot open 'src/0/1/6' for reading: Permission denied",
    ]
    found = tree_of(aio.cwd / "dst")
    left_out = {name for name in expected if name == "0/1/6" or name.startswith("1/0")}
    assert {name: found.get(name) for name in expected if name not in left_out} == {
        name: facts for name, facts in expected.items() if name not in left_out
    }


def test_directories_that_cannot_be_written_are_copied_with_their_mode(aio, backend):
    src = aio.cwd / "src"
    (src / "in/side").mkdir(parents=True)
    (src / "in/side/file").write_text("x")
    give_away(aio.cwd)
    for folder in (src / "in/side", src / "in", src):
        folder.chmod(0o555)
    assert aio("cp", "-r", backend, "src", "dst", prefix=unprivileged()).outcome() == (0, b"", b"")
    assert tree_of(aio.cwd / "dst") == tree_of(src)
    assert stat.S_IMODE((aio.cwd / "dst").stat().st_mode) == 0o555


def test_names_of_all_sorts_are_copied(aio):
    src = aio.cwd / "src"
    src.mkdir()
    names = [b"new\nline", b"\x1b[31mred", b"caf\xe9", b"-dash", b"\xff\xfe", b"x" * 255, b" "]
    for name in names:
        with open(bytes(src) + b"/" + name, "wb") as file:
            file.write(name)
    assert aio("cp", "-r", "src", "dst").outcome() == (0, b"", b"")
    assert tree_of(aio.cwd / "dst") == tree_of(src)
    assert set(os.listdir(bytes(aio.cwd / "dst"))) == set(names)


def test_names_cannot_steer_a_terminal(aio):
    result = aio("cp", "--", b"\x1b[31mred\n", "dst")
    assert result.stderr == b"aio cp: cannot stat ''$'\\033''[31mred'$'\\n': No such file or directory\n"


@pytest.mark.parametrize("size", ["1", "7", "4096", "64K", "64KiB", "1MiB", "100kB", "16M"])
def test_chunk_size_changes_no_byte(aio, size):
    data = DATA[:20_000] if size in ("1", "7") else DATA
    (aio.cwd / "src").write_bytes(data)
    env = {"AIO_DISABLE": ",".join(FAST_PATHS)}
    assert aio("cp", "--chunk-size", size, "src", "dst", env=env).outcome() == (0, b"", b"")
    assert (aio.cwd / "dst").read_bytes() == data


def test_chunk_size_changes_no_byte_on_any_backend(aio, backend):
    (aio.cwd / "src").write_bytes(DATA)
    assert aio("cp", backend, "--chunk-size=64K", "src", "dst").outcome() == (0, b"", b"")
    assert (aio.cwd / "dst").read_bytes() == DATA


@pytest.mark.parametrize("size", ["0", "-1", "x", "", "64Q", "17M", "1.5K", "64 K"])
def test_invalid_chunk_size_is_one_line(aio, size):
    (aio.cwd / "src").write_bytes(DATA)
    result = aio("cp", f"--chunk-size={size}", "src", "dst")
    message = f"aio cp: invalid chunk size: '{size}' (1 to 16 MiB)\n"
    assert result.outcome() == (1, b"", message.encode())
    assert not (aio.cwd / "dst").exists()


@pytest.mark.parametrize("option", ["--progress", "--progress=always"])
def test_progress_prints_lines_where_there_is_no_terminal(aio, backend, option):
    (aio.cwd / "src").write_bytes(DATA)
    result = aio("cp", backend, option, "src", "dst")
    assert (result.status, result.stdout) == (0, b"")
    last = result.stderr.splitlines()[-1]
    assert last.startswith(b"aio cp: src: 4.79 MiB of 4.79 MiB, 100%, ")
    assert re.search(rb"/s, in \d+:\d\d$", last)


@pytest.mark.parametrize("option", ["--progress=auto", "--progress=never", "--"])
def test_progress_is_silent_otherwise(aio, option):
    (aio.cwd / "src").write_bytes(DATA)
    assert aio("cp", option, "src", "dst").outcome() == (0, b"", b"")


def test_progress_at_another_time_is_one_line(aio):
    result = aio("cp", "--progress=often", "src", "dst")
    assert (result.status, result.stdout, result.stderr.count(b"\n")) == (1, b"", 1)
    assert result.stderr.startswith(b"aio cp: invalid argument 'often' for '--progress'")


@pytest.mark.parametrize("disabled", ["", *DISABLED])
def test_full_file_system_is_an_error_of_writing(aio, disabled):
    if problem := problem_with_mount():
        pytest.skip(problem)
    (aio.cwd / "src").write_bytes(DATA)
    (aio.cwd / "full").mkdir()
    script = 'mount -t tmpfs -o size=1m none full && "$@"'
    prefix = ("unshare", "-m", "sh", "-c", script, "sh")
    result = aio("cp", "src", "full/dst", prefix=prefix, env={"AIO_DISABLE": disabled})
    assert result.outcome() == (1, b"", b"aio cp: error writing 'full/dst': No space left on device\n")


def test_full_file_system_is_an_error_of_writing_on_every_backend(aio, backend):
    if problem := problem_with_mount():
        pytest.skip(problem)
    (aio.cwd / "src").write_bytes(DATA)
    (aio.cwd / "full").mkdir()
    script = 'mount -t tmpfs -o size=1m none full && "$@"'
    result = aio("cp", backend, "src", "full/dst", prefix=("unshare", "-m", "sh", "-c", script, "sh"))
    assert result.outcome() == (1, b"", b"aio cp: error writing 'full/dst': No space left on device\n")


def test_full_file_system_is_reported_for_each_file_of_a_tree(aio):
    if problem := problem_with_mount():
        pytest.skip(problem)
    for name in ("src/a", "src/b"):
        (aio.cwd / name).parent.mkdir(exist_ok=True)
        (aio.cwd / name).write_bytes(DATA)
    (aio.cwd / "full").mkdir()
    script = 'mount -t tmpfs -o size=1m none full && "$@"'
    result = aio("cp", "-r", "src", "full/dst", prefix=("unshare", "-m", "sh", "-c", script, "sh"))
    assert (result.status, result.stdout) == (1, b"")
    assert sorted(result.stderr.splitlines()) == [
        b"aio cp: error writing 'full/dst/a': No space left on device",
        b"aio cp: error writing 'full/dst/b': No space left on device",
    ]


def test_root_is_not_asked_about_modes_where_something_else_is_in_the_way(aio):
    if problem := problem_with_mount():
        pytest.skip(problem)
    (aio.cwd / "src").write_bytes(b"x")
    (aio.cwd / "ro").mkdir()
    script = 'mount -t tmpfs none ro && echo y >ro/dst && mount -o remount,ro ro && "$@"'
    result = aio("cp", "-i", "src", "ro/dst", prefix=("unshare", "-m", "sh", "-c", script, "sh"))
    assert result.outcome() == (1, b"", b"aio cp: overwrite 'ro/dst'? ")


def test_file_size_limit_is_an_error_of_writing(aio, backend):
    (aio.cwd / "src").write_bytes(DATA)
    result = aio("cp", backend, "src", "dst", prefix=("bash", "-c", 'trap "" XFSZ; ulimit -f 100; exec "$@"', "sh"))
    assert result.outcome() == (1, b"", b"aio cp: error writing 'dst': File too large\n")


BUT = {path: ",".join(other for other in FAST_PATHS if other != path) for path in FAST_PATHS}


@pytest.mark.parametrize(
    ("call", "disabled"),
    [
        ("copy_file_range", BUT["copy_range"]),
        ("sendfile", BUT["sendfile"]),
        ("readv", ",".join(FAST_PATHS)),
    ],
)
@pytest.mark.parametrize("when", ["1", "2"], ids=["at once", "later"])
def test_medium_error_is_an_error_of_reading(aio, call, disabled, when, large):
    prefix = injecting(f"{call}:error=EIO:when={when}")
    result = aio("cp", large, "dst", prefix=prefix, env={"AIO_DISABLE": disabled})
    message = f"aio cp: error reading '{large}': Input/output error\n"
    assert result.outcome() == (1, b"", message.encode())


@pytest.mark.parametrize("call", ["copy_file_range", "sendfile", "splice"])
@pytest.mark.parametrize("error", ["ENOSYS", "EPERM", "EINVAL", "EXDEV", "EOPNOTSUPP"])
def test_call_that_the_kernel_refuses_is_replaced_in_silence(aio, call, error):
    prefix = injecting(f"{call}:error={error}:when=1+")
    (aio.cwd / "src").write_bytes(DATA)
    assert aio("cp", "src", "dst", prefix=prefix).outcome() == (0, b"", b"")
    assert (aio.cwd / "dst").read_bytes() == DATA


def test_write_that_comes_back_short_goes_on(aio):
    (aio.cwd / "src").write_bytes(DATA)
    prefix = injecting("copy_file_range:error=EINTR:when=1")
    assert aio("cp", "src", "dst", prefix=prefix).outcome() == (0, b"", b"")
    assert (aio.cwd / "dst").read_bytes() == DATA


def test_verbose_lines_name_each_file(aio, backend):
    (aio.cwd / "src/in").mkdir(parents=True)
    (aio.cwd / "src/in/file").write_text("x")
    result = aio("cp", "-rv", backend, "src", "dst")
    assert result.outcome() == (
        0,
        b"'src' -> 'dst'\n'src/in' -> 'dst/in'\n'src/in/file' -> 'dst/in/file'\n",
        b"",
    )
