"""Which files are meant, and what is told and counted of them."""

from __future__ import annotations

import errno
import os

import pytest

from aiocli.commands._hash_targets import NAMES_STEP, PASSED, Links, TargetOptions, expected, names
from aiocli.core.events import Expected, Failure, Note
from aiocli.engines.hash.walk import Passed, Step
from aiocli.ui.quoting import Quoting
from aiocli.ui.report import Report

TREES = TargetOptions(is_recursive=True)


@pytest.fixture
def report() -> Report:
    return Report("hash", Quoting(is_utf8=False))


@pytest.fixture
def here(tmp_path, monkeypatch):
    """The current directory, with a tree of two files, a FIFO and a link in it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tree/in").mkdir(parents=True)
    (tmp_path / "tree/a").write_text("a")
    (tmp_path / "tree/in/b").write_text("bb")
    os.mkfifo(tmp_path / "tree/fifo")
    (tmp_path / "link").symlink_to("tree")
    return tmp_path


def test_everything_that_is_passed_over_has_words():
    assert set(PASSED) == set(Passed)


def test_nothing_named_is_standard_input_or_the_current_directory(here, report):
    assert list(names((), TargetOptions(), report)) == ["-"]
    assert next(names((), TREES, report)) == "./tree/a"


def test_operands_stay_what_they_are_unless_they_are_trees(here, report):
    operands = ("tree", "gone", "-", "tree/a", "tree/fifo")
    assert list(names(operands, TargetOptions(), report)) == list(operands)
    assert list(names(operands, TREES, report)) == ["tree/a", "tree/in/b", *operands[1:]]


def test_what_is_told_is_printed_and_handed_on(here, report, capfd):
    (here / "tree/in").rename(here / "in")
    (here / "tree/itself").symlink_to("itself")
    told = []
    targets = TREES._replace(links=Links.ALWAYS)
    found = names(("tree",), targets, report, on_problem=lambda event, message: told.append((event, message)))
    assert list(found) == ["tree/a"]
    assert told == [
        (Note(Passed.SPECIAL, "tree/fifo"), "tree/fifo: is no regular file, passed over"),
        (Failure(Step.LOOK, "tree/itself", errno.ELOOP), f"tree/itself: {os.strerror(errno.ELOOP)}"),
    ]
    assert capfd.readouterr().err == "".join(f"hash: {message}\n" for _, message in told)
    assert report.status == 1


def test_notes_change_no_status(here, report, capfd):
    assert list(names(("link",), TREES._replace(links=Links.NEVER), report)) == []
    assert capfd.readouterr().err == "hash: link: is a symbolic link, passed over\n"
    assert report.status == 0


def test_braces_in_names_are_nothing_special(here, report, capfd):
    told = []
    targets = TargetOptions(files0_from="{plain} {0}")
    assert list(names((), targets, report, on_problem=lambda *problem: told.append(problem))) == []
    assert told == [
        (
            Failure(NAMES_STEP, "{plain} {0}", errno.ENOENT),
            "cannot open '{plain} {0}' for reading: No such file or directory",
        )
    ]
    assert capfd.readouterr().err == f"hash: {told[0][1]}\n"


def test_long_lists_are_split_where_names_end(here, report):
    listed = [f"{number}{'x' * (number % 3000)}" for number in range(200)]
    (here / "list").write_text("\n".join(listed))
    assert list(names((), TargetOptions(files_from="list"), report)) == listed


def test_names_that_no_file_can_have_are_left_to_the_reader(here, report):
    (here / "list").write_bytes(b"a\0b\ntree")
    assert list(names((), TREES._replace(files_from="list"), report)) == ["a\0b", "tree/a", "tree/in/b"]


@pytest.mark.parametrize(
    ("operands", "targets", "counts"),
    [
        (("tree", "gone"), TREES, [Expected(3, 2)]),
        (("tree",), TREES._replace(patterns=(("in/", False),)), [Expected(1, 1)]),
        (("tree/a", "tree"), TargetOptions(), [Expected(1, 1)]),
        (("tree/a", "tree/fifo"), TargetOptions(), []),
        ((), TargetOptions(files_from="list"), [Expected(3, 2)]),
        ((), TargetOptions(files_from="tree/fifo"), []),
        ((), TargetOptions(files0_from="-"), []),
    ],
)
def test_what_is_to_be_read_is_counted_where_that_can_be_known(here, capfd, operands, targets, counts):
    (here / "list").write_text("tree/a\n\ntree/in/b\n")
    assert list(expected(operands, targets)) == counts
    assert capfd.readouterr() == ("", "")
