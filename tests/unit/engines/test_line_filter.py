"""Which lines a regular expression matches: the same in blocks as line by line, and never for ever."""

from __future__ import annotations

import re
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aiocli.engines import line_filter
from aiocli.engines.line_filter import LinePattern, _Scan, _TooLong

ATOMS = [
    "a",
    "b",
    ".",
    r"\s",
    r"[^a]",
    r"\n",
    "^",
    "$",
    r"\b",
    r"\B",
    "(?:ab)",
    "(a|b)",
    r"\A",
    r"\Z",
    "(?!a)",
    "(?<=a)",
    "(?i:A)",
]
QUANTIFIERS = ["", "", "*", "+", "?", "*?", "{2}", "*+"]
PATTERNS = st.lists(
    st.tuples(st.sampled_from(ATOMS), st.sampled_from(QUANTIFIERS)).map("".join), min_size=1, max_size=4
)
TEXTS = st.lists(st.sampled_from(["\n", "a", "b", "ab", "A", " ", "\r", "\0", "\n\n"]), max_size=20).map("".join)


def lines_of(text, delimiter):
    found = [line + delimiter for line in text.split(delimiter)]
    found[-1] = found[-1].removesuffix(delimiter)
    return found if found[-1] else found[:-1]


@settings(max_examples=400, deadline=None)
@given(PATTERNS.map("".join), st.sampled_from(["", "(?i)", "(?s)"]), TEXTS, st.sampled_from([b"\n", b"\0"]))
def test_lines_match_as_if_each_stood_alone(pattern, flags, text, delimiter):
    data, source = text.encode(), (flags + pattern).encode()
    try:
        regex = re.compile(source)
    except re.error:
        return
    wanted, begin = [], 0
    for line in lines_of(data, delimiter):
        if regex.search(line.removesuffix(delimiter)):
            wanted.append((begin, begin + len(line)))
        begin += len(line)
    made = LinePattern(source, delimiter)
    assert made.spans(data) == wanted
    assert made.spans(data, only_first=True) == wanted[:1]
    assert made.given_up == 0


@pytest.fixture(autouse=True, scope="module")
def ample_time():
    """Limits that an easy line does not reach, though the kernel counts in ticks of up to 10 ms."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(line_filter, "MIN_LIMIT_S", 0.05)
        yield


def test_an_expression_that_takes_for_ever_is_given_up_on_the_line_and_not_on_others(monkeypatch):
    hard = b"a" * 50 + b"!\n"
    made = LinePattern(rb"(a+)+$")
    spent = []

    def give_up(*args):
        spent.append(made._limit_s)
        line_filter_gives_up(*args)

    line_filter_gives_up = line_filter._give_up
    monkeypatch.setattr(line_filter, "_give_up", give_up)
    assert made.spans(b"aa\n" + hard + b"b\naaa\n" + 2 * hard + b"a") == [
        (0, 3),
        (57, 61),
        (61 + 2 * 52, 62 + 2 * 52),
    ]
    assert made.given_up == 3
    # The block, then each one in its turn and alone; the first has the most time.
    assert spent == [*3 * [0.1], *4 * [0.05]]


def test_an_undecided_line_may_count_as_one_that_matches():
    hard = b"a" * 50 + b"!\n"
    assert LinePattern(rb"(a+)+$", takes_undecided=True).spans(b"b\n" + hard) == [(2, 54)]


def test_marking_gives_a_hard_line_back_as_it_is():
    hard = b"a" * 50 + b"!"
    assert LinePattern(rb"(a+)+$").mark(hard, b"<", b">") == hard
    assert LinePattern(rb"a*").mark(b"baab", b"<", b">") == b"b<aa>b"


def test_other_threads_search_without_a_limit():
    found = []
    thread = threading.Thread(target=lambda: found.append(LinePattern(b"b").spans(b"a\nb\n")))
    thread.start()
    thread.join()
    assert found == [[(2, 4)]]


def test_a_wrong_expression_is_an_error():
    with pytest.raises(re.error):
        LinePattern(b"(")


def test_limit_that_comes_between_finding_a_line_and_going_on_shows_it_once(monkeypatch):
    made = LinePattern(b"x")
    once = iter([True])

    class Found(list):
        def append(self, span):
            super().append(span)
            if len(self) == 2 and next(once, False):
                raise _TooLong

    init = _Scan.__init__

    def init_with_trap(self, block, *, only_first):
        init(self, block, only_first=only_first)
        self.found = Found()

    monkeypatch.setattr(_Scan, "__init__", init_with_trap)
    assert made.spans(b"x1\nx2\nx3\n") == [(0, 3), (3, 6), (6, 9)]
    once = iter([True])
    assert LinePattern(rb"(?=x)").spans(b"x1\nx2\n") == [(0, 3), (3, 6)]
