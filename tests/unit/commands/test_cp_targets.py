"""Where copies go: names in the directory that was opened once."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from aiocli.commands._cp_choices import Choices
from aiocli.commands._cp_targets import is_onto_itself, open_target
from aiocli.commands.cp import CpOptions
from aiocli.engines.copy.node import AT_FDCWD, Node
from aiocli.ui.command import Fatal
from aiocli.ui.quoting import Quoting

if TYPE_CHECKING:
    from pathlib import Path

    from aiocli.commands._cp_targets import Target

QUOTING = Quoting(is_utf8=False)


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "dir").mkdir()
    (tmp_path / "file").touch()


def target_of(*operands: str, **choices: object) -> Target:
    return open_target(CpOptions(operands, Choices()._replace(**choices)), QUOTING)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("source", "directory", "name", "path"),
    [
        ("a", "dir", "a", "dir/a"),
        ("x/a", "dir/", "a", "dir/a"),
        ("x/a//", "dir//", "a", "dir/a"),
        ("..", "dir", ".", "dir/."),
        ("x/..", "dir", ".", "dir/."),
        (".", "dir", ".", "dir/."),
        ("x/.", "dir", ".", "dir/."),
        ("/", "dir", ".", "dir/"),
        ("a", "dir/.", "a", "dir/./a"),
    ],
)
def test_copy_has_the_sources_last_part_in_the_directory(source: str, directory: str, name: str, path: str) -> None:
    with target_of(source, directory) as target:
        assert target.fd is not None
        assert target.node_of(source) == Node(target.fd, name, path)


@pytest.mark.parametrize(
    ("source", "name", "path"),
    [
        ("a", "a", "dir/a"),
        ("x/a/", "x/a", "dir/x/a"),
        ("/x//a", "x//a", "dir/x//a"),
        ("../a", "../a", "dir/../a"),
        ("..", "..", "dir/.."),
        ("/", ".", "dir/"),
    ],
)
def test_copy_with_parents_has_the_whole_name(source: str, name: str, path: str) -> None:
    with target_of(source, "dir", has_parents=True) as target:
        assert target.fd is not None
        assert target.node_of(source) == Node(target.fd, name, path)


@pytest.mark.parametrize("path", ["file", "new", "dir"])
def test_one_copy_has_the_name_that_was_given(path: str) -> None:
    with target_of("a", path, is_file_target=True) as target:
        assert target.node_of("a") == Node(AT_FDCWD, path, path)
        assert target.fd is None


def test_directory_stays_the_same_when_its_name_changes() -> None:
    with target_of("a", "file", target_directory="dir") as target:
        assert target.sources == ("a", "file")
        os.rename("dir", "other")
        node = target.node_of("a")
        os.close(os.open(node.name, os.O_CREAT | os.O_WRONLY, dir_fd=node.dir_fd))
    assert os.listdir("other") == ["a"]


def test_slashes_at_the_end_are_stripped_if_that_is_asked_for() -> None:
    with target_of("a//", "/", "file/", "dir", strips_slashes=True, target_directory="dir") as target:
        assert target.sources == ("a", "/", "file", "dir")
    assert target_of("a//", "new", strips_slashes=True).sources == ("a//",)


@pytest.mark.parametrize(
    ("operands", "choices", "message"),
    [
        (("a", "b", "new"), {}, "target 'new': No such file or directory"),
        (("a", "b", "file"), {}, "target 'file': Not a directory"),
        (("a",), {"target_directory": "file"}, "target directory 'file': Not a directory"),
        (("a", "file"), {"has_parents": True}, "with --parents, the destination must be a directory"),
    ],
)
def test_what_had_to_be_a_directory_and_is_none_is_refused(
    operands: tuple[str, ...], choices: dict[str, object], message: str
) -> None:
    with pytest.raises(Fatal) as caught:
        target_of(*operands, **choices)
    assert caught.value.message == message


def test_only_a_regular_file_under_its_own_name_is_copied_onto_itself() -> None:
    assert is_onto_itself("file", target_of("file", "file"))
    assert not is_onto_itself("./file", target_of("./file", "file"))
    assert not is_onto_itself("new", target_of("new", "new"))
    assert not is_onto_itself("dir", target_of("dir", "dir", is_file_target=True))
