"""What was meant by a name that does not exist."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiocli.ui.suggest import closest, edit_distance

COMMANDS = ("cat", "cp", "hash", "tail", "doctor", "help", "completion")

words = st.text("abc", max_size=6)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("cta", "cat"),
        ("CAT", "cat"),
        ("ca", "cat"),
        ("c", None),
        ("cd", "cp"),
        ("tial", "tail"),
        ("hsah", "hash"),
        ("comp", "completion"),
        ("dcotro", "doctor"),
        ("ls", None),
        ("", None),
        ("xyzzy", None),
    ],
)
def test_nearest_candidate_is_found(name, expected):
    assert closest(name, COMMANDS) == expected


def test_nothing_is_meant_where_there_is_nothing():
    assert closest("cat", ()) is None


def test_first_of_equally_near_ones_is_taken():
    assert closest("--numb", ("--number", "--numbed")) == "--number"


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ("", "", 0),
        ("", "abc", 3),
        ("abc", "abc", 0),
        ("abc", "acb", 1),
        ("abc", "ab", 1),
        ("abc", "xbc", 1),
        ("ab", "ba", 1),
    ],
)
def test_slips_are_counted(left, right, expected):
    assert edit_distance(left, right) == expected


@given(words, words)
def test_distance_is_symmetric_and_bounded(left, right):
    distance = edit_distance(left, right)
    assert distance == edit_distance(right, left)
    assert abs(len(left) - len(right)) <= distance <= max(len(left), len(right))
    assert (distance == 0) == (left == right)
