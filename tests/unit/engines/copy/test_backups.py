"""Backups of files that are to be replaced."""

import errno
import os
import shutil
import subprocess
import sys

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aiocli.engines.copy.backups import backup_name, is_numbered, make_backup, would_destroy_source
from aiocli.engines.copy.node import AT_FDCWD, Node
from aiocli.engines.copy.rules import BackupMethod
from tests.support.gnu import run_gnu
from tests.support.privileges import unprivileged
from tests.support.program import environment
from tests.support.resources import open_fds, opened_since

SIMPLE, NUMBERED, EXISTING = BackupMethod.SIMPLE, BackupMethod.NUMBERED, BackupMethod.EXISTING

AS_NOBODY = """
from aiocli.engines.copy.backups import make_backup
from aiocli.engines.copy.node import AT_FDCWD, Node
from aiocli.engines.copy.rules import BackupMethod
print(make_backup(Node(AT_FDCWD, "inner/name", "inner/name"), BackupMethod.NUMBERED, "~"))
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def named(name):
    return Node(AT_FDCWD, name, name)


def fill(folder, *names):
    for name in names:
        (folder / name).write_text(name[:20])
    return sorted(names)


@pytest.mark.parametrize(
    ("present", "method", "expected"),
    [
        ([], SIMPLE, "name.old"),
        (["name.old"], SIMPLE, "name.old"),
        (["name.~3~"], SIMPLE, "name.old"),
        ([], NUMBERED, "name.~1~"),
        (["name.~1~", "name.~9~"], NUMBERED, "name.~10~"),
        (["name.~99999999999999999999~"], NUMBERED, "name.~100000000000000000000~"),
        ([], EXISTING, "name.old"),
        (["name.~1~"], EXISTING, "name.~2~"),
        (
            ["name.~007~", "name.~0~", "name.~x~", "name.~~", "name.~5~b", "name.~5", "name.~²~", "n.~8~"],
            NUMBERED,
            "name.~1~",
        ),
        (["name.~01~"], EXISTING, "name.old"),
    ],
)
def test_backup_is_named_after_what_is_there(folder, present, method, expected):
    present = fill(folder, *present)
    fill(folder, "name")
    assert backup_name(named("name"), method, ".old") == expected
    assert sorted(os.listdir()) == sorted([*present, "name"])
    assert make_backup(named("name"), method, ".old") == expected
    assert sorted(os.listdir()) == sorted({*present, expected})
    assert (folder / expected).read_text() == "name"


@pytest.mark.parametrize("suffix", ["", "/", "a/b"])
def test_suffix_that_is_none_is_replaced_by_a_tilde(folder, suffix):
    fill(folder, "name")
    assert make_backup(named("name"), SIMPLE, suffix) == "name~"


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("./name", "./name~"),
        ("inner/name", "inner/name~"),
        ("inner//name", "inner//name~"),
        ("inner/name///", "inner/name~"),
    ],
)
def test_backup_is_beside_its_file(folder, path, expected):
    (folder / "inner").mkdir()
    fill(folder, "name", "inner/name")
    assert make_backup(named(path), SIMPLE, "~") == expected
    assert (folder / expected).exists()


@pytest.mark.parametrize("method", list(BackupMethod))
def test_directory_is_reached_by_its_descriptor(folder, method):
    (folder / "inner").mkdir()
    fill(folder, "inner/name", "inner/name.~4~")
    fd = os.open("inner", os.O_PATH)
    before = open_fds()
    try:
        target = Node(fd, "name", "elsewhere/name")
        backup = make_backup(target, method, "~")
        assert not opened_since(before)
    finally:
        os.close(fd)
    assert backup == ("elsewhere/name~" if method is SIMPLE else "elsewhere/name.~5~")
    assert (folder / "inner" / os.path.basename(backup)).read_text() == "inner/name"


def test_symbolic_link_is_moved_itself(folder):
    (folder / "name").symlink_to("nothing")
    assert make_backup(named("name"), NUMBERED, "~") == "name.~1~"
    assert os.readlink("name.~1~") == "nothing"


def test_dangling_link_counts_as_a_backup(folder):
    fill(folder, "name")
    (folder / "name.~1~").symlink_to("nothing")
    assert make_backup(named("name"), NUMBERED, "~") == "name.~2~"


@pytest.mark.parametrize("method", list(BackupMethod))
def test_file_that_is_gone_needs_no_backup(folder, method):
    assert make_backup(named("name"), method, "~") == ""


def test_directory_in_the_backups_place_is_an_error(folder):
    fill(folder, "name")
    (folder / "name~").mkdir()
    with pytest.raises(IsADirectoryError):
        make_backup(named("name"), SIMPLE, "~")
    assert (folder / "name").exists()


def test_name_that_becomes_too_long_is_cut_where_it_was_to_be_found(folder):
    short, long = "x" * 250, "x" * 255
    fill(folder, short, long)
    with pytest.raises(OSError, match="too long") as caught:
        make_backup(named(long), SIMPLE, "~")
    assert caught.value.errno == errno.ENAMETOOLONG
    assert make_backup(named(short), EXISTING, ".original") == f"{short}~"
    assert make_backup(named(long), EXISTING, "~") == f"{long[:253]}~"


def test_characters_of_several_bytes_are_cut_by_bytes(folder):
    name = "ä" * 127
    fill(folder, name)
    backup = make_backup(named(name), NUMBERED, "~")
    assert os.fsencode(backup) == os.fsencode(name)[:253] + b"~"
    assert os.listdir() == [backup]


def test_cut_name_that_has_lost_its_number_replaces_nothing(folder):
    name = "x" * 255
    fill(folder, name, f"{name[:253]}~")
    with pytest.raises(FileExistsError):
        make_backup(named(name), NUMBERED, "~")
    assert (folder / f"{name[:253]}~").read_text() == name[:20]


def test_directory_that_cannot_be_listed_is_probed(folder):
    prefix = unprivileged()
    folder.chmod(0o755)
    (folder / "inner").mkdir()
    fill(folder, "inner/name", "inner/name.~1~", "inner/name.~2~")
    (folder / "inner").chmod(0o333)
    done = subprocess.run(
        [*prefix, sys.executable, "-c", AS_NOBODY], capture_output=True, text=True, env=environment(), check=False
    )
    assert (done.stdout, done.stderr) == ("inner/name.~3~\n", "")


@pytest.mark.parametrize(
    ("source", "target", "method", "expected"),
    [
        ("a~", "a", SIMPLE, True),
        ("./a~", "a", EXISTING, True),
        ("link/a~", "a", SIMPLE, True),
        ("a~", "a", NUMBERED, False),
        ("inner/a~", "a", SIMPLE, False),
        ("b", "a", SIMPLE, False),
        ("a~~", "a~", SIMPLE, False),
    ],
)
def test_backup_in_the_sources_place_would_destroy_it(folder, source, target, method, expected):
    (folder / "inner").mkdir()
    (folder / "link").symlink_to(".")
    fill(folder, "a", "a~", "b", "inner/a~")
    facts = os.stat(source) if os.path.exists(source) else os.stat("a")
    assert would_destroy_source(named(source), facts, named(target), method, "~") is expected


def test_numbered_backups_alone_replace_nothing():
    assert [method for method in (None, *BackupMethod) if is_numbered(method)] == [NUMBERED]


NAMES = st.sampled_from(["", "~", ".~1~", ".~2~", ".~02~", ".~9~", ".~10~", ".old", ".~1~~", ".~11", ".~-1~"])


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    endings=st.frozensets(NAMES),
    method=st.sampled_from(BackupMethod),
    suffix=st.sampled_from(["~", ".old", "", ".~1~"]),
    base=st.sampled_from(["n", "n.~1~", "x" * 250, "x" * 251]),
)
def test_names_are_those_of_gnu(tmp_path, endings, method, suffix, base):
    for name in ("ours", "theirs"):
        folder = tmp_path / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        fill(folder, base, *(base + ending for ending in endings if len(base + ending) <= 255))
    fd = os.open(tmp_path / "ours", os.O_PATH)
    try:
        make_backup(Node(fd, base, base), method, suffix)
    except OSError as error:
        problem = error.strerror
    else:
        problem = ""
        (tmp_path / "ours" / base).write_text("new")
    finally:
        os.close(fd)
    (tmp_path / "new").write_text("new")
    done = run_gnu("cp", f"--backup={method.value}", f"--suffix={suffix}", "../new", base, cwd=tmp_path / "theirs")
    ours, theirs = (
        {path.name: path.read_text() for path in (tmp_path / name).iterdir()} for name in ("ours", "theirs")
    )
    assert ours == theirs
    assert problem in done.stderr.decode()
    assert bool(problem) == bool(done.returncode)
