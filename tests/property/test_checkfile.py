"""Laws of checksum lines: what is written is read back, and nothing that is read can surprise."""

from __future__ import annotations

import os

from hypothesis import given
from hypothesis import strategies as st

from aiocli.engines.hash.algorithms import ALGORITHMS
from aiocli.engines.hash.checkfile import format_line, parse_line

names = st.binary(min_size=1, max_size=20).filter(lambda name: b"\0" not in name).map(os.fsdecode)
algorithms = st.sampled_from([ALGORITHMS[name] for name in ("md5", "sha1", "sha224", "sha256", "sha384", "sha512")])


@given(st.data(), names, algorithms, st.booleans(), st.booleans())
def test_lines_are_read_back(data, name, algorithm, is_tagged, is_binary):
    digest = data.draw(st.binary(min_size=algorithm.digest_size, max_size=algorithm.digest_size))
    line = format_line(digest, name, algorithm, is_tagged=is_tagged, is_binary=is_binary, ends_with_nul=False)
    assert line.endswith("\n")
    assert "\n" not in line[:-1]
    assert parse_line(line[:-1]) == (name, digest.hex(), algorithm)
    assert parse_line(line[:-1], algorithm) == (name, digest.hex(), algorithm)


@given(st.text(max_size=200) | st.binary(max_size=200).map(os.fsdecode))
def test_any_line_is_read_or_refused(line):
    listed = parse_line(line)
    assert listed is None or len(listed.hexdigest) == listed.algorithm.digest_size * 2
