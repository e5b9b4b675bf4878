"""What a Transformer shows, by example; tests/property/test_transform.py compares it with GNU cat."""

from __future__ import annotations

import pytest

from aiocli.engines.transform import Number, Transformation, Transformer

ALL = Transformation(number=Number.ALL)
NONBLANK = Transformation(number=Number.NONBLANK)
SQUEEZE = Transformation(squeeze=True)
ENDS = Transformation(ends=True)


def shown(transformation, *blocks):
    transformer = Transformer(transformation)
    return b"".join([*map(transformer.feed, blocks), transformer.finish()])


def test_without_any_option_every_byte_stays():
    every_byte = bytes(range(256))
    assert shown(Transformation(), every_byte) == every_byte


def test_lines_are_numbered_in_six_columns_and_a_tab():
    assert shown(ALL, b"a\n\nb\n") == b"     1\ta\n     2\t\n     3\tb\n"


@pytest.mark.parametrize("count", [999, 1000, 1001, 12_345, 1_000_001])
def test_numbers_grow_as_wide_as_they_need(count):
    assert shown(ALL, b"x\n" * count) == b"".join(b"%6d\tx\n" % number for number in range(1, count + 1))


def test_numbers_go_on_in_the_next_block_and_a_line_gets_only_one():
    assert shown(ALL, b"a\nb", b"b", b"b\n", b"c") == b"     1\ta\n     2\tbbb\n     3\tc"


def test_blank_lines_get_no_number_with_nonblank():
    assert shown(NONBLANK, b"\n\na\n\n\nb\n\n") == b"\n\n     1\ta\n\n\n     2\tb\n\n"


def test_a_line_of_one_carriage_return_is_not_blank():
    assert shown(NONBLANK, b"\r\n\n\r\n") == b"     1\t\r\n\n     2\t\r\n"


def test_a_newline_that_ends_a_partial_line_of_the_block_before_is_no_blank_line():
    assert shown(NONBLANK, b"a", b"\n", b"\n", b"b") == b"     1\ta\n\n     2\tb"


def test_a_run_of_blank_lines_becomes_one():
    assert shown(SQUEEZE, b"a\n\n\n\n\nb\n\nc\n") == b"a\n\nb\n\nc\n"


def test_blank_lines_at_the_start_are_a_run_too():
    assert shown(SQUEEZE, b"\n\n\na") == b"\na"


def test_a_run_is_squeezed_across_blocks():
    assert shown(SQUEEZE, b"a\n", b"\n", b"", b"\n\n", b"\nb", b"\n", b"\nc") == b"a\n\nb\n\nc"


def test_squeezed_lines_are_not_counted():
    assert shown(Transformation(Number.ALL, squeeze=True), b"a\n\n\n\nb\n") == b"     1\ta\n     2\t\n     3\tb\n"


def test_ends_of_lines_show_a_dollar_and_a_carriage_return_before_it():
    assert shown(ENDS, b"a\r\n\nb\rc\r") == b"a^M$\n$\nb\rc\r"


def test_only_a_last_carriage_return_is_held_back():
    transformer = Transformer(ENDS)
    assert transformer.feed(b"partial\r") == b"partial"
    assert transformer.feed(b"\r") == b"\r"
    assert transformer.feed(b"") == b""
    assert transformer.feed(b"\nx") == b"^M$\nx"
    assert transformer.feed(b"\r") == b""
    assert transformer.finish() == b"\r"
    assert transformer.finish() == b""


def test_a_partial_line_is_shown_at_once_with_its_number():
    transformer = Transformer(Transformation(Number.ALL, ends=True))
    assert transformer.feed(b"prompt: ") == b"     1\tprompt: "
    assert transformer.feed(b"\n") == b"$\n"
    assert transformer.feed(b"\r") == b"     2\t"
    assert transformer.feed(b"\n") == b"^M$\n"


def test_a_carriage_return_is_not_held_back_with_nonprinting():
    transformer = Transformer(Transformation(ends=True, nonprinting=True))
    assert transformer.feed(b"a\r") == b"a^M"
    assert transformer.feed(b"\n") == b"$\n"
    assert transformer.finish() == b""


def test_tabs_are_shown_but_not_the_one_behind_a_number():
    assert shown(Transformation(Number.ALL, tabs=True), b"a\tb\n") == b"     1\ta^Ib\n"


def test_a_dollar_or_percent_sign_in_the_text_stays():
    assert shown(Transformation(Number.NONBLANK, ends=True), b"$\n%d\n") == b"     1\t$$\n     2\t%d$\n"


def test_nonprinting_bytes_are_named_and_newline_and_tab_stay():
    some = bytes((0, 9, 10, 27, 31, 32, 126, 127, 128, 137, 138, 159, 160, 254, 255))
    assert shown(Transformation(nonprinting=True), some) == b"^@\t\n^[^_ ~^?M-^@M-^IM-^JM-^_M- M-~M-^?"


def test_a_block_of_many_distinct_bytes_is_named_as_one_of_few():
    nonprinting = Transformation(nonprinting=True)
    one_by_one = b"".join(shown(nonprinting, bytes((byte,))) for byte in range(256))
    assert shown(nonprinting, bytes(range(256))) == one_by_one
