"""Sizes with suffixes; their acceptance is compared with GNU's."""

from __future__ import annotations

from itertools import product

import pytest

from aiocli.ui.sizes import UINTMAX, format_size, parse_size
from tests.support.gnu import gnu_version, run_gnu


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("0", 0),
        ("10", 10),
        ("010", 10),
        ("+5", 5),
        (" \t+5", 5),
        ("b", 512),
        ("2b", 1024),
        ("K", 1024),
        ("1k", 1024),
        ("1KiB", 1024),
        ("1kiB", 1024),
        ("1kB", 1000),
        ("1KB", 1000),
        ("1KD", 1000),
        ("3m", 3 << 20),
        ("3MB", 3_000_000),
        ("1G", 1 << 30),
        ("1T", 1 << 40),
        ("1P", 1 << 50),
        ("15E", 15 << 60),
        ("0Q", 0),
        ("18446744073709551615", UINTMAX),
    ],
)
def test_suffixes_multiply(text, count):
    assert parse_size(text) == count


@pytest.mark.parametrize("text", ["18446744073709551616", "16E", "1Z", "1Y", "1RB", "1QiB", "9" * 10_000])
def test_what_does_not_fit_64_bits_is_the_greatest_count(text):
    assert parse_size(text) == UINTMAX


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "-1", "--1", "++1", "+", "+K", " K", "+ 5", "1 K", "1 ", "1g", "1t", "1w", "1c", "1B"),
        *("1bB", "1Ki", "1KiD", "1Kx", "1KBx", "0x10", "1.5", "1e3", "1\n", "1_000", "٣", "9" * 10_000 + "x"),
    ],
)
def test_other_text_is_refused_and_named(text):
    with pytest.raises(ValueError, match=r".?") as caught:
        parse_size(text)
    assert str(caught.value) == text


def test_only_the_suffixes_asked_for_are_taken():
    assert parse_size("7", suffixes="") == 7
    assert parse_size("7M", suffixes="M") == 7 << 20
    for text, suffixes in (("7M", ""), ("7m", "M"), ("7b", "M"), ("M", "")):
        with pytest.raises(ValueError, match=text):
            parse_size(text, suffixes=suffixes)


def _texts():
    letters = ["", *"bkKmMgGtTpPeEzZyYrRqQcwBxi"]
    bases = ["", "B", "D", "iB", "iD", "i", "b", "K"]
    numbers = ["", "0", "1", "007", "+2", " 3", " +4", "+", " ", "++1", "+ 1", "1.5", "0x1", "1 ", "-1"]
    yield from map("".join, product(["1"], letters, bases))
    yield from map("".join, product(numbers, ["", "K", "b", "MB", "GiB"], [""]))
    yield from (
        "18446744073709551615",
        "18446744073709551616",
        "16E",
        "9" * 50,
        "9" * 50 + "x",
        "9" * 50 + "b",
    )


def _parsed(text):
    try:
        return parse_size(text)
    except ValueError:
        return None


@pytest.mark.slow
def test_what_is_taken_is_what_tail_takes():
    # 9.1 knows no R and Q and refuses what does not fit; the versions up to 9.10 were not looked at.
    is_old = gnu_version() < (9, 10)
    wrong = []
    for text in _texts():
        count = _parsed(text)
        if is_old and (count == UINTMAX or {*"RQ"} & {*text}):
            continue
        # tail strips the minus and parses the rest.
        done = run_gnu("tail", "-c", f"-{text}", "/dev/null")
        if (done.returncode == 0) != (count is not None):
            wrong.append((text, done.stderr))
    assert not wrong


@pytest.mark.slow
@pytest.mark.parametrize("text", ["7", "+7", "b", "3b", "k", "K", "2kB", "KD", "2KiB", "1M", "1m", "1MB", "1mB"])
def test_counts_are_those_of_head(text):
    assert len(run_gnu("head", "-c", text, "/dev/zero").stdout) == parse_size(text)


@pytest.mark.parametrize(
    ("nbytes", "text"),
    [
        (0, "0 B"),
        (1, "1 B"),
        (999, "999 B"),
        (1023, "1023 B"),
        (1024, "1 KiB"),
        (1536, "1.5 KiB"),
        (10 * 1024 + 100, "10.1 KiB"),
        (1023 * 1024, "1023 KiB"),
        (1024 * 1024 - 1, "1 MiB"),
        (3 << 29, "1.5 GiB"),
        (1_234_567_890, "1.15 GiB"),
        (123 << 40, "123 TiB"),
        (5000 << 60, "5000 EiB"),
    ],
)
def test_sizes_are_shown_in_three_digits(nbytes, text):
    assert format_size(nbytes) == text
