"""Patterns that say which files of a tree are meant."""

from __future__ import annotations

import pytest

from aiocli.engines.selection import Pattern, check, ignored_by, is_meant


def left_out(*patterns):
    return tuple(Pattern(text.removeprefix("+"), text.startswith("+")) for text in patterns)


@pytest.mark.parametrize(
    ("patterns", "path", "expected"),
    [
        ((), "any/thing", True),
        (("*.o",), "a.o", False),
        (("*.o",), "deep/down/a.o", False),
        (("*.o",), "a.c", True),
        (("/a.o",), "sub/a.o", True),
        (("sub/a.o",), "sub/a.o", False),
        (("sub/a.o",), "x/sub/a.o", True),
        (("**/cache/*",), "x/cache/y", False),
        (("build/",), "build", True),
        (("*.o", "+keep.o"), "keep.o", True),
        (("+keep.o", "*.o"), "keep.o", False),
        (("*", "+*.py"), "a.py", True),
        (("!odd",), "!odd", False),
        (("#odd",), "#odd", False),
        (("+!odd", "*"), "!odd", False),
        (("*", "+!odd"), "!odd", True),
        (("caf\udce9*",), "caf\udce9.txt", False),
        (("a b",), "a b", False),
        (("blank ",), "blank ", False),
        (("blank ",), "blank", True),
        (("tab\t",), "tab\t", False),
        (("tab\t",), "tab", True),
        (("a\nb",), "a\nb", False),
        (("a?b",), "a\nb", False),
        (("a*", "+*/"), "a\nb/c\n", True),
        (("name",), "name\n", True),
        (("*.o", "+/keep"), "keep/a.o", False),
        (("*", "+*/", "+*.c"), "d/a.o", False),
        (("*", "+*/", "+*.c"), "d/a.c", True),
        (("a/**", "+a/keep"), "a/other", False),
        (("a/**", "+a/keep"), "a/keep", True),
        (("[[]",), "[", False),
    ],
)
def test_last_pattern_that_matches_decides(patterns, path, expected):
    assert is_meant(left_out(*patterns), path, is_directory=False) is expected


def test_pattern_that_ends_in_a_slash_means_directories():
    assert not is_meant(left_out("build/"), "build", is_directory=True)


def test_what_is_in_a_directory_left_out_is_left_out():
    assert not is_meant(left_out("build/", "+build/keep"), "build", is_directory=True)


@pytest.mark.parametrize("patterns", [("*", "+*/", "+*.c"), ("a/**", "+a/keep"), ("/*", "+/a"), ("a", "+a/")])
def test_directory_is_meant_if_the_last_pattern_that_matches_itself_says_so(patterns):
    assert is_meant(left_out(*patterns), "a", is_directory=True)


@pytest.mark.parametrize(
    ("data", "path", "expected"),
    [
        (b"*.o", "a.o", False),
        (b"*.o\n!a.o\n", "a.o", True),
        (b"!a.o\n*.o\n", "a.o", False),
        (b"/a.o", "in/a.o", True),
        (b"\xef\xbb\xbfa\nb", "a", False),
        (b"a\r\nb\r\n", "a", False),
        (b"a  \n", "a", False),
        (b"a\\ \n", "a ", False),
        (b"a\\\\ \n", "a\\", False),
        (b"a\t\n", "a", True),
        (b"#a\n\\#b\n", "#a", True),
        (b"#a\n\\#b\n", "#b", False),
        (b"\\!a\n", "!a", False),
        (b"!!a\n", "a", True),
        (b"\n \n/\n!\n\\\n[\nb\n", "b", False),
        (b"\n \n/\n!\n\\\n[\n[b-a]\n", "a", True),
        ("é?".encode(), "éé", True),
        ("é??".encode(), "éé", False),
        (b"caf\xe9", "caf\udce9", False),
        (b"[[:digit:]x-]*", "1a", False),
        (b"[[:digit:]x-]*", "-a", False),
        (b"[[:digit:]x-]*", "a1", True),
        (b"[^[:punct:]]", "a", False),
        (b"[^[:punct:]]", "]", True),
        (b"[[:graph:]]", "a", False),
        (b"[[:graph:]]", " ", True),
        (b"[[:space:]]", "\n", False),
        (b"[:digit:]", "1", True),
        (b"[:digit:]", "g", False),
        (b"\\[[:digit:]]", "[d]", False),
        (b"[[:nope:]]", "n", True),
    ],
)
def test_lines_of_an_ignore_file_are_gits(data, path, expected):
    assert is_meant((), path, is_directory=False, ignored=ignored_by(data, "", None)) is expected


@pytest.mark.parametrize(
    ("path", "expected"),
    [("a", False), ("é/a", True), ("é/b", False), ("é/in/b", True), ("é/in/c", False), ("c", True), ("é/c", False)],
)
def test_ignore_files_speak_of_paths_from_where_they_lie_and_inner_ones_win(path, expected):
    outer = ignored_by("a\n/é/c\n/é/in/c".encode(), "", None)
    inner = ignored_by(b"!a\n/b", "é/", outer)
    assert is_meant((), path, is_directory=False, ignored=inner if path.startswith("é") else outer) is expected


def test_gits_folder_is_left_out_where_ignore_files_count_unless_a_pattern_says_otherwise():
    ignored = ignored_by(b"!*", "", None)
    assert is_meant((), "sub/.git", is_directory=True)
    assert not is_meant((), "sub/.git", is_directory=True, ignored=ignored)
    assert is_meant(left_out("+.git"), "sub/.git", is_directory=True, ignored=ignored)


def test_patterns_of_the_command_line_win_over_ignore_files():
    ignored = ignored_by(b"*.o\n!*.c", "", None)
    patterns = left_out("+a.o", "*.c")
    expected = {"a.o": True, "b.o": False, "a.c": False, "a.h": True}
    assert {path: is_meant(patterns, path, is_directory=False, ignored=ignored) for path in expected} == expected


def test_what_is_no_pattern_is_refused():
    check("*.o")
    for text in ("\\", "[b-a]"):
        with pytest.raises(ValueError, match=r"Invalid|bad"):
            check(text)
