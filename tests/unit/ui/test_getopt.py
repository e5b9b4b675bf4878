"""getopt's rules and texts, by example; tests/gnu/test_getopt.py compares with GNU."""

from __future__ import annotations

import os

import pytest

from aiocli.ui.getopt import Argument, OptionError, OptionEvent, OptionSpec, parse

SPECS = [
    OptionSpec("all", "A", ("show-all",), Argument.NONE),
    OptionSpec("number", "n", ("number",), Argument.NONE),
    OptionSpec("nonblank", "b", ("number-nonblank",), Argument.NONE),
    OptionSpec("lines", "l", ("lines",), Argument.REQUIRED),
    OptionSpec("list", "", ("list",), Argument.NONE),
    OptionSpec("backup", "", ("backup",), Argument.OPTIONAL),
    OptionSpec("width", "w", ("width",), Argument.OPTIONAL),
    OptionSpec("quiet", "q", ("quiet", "silent"), Argument.NONE),
    OptionSpec("parents", "", ("parents",), Argument.NONE),
    OptionSpec("parents", "", ("path",), Argument.NONE),
    OptionSpec("pattern", "", ("pattern",), Argument.REQUIRED),
    OptionSpec("disable", "", ("-disable",), Argument.NONE),
    OptionSpec("backend", "", ("backend",), Argument.REQUIRED, is_exact=True),
]


def told(*args, posixly_correct=False):
    """Return the options as (key, value) and the operands."""
    events, operands = parse(args, SPECS, posixly_correct=posixly_correct)
    return [(event.key, event.value) for event in events], operands


def error(*args):
    with pytest.raises(OptionError) as caught:
        parse(args, SPECS)
    return str(caught.value)


def test_options_are_found_behind_operands():
    assert told("a", "-n", "b", "--quiet", "c") == ([("number", None), ("quiet", None)], ["a", "b", "c"])


def test_two_dashes_end_the_options():
    assert told("-n", "a", "--", "-q", "--", "--x") == ([("number", None)], ["a", "-q", "--", "--x"])


def test_the_first_operand_ends_the_options_where_posix_is_asked_for():
    assert told("-n", "a", "-q", "--", "b", posixly_correct=True) == (
        [("number", None)],
        ["a", "-q", "--", "b"],
    )


@pytest.mark.parametrize("operand", ["-", "", "a-", "+1", "é"])
def test_what_begins_with_no_dash_and_the_dash_alone_are_operands(operand):
    assert told(operand, "-n") == ([("number", None)], [operand])


def test_letters_cluster_up_to_the_one_with_a_value():
    assert told("-nA") == ([("number", None), ("all", None)], [])
    assert told("-nl5") == ([("number", None), ("lines", "5")], [])
    assert told("-nl", "5") == ([("number", None), ("lines", "5")], [])
    assert told("-lnA") == ([("lines", "nA")], [])


@pytest.mark.parametrize("value", ["5", "-n", "--", "--number", "-", ""])
def test_a_required_value_is_the_next_argument_whatever_it_looks_like(value):
    assert told("--lines", value, "a") == ([("lines", value)], ["a"])
    assert told("-l", value, "a") == ([("lines", value)], ["a"])


@pytest.mark.parametrize("value", ["5", "", "=", "a=b", "é"])
def test_a_long_value_follows_the_first_equals_sign(value):
    assert told(f"--lines={value}") == ([("lines", value)], [])
    assert told(f"--backup={value}") == ([("backup", value)], [])


def test_an_optional_value_is_never_the_next_argument():
    assert told("--backup", "x") == ([("backup", None)], ["x"])
    assert told("-w", "x") == ([("width", None)], ["x"])
    assert told("-w7", "x") == ([("width", "7")], ["x"])


def test_events_keep_the_order_and_the_full_spelling():
    events, _ = parse(["--sho", "-q", "--sil", "-nq"], SPECS)
    assert events == [
        OptionEvent("all", None, "--show-all"),
        OptionEvent("quiet", None, "-q"),
        OptionEvent("quiet", None, "--silent"),
        OptionEvent("number", None, "-n"),
        OptionEvent("quiet", None, "-q"),
    ]


def test_unambiguous_abbreviations_are_taken():
    assert told("--lin=5", "--q", "--b", "---d") == (
        [("lines", "5"), ("quiet", None), ("backup", None), ("disable", None)],
        [],
    )


def test_an_exact_name_wins_over_longer_ones():
    assert told("--number") == ([("number", None)], [])


def test_names_that_mean_the_same_are_not_ambiguous():
    assert parse(["--par"], SPECS)[0] == [OptionEvent("parents", None, "--parents")]
    same = [OptionSpec("x", "", ("same",), Argument.NONE), OptionSpec("x", "", ("sane",), Argument.NONE)]
    assert parse(["--sa"], same)[0] == [OptionEvent("x", None, "--same")]


def test_only_rivals_of_the_first_possibility_are_listed():
    assert error("--pa") == "option '--pa' is ambiguous; possibilities: '--parents' '--pattern'"


def test_our_own_options_are_spelled_out_and_disturb_no_abbreviation():
    assert told("--back=x") == ([("backup", "x")], [])
    assert told("--backend=x") == ([("backend", "x")], [])
    assert error("--backe=x") == "unrecognized option '--backe=x'"


@pytest.mark.parametrize(
    ("args", "text"),
    [
        (["--x"], "unrecognized option '--x'"),
        (["--x=1"], "unrecognized option '--x=1'"),
        (["--numberx"], "unrecognized option '--numberx'"),
        (["---x"], "unrecognized option '---x'"),
        (["--é"], "unrecognized option '--é'"),
        (["-x"], "invalid option -- 'x'"),
        (["-nx"], "invalid option -- 'x'"),
        (["-n-"], "invalid option -- '-'"),
        (["-:"], "invalid option -- ':'"),
        (["--li"], "option '--li' is ambiguous; possibilities: '--lines' '--list'"),
        (["--li=3"], "option '--li=3' is ambiguous; possibilities: '--lines' '--list'"),
        (["--lines"], "option '--lines' requires an argument"),
        (["--line"], "option '--lines' requires an argument"),
        (["-l"], "option requires an argument -- 'l'"),
        (["-nl"], "option requires an argument -- 'l'"),
        (["--number=3"], "option '--number' doesn't allow an argument"),
        (["--number="], "option '--number' doesn't allow an argument"),
        (["--sho=3"], "option '--show-all' doesn't allow an argument"),
        (["a", "-x", "--y"], "invalid option -- 'x'"),
    ],
)
def test_mistakes_are_told_in_the_words_of_getopt(args, text):
    assert error(*args) == text


@pytest.mark.parametrize(("letter", "byte"), [("é", b"\xc3"), ("名", b"\xe5"), ("\udcff", b"\xff"), ("\n", b"\n")])
def test_a_letter_that_is_not_ascii_is_told_by_its_first_byte(letter, byte):
    assert os.fsencode(error(f"-n{letter}")) == b"invalid option -- '" + byte + b"'"
