"""The three forms of quoting, by example; tests/gnu/test_quoting.py compares with GNU."""

from __future__ import annotations

import os

import pytest

from aiocli.ui.quoting import Quoting

UTF8 = Quoting(is_utf8=True)
C = Quoting(is_utf8=False)


@pytest.mark.parametrize(
    "name",
    [
        "x",
        "a/b.txt",
        "-",
        "a#",
        "a~",
        "{}",
        "a{b}",
        "a]",
        "%+,-./0@_",
        "é",
        "名前",
        "\u00a0",
        "\u00ad",
        "\u200b",
    ],
)
def test_plain_names_need_no_quotes(name):
    assert UTF8.quotef(name) == name
    assert UTF8.quoteaf(name) == f"'{name}'"


@pytest.mark.parametrize(
    "name",
    ["", "a b", "~", "~a", "#a", "=", "a=b", "a:b", "a\\b", "*", "?", "[x", "$x", "{", "}", '"', "!", "a|b"],
)
def test_names_that_a_shell_would_read_otherwise_are_quoted(name):
    assert UTF8.quotef(name) == UTF8.quoteaf(name) == C.quotef(name) == f"'{name}'"


@pytest.mark.parametrize(
    ("name", "quoted"),
    [
        ("'", '''"'"'''),
        ("it's a: b", '"it\'s a: b"'),
        ("~it's", '"~it\'s"'),
        ('it\'s "x"', "'it'\\''s \"x\"'"),
        ("it's $x", "'it'\\''s $x'"),
        ("it's é", '"it\'s é"'),
    ],
)
def test_apostrophes_are_within_double_quotes_where_nothing_else_is_special(name, quoted):
    assert UTF8.quotef(name) == UTF8.quoteaf(name) == quoted


@pytest.mark.parametrize(
    ("name", "quoted"),
    [
        ("a\nb", r"'a'$'\n''b'"),
        ("\n", r"''$'\n'"),
        ("\x1b[31m", r"''$'\033''[31m'"),
        ("a\a\b\t\n\v\f\r\x01\x7f", r"'a'$'\a\b\t\n\v\f\r\001\177'"),
        ("a'\n", r"'a'\'''$'\n'"),
        ("\n'a", r"''$'\n'\''a'"),
        ("\udcff" + "1", r"''$'\377''1'"),
        ("a\u2028b", r"'a'$'\342\200\250''b'"),
        ("\u0085", r"''$'\302\205'"),
    ],
)
def test_unprintable_characters_are_escaped(name, quoted):
    assert UTF8.quotef(name) == UTF8.quoteaf(name) == quoted


def test_all_but_ascii_is_escaped_without_utf8():
    assert C.quotef("é") == C.quoteaf("é") == r"''$'\303\251'"
    assert C.quoteaf("'é") == "''\\'''$'\\303\\251'"
    assert C.quote("é") == r"'\303\251'"


def test_values_are_in_the_quotes_of_the_locale():
    assert UTF8.quote("x") == "‘x’"
    assert C.quote("x") == "'x'"
    assert UTF8.quote("") == "‘’"


def test_values_have_c_escapes():
    assert UTF8.quote("a\n\x0123\\'‘’\"?") == "‘a\\n\\00123\\\\'‘\\’\"?’"
    assert C.quote("a\n\x0123\\'\"?") == "'a\\n\\00123\\\\\\'\"?'"
    assert UTF8.quote("\udcff") == r"‘\377’"


def test_no_byte_of_a_name_can_steer_a_terminal():
    for byte in (*range(0x20), 0x7F, *range(0x80, 0x100)):
        name = os.fsdecode(bytes([byte]) + b"x")
        for quoting in (UTF8, C):
            for quoted in (quoting.quote(name), quoting.quoteaf(name), quoting.quotef(name)):
                assert quoted.isprintable()
