"""Laws of option parsing that hold for any command line."""

from __future__ import annotations

from contextlib import suppress

from hypothesis import given
from hypothesis import strategies as st

from aiocli.ui.getopt import Argument, OptionError, OptionEvent, OptionSpec, parse

FLAG_LETTERS = "abc"
SPECS = [
    *(OptionSpec(letter, letter, (f"flag-{letter}",), Argument.NONE) for letter in FLAG_LETTERS),
    OptionSpec("number", "n", ("number",), Argument.REQUIRED),
    OptionSpec("when", "w", ("when",), Argument.OPTIONAL),
    OptionSpec("own", "", ("own",), Argument.REQUIRED, is_exact=True),
]

any_text = st.text(st.characters(exclude_categories=()), max_size=8)
dashed = st.builds("".join, st.tuples(st.sampled_from(["-", "--", "---"]), st.text("abcnwx-=:é\udcff", max_size=6)))
spelled = st.sampled_from(["--flag", "--flag-a", "--n", "--number=1", "--when=", "--own", "--o", "-n", "--", "-"])
args = st.lists(st.one_of(any_text, dashed, spelled), max_size=8)

values = st.text(max_size=4)
options = st.one_of(
    st.text(FLAG_LETTERS, min_size=1, max_size=3).map(lambda letters: [f"-{letters}"]),
    st.sampled_from(FLAG_LETTERS).map(lambda letter: [f"--flag-{letter}"]),
    values.map(lambda value: ["-n", value]),
    values.map(lambda value: ["--num", value]),
    values.map(lambda value: [f"--number={value}"]),
    values.map(lambda value: [f"-w{value}"]),
    values.map(lambda value: [f"--wh={value}"]),
)
operands = st.one_of(st.just("-"), st.text(max_size=4).filter(lambda text: not text.startswith("-")))


def flat(groups):
    return [arg for group in groups for arg in group]


@given(args, st.booleans())
def test_nothing_but_an_option_error_is_raised(args, posixly_correct):
    with suppress(OptionError):
        events, operands = parse(args, SPECS, posixly_correct=posixly_correct)
        assert len(operands) <= len(args)
        assert {event.key for event in events} <= {spec.key for spec in SPECS}


@given(st.lists(options), st.lists(operands), st.randoms(use_true_random=False))
def test_any_interleaving_means_options_and_then_operands(options, operands, random):
    is_option = [True] * len(options) + [False] * len(operands)
    random.shuffle(is_option)
    groups, names = iter(options), iter(operands)
    mixed = flat(next(groups) if is_one else [next(names)] for is_one in is_option)

    assert parse(mixed, SPECS) == parse([*flat(options), *operands], SPECS)
    assert parse(mixed, SPECS)[1] == operands


@given(st.lists(options), args)
def test_all_after_two_dashes_are_operands(options, rest):
    events, _ = parse(flat(options), SPECS)
    assert parse([*flat(options), "--", *rest], SPECS) == (events, rest)


@given(st.lists(options), operands, args)
def test_all_after_the_first_operand_are_operands_where_posix_is_asked_for(options, operand, rest):
    events, _ = parse(flat(options), SPECS)
    expected = (events, [operand, *rest])
    assert parse([*flat(options), operand, *rest], SPECS, posixly_correct=True) == expected


@given(st.text(FLAG_LETTERS, min_size=1))
def test_a_cluster_means_its_letters_one_by_one(letters):
    expected = [OptionEvent(letter, None, f"-{letter}") for letter in letters]
    assert parse([f"-{letters}"], SPECS)[0] == parse([f"-{letter}" for letter in letters], SPECS)[0] == expected


@given(values)
def test_an_attached_value_is_a_separate_one(value):
    expected = [OptionEvent("number", value, "--number")]
    assert parse([f"--number={value}"], SPECS)[0] == parse(["--number", value], SPECS)[0] == expected
