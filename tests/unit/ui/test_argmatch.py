"""Words as values of options."""

from __future__ import annotations

import pytest

from aiocli.ui.argmatch import argmatch
from aiocli.ui.command import UsageError
from aiocli.ui.quoting import Quoting

CHOICES = (("none", "off"), ("numbered", "t"), ("no",))


@pytest.mark.parametrize(
    ("value", "word"),
    [("none", "none"), ("off", "none"), ("o", "none"), ("t", "numbered"), ("nu", "numbered"), ("no", "no")],
)
def test_word_or_a_beginning_that_is_its_alone_is_found(value: str, word: str) -> None:
    assert argmatch(value, CHOICES, "--x", Quoting(is_utf8=False)) == word


@pytest.mark.parametrize(("value", "problem"), [("n", "ambiguous"), ("", "ambiguous"), ("None", "invalid")])
def test_other_words_are_refused_with_a_list(value: str, problem: str) -> None:
    with pytest.raises(UsageError) as caught:
        argmatch(value, CHOICES, "--x", Quoting(is_utf8=True))
    assert caught.value.message == (
        f"{problem} argument ‘{value}’ for ‘--x’\nValid arguments are:\n"
        "  - ‘none’, ‘off’\n  - ‘numbered’, ‘t’\n  - ‘no’"
    )
