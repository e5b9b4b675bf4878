"""A link sum to `aio` and GNU sum on the same command lines."""

from __future__ import annotations

import pytest

from tests.support.checksums import NAMES
from tests.support.gnu import compare_script


@pytest.mark.parametrize("options", ["", "-r", "-s", "--sysv", "-rs", "-sr", "-r -s", "--s -r", "-s --"])
def test_the_last_algorithm_counts(checksums, options):
    checksums.same("sum", *options.split(), "a", "large", "-")


@pytest.mark.parametrize("option", ["-r", "-s"])
def test_names_are_written_as_they_are(checksums, option):
    checksums.same("sum", option, "--", *NAMES)


@pytest.mark.parametrize("operands", ["", "-", "- -", "a -", "missing", "folder", "a missing folder b"])
@pytest.mark.parametrize("option", ["-r", "-s"])
def test_operands_are_gnus(checksums, option, operands):
    checksums.same("sum", option, *operands.split())


@pytest.mark.parametrize("size", [0, 1, 511, 512, 513, 1023, 1024, 1025, 102_400, 300_000])
@pytest.mark.parametrize("option", ["-r", "-s"])
def test_blocks_are_counted_as_gnu_does(checksums, option, size):
    checksums.same("sum", option, stdin=bytes([255]) * size)


@pytest.mark.parametrize(
    "option", ["-c", "--tag", "-z", "-a", "-l", "--sysv=1", "--r", "-h", "--x", "-b", "--check", "--zero"]
)
def test_there_are_no_other_options(checksums, option):
    assert checksums.same("sum", option, "a").status == 1


@pytest.mark.parametrize("script", ["sum a b >&-", "sum <&-", "sum a - <&-", "sum a >&-", "sum a none b 2>&1"])
def test_redirections_are_met_as_gnu_does(aio, script):
    def prepare(folder):
        (folder / "a").write_bytes(b"content\n")
        (folder / "b").write_bytes(b"other\n")

    compare_script(aio, "sum", script, prepare=prepare, since=(9, 10))
