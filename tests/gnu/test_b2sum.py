"""A link b2sum to `aio` and GNU b2sum on the same command lines; what it shares with md5sum is in test_hash."""

from __future__ import annotations

import hashlib

import pytest

from tests.support.checksums import CONTENT, NAMES
from tests.support.gnu import compare


@pytest.mark.parametrize("bits", [8, 16, 128, 256, 504, 512])
@pytest.mark.parametrize("form", ["", "--tag", "-b", "-z"])
def test_lengths_are_bits(checksums, bits, form):
    answer = checksums.same("b2sum", "-l", str(bits), *form.split(), "--", *NAMES)
    assert hashlib.blake2b(CONTENT, digest_size=bits // 8).hexdigest().encode() in answer.stdout


@pytest.mark.parametrize("form", ["", "--tag"])
def test_a_length_of_zero_is_the_greatest(checksums, form):
    assert checksums.same("b2sum", "-l0", *form.split(), "a") == checksums.same("b2sum", *form.split(), "a")


@pytest.mark.parametrize(
    "options",
    [
        *(
            "-l 7",
            "-l 520",
            "-l 1024",
            f"-l {'9' * 30}",
            "-l x",
            "-l=8",
            "-l -8",
            "--length=",
            "--length",
            "-l",
            "-l 8k",
        ),
        *("-l 8 -l 0", "-l x -l 8", "-l 7 -l 8", "-l 7 --bogus", "-l x --bogus", "--bogus -l x", "-l x --help"),
        *("-l 7 -c", "-l 7 --tag -t", "-l 8 --tag -t", "-l 7 --strict", "--l 8 --t", "-al 8", "-bl 8", "-tl8 --tag"),
    ],
)
def test_mistakes_are_told_as_gnu_does(checksums, options):
    checksums.same("b2sum", *options.split(), "a")


@pytest.mark.parametrize("bits", ["7", "520", "x"])
def test_values_are_quoted_as_gnu_does(aio, bits):
    compare(aio, "b2sum", "-l", bits, as_link=True, env={"LC_ALL": "C.UTF-8"}, since=(9, 10))
