"""What `aio cp` copies beyond what operands say: patterns, lists of names, several targets, dry runs."""

from __future__ import annotations

import os
import re
import socket

import pytest

from tests.support.noise import noise
from tests.support.privileges import unprivileged
from tests.support.strace import strace


@pytest.fixture
def tree(aio):
    """Make a small tree in the program's directory."""
    for name in ("src/a.c", "src/a.o", "src/build/b.o", "src/sub/c.c", "src/sub/keep.o"):
        path = aio.cwd / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    return aio.cwd


def names_in(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir())


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (("--exclude=*.o",), ["a.c", "sub/c.c"]),
        (("--exclude", "*.o", "--include", "keep.o"), ["a.c", "sub/c.c", "sub/keep.o"]),
        (("--include", "keep.o", "--exclude", "*.o"), ["a.c", "sub/c.c"]),
        (("--exclude=build/",), ["a.c", "a.o", "sub/c.c", "sub/keep.o"]),
        (("--exclude=/sub", "--exclude=/*.o"), ["a.c", "build/b.o"]),
    ],
)
def test_patterns_say_what_is_copied(aio, tree, options, expected):
    assert aio("cp", "-r", *options, "src", "dst").outcome() == (0, b"", b"")
    assert names_in(tree / "dst") == expected


def test_files_named_on_the_command_line_are_copied_whatever_the_patterns(aio, tree):
    assert aio("cp", "--exclude=*.o", "src/a.o", "dst").status == 0
    assert (tree / "dst").read_text() == "src/a.o"


def test_what_is_no_pattern_is_refused_before_anything_is_copied(aio, tree):
    result = aio("cp", "-r", "--exclude=!\\", "src", "dst")
    assert result.outcome() == (1, b"", b"aio cp: invalid pattern: '!\\\\'\n")
    assert not (tree / "dst").exists()


@pytest.mark.parametrize("source", ["list", "-"])
def test_names_come_from_a_file(aio, tree, source):
    (tree / "odd\nname").write_text("odd")
    names = b"src/a.c\0odd\nname\0"
    (tree / "list").write_bytes(names)
    (tree / "dst").mkdir()
    result = aio("cp", f"--files-from0={source}", "dst", stdin=names)
    assert result.outcome() == (0, b"", b"")
    assert names_in(tree / "dst") == ["a.c", "odd\nname"]


def test_names_from_a_file_keep_their_directories_if_asked(aio, tree):
    (tree / "dst").mkdir()
    aio("cp", "--parents", "--files-from0=-", "-t", "dst", stdin=b"src/a.c\0src/sub/c.c")
    assert names_in(tree / "dst") == ["src/a.c", "src/sub/c.c"]


def test_list_without_names_copies_nothing(aio, tree):
    assert aio("cp", "--files-from0=-", "dst", stdin=b"").outcome() == (0, b"", b"")
    assert not (tree / "dst").exists()


@pytest.mark.parametrize(
    ("args", "stdin", "message"),
    [
        (("--files-from0=nope", "dst"), b"", "cannot read file names from 'nope': No such file or directory"),
        (("--files-from0=src", "dst"), b"", "cannot read file names from 'src': Is a directory"),
        (("--files-from0=-", "src/"), b"src/a.c\0\0", "standard input:2: invalid zero-length file name"),
    ],
)
def test_list_that_makes_no_sense_is_refused(aio, tree, args, stdin, message):
    assert aio("cp", *args, stdin=stdin).outcome() == (1, b"", f"aio cp: {message}\n".encode())


def test_operands_beside_a_list_are_too_many(aio, tree):
    result = aio("cp", "--files-from0=-", "src/a.c", "dst", stdin=b"src/a.o\0")
    assert result.status == 1
    assert result.stderr.startswith(b"aio cp: file operands cannot be combined with --files-from0\n")


def test_several_targets_get_everything(aio, tree):
    for name in ("one", "two", "three"):
        (tree / name).mkdir()
    (tree / "src/big").write_bytes(noise(3 * 1024 * 1024 + 1))
    result = aio("cp", "-r", "--to=one", "--to=two", "--to=three", "src")
    assert result.outcome() == (0, b"", b"")
    for name in ("one", "two", "three"):
        assert names_in(tree / name / "src") == names_in(tree / "src")
        assert (tree / name / "src/big").read_bytes() == (tree / "src/big").read_bytes()


def test_one_target_may_be_named_so_too(aio, tree):
    (tree / "one").mkdir()
    assert aio("cp", "-v", "--to=one", "src/a.c").outcome() == (0, b"'src/a.c' -> 'one/a.c'\n", b"")


def test_target_that_fails_does_not_hold_up_the_others(aio, tree):
    for name in ("one", "two"):
        (tree / name).mkdir()
    (tree / "one/a.c").mkdir()
    result = aio("cp", "--to=one", "--to=two", "src/a.c", "src/a.o")
    assert result.outcome() == (
        1,
        b"",
        b"aio cp: cannot overwrite directory 'one/a.c' with non-directory 'src/a.c'\n",
    )
    assert names_in(tree / "one") == ["a.o"]
    assert names_in(tree / "two") == ["a.c", "a.o"]


def test_several_targets_are_served_by_one_read(aio, tree):
    data = noise(5 * 1024 * 1024)
    (tree / "big").write_bytes(data)
    for name in ("one", "two"):
        (tree / name).mkdir()
    reads = "read,pread64,readv,preadv,preadv2,copy_file_range,sendfile"
    trace = strace("-ff", "-y", "-o", "trace", "-e", f"trace={reads}")  # a file a thread: reads at one time stay whole
    assert aio("cp", "--to=one", "--to=two", "big", prefix=trace).outcome() == (0, b"", b"")
    traces = "".join(path.read_text() for path in tree.glob("trace.*"))
    results = re.findall(r"/big>.*= (\d+)$", traces, re.MULTILINE)
    assert sum(map(int, results)) == len(data)


@pytest.mark.parametrize("option", [("-t", "one"), ("-T",)])
def test_named_targets_exclude_gnus_ways_to_name_them(aio, tree, option):
    result = aio("cp", "--to=one", *option, "src/a.c")
    message = b"aio cp: cannot combine --to with --target-directory (-t) or --no-target-directory (-T)\n"
    assert result.outcome() == (1, b"", message)


def test_dry_run_says_what_would_be_done_and_does_nothing(aio, tree):
    (tree / "dst").mkdir()
    before = names_in(tree)
    told = aio("cp", "-r", "--dry-run", "--exclude=sub", "src", "dst")
    assert names_in(tree) == before
    assert told.status == 0
    done = aio("cp", "-rv", "--exclude=sub", "src", "dst")
    assert told.stdout == done.stdout
    assert b"'src/a.c' -> 'dst/src/a.c'\n" in told.stdout


def test_dry_run_with_parents_makes_no_directory(aio, tree):
    (tree / "dst").mkdir()
    told = aio("cp", "--dry-run", "--parents", "src/sub/c.c", "dst")
    assert names_in(tree / "dst") == []
    done = aio("cp", "-v", "--parents", "src/sub/c.c", "dst")
    assert told.outcome() == done.outcome()
    assert done.stdout.count(b" -> ") == 3


@pytest.mark.parametrize(
    "arguments",
    [
        ("src/a.c", "missing/x"),
        ("src/a.c", "missing/"),
        ("src/a.c", "missing/x/y"),
        ("-r", "src", "missing/x"),
        ("-s", "src/a.c", "missing/x"),
        ("-l", "src/a.c", "missing/x"),
        ("-P", "link", "missing/x"),
        ("-R", "fifo", "missing/x"),
        ("src/a.c", "nowhere"),
        ("-f", "src/a.c", "nowhere"),
        ("-r", "src", "src/sub"),
        ("-r", "src", "src/sub/new"),
        ("-r", ".", "src/sub/new"),
        ("src/a.c", "src/b.c", "missing"),
        ("--parents", "src/a.c", "missing"),
        ("-r", "src", "src/a.c"),
        ("-b", "src/a.c", "src/b.c"),
        ("--remove-destination", "src/a.c", "nowhere"),
        ("-s", "src/a.c", "src/sub/x"),
        ("-s", "src/a.c", "x"),
        ("-s", "src/a.c", "link"),
        ("-sf", "src/a.c", "link"),
        ("-l", "src/a.c", "src/b.c"),
        ("-lf", "src/a.c", "src/b.c"),
        ("-Tb", "src/a.c", "src/sub"),
        ("-Tbf", "src/a.c", "src/sub"),
        ("-Tbs", "src/a.c", "src/sub"),
        ("socket", "x"),
        ("-R", "socket", "x"),
        ("src/a.c", "socket"),
        ("-f", "src/a.c", "socket"),
        ("--parents", "src/sub/c.c", "link/x"),
        ("--parents", "src/sub/c.c", "taken"),
        ("--parents", "missing/sub/c.c", "src"),
    ],
)
def test_dry_run_fails_where_the_copy_does(aio, tree, arguments):
    (tree / "link").symlink_to("src/a.c")
    (tree / "nowhere").symlink_to("missing/file")
    os.mkfifo(tree / "fifo")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(os.path.relpath(tree / "socket"))
    (tree / "taken").mkdir()
    (tree / "taken/src").touch()
    before = names_in(tree)
    told = aio("cp", "--dry-run", *arguments)
    assert names_in(tree) == before
    done = aio("cp", "-v", *arguments)
    assert (told.status, told.stderr) == (done.status, done.stderr)


@pytest.mark.parametrize(
    "arguments",
    [
        ("src/a.c", "closed"),
        ("-r", "src", "closed"),
        ("src/a.c", "open/taken"),
        ("-f", "src/a.c", "open/taken"),
        ("secret", "open"),
    ],
)
def test_dry_run_sees_missing_permissions(aio, tree, arguments):
    (tree / "closed").mkdir()
    (tree / "open").mkdir()
    (tree / "open").chmod(0o777)
    (tree / "open/taken").touch(0o444)
    (tree / "secret").touch(0o600)
    told = aio("cp", "--dry-run", *arguments, prefix=unprivileged())
    done = aio("cp", "-v", *arguments, prefix=unprivileged())
    assert (told.status, told.stderr) == (done.status, done.stderr)
    assert (told.status == 0) == ("-f" in arguments)


def test_dry_run_names_backups_and_leaves_manifest_and_target_alone(aio, tree):
    for name in ("dst", "sums"):
        (tree / name).write_text("old")
    before = names_in(tree)
    result = aio("cp", "-b", "--dry-run", "--manifest=sums", "src/a.c", "dst")
    assert result.outcome() == (0, b"'src/a.c' -> 'dst' (backup: 'dst~')\n", b"")
    assert names_in(tree) == before
    assert [(tree / name).read_text() for name in ("dst", "sums")] == ["old", "old"]
