"""The options of the installed `aio cp`: aio's own, the environment's, and what is asked on standard error."""

from __future__ import annotations

import os

import pytest

from tests.support.gnu import tree_of
from tests.support.noise import noise
from tests.support.resources import WAIT_S


def fill(aio):
    for name in ("a", "b", "src/in/f", "src/g"):
        (aio.cwd / name).parent.mkdir(parents=True, exist_ok=True)
        (aio.cwd / name).write_text(name)


@pytest.mark.parametrize("option", ["--jobs=1", "--jobs=3", "--depth=4", "--depth=1"])
def test_numbers_of_jobs_and_of_operations_in_flight_change_no_result(aio, option):
    fill(aio)
    for number in range(200):
        (aio.cwd / f"src/in/{number}").write_text(str(number))
    assert aio("cp", "-r", option, "src", "dst").outcome() == (0, b"", b"")
    assert tree_of(aio.cwd / "dst") == tree_of(aio.cwd / "src")


@pytest.mark.parametrize("depth", ["1", "64"])
def test_depth_holds_on_a_named_backend(aio, depth):
    fill(aio)
    data = noise(3_000_000)
    (aio.cwd / "a").write_bytes(data)
    assert aio("cp", "--backend=thread", "--depth", depth, "--chunk-size=10K", "a", "b").outcome() == (0, b"", b"")
    assert (aio.cwd / "b").read_bytes() == data


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("--jobs=0", "invalid jobs: '0' (1 to 1024)"),
        ("--jobs=-1", "invalid jobs: '-1' (1 to 1024)"),
        ("--jobs=1K", "invalid jobs: '1K' (1 to 1024)"),
        ("--depth=", "invalid depth: '' (1 to 1024)"),
        ("--depth=99999", "invalid depth: '99999' (1 to 1024)"),
    ],
)
def test_numbers_out_of_range_are_refused(aio, option, message):
    fill(aio)
    assert aio("cp", option, "a", "b").outcome() == (1, b"", f"aio cp: {message}\n".encode())


@pytest.mark.parametrize("option", ["--job=1", "--dep=1", "--chunk=1", "--back=thread"])
def test_own_options_must_be_spelled_out(aio, option):
    fill(aio)
    result = aio("cp", option, "a", "new")
    assert result.status == 1
    assert b"unrecognized option" in result.stderr or b"invalid argument" in result.stderr


@pytest.mark.parametrize(
    ("env", "backup"),
    [
        ({}, "b~"),
        ({"SIMPLE_BACKUP_SUFFIX": ".old"}, "b.old"),
        ({"VERSION_CONTROL": "numbered"}, "b.~1~"),
        ({"VERSION_CONTROL": "t", "SIMPLE_BACKUP_SUFFIX": ".old"}, "b.~1~"),
    ],
)
def test_environment_names_backups(aio, env, backup):
    fill(aio)
    assert aio("cp", "-bv", "a", "b", env=env).outcome() == (0, f"'a' -> 'b' (backup: '{backup}')\n".encode(), b"")
    assert (aio.cwd / backup).read_text() == "b"


def test_questions_are_asked_in_turn_and_answers_taken_line_by_line(aio):
    fill(aio)
    (aio.cwd / "src/a").write_text("old a")
    (aio.cwd / "src/b").write_text("old b")
    result = aio("cp", "-iv", "a", "b", "src", stdin=b"n\nyes\n")
    assert result.outcome() == (
        1,
        b"'b' -> 'src/b'\n",
        b"aio cp: overwrite 'src/a'? aio cp: overwrite 'src/b'? ",
    )
    assert (aio.cwd / "src/a").read_text() == "old a"
    assert (aio.cwd / "src/b").read_text() == "b"


def test_question_waits_for_its_answer(aio):
    fill(aio)
    with aio.start("cp", "-i", "a", "b") as process:
        asked = b""
        while not asked.endswith(b"? "):
            asked += os.read(process.stderr.fileno(), 100)
        assert asked == b"aio cp: overwrite 'b'? "
        assert (aio.cwd / "b").read_text() == "b"
        process.stdin.write(b"y\n")
        process.stdin.flush()
        assert process.wait(WAIT_S) == 0
    assert (aio.cwd / "b").read_text() == "a"


def test_end_of_standard_input_and_a_closed_one_mean_no(aio):
    fill(aio)
    assert aio("cp", "-i", "a", "b").outcome() == (1, b"", b"aio cp: overwrite 'b'? ")
    result = aio("cp", "-i", "a", "b", prefix=("sh", "-c", 'exec "$@" <&-', "sh"))
    message = b"aio cp: overwrite 'b'? aio cp: error closing file: Bad file descriptor\n"
    assert result.outcome() == (1, b"", message)
    assert (aio.cwd / "b").read_text() == "b"


def test_target_directory_that_is_swapped_for_a_link_is_not_written_through(aio):
    # While the first file is asked about, the directory's name becomes a link to another one.
    fill(aio)
    for folder in ("dst", "other"):
        (aio.cwd / folder).mkdir()
    (aio.cwd / "dst/a").write_text("old")
    with aio.start("cp", "-i", "a", "b", "dst") as process:
        asked = b""
        while not asked.endswith(b"? "):
            asked += os.read(process.stderr.fileno(), 100)
        (aio.cwd / "dst").rename(aio.cwd / "meant")
        (aio.cwd / "dst").symlink_to("other")
        process.stdin.write(b"y\n")
        process.stdin.flush()
        assert process.wait(WAIT_S) == 0
    assert sorted(os.listdir(aio.cwd / "meant")) == ["a", "b"]
    assert os.listdir(aio.cwd / "other") == []


def test_debug_implies_verbose_and_tells_what_was_skipped(aio):
    fill(aio)
    assert aio("cp", "--debug", "a", "new").stdout.startswith(b"'a' -> 'new'\n")
    assert aio("cp", "-n", "--debug", "a", "b").outcome() == (0, b"skipped 'b'\n", b"")


def test_directories_above_are_made_and_get_their_attributes_when_all_is_in_them(aio):
    fill(aio)
    (aio.cwd / "dst").mkdir()
    for name, mode in (("src/in", 0o550), ("src", 0o2750)):
        (aio.cwd / name).chmod(mode)
        os.utime(aio.cwd / name, ns=(1_000_000_001, 2_000_000_003))
    result = aio("cp", "-pv", "--parents", "src/in/f", "nope/f", "dst")
    assert result.outcome() == (
        1,
        b"src -> dst/src\nsrc/in -> dst/src/in\n'src/in/f' -> 'dst/src/in/f'\n",
        b"aio cp: failed to get attributes of 'nope': No such file or directory\n",
    )
    for name in ("src", "src/in"):
        source, made = (aio.cwd / name).stat(), (aio.cwd / "dst" / name).stat()
        assert (made.st_mode, made.st_mtime_ns) == (source.st_mode, 2_000_000_003)


def test_help_shows_options_in_groups_and_gnus_apart_from_ours(aio):
    text = aio("cp", "--help").stdout.decode()
    headings = [line for line in text.splitlines() if line.endswith(":") and not line.startswith(" ")]
    assert headings[0] == "Options:"
    assert {"Attributes:", "Data:", "Links:", "Sources:", "Existing targets:", "Where to:"} < set(headings)
    ours = text.partition("Options that GNU does not have:")[2].partition("Common options:")[0]
    assert all(name in ours for name in ("--backend", "--chunk-size", "--depth", "--jobs", "--progress"))
    assert "--sparse" not in ours


@pytest.mark.parametrize("jobs", ["1", "4"])
def test_tree_may_have_more_directories_than_files_may_be_open(aio, jobs):
    for number in range(200):
        (aio.cwd / f"src/{number}").mkdir(parents=True)
        (aio.cwd / f"src/{number}/file").write_text(f"{number}")
    result = aio("cp", "-r", f"--jobs={jobs}", "src", "dst", prefix=("prlimit", "--nofile=40:40"))
    assert result.outcome() == (0, b"", b"")
    assert tree_of(aio.cwd / "dst") == tree_of(aio.cwd / "src")


def test_tree_may_be_deeper_than_files_may_be_open(aio):
    inner = aio.cwd
    os.mkdir(inner / "src")
    folder = os.open(inner / "src", os.O_RDONLY)
    for _ in range(200):
        os.mkdir("d", dir_fd=folder)
        inner_folder = os.open("d", os.O_RDONLY, dir_fd=folder)
        os.close(folder)
        folder = inner_folder
    os.close(folder)
    result = aio("cp", "-r", "src", "dst", prefix=("prlimit", "--nofile=100:5000"))
    assert result.outcome() == (0, b"", b"")
    assert tree_of(aio.cwd / "dst") == tree_of(aio.cwd / "src")
