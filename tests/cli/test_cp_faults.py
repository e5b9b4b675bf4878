"""What fails while one file is copied: a disk that is full or bad, a source or target that changes, signals."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from aiocli.core.loop import drive
from aiocli.engines.copy import FAST_PATHS, move
from aiocli.engines.copy.node import AT_FDCWD, Node
from aiocli.engines.copy.regular import copy_regular
from aiocli.engines.copy.rules import CopyRules
from tests.support.noise import noise
from tests.support.program import TIMEOUT_S, environment
from tests.support.resources import is_asleep, open_fds, wait_until
from tests.support.strace import injecting
from tests.support.tmpfs import tiny_tmpfs

MIB = 1024 * 1024
DATA = noise(4096) * 500  # 2 MB
HUGE = 64 * MIB
OFF = {name: ",".join(other for other in FAST_PATHS if other != name) for name in (*FAST_PATHS, "plain")}
ROOT = Path(__file__).parents[2]


@pytest.fixture
def src(aio):
    path = aio.cwd / "src"
    path.write_bytes(DATA)
    return path


@pytest.fixture
def dst(aio):
    path = aio.cwd / "dst"
    path.write_text("old")
    return path


@pytest.fixture
def huge(aio):
    path = aio.cwd / "src"
    with open(path, "wb") as file:
        for number in range(HUGE // MIB):
            file.write(bytes([number + 1]) * MIB)
    return path


@pytest.mark.parametrize("is_atomic", [False, True], ids=["plain", "atomic"])
@pytest.mark.parametrize("error", ["ENOSPC", "EIO"])
@pytest.mark.parametrize(
    ("call", "options", "disabled"),
    [
        ("write", [], OFF["plain"]),
        ("pwrite64", ["--manifest=-"], ""),
        ("pwritev2", ["--no-cache"], "reflink"),
        ("copy_file_range", [], OFF["copy_range"]),
        ("sendfile", [], OFF["sendfile"]),
    ],
)
def test_disk_that_takes_no_more_is_an_error(aio, src, dst, call, options, disabled, error, is_atomic):
    atomic = ["--atomic"] if is_atomic else []
    is_both_ends = call in ("copy_file_range", "sendfile") and error == "EIO"  # nobody knows which end it was
    message = f"aio cp: error {'reading' if is_both_ends else 'writing'} '{'src' if is_both_ends else 'dst'}': "
    message += {"ENOSPC": "No space left on device\n", "EIO": "Input/output error\n"}[error]
    prefix = injecting(f"{call}:error={error}:when=2", None if is_atomic else dst)
    result = aio("cp", *atomic, *options, "src", "dst", prefix=prefix, env={"AIO_DISABLE": disabled})
    assert result.outcome() == (1, b"", message.encode())
    assert sorted(os.listdir(aio.cwd)) == ["dst", "src"]
    assert (dst.read_bytes() == b"old") is is_atomic
    assert is_atomic or DATA.startswith(dst.read_bytes())


@pytest.mark.parametrize(
    ("fault", "options", "message", "is_kept"),
    [
        ("ftruncate:error=EIO", [], "cannot create regular file 'dst'", True),
        ("fsync:error=EIO", ["--fsync"], "fsync failed for 'dst'", False),
        ("fsync:error=ENOSPC", ["--fsync"], "fsync failed for 'dst'", False),
        ("fsync:error=EIO", ["--verify"], "fsync failed for 'dst'", False),
        ("fsync:error=EIO", ["--atomic"], "fsync failed for 'dst'", True),
        ("linkat:error=EIO", ["--atomic"], "cannot replace 'dst'", True),
        ("/rename:error=EIO", ["--atomic"], "cannot replace 'dst'", True),
        ("fchmod:error=EIO", ["--atomic"], "setting permissions for 'dst'", True),
        ("fsync:error=EIO:when=2", ["--atomic"], "fsync failed for 'dst'", False),
    ],
)
def test_last_steps_that_fail_are_errors(aio, src, dst, fault, options, message, is_kept):
    result = aio("cp", *options, "src", "dst", prefix=injecting(fault))
    reason = "No space left on device" if "ENOSPC" in fault else "Input/output error"
    assert result.outcome() == (1, b"", f"aio cp: {message}: {reason}\n".encode())
    assert sorted(os.listdir(aio.cwd)) == ["dst", "src"]
    assert dst.read_bytes() == (b"old" if is_kept else DATA)


def test_file_that_cannot_be_closed_is_an_error(aio, src, dst):
    result = aio("cp", "src", "dst", prefix=injecting("close:error=EIO", dst))
    assert result.outcome() == (1, b"", b"aio cp: failed to close 'dst': Input/output error\n")


@pytest.mark.parametrize(
    ("call", "options", "disabled"),
    [("readv", [], OFF["plain"]), ("preadv,preadv2", ["--manifest=-"], ""), ("preadv2", ["--no-cache"], "reflink")],
)
@pytest.mark.parametrize("is_atomic", [False, True], ids=["plain", "atomic"])
def test_source_that_cannot_be_read_to_its_end_is_an_error(aio, src, dst, call, options, disabled, is_atomic):
    atomic = ["--atomic"] if is_atomic else []
    prefix = injecting(f"{call}:error=EIO:when=3", src)
    result = aio("cp", *atomic, *options, "src", "dst", prefix=prefix, env={"AIO_DISABLE": disabled})
    assert result.outcome() == (1, b"", b"aio cp: error reading 'src': Input/output error\n")
    assert (dst.read_bytes() == b"old") is is_atomic


@pytest.mark.parametrize("options", [[], ["--atomic"], ["--verify", "--manifest=-"], ["--no-cache"], ["--resume"]])
def test_full_file_system_is_an_error(aio, src, options):
    with tiny_tmpfs(aio.cwd / "small", MIB) as small:
        (small / "dst").write_text("old")
        result = aio("cp", *options, "src", "small/dst")
        assert result.outcome() == (1, b"", b"aio cp: error writing 'small/dst': No space left on device\n")
        assert os.listdir(small) == ["dst"]
        assert ((small / "dst").read_text(errors="replace") == "old") is (options == ["--atomic"])


def test_manifest_that_finds_no_space_is_an_error_and_the_copies_stay(aio, src):
    result = aio("cp", "--manifest=/dev/full", "src", "dst")
    assert result.outcome() == (1, b"", b"aio cp: error writing '/dev/full': No space left on device\n")
    assert (aio.cwd / "dst").read_bytes() == DATA


@pytest.mark.parametrize("disabled", ["", *FAST_PATHS, ",".join(FAST_PATHS)])
@pytest.mark.parametrize("rules", [{}, {"is_atomic": True}, {"verifies": True}])
@pytest.mark.parametrize("change", ["shrinks", "grows", "vanishes"])
def test_source_that_changes_is_copied_as_it_was_read(tmp_path, change, rules, disabled):
    source, target = tmp_path / "src", tmp_path / "dst"
    source.write_bytes(DATA)

    async def change_first(job):
        if change == "shrinks":
            os.truncate(source, 5000)
        elif change == "grows":
            with open(source, "ab") as file:
                file.write(b"more")
        else:
            source.unlink()
        await move(job)

    def node(path):
        return Node(AT_FDCWD, os.fspath(path), os.fspath(path))

    run = copy_regular(
        node(source),
        node(target),
        source.stat(),
        CopyRules(**rules, disabled=frozenset(disabled.split(","))),
        is_new=True,
        on_event=lambda event: None,
        mover=change_first,
    )
    drive(run)
    expected = {"shrinks": DATA[:5000], "grows": DATA + b"more", "vanishes": DATA}
    assert target.read_bytes() == expected[change]


@pytest.mark.parametrize("is_atomic", [False, True], ids=["plain", "atomic"])
def test_target_directory_that_is_removed_is_an_error_only_if_nothing_can_be_found_there(aio, src, is_atomic):
    folder = aio.cwd / "folder"
    folder.mkdir()
    fifo = aio.cwd / "fifo"
    os.mkfifo(fifo)
    process = aio.start("cp", *(["--atomic"] if is_atomic else []), "fifo", "folder/dst")
    with open(fifo, "wb") as writer:
        writer.write(DATA[:100_000])
        writer.flush()
        if not is_atomic:
            wait_until(lambda: (folder / "dst").exists())
            (folder / "dst").unlink()
        else:
            wait_until(lambda: _has_nameless(process.pid, folder))
        folder.rmdir()
    stdout, stderr = process.communicate()
    expected = (1, b"aio cp: cannot replace 'folder/dst': No such file or directory\n") if is_atomic else (0, b"")
    assert (process.returncode, stderr, stdout) == (*expected, b"")
    assert sorted(os.listdir(aio.cwd)) == ["fifo", "src"]


def _has_nameless(pid, folder):
    """Tell whether a process has a file without a name open in a directory."""
    return any(link.startswith(f"{folder}/") and "(deleted)" in link for link in open_fds(pid).values())


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("options", [["--atomic"], ["--atomic", "-b"], ["--atomic", "--verify", "--manifest=SUMS"]])
def test_signal_leaves_the_old_target_and_nothing_else(aio, dst, signum, options):
    fifo = aio.cwd / "fifo"
    os.mkfifo(fifo)
    process = aio.start("cp", *options, "fifo", "dst")
    with open(fifo, "wb") as writer:
        writer.write(DATA[:100_000])
        writer.flush()
        wait_until(lambda: _has_nameless(process.pid, aio.cwd))
        wait_until(lambda: is_asleep(process.pid))
        process.send_signal(signum)
        _, stderr = process.communicate(timeout=TIMEOUT_S)
    assert (process.returncode, stderr) == (-signum, b"")
    assert dst.read_text() == "old"
    assert sorted(name for name in os.listdir(aio.cwd) if name != "dst~") == ["dst", "fifo"]


SCRIPT = """
import os, sys
from aiocli.core.loop import drive
from aiocli.engines.copy.copier import Copier
from aiocli.engines.copy.node import AT_FDCWD, Node
from aiocli.engines.copy.rules import CopyRules, Preserve
rules = CopyRules(**eval(sys.argv[3]))
failures = []
def node(path): return Node(AT_FDCWD, path, path)
def copy():
    copier = Copier(rules, lambda event: type(event).__name__ == "Failure" and failures.append(event))
    return drive(copier.copy(node(sys.argv[1]), node(sys.argv[2])))
"""


KILLED = (
    SCRIPT
    + """
from tests.support.killing import killed_at_each_call
source, target = sys.argv[1:3]
folder, name = os.path.split(target)
old, new = b"old" * 100_000, open(source, "rb").read()

def reset():
    for left in set(os.listdir(folder)) - {os.path.basename(source)}:
        os.unlink(os.path.join(folder, left))
    with open(target, "wb") as file:
        file.write(old)

for call in killed_at_each_call(copy, reset):
    found = open(target, "rb").read()
    left = set(os.listdir(folder)) - {name, os.path.basename(source)}
    assert found in (old, new), (call, len(found))
    assert all(open(os.path.join(folder, other), "rb").read() == new for other in left), call
    print(call, "old" if found == old else "new", len(left))
assert open(target, "rb").read() == new
"""
)


def run_script(script, *args):
    command = [sys.executable, "-c", script, *(os.fspath(arg) for arg in args)]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, env=environment(), check=False, timeout=TIMEOUT_S
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("rules", ["dict(is_atomic=True)", "dict(is_atomic=True, verifies=True)"])
def test_target_is_whole_wherever_the_copy_is_killed(aio, src, rules):
    told = [line.split() for line in run_script(KILLED, src, aio.cwd / "dst", rules).splitlines()]
    assert {state for _, state, _ in told} == {"old", "new"}
    # Only a kill between the two calls that give and move a name leaves a file, with the complete new content.
    assert {(call, state, left) for call, state, left in told if left != "0"} == {("rename", "old", "1")}


RESUMED = (
    SCRIPT
    + """
from tests.support.killing import count_calls, killed_at
source, target = sys.argv[1:3]
new = open(source, "rb").read()

def reset():
    if os.path.exists(target):
        os.unlink(target)

ncalls = count_calls(copy, reset)
assert ncalls > 20, ncalls
for number in {ncalls * part // 4 for part in (1, 2, 3)}:
    reset()
    assert killed_at(copy, number)
    killed_at(copy, number // 2)
    assert copy(), failures
    assert open(target, "rb").read() == new
"""
)


def test_killed_copies_are_resumed(aio, huge):
    run_script(RESUMED, huge, aio.cwd / "dst", "dict(resumes=True)")


def test_wrong_byte_below_a_resumed_copy_is_found(aio, src):
    (aio.cwd / "dst").write_bytes(DATA[:1000] + bytes([DATA[1000] ^ 1]) + DATA[1001:1_000_000])
    result = aio("cp", "--resume", "--explain", "src", "dst")
    assert b"resumed at 1000;" in result.stderr
    assert (aio.cwd / "dst").read_bytes() == DATA


def test_error_of_one_thread_ends_the_others(huge, aio):
    result = aio("cp", "--manifest=-", "src", "dst", prefix=injecting("pwrite64:error=ENOSPC:when=20"))
    assert result.outcome() == (1, b"", b"aio cp: error writing 'dst': No space left on device\n")


def test_workers_that_are_killed_are_told_of(aio):
    (aio.cwd / "tree").mkdir()
    (aio.cwd / "copy").mkdir()
    for number in range(100):
        (aio.cwd / f"tree/{number}").touch()
    os.mkfifo(aio.cwd / "gate")
    with aio.start("cp", "-r", "--copy-contents", "--jobs=2", "gate", "tree", "copy") as process:
        listed = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        wait_until(lambda: len(listed.read_text().split()) == 2)
        for worker in listed.read_text().split():
            os.kill(int(worker), signal.SIGKILL)
        with (aio.cwd / "gate").open("wb"):
            pass  # the tree's turn
        _, told = process.communicate()
    assert (process.returncode, told) == (1, b"aio cp: a worker process was killed: the copy is not complete\n")
