"""What cp says of each event, and what it asks."""

from __future__ import annotations

import errno
import os
import stat
from typing import TYPE_CHECKING

import pytest

from aiocli.commands._cp_messages import MESSAGES, NOTES, Teller
from aiocli.commands._cp_prompts import Prompt
from aiocli.core.events import Details, Failure, File, Note, Removed, Skipped, Unbacked
from aiocli.engines.copy.existing import Question
from aiocli.engines.copy.node import AT_FDCWD, Node
from aiocli.engines.copy.steps import Step, Warn
from aiocli.ui.quoting import Quoting
from aiocli.ui.report import Report

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aiocli.core.events import Event


def values_of(kinds: type) -> set[str]:
    return {value for name, value in vars(kinds).items() if not name.startswith("_")}


def test_every_step_and_every_note_has_a_message() -> None:
    assert set(MESSAGES) == values_of(Step)
    assert set(NOTES) == values_of(Warn)


@pytest.fixture
def report() -> Report:
    return Report("cp", Quoting(is_utf8=False))


@pytest.mark.parametrize(
    ("event", "text", "status"),
    [
        (Failure(Step.STAT, "a b", errno.ENOENT), "cp: cannot stat 'a b': No such file or directory\n", 1),
        (Failure(Step.SAME_FILE, "a", 0, "b"), "cp: 'a' and 'b' are the same file\n", 1),
        (
            Failure(Step.RELATIVE_LINK, "a/b", 0),
            "cp: a/b: can make relative symbolic links only in current directory\n",
            1,
        ),
        (Failure(Step.DECLINED, "a", 0), "", 1),
        (
            Failure(Step.SET_XATTR, "a", errno.EPERM, "user.x", is_warning=True),
            "cp: setting attribute 'user.x' for 'a': Operation not permitted\n",
            0,
        ),
        (Failure(Step.CREATE, "{path}", 0), "cp: cannot create regular file '{path}'\n", 1),
        (Note(Warn.REPEATED_FILE, "a"), "cp: warning: source file 'a' specified more than once\n", 0),
        (Failure(Step.CREATE, "\x1b[31m", 0), "cp: cannot create regular file ''$'\\033''[31m'\n", 1),
    ],
)
def test_failures_and_notes_are_told_on_standard_error(
    report: Report, capfd: pytest.CaptureFixture[str], event: Event, text: str, status: int
) -> None:
    Teller(report)(event)
    assert (*capfd.readouterr(), report.status) == ("", text, status)


TOLD: list[tuple[Event, str, str]] = [
    (File("a", "b"), "'a' -> 'b'\n", "verbose"),
    (File("a", "b", backup="b~"), "'a' -> 'b' (backup: 'b~')\n", "verbose"),
    (Removed("b"), "removed 'b'\n", "verbose"),
    (Unbacked("b~", "b"), "'b~' -> 'b' (unbackup)\n", "verbose"),
    (Skipped("b"), "skipped 'b'\n", "debug"),
    (Details("yes", "no", "zeros"), "copy offload: yes, reflink: no, sparse detection: zeros\n", "debug"),
]


@pytest.mark.parametrize("is_debug", [False, True])
@pytest.mark.parametrize("is_verbose", [False, True])
def test_what_goes_well_is_told_on_standard_output_if_that_is_asked_for(
    report: Report, capfd: pytest.CaptureFixture[str], is_verbose: bool, is_debug: bool
) -> None:
    tell = Teller(report, is_verbose=is_verbose, is_debug=is_debug)
    for event, _, _ in TOLD:
        tell(event)
    asked_for = {"verbose": is_verbose, "debug": is_debug}
    expected = "".join(text for _, text, when in TOLD if asked_for[when])
    assert (*capfd.readouterr(), report.status) == (expected, "", 0)


def test_progress_steps_aside_for_every_line(report: Report) -> None:
    steps: list[int] = []
    report.before_print = lambda: steps.append(1)
    tell = Teller(report, is_verbose=True)
    tell(File("a", "b"))
    tell(Failure(Step.STAT, "a", errno.ENOENT))
    assert len(steps) == 2


def test_directories_above_are_told_plainly_unless_a_terminal_would_obey(
    report: Report, capfd: pytest.CaptureFixture[str]
) -> None:
    tell = Teller(report, is_verbose=True)
    tell.tell_parent("a b", "d/a b")
    tell.tell_parent("\x1b", "d/\x1b")
    Teller(report).tell_parent("a", "d/a")
    assert capfd.readouterr().out == "a b -> d/a b\n''$'\\033' -> 'd/'$'\\033'\n"


@pytest.fixture
def standard_input() -> Iterator[int]:
    """The writing end of a pipe that is standard input meanwhile."""
    before = os.dup(0)
    ours, theirs = os.pipe()
    os.dup2(ours, 0)
    os.close(ours)
    yield theirs
    os.close(theirs)
    os.dup2(before, 0)
    os.close(before)


def question(*, is_writable: bool = True, is_removed: bool = False) -> Question:
    return Question(Node(AT_FDCWD, "b", "d/b"), stat.S_IFREG | 0o4444, is_writable, is_removed)


@pytest.mark.parametrize(
    ("asked", "text"),
    [
        (question(), "cp: overwrite 'd/b'? "),
        (question(is_removed=True), "cp: overwrite 'd/b'? "),
        (question(is_writable=False), "cp: unwritable 'd/b' (mode 4444, r-Sr--r--); try anyway? "),
        (
            question(is_writable=False, is_removed=True),
            "cp: replace 'd/b', overriding mode 4444 (r-Sr--r--)? ",
        ),
    ],
)
def test_questions_say_what_is_at_stake(
    report: Report, standard_input: int, capfd: pytest.CaptureFixture[str], asked: Question, text: str
) -> None:
    os.write(standard_input, b"n\n")
    assert Prompt(report)(asked) is False
    assert capfd.readouterr() == ("", text)


def test_answers_are_lines_of_which_no_more_is_read_than_is_needed(report: Report, standard_input: int) -> None:
    os.write(standard_input, b"y\nYes\n\nno\n y\nyes we can\nrest")
    prompt = Prompt(report)
    assert [prompt(question()) for _ in range(6)] == [True, True, False, False, False, True]
    assert os.read(0, 10) == b"rest"
    prompt.close()
    assert report.status == 0


def test_standard_input_that_cannot_be_read_means_no_and_is_reported_at_the_end(
    report: Report, capfd: pytest.CaptureFixture[str]
) -> None:
    before = os.dup(0)
    fd = os.open("/", os.O_RDONLY)
    os.dup2(fd, 0)
    os.close(fd)
    try:
        prompt = Prompt(report)
        assert prompt(question()) is False
    finally:
        os.dup2(before, 0)
        os.close(before)
    assert report.status == 0
    prompt.close()
    assert capfd.readouterr().err == "cp: overwrite 'd/b'? cp: error closing file\n"
    assert report.status == 1
