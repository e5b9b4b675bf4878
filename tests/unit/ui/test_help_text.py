"""Breaking help into lines."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from aiocli.ui.help_text import wrap


@given(st.lists(st.text("ab", min_size=1, max_size=12)), st.integers(1, 30))
def test_lines_hold_all_words_and_are_as_full_as_can_be(words, columns):
    lines = wrap(" ".join(words), columns, first="> ", following="  ")
    assert [word for line in lines for word in line[2:].split()] == words
    for line, following in pairwise(lines):
        assert len(line) <= columns or " " not in line[2:]
        assert len(line) + 1 + len(following.split()[0]) > columns


def test_nothing_is_one_line():
    assert wrap("", 10, first="x ") == ["x "]
