from __future__ import annotations

import os

import pytest

from aiocli.engines.follow.pattern import Pattern, is_pattern


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    for name in ("b.log", "a.log", ".hidden.log", "old.log.gz", "x/1.log", "y/2.log", "y/deep/3.log", "odd[1].log"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    os.mkfifo(tmp_path / "fifo.log")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        ("*.log", ["a.log", "b.log", "odd[1].log"]),
        ("./*.log", ["./a.log", "./b.log", "./odd[1].log"]),
        (".*", [".hidden.log"]),
        ("*.gz", ["old.log.gz"]),
        ("*", ["a.log", "b.log", "odd[1].log"]),
        ("?/*.log", ["x/1.log", "y/2.log"]),
        ("y", ["y/2.log"]),
        ("y/", ["y/2.log"]),
        ("missing/*", []),
        ("missing", []),
    ],
)
def test_files_that_are_meant_are_listed_in_order(text, paths):
    assert Pattern(text).matching() == paths


@pytest.mark.parametrize(
    ("text", "expected"), [("*.log", True), ("x", True), ("a.log", False), ("none", False), ("odd[1].log", False)]
)
def test_name_of_a_file_is_no_pattern(text, expected):
    assert is_pattern(text) is expected


def test_directories_where_new_ones_may_turn_up_are_known():
    assert Pattern("?/*.log").levels() == ["."]
    assert Pattern("y").levels() == ["."]
    assert Pattern("y/*").levels() == []
    assert Pattern("?/deep/*.log").directories() == ["y/deep"]
