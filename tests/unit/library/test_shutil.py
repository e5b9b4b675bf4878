"""The functions of shutil, asynchronous: same results, same errors, and they stop when they are cancelled."""

import ast
import asyncio
import errno
import gc
import inspect
import os
import shutil as standard
import stat
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest

from aiocli.core.threads import in_thread
from aiocli.library import shutil
from aiocli.library.shutil_copy import SMALL_BYTES
from aiocli.library.shutil_remove import Removal
from tests.support.privileges import unprivileged
from tests.support.resources import WAIT_S, loop_until, open_fds, opened_since
from tests.support.tmpfs import tiny_tmpfs

MIB = 1024 * 1024
SPARSE = 16 * 1024 * MIB
"""Takes longer to copy than anything else may stand still."""
SIZES = [0, 1, SMALL_BYTES, SMALL_BYTES + 1, 3 * MIB, 33 * MIB]
"""One for each way that the data takes: read and write, copy_file_range, two threads."""


def data_of(size):
    return (b"0123456789abcdef" * (size // 16 + 1))[:size]


@pytest.fixture
def tree(tmp_path):
    """A tree with links of all kinds, modes and times."""
    top = tmp_path / "tree"
    (top / "a" / "deep").mkdir(parents=True)
    (top / "empty").mkdir(mode=0o700)
    for name in ("file", "a/x.txt", "a/y.pyc", "a/deep/z"):
        (top / name).write_text(name)
    (top / "large").write_bytes(data_of(2 * SMALL_BYTES))
    (top / "file").chmod(0o640)
    (top / "to-file").symlink_to("file")
    (top / "to-a").symlink_to("a")
    os.utime(top / "a" / "x.txt", ns=(1_000_000_007, 2_000_000_011))
    os.utime(top / "a", ns=(3_000_000_007, 4_000_000_011))
    return top


def snapshot(top):
    """Everything about a tree: kinds, modes, times, content."""
    found = {}
    for directory, dirnames, filenames in os.walk(top):
        for name in (".", *dirnames, *filenames):
            path = os.path.normpath(os.path.join(directory, name))
            facts = os.lstat(path)
            content = None
            if stat.S_ISLNK(facts.st_mode):
                content = os.readlink(path)
            elif stat.S_ISREG(facts.st_mode):
                content = Path(path).read_bytes()
            is_link = stat.S_ISLNK(facts.st_mode)
            found[os.path.relpath(path, top)] = (facts.st_mode, None if is_link else facts.st_mtime_ns, content)
    return found


@pytest.mark.parametrize(
    "name", [name for name in shutil.__all__ if inspect.iscoroutinefunction(getattr(shutil, name))]
)
def test_arguments_are_those_of_shutil(name):
    theirs = inspect.signature(getattr(standard, name)).parameters
    ours = inspect.signature(getattr(shutil, name)).parameters
    expected = [(it.name, it.kind) for it in theirs.values() if not it.name.startswith("_")]
    assert [(it.name, it.kind) for it in ours.values() if (it.name, it.kind) in expected] == expected
    for parameter, _ in expected:
        if parameter != "copy_function":
            assert ours[parameter].default == theirs[parameter].default
    assert ours["executor"].default is None


def test_error_classes_are_those_of_shutil():
    assert shutil.Error is standard.Error
    assert shutil.SameFileError is standard.SameFileError
    assert shutil.SpecialFileError is standard.SpecialFileError


def error_of(function, *args):
    """The class of the OSError that a function raises."""
    try:
        function(*args)
    except OSError as error:
        return type(error)
    raise AssertionError("it went well")


class TestCopyfile:
    """Copying the data of a file."""

    @pytest.mark.parametrize("size", SIZES)
    async def test_data_arrives_and_is_counted_in_the_loops_thread(self, tmp_path, size):
        src, dst = tmp_path / "src", tmp_path / "dst"
        src.write_bytes(data_of(size))
        dst.write_bytes(b"old")
        counted = []

        def count(nbytes):
            assert threading.current_thread() is threading.main_thread()
            counted.append(nbytes)

        before = open_fds()
        assert await shutil.copyfile(src, dst, on_bytes=count) is dst
        assert dst.read_bytes() == data_of(size)
        assert sum(counted) == size
        assert not opened_since(before)

    async def test_it_runs_in_the_callers_executor(self, tmp_path):
        src, dst = tmp_path / "src", tmp_path / "dst"
        src.write_bytes(data_of(SMALL_BYTES + 1))
        with ThreadPoolExecutor(1) as executor:
            await shutil.copyfile(src, dst, executor=executor)
            assert len(executor._threads) == 1
        assert dst.read_bytes() == src.read_bytes()

    async def test_holes_stay(self, tmp_path):
        src, dst = tmp_path / "src", tmp_path / "dst"
        with src.open("wb") as file:
            file.write(b"begin")
            file.seek(20 * MIB)
            file.write(b"end")
        if src.stat().st_blocks * 512 > MIB:
            pytest.skip("the file system has no holes")
        await shutil.copyfile(src, dst)
        assert dst.read_bytes() == src.read_bytes()
        assert dst.stat().st_blocks * 512 < MIB

    async def test_files_without_a_size_are_copied_to_their_end(self, tmp_path):
        await shutil.copyfile("/proc/self/cmdline", tmp_path / "dst")
        assert (tmp_path / "dst").read_bytes() == Path("/proc/self/cmdline").read_bytes()

    async def test_bytes_and_str_may_be_mixed(self, tmp_path):
        (tmp_path / "src").write_text("x")
        dst = os.fsencode(tmp_path / "dst")
        assert await shutil.copyfile(str(tmp_path / "src"), dst) == dst
        assert (tmp_path / "dst").read_text() == "x"

    async def test_same_file_is_refused_through_any_name(self, tree):
        for other in ("file", "to-file"):
            with pytest.raises(shutil.SameFileError):
                await shutil.copyfile(tree / "file", tree / other)
        assert (tree / "file").read_text() == "file"

    async def test_fifo_is_refused(self, tmp_path):
        os.mkfifo(tmp_path / "fifo")
        (tmp_path / "file").touch()
        for src, dst in (("fifo", "file"), ("file", "fifo")):
            with pytest.raises(shutil.SpecialFileError, match="fifo"):
                await shutil.copyfile(tmp_path / src, tmp_path / dst)

    async def test_links_are_followed_or_made_again(self, tree):
        await shutil.copyfile(tree / "to-file", tree / "followed")
        await shutil.copyfile(tree / "to-file", tree / "link", follow_symlinks=False)
        assert not (tree / "followed").is_symlink()
        assert (tree / "link").readlink() == Path("file")

    @pytest.mark.parametrize(
        ("src", "dst"),
        [("missing", "new"), ("a", "new"), ("file", "a"), ("file", "missing/new"), ("file", "missing/")],
    )
    async def test_errors_are_those_of_shutil(self, tree, src, dst):
        src, dst = f"{tree}/{src}", f"{tree}/{dst}"
        expected = error_of(standard.copyfile, src, dst)
        with pytest.raises(expected):
            await shutil.copyfile(src, dst)

    async def test_failing_write_tells_the_targets_name(self, tmp_path):
        for size in (100, SMALL_BYTES + 1):
            src = tmp_path / "src"
            src.write_bytes(data_of(size))
            with pytest.raises(OSError, match="No space") as caught:
                await shutil.copyfile(src, "/dev/full")
            assert caught.value.filename == "/dev/full"
            assert caught.value.errno == errno.ENOSPC

    async def test_full_disk_is_told_by_a_plain_oserror(self, tmp_path):
        src = tmp_path / "src"
        src.write_bytes(data_of(MIB))
        with tiny_tmpfs(tmp_path / "tiny", 64 * 1024) as tiny:
            with pytest.raises(OSError, match="No space") as caught:
                await shutil.copyfile(src, tiny / "dst")
            assert type(caught.value) is OSError
            assert caught.value.filename == str(tiny / "dst")

    @pytest.mark.parametrize("has_size", [False, True])
    async def test_cancelled_it_has_stopped_and_closed_both(self, tmp_path, has_size):
        src = tmp_path / "endless"
        with src.open("wb") as file:
            file.truncate(1 << 42)
        before = open_fds()
        task = None

        def cancel(nbytes):
            task.cancel()

        task = asyncio.ensure_future(
            shutil.copyfile(src if has_size else "/dev/zero", "/dev/null", on_bytes=cancel),
        )
        with pytest.raises(asyncio.CancelledError):
            await task
        assert not opened_since(before)

    async def test_cancelled_while_two_threads_copy_both_have_ended(self, tmp_path):
        src, dst = tmp_path / "src", tmp_path / "dst"
        with src.open("wb") as file:
            file.truncate(SPARSE)
        with src.open("rb") as fsrc, dst.open("wb") as fdst:
            before = open_fds()
            task = asyncio.ensure_future(shutil.copyfileobj(fsrc, fdst))
            await loop_until(lambda: os.fstat(fdst.fileno()).st_size > 0)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert not [thread for thread in threading.enumerate() if thread.name.startswith("aio-team")]
            assert not opened_since(before)
            assert dst.stat().st_size < SPARSE

    async def test_several_cancellations_are_one(self, tmp_path):
        asked, may_go_on = threading.Event(), threading.Event()

        def slow(src, dst):
            asked.set()
            assert may_go_on.wait(WAIT_S)

        (tmp_path / "src").mkdir()
        (tmp_path / "src" / "file").touch()
        task = asyncio.ensure_future(shutil.copytree(tmp_path / "src", tmp_path / "dst", copy_function=slow))
        await in_thread(asked.wait)
        for _ in range(3):
            task.cancel()
            await asyncio.sleep(0)
        assert not task.done()
        may_go_on.set()
        with pytest.raises(asyncio.CancelledError):
            await task

    async def test_error_after_a_cancellation_is_not_told_as_lost(self, tmp_path):
        asked, may_go_on = threading.Event(), threading.Event()

        def fail(directory, names):
            asked.set()
            assert may_go_on.wait(WAIT_S)
            raise ZeroDivisionError

        told = []
        asyncio.get_running_loop().set_exception_handler(lambda loop, context: told.append(context))
        (tmp_path / "src").mkdir()
        task = asyncio.ensure_future(shutil.copytree(tmp_path / "src", tmp_path / "dst", ignore=fail))
        await in_thread(asked.wait)
        task.cancel()
        may_go_on.set()
        with pytest.raises(asyncio.CancelledError):
            await task
        gc.collect()  # which would tell
        assert told == []


class TestCopy:
    """Copying a file with its mode or more."""

    @pytest.mark.parametrize("name", ["copy", "copy2"])
    async def test_result_is_that_of_shutil(self, tree, tmp_path, name):
        for kind in ("ours", "theirs"):
            (tmp_path / kind).mkdir()
        ours, theirs = getattr(shutil, name), getattr(standard, name)
        assert await ours(tree / "a/x.txt", tmp_path / "ours") == str(tmp_path / "ours" / "x.txt")
        theirs(tree / "a/x.txt", tmp_path / "theirs")
        assert await ours(tree / "file", tmp_path / "ours/new") == tmp_path / "ours/new"
        theirs(tree / "file", tmp_path / "theirs/new")
        await ours(tree / "to-file", tmp_path / "ours/link", follow_symlinks=False)
        theirs(tree / "to-file", tmp_path / "theirs/link", follow_symlinks=False)
        found, expected = snapshot(tmp_path / "ours"), snapshot(tmp_path / "theirs")
        assert found.keys() == expected.keys()
        for path in found.keys() - {"."}:
            assert found[path][::2] == expected[path][::2]
            assert name == "copy" or found[path] == expected[path]

    async def test_mode_and_times_alone(self, tree):
        await shutil.copymode(tree / "file", tree / "a/deep/z")
        assert (tree / "a/deep/z").stat().st_mode == (tree / "file").stat().st_mode
        await shutil.copystat(tree / "a/x.txt", tree / "a/deep/z")
        assert (tree / "a/deep/z").stat().st_mtime_ns == 2_000_000_011
        with pytest.raises(FileNotFoundError):
            await shutil.copymode(tree / "missing", tree / "file")


class TestCopytree:
    """Copying a tree."""

    @pytest.mark.parametrize("symlinks", [True, False])
    async def test_copy_is_that_of_shutil(self, tree, tmp_path, symlinks):
        ours, theirs = tmp_path / "ours", tmp_path / "theirs"
        assert await shutil.copytree(tree, ours, symlinks) is ours
        standard.copytree(tree, theirs, symlinks)
        assert snapshot(ours) == snapshot(theirs)

    async def test_ignored_names_are_left_out(self, tree, tmp_path):
        await shutil.copytree(tree, tmp_path / "new", ignore=shutil.ignore_patterns("*.pyc", "deep"))
        assert sorted(os.listdir(tmp_path / "new" / "a")) == ["x.txt"]

    async def test_existing_target_is_refused_unless_that_is_ok(self, tree, tmp_path):
        (tmp_path / "new").mkdir()
        with pytest.raises(FileExistsError):
            await shutil.copytree(tree, tmp_path / "new")
        await shutil.copytree(tree, tmp_path / "new", dirs_exist_ok=True)
        assert (tmp_path / "new" / "file").read_text() == "file"

    async def test_failures_are_collected_and_the_rest_is_copied(self, tree, tmp_path):
        (tree / "dangling").symlink_to("nowhere")
        os.mkfifo(tree / "a" / "fifo")
        with pytest.raises(shutil.Error) as expected:
            standard.copytree(tree, tmp_path / "theirs")
        with pytest.raises(shutil.Error) as caught:
            await shutil.copytree(tree, tmp_path / "ours")
        assert [src for src, _, _ in caught.value.args[0]] == [src for src, _, _ in expected.value.args[0]]
        assert snapshot(tmp_path / "ours") == snapshot(tmp_path / "theirs")
        await shutil.copytree(
            tree, tmp_path / "fine", ignore=shutil.ignore_patterns("fifo"), ignore_dangling_symlinks=True
        )

    async def test_missing_source_is_an_oserror(self, tmp_path):
        with pytest.raises(FileNotFoundError):
            await shutil.copytree(tmp_path / "missing", tmp_path / "new")

    @pytest.mark.parametrize("function", [shutil.copy, standard.copy, shutil.copyfile, partial(shutil.copy)])
    async def test_copy_function_may_be_ours_or_shutils(self, tree, tmp_path, function):
        await shutil.copytree(tree, tmp_path / "new", copy_function=function)
        assert (tmp_path / "new/a/x.txt").read_text() == "a/x.txt"
        assert (tmp_path / "new/a/x.txt").stat().st_mtime_ns != (tree / "a/x.txt").stat().st_mtime_ns

    async def test_coroutine_function_runs_in_the_loop(self, tree, tmp_path):
        threads, names = set(), []

        async def link(src, dst):
            await asyncio.sleep(0)
            threads.add(threading.current_thread())
            names.append(os.path.basename(src))
            os.link(src, dst)

        await shutil.copytree(tree, tmp_path / "new", symlinks=True, copy_function=link)
        assert threads == {threading.main_thread()}
        assert sorted(names) == ["file", "large", "x.txt", "y.pyc", "z"]
        assert os.path.samefile(tmp_path / "new/file", tree / "file")

    async def test_its_error_is_collected_too(self, tree, tmp_path):
        async def fail(src, dst):
            raise PermissionError(src)

        with pytest.raises(shutil.Error) as caught:
            await shutil.copytree(tree, tmp_path / "new", symlinks=True, copy_function=fail)
        assert len(caught.value.args[0]) == 5

    async def test_bytes_are_counted(self, tree, tmp_path):
        counted = []
        await shutil.copytree(tree, tmp_path / "new", symlinks=True, on_bytes=counted.append)
        assert sum(counted) == sum(path.stat().st_size for path in tree.rglob("*") if is_plain(path))

    async def test_cancelled_it_stops_after_the_file_that_is_being_copied(self, tree, tmp_path):
        asked, may_go_on, calls = threading.Event(), threading.Event(), []

        def slow(src, dst):
            calls.append(src)
            asked.set()
            assert may_go_on.wait(WAIT_S)

        task = asyncio.ensure_future(shutil.copytree(tree, tmp_path / "new", copy_function=slow))
        await in_thread(asked.wait)
        task.cancel()
        asyncio.get_running_loop().call_soon(may_go_on.set)
        with pytest.raises(asyncio.CancelledError):
            await task
        assert len(calls) == 1

    async def test_cancelled_it_stops_where_there_are_only_directories(self, tmp_path):
        asked, may_go_on, calls = threading.Event(), threading.Event(), []
        for number in range(10):
            (tmp_path / "src" / str(number)).mkdir(parents=True)

        def slow(directory, names):
            calls.append(directory)
            asked.set()
            assert may_go_on.wait(WAIT_S)
            return ()

        task = asyncio.ensure_future(shutil.copytree(tmp_path / "src", tmp_path / "new", ignore=slow))
        await in_thread(asked.wait)
        task.cancel()
        asyncio.get_running_loop().call_soon(may_go_on.set)
        with pytest.raises(asyncio.CancelledError):
            await task
        assert len(calls) == 1


def is_plain(path):
    return path.is_file() and not path.is_symlink()


UNPRIVILEGED_RMTREE = """
import asyncio, sys
from aiocli.library.shutil import rmtree

failures = []
asyncio.run(rmtree(sys.argv[1], onexc=lambda function, path, error: failures.append((type(error).__name__, path))))
print(failures)
"""


class Interference:
    """A work that does something before the entry of a given number is removed."""

    def __init__(self, number, action):
        self.number = number
        self.action = action

    def check(self):
        self.number -= 1
        if not self.number:
            self.action()


class TestRmtree:
    """Removing a tree."""

    async def test_all_goes_and_what_links_lead_to_stays(self, tree, tmp_path):
        (tmp_path / "kept").mkdir()
        (tmp_path / "kept" / "file").touch()
        (tree / "a" / "out").symlink_to(tmp_path / "kept")
        before = open_fds()
        await shutil.rmtree(tree)
        assert not tree.exists()
        assert (tmp_path / "kept" / "file").exists()
        assert not opened_since(before)

    async def test_bytes_and_executor(self, tree):
        with ThreadPoolExecutor(1) as executor:
            await shutil.rmtree(os.fsencode(tree), executor=executor)
        assert not tree.exists()

    async def test_tree_deeper_than_the_recursion_limit_goes(self, tmp_path):
        depth = 300
        (tmp_path / "top" / Path(*["d"] * depth)).mkdir(parents=True)
        limit = sys.getrecursionlimit()
        sys.setrecursionlimit(200)
        try:
            removal = shutil.rmtree(tmp_path / "top")
            await removal
        finally:
            sys.setrecursionlimit(limit)
        assert os.listdir(tmp_path) == []

    async def test_path_is_relative_to_a_directory_that_is_open(self, tree):
        fd = os.open(tree.parent, os.O_RDONLY)
        try:
            await shutil.rmtree("tree", dir_fd=fd)
        finally:
            os.close(fd)
        assert not tree.exists()

    @pytest.mark.parametrize("name", ["missing", "file", "to-a", "file/below"])
    async def test_what_is_no_tree_fails_as_in_shutil(self, tree, name):
        expected = error_of(standard.rmtree, tree / name)
        with pytest.raises(expected):
            await shutil.rmtree(tree / name)
        assert (tree / "a" / "x.txt").exists()

    @pytest.mark.parametrize("name", ["missing", "file", "to-a"])
    async def test_callbacks_are_told(self, tree, name):
        told, old = [], []
        path = str(tree / name)
        await shutil.rmtree(path, ignore_errors=True)
        await shutil.rmtree(path, onexc=lambda *args: told.append(args))
        await shutil.rmtree(path, onerror=lambda *args: old.append(args))
        function, told_path, error = told[0]
        assert len(told) == 1
        assert callable(function)
        assert told_path == path
        assert isinstance(error, OSError)
        assert old[0][1] == path
        assert [type(it) for it in old[0][2][:2]] == [type, type(error)]

    async def test_what_a_callback_raises_ends_the_removal(self, tree):
        def give_up(function, path, error):
            raise ZeroDivisionError

        before = open_fds()
        with pytest.raises(ZeroDivisionError):
            await shutil.rmtree(tree / "missing", onexc=give_up)
        assert not opened_since(before)

    def test_what_may_not_be_removed_is_told_and_the_rest_goes(self, tree):
        prefix = unprivileged()
        for directory, _, _ in os.walk(tree):
            os.chmod(directory, 0o777)
        for path in (tree, tree.parent, *tree.parent.parents):
            if path.owner() == "root" and path.stat().st_mode & 0o001 == 0:
                os.chmod(path, path.stat().st_mode | 0o711)
        (tree / "a").chmod(0o755)
        done = subprocess.run(
            [*prefix, sys.executable, "-c", UNPRIVILEGED_RMTREE, tree], capture_output=True, text=True, check=False
        )
        if os.geteuid() != 0:
            pytest.skip("who owns the tree may remove it")
        assert done.stderr == ""
        failures = ast.literal_eval(done.stdout)
        assert ("PermissionError", str(tree / "a" / "x.txt")) in failures
        assert os.listdir(tree) == ["a"]
        assert sorted(os.listdir(tree / "a")) == ["deep", "x.txt", "y.pyc"]

    def test_directory_that_becomes_a_link_meanwhile_is_not_followed(self, tmp_path):
        (tmp_path / "victim").mkdir()
        (tmp_path / "victim" / "precious").touch()
        (tmp_path / "top" / "dir").mkdir(parents=True)

        def replace():
            (tmp_path / "top" / "dir").rmdir()
            (tmp_path / "top" / "dir").symlink_to(tmp_path / "victim")

        errors = []
        Removal(Interference(1, replace), lambda *args: errors.append(args)).remove(str(tmp_path / "top"))
        assert (tmp_path / "victim" / "precious").exists()
        assert [path for _, path, _ in errors] == [str(tmp_path / "top" / "dir"), str(tmp_path / "top")]

    def test_directory_that_moves_away_is_emptied_and_nothing_else(self, tmp_path):
        (tmp_path / "top" / "dir").mkdir(parents=True)
        (tmp_path / "top" / "dir" / "file").touch()
        (tmp_path / "victim").mkdir()
        (tmp_path / "victim" / "file").touch()

        def swap():
            (tmp_path / "top" / "dir").rename(tmp_path / "moved")
            (tmp_path / "top" / "dir").symlink_to(tmp_path / "victim")

        Removal(Interference(2, swap), lambda *args: None).remove(str(tmp_path / "top"))
        assert os.listdir(tmp_path / "victim") == ["file"]
        assert os.listdir(tmp_path / "moved") == []

    def test_what_disappears_meanwhile_is_no_error(self, tree):
        def remove_too():
            standard.rmtree(tree / "a")
            (tree / "file").unlink()

        def refuse(function, path, error):
            raise error

        Removal(Interference(1, remove_too), refuse).remove(str(tree))
        assert not tree.exists()

    async def test_cancelled_it_stops_and_closes_what_it_has_open(self, tmp_path):
        asked, may_go_on = threading.Event(), threading.Event()
        top = tmp_path / "top"
        (top / "mount").mkdir(parents=True)

        def block(function, path, error):
            asked.set()
            assert may_go_on.wait(WAIT_S)

        with tiny_tmpfs(top / "mount" / "point", 64 * 1024):  # which cannot be removed
            before = open_fds()
            task = asyncio.ensure_future(shutil.rmtree(top, onexc=block))
            await in_thread(asked.wait)
            assert opened_since(before)
            task.cancel()
            asyncio.get_running_loop().call_soon(may_go_on.set)
            with pytest.raises(asyncio.CancelledError):
                await task
            assert not opened_since(before)
            assert (top / "mount" / "point").exists()


class TestMove:
    """Moving files and trees."""

    async def test_within_a_file_system_it_is_renamed(self, tree, tmp_path):
        inode = tree.stat().st_ino
        assert await shutil.move(tree, tmp_path / "new") == tmp_path / "new"
        assert (tmp_path / "new").stat().st_ino == inode

    async def test_it_goes_into_a_directory(self, tree, tmp_path):
        (tmp_path / "into").mkdir()
        assert await shutil.move(tree / "file", tmp_path / "into") == str(tmp_path / "into" / "file")
        (tree / "file").touch()
        with pytest.raises(shutil.Error, match="already exists"):
            await shutil.move(tree / "file", tmp_path / "into")

    async def test_it_does_not_go_into_itself(self, tree):
        with pytest.raises(shutil.Error, match="into itself"):
            await shutil.move(tree, tree / "a")

    async def test_between_file_systems_it_is_copied_and_removed(self, tree, tmp_path):
        with tiny_tmpfs(tmp_path / "other", 4 * MIB) as other:
            expected = snapshot(tree)
            counted = []
            await shutil.move(tree, other / "new", on_bytes=counted.append)
            assert snapshot(other / "new") == expected
            assert sum(counted) > SMALL_BYTES
            assert not tree.exists()

    async def test_cancelled_while_copying_the_source_stays_complete(self, tree, tmp_path):
        expected = snapshot(tree)
        asked, may_go_on = threading.Event(), threading.Event()

        def slow(src, dst):
            asked.set()
            assert may_go_on.wait(WAIT_S)

        with tiny_tmpfs(tmp_path / "other", 4 * MIB) as other:
            task = asyncio.ensure_future(shutil.move(tree, other / "new", slow))
            await in_thread(asked.wait)
            task.cancel()
            asyncio.get_running_loop().call_soon(may_go_on.set)
            with pytest.raises(asyncio.CancelledError):
                await task
        assert snapshot(tree) == expected


class TestRest:
    """What only goes to a thread."""

    async def test_disk_usage(self, tmp_path):
        usage = await shutil.disk_usage(tmp_path)
        assert usage.total == standard.disk_usage(tmp_path).total

    async def test_which(self, tmp_path):
        program = tmp_path / "program"
        program.touch(mode=0o755)
        assert await shutil.which("program", path=str(tmp_path)) == str(program)
        assert await shutil.which("program", path="") is None
        assert await shutil.which("sh") == standard.which("sh")

    async def test_chown(self, tmp_path):
        (tmp_path / "file").touch()
        await shutil.chown(tmp_path / "file", os.geteuid(), os.getegid())
        with pytest.raises(OSError if sys.version_info >= (3, 13) else TypeError):
            await shutil.chown(tmp_path / "missing", 0, follow_symlinks=False)
        with pytest.raises(ValueError, match="user and/or group"):
            await shutil.chown(tmp_path / "file")
        with pytest.raises(LookupError):
            await shutil.chown(tmp_path / "file", "nobody-has-this-name")
