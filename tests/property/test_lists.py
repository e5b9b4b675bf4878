"""Laws of lists of digests: what is written is read back, and nothing that is read can surprise."""

from __future__ import annotations

import os
import re
from base64 import b64encode

from hypothesis import assume, given
from hypothesis import strategies as st

from aiocli.engines.hash.algorithms import ALGORITHMS, find
from aiocli.engines.hash.lists import Line, LineForm, Listed, Promise, grammar_for, line_writer
from tests.support.checklists import lines, mutated

names = st.binary(min_size=1, max_size=20).filter(lambda name: b"\0" not in name).map(os.fsdecode)
algorithms = st.sampled_from([ALGORITHMS[name] for name in ("md5", "sha1", "sha224", "sha256", "sha384", "sha512")])


@given(st.data(), names, algorithms, st.booleans(), st.booleans(), st.booleans())
def test_lines_are_read_back(data, name, algorithm, is_tagged, is_binary, is_base64):
    digest = data.draw(st.binary(min_size=algorithm.digest_size, max_size=algorithm.digest_size))
    form = LineForm(algorithm.name, is_tagged=is_tagged, is_binary=is_binary, is_base64=is_base64)
    line = line_writer(form)(digest, name, 0)
    assert line.endswith("\n")
    assert "\n" not in line[:-1]
    if is_base64:  # text that is hexadecimal, too, is taken for that
        assume(re.search("[^0-9A-Fa-f]", b64encode(digest).decode()))
    for program, family in (("cksum", algorithm.name), ("hash", "")):
        is_guessed = program == "hash" and not is_tagged
        expected = Listed(name, (Promise(algorithm.name, digest),), is_guessed=is_guessed)
        assert grammar_for(program, (), family).parse(os.fsencode(line[:-1])) == expected


PROGRAMS = [
    ("hash", (), ""),
    ("hash", ("md5", "sha3-256"), ""),
    ("md5sum", ("md5",), ""),
    ("b2sum", ("blake2b",), ""),
    ("cksum", (), ""),
    ("cksum", (), "sha2"),
]


@given(st.sampled_from(PROGRAMS), st.lists(lines | st.binary(max_size=200) | lines.flatmap(mutated), max_size=3))
def test_any_line_is_read_or_refused(program, drawn):
    grammar = grammar_for(*program)
    data = b"".join(drawn)
    grammar.begin("list.md5", data, is_whole=True)
    for line in data.split(b"\n"):
        found = grammar.parse(line)
        assert isinstance(found, Line) or ("\0" not in found.name and found.promises)
        for algorithm, value in found.promises if isinstance(found, Listed) else ():
            assert find(algorithm).name == algorithm
            assert len(value) <= find(algorithm).digest_size or program[2] == "sha2"
