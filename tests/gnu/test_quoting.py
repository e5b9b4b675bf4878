"""Quoting compared with GNU's: cat shows quotef, cp quoteaf, tail quote."""

from __future__ import annotations

import os
import unicodedata

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from aiocli.ui.quoting import Quoting
from tests.support.gnu import gnu_version, run_gnu

LOCALES = {"C": Quoting(is_utf8=False), "C.UTF-8": Quoting(is_utf8=True)}
NAMES_A_CALL = 200
# Not there is the empty name too; these are, or are standard input.
EXISTING = (b".", b"..", b"-")

PIECES = [
    *(bytes([byte]) for byte in range(1, 0x100) if byte != ord("/")),
    *(text.encode() for text in "é–‘’名😀\u00a0\u00ad\u0085\u0301\u200b\u200f\u2028\u2029\ufeff\ue000\uffff\u0378"),
    b"\xed\xa0\x80",  # a surrogate
    b"\xf4\x90\x80\x80",  # beyond Unicode
    b"\xf8\x88\x80\x80\x80",
    b"\xc0\xaf",  # overlong
    *(b"\xe2\x80", b"\xf0\x9f\x98"),  # cut off
]
SPECIALS = [bytes([byte]) for byte in b"'\"\\ ~#=:{}[]!?*$`^&|;<>()%+,-.@_a1\n\t\x1b\x7f"]


def names(max_pieces=12):
    piece = st.one_of(st.sampled_from(SPECIALS), st.sampled_from(PIECES))
    mixed = st.lists(piece, min_size=1, max_size=max_pieces)
    few_kinds = st.lists(st.sampled_from([b"'", b"a", b" ", b"\n", b'"']), max_size=max_pieces)
    return st.one_of(mixed, few_kinds).map(b"".join).filter(lambda name: name not in EXISTING)


def is_told_alike_by_all_versions(name):
    """Leave out what 9.1 told otherwise: an apostrophe and something that is not printable ASCII."""
    return gnu_version() >= (9, 10) or b"'" not in name or (name.isascii() and name.decode().isprintable())


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """An empty folder to run in, and beside it a target for cp."""
    folder = tmp_path_factory.mktemp("quoting")
    (folder / "empty").mkdir()
    (folder / "target").mkdir()
    return folder / "empty"


def between(line, before, after):
    assert line.startswith(before), line
    assert line.endswith(after), line
    return line[len(before) : len(line) - len(after)]


def told_by_cat(names, locale, folder):
    lines = run_gnu("cat", "--", *names, locale=locale, cwd=folder).stderr.splitlines()
    return [between(line, b"cat: ", b": No such file or directory") for line in lines]


def told_by_cp(names, locale, folder):
    lines = run_gnu("cp", "-t", "../target", "--", *names, locale=locale, cwd=folder).stderr.splitlines()
    return [between(line, b"cp: cannot stat ", b": No such file or directory") for line in lines]


def told_by_tail(names, locale, folder):
    # The x: no sign, no number.
    lines = [run_gnu("tail", "-n", b"x" + name, locale=locale, cwd=folder).stderr for name in names]
    return [between(line, b"tail: invalid number of lines: ", b"\n") for line in lines]


def quotef(quoting, name):
    return os.fsencode(quoting.quotef(os.fsdecode(name)))


def quoteaf(quoting, name):
    return os.fsencode(quoting.quoteaf(os.fsdecode(name)))


def quote(quoting, name):
    return os.fsencode(quoting.quote(os.fsdecode(b"x" + name)))


def compare(names, ours, theirs, locale, folder):
    names = [name for name in names if is_told_alike_by_all_versions(name)]
    for start in range(0, len(names), NAMES_A_CALL):
        batch = names[start : start + NAMES_A_CALL]
        expected = theirs(batch, locale, folder)
        assert [ours(LOCALES[locale], name) for name in batch] == expected


FORMS = pytest.mark.parametrize(
    ("ours", "theirs"),
    [(quotef, told_by_cat), (quoteaf, told_by_cp), (quote, told_by_tail)],
    ids=["quotef", "quoteaf", "quote"],
)


@pytest.mark.slow
@FORMS
@pytest.mark.parametrize("locale", LOCALES)
def test_each_piece_is_quoted_as_gnu_does_at_every_place(ours, theirs, locale, folder):
    patterns = [b"%s", b"%sa", b"a%s", b"a%sa", b"'%sa", b"%s'", b"\n%s\n"]
    if theirs is told_by_tail:
        patterns = [b"a%sa"]  # a process a name
    names = [pattern % piece for pattern in patterns for piece in PIECES]
    compare([name for name in names if name not in EXISTING] + [b""], ours, theirs, locale, folder)


@pytest.mark.slow
@FORMS
@pytest.mark.parametrize("locale", LOCALES)
# No shrinking: each try is a process, and the assertion shows the name.
@settings(
    max_examples=25,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.data_too_large, HealthCheck.too_slow],
)
@given(data=st.data())
def test_any_name_is_quoted_as_gnu_does(ours, theirs, locale, folder, data):
    count = 10 if theirs is told_by_tail else NAMES_A_CALL
    some = data.draw(st.lists(names(), min_size=count // 2, max_size=count))
    compare(some, ours, theirs, locale, folder)


@pytest.mark.slow
@pytest.mark.parametrize("locale", LOCALES)
def test_printable_is_what_the_c_library_says(locale, folder):
    codes = {*range(0x80, 0x3000, 7), *range(0x3000, 0x110000, 997), 0x1F600, 0xFFFFD, 0x10FFFD}
    # Newer ones are assigned or not by the version of Unicode on either side.
    category = unicodedata.ucd_3_2_0.category
    assigned = [char for char in map(chr, sorted(codes)) if category(char) not in ("Cn", "Cs")]
    compare([char.encode() for char in assigned], quotef, told_by_cat, locale, folder)
