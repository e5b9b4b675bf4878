"""Path does what pathlib.Path does, without holding up the loop."""

import asyncio
import copy
import inspect
import os
import pathlib
import pickle
import re
import socket
import sys
import threading
import warnings
from array import array

import pytest

from aiocli.core import threads
from aiocli.core.file import AIOFile
from aiocli.core.wrappers import BinaryFileWrapper, TextFileWrapper
from aiocli.library.path import Path
from tests.support.resources import WAIT_S, open_fds, opened_since


@pytest.fixture
def tree(tmp_path, monkeypatch):
    """Every kind of file, in the current directory."""
    (tmp_path / "dir" / "deep").mkdir(parents=True)
    (tmp_path / "dir" / "a.txt").write_text("text")
    (tmp_path / "dir" / "deep" / "b.txt").write_text("more")
    (tmp_path / "dir" / "deep" / ".hidden").touch()
    (tmp_path / "file").write_bytes(b"one\r\ntwo\n")
    (tmp_path / "to-file").symlink_to("file")
    (tmp_path / "to-dir").symlink_to("dir")
    (tmp_path / "dangling").symlink_to("nowhere")
    os.mkfifo(tmp_path / "fifo")
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("socket")
        yield tmp_path


NAMES = [
    "dir",
    "file",
    "to-file",
    "to-dir",
    "dangling",
    "fifo",
    "socket",
    "missing",
    "file/below",
    "/",
    "/dev/null",
    ".",
]


def public(cls):
    return {name for name in dir(cls) if not name.startswith("_")}


def test_nothing_that_pathlib_has_is_missing():
    assert public(pathlib.Path) - public(Path) == set()


def test_what_pathlib_has_takes_the_same_arguments():
    for name in public(pathlib.Path) - public(pathlib.PurePath):
        theirs = inspect.signature(getattr(pathlib.Path, name)).parameters
        ours = inspect.signature(getattr(Path, name)).parameters
        expected = [(it.name, it.kind, it.default) for it in theirs.values()]
        assert [(it.name, it.kind, it.default) for it in ours.values() if it.name in theirs] == expected, name


async def outcome(call):
    """The result of a call, or its error."""
    try:
        result = call()
        return await result if inspect.isawaitable(result) else result
    except (OSError, KeyError, ValueError, RuntimeError, NotImplementedError) as error:
        return type(error), str(error)


@pytest.mark.parametrize(
    "method",
    [
        "exists",
        "is_file",
        "is_dir",
        "is_symlink",
        "is_mount",
        "is_block_device",
        "is_char_device",
        "is_fifo",
        "is_socket",
        "owner",
        "group",
        "absolute",
        "resolve",
        "readlink",
        "expanduser",
    ],
)
@pytest.mark.parametrize("name", NAMES)
async def test_answers_are_those_of_pathlib(tree, method, name):
    expected = await outcome(getattr(pathlib.Path(name), method))
    answer = await outcome(getattr(Path(name), method))
    assert answer == expected
    assert isinstance(answer, Path) == isinstance(expected, pathlib.Path)


@pytest.mark.parametrize("name", NAMES)
async def test_stat_is_that_of_os(tree, name):
    assert await outcome(Path(name).stat) == await outcome(pathlib.Path(name).stat)
    assert await outcome(Path(name).lstat) == await outcome(pathlib.Path(name).lstat)


async def test_links_need_not_be_followed_on_any_python(tree):
    link = Path("to-file")
    assert await Path("dangling").exists(follow_symlinks=False)
    assert not await Path("missing").exists(follow_symlinks=False)
    assert not await link.is_file(follow_symlinks=False)
    assert await Path("file").is_file(follow_symlinks=False)
    assert not await Path("to-dir").is_dir(follow_symlinks=False)
    assert await Path("dir").is_dir(follow_symlinks=False)
    assert (await link.stat(follow_symlinks=False)).st_ino == os.lstat("to-file").st_ino
    assert await link.owner(follow_symlinks=False) == pathlib.Path("file").owner()
    assert await link.group(follow_symlinks=False) == pathlib.Path("file").group()
    assert await Path("dir").is_junction() is False


async def test_samefile_takes_any_path(tree):
    for other in ("to-file", pathlib.Path("to-file"), Path("to-file")):
        assert await Path("file").samefile(other)
        assert not await Path("dir").samefile(other)


async def test_resolve_is_strict_if_asked(tree):
    with pytest.raises(FileNotFoundError):
        await Path("missing").resolve(strict=True)


async def test_cwd_and_home_are_those_of_pathlib(tree):
    assert await Path.cwd() == pathlib.Path.cwd()
    assert await Path.home() == pathlib.Path.home() == await Path("~").expanduser()
    assert type(await Path.cwd()) is type(await Path.home()) is Path


@pytest.mark.skipif(sys.version_info < (3, 13), reason="pathlib has it from 3.13 on")
def test_from_uri_needs_no_await():
    assert Path.from_uri("file:///etc/hosts") == Path("/etc/hosts")


async def test_iterdir_yields_paths_of_its_class(tree):
    for name in (".", "dir", str(tree)):
        found = [path async for path in Path(name).iterdir()]
        assert found == list(pathlib.Path(name).iterdir())
        assert {type(path) for path in found} == {Path}


async def test_iterdir_of_a_file_raises_as_pathlib(tree):
    with pytest.raises(NotADirectoryError):
        await anext(Path("file").iterdir())


async def test_iterdir_that_is_left_early_leaves_nothing_open(tree):
    before = open_fds()
    async for _ in Path("dir").iterdir():
        break
    assert not opened_since(before)


@pytest.mark.parametrize("pattern", ["*", "*.txt", "**", "**/*.txt", "d*/*", "../*", "nothing", "file", "*/"])
async def test_glob_finds_what_pathlib_finds(tree, pattern):
    here, theirs = Path("dir"), pathlib.Path("dir")
    assert [path async for path in here.glob(pattern)] == list(theirs.glob(pattern))
    assert [path async for path in here.rglob(pattern)] == list(theirs.rglob(pattern))


@pytest.mark.parametrize("pattern", ["", "/absolute"])
async def test_glob_refuses_what_pathlib_refuses(tree, pattern):
    with pytest.raises((ValueError, NotImplementedError)) as caught:
        list(pathlib.Path().glob(pattern))
    with pytest.raises(caught.type, match=re.escape(str(caught.value))):
        await anext(Path().glob(pattern))


async def test_newer_arguments_of_glob_are_those_of_the_running_pathlib(tree):
    for newer in ({"case_sensitive": False}, {"recurse_symlinks": True}):
        try:
            expected = sorted(pathlib.Path().glob("**/*.TXT", **newer))
        except TypeError:
            with pytest.raises(TypeError):
                await anext(Path().glob("**/*.TXT", **newer))
        else:
            assert sorted([path async for path in Path().glob("**/*.TXT", **newer)]) == expected


async def test_walk_takes_links_for_files(tree):
    found = [item async for item in Path().walk()]
    assert [str(directory) for directory, _, _ in found] == [".", "dir", "dir/deep"]
    assert found[0][1] == ["dir"]
    assert set(found[0][2]) == {"file", "to-file", "to-dir", "dangling", "fifo", "socket"}
    assert type(found[0][0]) is Path


@pytest.mark.skipif(sys.version_info < (3, 12), reason="pathlib has it from 3.12 on")
@pytest.mark.parametrize("arguments", [{}, {"top_down": False}, {"follow_symlinks": True}])
async def test_walk_is_that_of_pathlib(tree, arguments):
    for top in (".", "dir", str(tree), "missing"):
        expected = list(pathlib.Path(top).walk(**arguments))
        assert [item async for item in Path(top).walk(**arguments)] == expected


async def test_walk_reports_what_it_cannot_list(tree):
    errors = []
    assert [item async for item in Path("missing").walk(on_error=errors.append)] == []
    assert [error.filename for error in errors] == ["missing"]


async def test_what_is_written_is_read_again(tree):
    path = Path("new")
    assert await path.write_bytes(b"abc") == 3
    assert await path.read_bytes() == b"abc"
    assert await path.write_text("äöü") == 3
    assert await path.read_text() == "äöü"
    assert await path.write_bytes(array("i", [1, 2])) == 8
    assert pathlib.Path(path).read_bytes() == array("i", [1, 2]).tobytes()
    assert await path.write_bytes(b"") == 0
    assert await path.read_bytes() == b""


async def test_text_is_read_and_written_with_encoding_errors_and_newline(tree):
    path = Path("new")
    await path.write_text("ä\n", "latin-1", newline="\r\n")
    assert await path.read_bytes() == b"\xe4\r\n"
    assert await path.read_text("latin-1") == pathlib.Path(path).read_text("latin-1") == "ä\n"
    assert await path.read_text("latin-1", newline="") == "ä\r\n"
    assert await path.read_text("ascii", "replace") == "\ufffd\n"
    with pytest.raises(UnicodeDecodeError):
        await path.read_text("ascii")


async def test_default_encoding_is_that_of_open(tree):
    with open("file", encoding="utf-8") as file:
        assert (await Path("file").read_text()) == file.read()
    with open("file") as theirs:
        async with Path("file").open() as ours:
            assert ours.encoding.lower() == theirs.encoding.lower()


async def test_wrong_type_is_refused_before_the_file_is_emptied(tree):
    for call in (Path("file").write_text(b"bytes"), Path("file").write_bytes("text"), Path("file").write_text(None)):
        with pytest.raises(TypeError):
            await call
    assert pathlib.Path("file").read_bytes() == b"one\r\ntwo\n"


async def test_files_without_a_size_are_read_to_their_end():
    assert await Path("/proc/self/cmdline").read_bytes() == pathlib.Path("/proc/self/cmdline").read_bytes() != b""


async def test_read_of_what_is_not_there_fails_with_its_name(tree):
    for call in (Path("missing").read_bytes(), Path("missing").read_text(), Path("missing/x").write_text("")):
        with pytest.raises(FileNotFoundError) as caught:
            await call
        assert caught.value.filename.startswith("missing")
    with pytest.raises(IsADirectoryError):
        await Path("dir").read_bytes()


async def test_cached_file_is_read_without_a_thread_where_an_aiofile_is(tree, monkeypatch):
    calls = []
    start = threads.start

    def counting_start(function, *args):
        calls.append(function)
        return start(function, *args)

    monkeypatch.setattr(threads, "start", counting_start)
    counts = set()
    for _ in range(100):  # the kernel may have the file at hand or not, each time
        calls.clear()
        async with AIOFile("file", "rb", sync=False) as file:
            await file.read()
        expected = len(calls)
        assert await Path("file").read_bytes() == b"one\r\ntwo\n"
        counts.add((expected, len(calls) - expected))
    assert any(ours == theirs for ours, theirs in counts), counts


async def test_open_gives_a_file_with_a_cursor(tree):
    file = Path("file").open("rb")
    assert isinstance(file, BinaryFileWrapper)
    async with file:
        assert await file.readline() == b"one\r\n"
    text = await Path("new").open("w", encoding="utf-16", newline="\r\n")
    assert isinstance(text, TextFileWrapper)
    await text.write("x\n")
    await text.close()
    assert pathlib.Path("new").read_bytes() == "x\r\n".encode("utf-16")
    async with Path("file").open() as lines:
        assert [line async for line in lines] == ["one\n", "two\n"]


async def test_making_and_removing(tree):
    path = Path("x/y/z")
    await path.mkdir(parents=True)
    await path.mkdir(exist_ok=True)
    with pytest.raises(FileExistsError):
        await path.mkdir()
    await path.rmdir()
    with pytest.raises(OSError, match="not empty"):
        await Path("x").rmdir()
    await (Path("x") / "f").touch(0o600)
    assert (await Path("x/f").stat()).st_mode & 0o777 == 0o600
    with pytest.raises(FileExistsError):
        await Path("x/f").touch(exist_ok=False)
    await Path("x/f").unlink()
    await Path("x/f").unlink(missing_ok=True)
    with pytest.raises(FileNotFoundError):
        await Path("x/f").unlink()


async def test_renaming_returns_the_new_path(tree):
    renamed = await Path("file").rename("renamed")
    assert renamed == Path("renamed")
    assert type(renamed) is Path
    replaced = await renamed.replace(pathlib.Path("dir/a.txt"))
    assert await replaced.read_bytes() == b"one\r\ntwo\n"
    assert not await renamed.exists()


async def test_links_are_made(tree):
    link = Path("link")
    await link.symlink_to(Path("file"))
    assert await link.readlink() == Path("file")
    await Path("hard").hardlink_to("file")
    assert await Path("hard").samefile("file")


async def test_modes_are_set(tree):
    await Path("file").chmod(0o640)
    assert os.stat("file").st_mode & 0o777 == 0o640
    ours, theirs = await outcome(lambda: Path("to-file").lchmod(0o600)), None
    if isinstance(ours, tuple):
        theirs = await outcome(lambda: pathlib.Path("to-file").lchmod(0o600))
        assert ours[0] is theirs[0]
    assert os.stat("file").st_mode & 0o777 == 0o640


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="pathlib has it up to 3.11")
async def test_link_to_is_there_while_pathlib_has_it(tree):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        await Path("file").link_to("other")
    assert os.path.samefile("file", "other")


def test_it_equals_and_hashes_as_pathlib_paths_do():
    ours, theirs = Path("a/b"), pathlib.Path("a/b")
    assert ours == theirs
    assert theirs == ours
    assert len({ours, theirs, pathlib.PurePosixPath("a/b")}) == 1
    assert ours != pathlib.PureWindowsPath("a/b")
    assert sorted([Path("b"), pathlib.Path("a"), Path("a/c")]) == [pathlib.Path("a"), Path("a/c"), Path("b")]
    assert ours != "a/b"


def test_it_is_no_blocking_path():
    assert not isinstance(Path("a"), pathlib.Path)
    assert isinstance(Path("a"), pathlib.PurePath)
    assert isinstance(Path("a"), os.PathLike)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_it_can_be_pickled_and_copied(protocol):
    path = Path("/a") / "b.c"
    for again in (pickle.loads(pickle.dumps(path, protocol)), copy.copy(path), copy.deepcopy(path)):
        assert type(again) is Path
        assert again == path


def test_it_is_accepted_wherever_a_path_is(tree):
    with open(Path("file"), "rb") as file:
        assert file.read(3) == b"one"
    assert os.path.join(Path("dir"), "x") == "dir/x"
    assert os.stat(Path("file")).st_size == 9
    assert pathlib.Path(Path("dir")) / Path("a.txt") == pathlib.Path("dir/a.txt")
    assert type(pathlib.Path("dir") / Path("a.txt")) is type(pathlib.Path())
    assert type(Path("dir") / pathlib.Path("a.txt")) is Path
    assert type("dir" / Path("a.txt")) is Path


async def test_results_of_a_subclass_are_of_the_subclass(tree):
    class Mine(Path):
        __slots__ = ()

    for path in (await Mine("to-file").resolve(), await Mine.cwd(), await Mine("x").absolute(), Mine("a").parent):
        assert type(path) is Mine
    assert [type(path) async for path in Mine("dir").glob("a*")] == [Mine]


async def test_paths_are_made_by_with_segments(tree):
    class Tagged(Path):
        __slots__ = ("tag",)

        def with_segments(self, *pathsegments):
            path = type(self)(*pathsegments)
            path.tag = self.tag
            return path

    path = Tagged("dir")
    path.tag = "x"
    link = path.with_segments("to-file")
    found = [await path.resolve(), await path.absolute(), await path.expanduser(), await link.readlink()]
    found += [entry async for entry in path.iterdir()] + [entry async for entry in path.glob("*")]
    found += [directory async for directory, _, _ in path.walk()]
    found += [await path.rename("renamed"), await path.with_segments("renamed").replace("dir")]
    assert len(found) > 8
    assert {entry.tag for entry in found} == {"x"}


async def test_methods_run_in_threads_and_the_loop_goes_on(tree):
    """Reading a FIFO blocks until somebody writes."""
    reading = asyncio.ensure_future(Path("fifo").read_bytes())
    assert await asyncio.wait_for(Path("file").exists(), WAIT_S)
    writer = threading.Thread(target=pathlib.Path("fifo").write_bytes, args=(b"sent",))
    writer.start()
    assert await asyncio.wait_for(reading, WAIT_S) == b"sent"
    writer.join()
