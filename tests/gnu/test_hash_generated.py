"""Generated command lines of the checksum programs by both; AIO_EXAMPLES=5000 in the environment is a long run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.checksums import NAMES
from tests.support.scripts import long_or_short

if TYPE_CHECKING:
    from tests.support.checksums import Checksums

OPERANDS = ("a", "a", "a", "a", *NAMES, "--")
LINES = ("-b", "-t", "--binary", "--text", "--tag", "--tag", "-z", "--zero", "-bt", "-tz", "--t", "--te", "--b", "--bi")
CHECKS = ("--ignore-missing", "--quiet", "--status", "--strict", "-w", "--warn", "--st", "--i", "--q")
WRONG = ("--help=1", "-h", "-y", "--no-such", "-")
CKSUM = ("--raw", "--base64", "--untagged", "--untagged", "--debug", "--d", "--r", "--u", "--ba")
SUM = ("-r", "-s", "--sysv", "--s", "-rs", "-sr", "-z", "--tag", "-c")
WORDS = (
    *("bsd", "sysv", "crc", "crc32b", "md5", "sha1", "sha224", "sha256", "sha384", "sha512", "sha2", "sha3", "blake2b"),
    *("sm3", "md", "sha", "MD5", "", "foo"),
)
LENGTHS = (
    *("0", "8", "128", "256", "224", "384", "512", "520", "7", "x", "", "+8", " 8", "-8", "9" * 23, "8K", "0x8", "1"),
)


@st.composite
def command_lines(draw: st.DrawFn) -> list[str]:
    """Draw a program and arguments, mostly such as mean something."""
    program = draw(
        st.sampled_from(["md5sum", "sha256sum", "b2sum", "b2sum", "cksum", "cksum", "cksum", "cksum", "sum"])
    )
    args: list[str] = []
    for _ in range(draw(st.integers(0, 4))):
        args += draw(_options(program))
    for operand in draw(st.lists(st.sampled_from(OPERANDS), max_size=3)):
        args.insert(len(args) if draw(st.integers(0, 4)) else draw(st.integers(0, len(args))), operand)
    return [program, *args]


def _options(program: str) -> st.SearchStrategy[list[str]]:
    flags: tuple[str, ...] = (*LINES, *LINES, *CHECKS, *WRONG)
    choices = []
    if program == "sum":
        flags = SUM
    if program == "cksum":
        flags += CKSUM * 2
        spelled = st.sampled_from(["-a{}", "--algorithm={}", "--alg={}"])
        choices += [st.builds(lambda form, word: [form.format(word)], spelled, st.sampled_from(WORDS))] * 2
    if program in ("b2sum", "cksum"):
        choices += [
            st.builds(lambda form, bits: [form, bits], st.sampled_from(["-l", "--len"]), st.sampled_from(LENGTHS))
        ]
    return st.one_of(*choices, st.builds(lambda flag: [flag], st.sampled_from(flags)))


@pytest.mark.slow
@pytest.mark.timeout(3600)
@long_or_short(400)
@given(words=command_lines())
def test_generated_command_lines_do_what_gnus_do(checksums: Checksums, words: list[str]) -> None:
    checksums.same(*words)
