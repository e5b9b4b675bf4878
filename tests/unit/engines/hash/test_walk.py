"""Walking through trees: which names come, in which order, and what is told of the rest."""

from __future__ import annotations

import errno
import os
import socket
import stat
import subprocess

import pytest

from aiocli.core.events import Expected, Failure, Note
from aiocli.engines.hash import walk as module
from aiocli.engines.hash.walk import Passed, Step, WalkRules, count, walk
from aiocli.engines.selection import Pattern
from tests.support.resources import open_fds, opened_since
from tests.support.tmpfs import tiny_tmpfs

EVERYTHING = WalkRules()


@pytest.fixture
def told():
    return []


@pytest.fixture
def top(tmp_path, monkeypatch):
    """An empty directory, called `top` from the current one."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "top"
    folder.mkdir()
    return folder


def make(folder, *names):
    for name in names:
        path = folder / name
        if not path.parent.is_dir():
            path.parent.mkdir(parents=True)
        path.write_text(name)


def names_of(told, rules=EVERYTHING, top="top"):
    return list(walk(top, rules, told.append))


def test_names_come_in_the_order_that_sort_puts_bytes_in(top, told):
    for name in (b"b", b"b.c", b"a/x", b"a-b", b"a0", b"Z", b"\xff", "é".encode(), "\U0001f600".encode(), b"new\nline"):
        path = os.fsencode(top) + b"/" + name
        os.makedirs(os.path.dirname(path), exist_ok=True)
        open(path, "wb").close()
    names = names_of(told)
    found = subprocess.run(["find", "top", "-type", "f", "-print0"], capture_output=True, check=True).stdout
    ordered = sorted(found.split(b"\0")[:-1])
    assert [os.fsencode(name) for name in names] == ordered
    assert told == []


@pytest.mark.parametrize(
    ("operand", "prefix"), [("top", "top/"), ("top/", "top/"), ("top//", "top//"), (".", "./top/"), ("./top", "./top/")]
)
def test_names_begin_as_find_prints_them(top, told, operand, prefix):
    make(top, "a", "b/c")
    assert names_of(told, top=operand) == [f"{prefix}a", f"{prefix}b/c"]


def test_directory_may_be_named_by_a_link(top, told):
    make(top, "a")
    os.symlink("top", "link")
    assert names_of(told, top="link") == ["link/a"]


@pytest.mark.parametrize("run", [7, 260])
def test_many_names_are_sorted_in_runs_all_the_same(top, told, monkeypatch, run):
    make(
        top,
        *(f"{number % 7}{number}é{'x' * 50}" for number in range(500)),
        *(f"d{number}/file" for number in range(20)),
    )
    expected = names_of(told)
    monkeypatch.setattr(module, "SORTED_ENTRIES", run)
    assert names_of(told) == expected
    assert len(expected) == 520
    assert told == []


def test_nothing_is_open_between_names(top, told):
    make(top, "a/b/c/d", "a/b/e")
    before = open_fds()
    for _ in walk("top", EVERYTHING, told.append):
        assert not opened_since(before)


def test_links_in_a_tree_are_passed_over_in_silence(top, told):
    make(top, "a", "folder/b")
    for name, target in (("to-file", "a"), ("to-folder", "folder"), ("to-nothing", "gone"), ("to-itself", "to-itself")):
        (top / name).symlink_to(target)
    assert names_of(told) == ["top/a", "top/folder/b"]
    assert told == []


def test_links_are_followed_where_that_is_asked_for(top, told):
    make(top, "a", "folder/b")
    (top / "to-file").symlink_to("a")
    (top / "to-folder").symlink_to("folder")
    (top / "to-itself").symlink_to("to-itself")
    (top / "to-nothing").symlink_to("gone")
    names = names_of(told, WalkRules(follows_links=True))
    assert names == ["top/a", "top/folder/b", "top/to-file", "top/to-folder/b"]
    assert told == [
        Failure(Step.LOOK, "top/to-itself", errno.ELOOP),
        Failure(Step.LOOK, "top/to-nothing", errno.ENOENT),
    ]


def test_links_that_lead_back_are_told_and_passed_over(top, told):
    make(top, "a", "in/b")
    (top / "in/up").symlink_to("..")
    (top / "in/here").symlink_to(".")
    assert names_of(told, WalkRules(follows_links=True)) == ["top/a", "top/in/b"]
    assert told == [Note(Passed.LOOP, "top/in/here"), Note(Passed.LOOP, "top/in/up")]


@pytest.mark.parametrize("follows", [False, True])
def test_what_is_no_file_is_told_and_never_opened(top, told, follows):
    make(top, "a")
    os.mkfifo(top / "fifo")
    (top / "null").symlink_to("/dev/null")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(os.path.relpath(top / "socket"))
        assert names_of(told, WalkRules(follows_links=follows)) == ["top/a"]
    expected = ["top/fifo", "top/null", "top/socket"] if follows else ["top/fifo", "top/socket"]
    assert told == [Note(Passed.SPECIAL, path) for path in expected]


def test_what_has_vanished_is_told_and_the_rest_goes_on(top, told):
    make(top, "a/file", "b/file", "c/file")
    names = walk("top", EVERYTHING, told.append)
    assert next(names) == "top/a/file"
    (top / "b/file").unlink()
    (top / "b").rmdir()
    assert list(names) == ["top/c/file"]
    assert told == [Failure(Step.LIST, "top/b", errno.ENOENT)]


@pytest.mark.parametrize("follows", [False, True])
def test_directory_that_becomes_a_link_is_entered_only_if_links_are_followed(top, told, follows):
    make(top, "a/file", "b/file", "elsewhere/secret")
    names = walk("top", WalkRules(follows_links=follows, patterns=(Pattern("elsewhere"),)), told.append)
    assert next(names) == "top/a/file"
    (top / "b").rename(top / "old")
    (top / "b").symlink_to("elsewhere")
    if follows:
        assert list(names) == ["top/b/secret"]
    else:
        assert list(names) == []
        assert told == [Failure(Step.LIST, "top/b", errno.ENOTDIR)]


def test_paths_that_no_call_takes_are_failures_and_the_rest_goes_on(top, told):
    make(top, "z")
    name, fd = "d" * 200, os.open(top, os.O_RDONLY)
    for _ in range(30):
        os.mkdir(name, dir_fd=fd)
        inner = os.open(name, os.O_RDONLY, dir_fd=fd)
        os.close(fd)
        fd = inner
    os.close(fd)
    assert names_of(told) == ["top/z"]
    assert [(failure.step, failure.errno) for failure in told] == [(Step.LIST, errno.ENAMETOOLONG)]


@pytest.mark.slow
def test_trees_may_be_deeper_than_python_recurses(top, told):
    deep = f"top/{'d/' * 1500}"
    subprocess.run(["mkdir", "-p", deep], check=True)
    try:
        make(top, f"{'d/' * 1500}file")
        assert names_of(told) == [f"{deep}file"]
    finally:
        subprocess.run(["rm", "-r", "top/d"], check=True)


def test_other_file_systems_are_left_out_if_asked_for(top, told):
    make(top, "a")
    with tiny_tmpfs(top / "mounted", 65536) as mounted:
        make(mounted, "b")
        assert names_of(told) == ["top/a", "top/mounted/b"]
        assert names_of(told, WalkRules(stays_on_filesystem=True)) == ["top/a"]
        assert names_of(told, WalkRules(stays_on_filesystem=True), top="top/mounted") == ["top/mounted/b"]
    assert told == []


def test_the_file_that_is_written_to_is_left_out(top, told):
    make(top, "a", "sums")
    facts = os.stat(top / "sums")
    assert names_of(told, WalkRules(left_out=(facts.st_dev, facts.st_ino))) == ["top/a"]
    assert told == [Note(Passed.OUTPUT, "top/sums")]


@pytest.mark.parametrize(
    ("patterns", "expected"),
    [
        ((Pattern("*.o"),), ["a.c", "sub/c.c"]),
        ((Pattern("*.o"), Pattern("keep.o", True)), ["a.c", "sub/c.c", "sub/keep.o"]),
        ((Pattern("/sub"),), ["a.c", "a.o", "build/b.o"]),
        ((Pattern("build/"), Pattern("sub/keep.o")), ["a.c", "a.o", "sub/c.c"]),
        ((Pattern("*"), Pattern("*/", True), Pattern("*.c", True)), ["a.c", "sub/c.c"]),
    ],
)
def test_patterns_say_what_comes(top, told, patterns, expected):
    make(top, "a.c", "a.o", "build/b.o", "sub/c.c", "sub/keep.o")
    assert names_of(told, WalkRules(patterns=patterns)) == [f"top/{name}" for name in expected]


def test_ignore_files_hold_below_where_they_lie_and_inner_ones_win(top, told):
    make(top, "a.o", "sub/a.o", "sub/b.o", "sub/in/b.o", "other/b.o", ".git/config", "sub/.git")
    (top / ".gitignore").write_text("a.o\n/other\n")
    (top / "sub/.gitignore").write_text("!a.o\n/b.o\n")
    rules = WalkRules(obeys_ignore_files=True)
    assert names_of(told, rules) == ["top/.gitignore", "top/sub/.gitignore", "top/sub/a.o", "top/sub/in/b.o"]
    assert (
        names_of(told, rules._replace(patterns=(Pattern("/other", True), Pattern(".gitignore"))))[0] == "top/other/b.o"
    )
    assert told == []


def test_ignore_file_that_cannot_be_read_is_a_failure_and_says_nothing(top, told):
    make(top, "a", "sub/a")
    (top / ".gitignore").symlink_to("rules")  # git follows none either
    os.mkfifo(top / "sub/.gitignore")
    assert names_of(told, WalkRules(obeys_ignore_files=True)) == ["top/a", "top/sub/a"]
    assert told == [
        Failure(Step.READ_RULES, "top/.gitignore", errno.ELOOP),
        Note(Passed.SPECIAL, "top/sub/.gitignore"),
    ]


def test_names_cost_no_call_each(top, told, monkeypatch):
    make(top, *(f"{number}" for number in range(100)))

    def refuse(*args, **options):
        raise AssertionError("nothing is asked for about files")

    monkeypatch.setattr(os, "stat", refuse)
    assert len(names_of(told)) == 100


def test_count_adds_up_files_and_says_when_it_is_complete(top, monkeypatch):
    make(top, "a", "bb", "ccc")
    monkeypatch.setattr(module, "EXPECTED_FILES", 2)
    assert list(count(["top/a", "top/bb", "top/gone", "top", "top/ccc"])) == [
        Expected(3, 2, is_final=False),
        Expected(3, 2, is_final=False),
        Expected(6, 3),
    ]


def test_count_ends_where_only_reading_tells(top):
    os.mkfifo(top / "fifo")
    make(top, "a")
    assert stat.S_ISFIFO(os.stat("top/fifo").st_mode)
    assert list(count(["top/a", "top/fifo"])) == []
