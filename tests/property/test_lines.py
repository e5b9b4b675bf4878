"""For any content, cut and number: the same lines and bytes as GNU tail, from a file and from a pipe."""

from __future__ import annotations

import os
import subprocess
import tempfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aiocli.engines import lines
from aiocli.engines.lines import LastBytes, LastLines, SkipBytes, SkipLines
from tests.support.driven import on_descriptor
from tests.support.gnu import gnu

last_lines_offset = on_descriptor(lines.last_lines_offset)
nth_line_offset = on_descriptor(lines.nth_line_offset)

texts = st.lists(st.sampled_from([b"\n", b"\n\n", b"\0", b"a", b"bc", b"long line "]), max_size=25).map(b"".join)
numbers = st.integers(0, 30)
delimiters = st.sampled_from([b"\n", b"\0"])
block_sizes = st.integers(1, 9)


@pytest.fixture(scope="module", autouse=True)
def _own_block_size():
    """Put the block size back, which the examples make small so that every edge is met."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lines, "BLOCK_BYTES", lines.BLOCK_BYTES)
        yield


def lines_of(text, delimiter):
    """The lines with their delimiters; the last one may lack it."""
    found = [line + delimiter for line in text.split(delimiter)]
    found[-1] = found[-1][:-1]
    return found if found[-1] else found[:-1]


def cut(text, cuts):
    places = sorted(min(place, len(text)) for place in cuts)
    return [text[begin:end] for begin, end in zip([0, *places], [*places, len(text)], strict=True)]


def kept(keeping, blocks):
    for block in blocks:
        keeping.feed(block)
    return b"".join(keeping.result())


def passed(skipping, blocks):
    return b"".join(map(skipping.feed, blocks))


@settings(max_examples=300, deadline=None)
@given(texts, st.tuples(numbers, numbers), numbers, delimiters, block_sizes)
def test_offsets_in_a_file_are_those_of_its_lines(text, margins, nlines, delimiter, block_size):
    lines.BLOCK_BYTES = block_size
    start, end = min(margins[0], len(text)), max(min(margins[0], len(text)), len(text) - margins[1])
    wanted = lines_of(text[start:end], delimiter)
    with tempfile.TemporaryFile(buffering=0) as file:
        file.write(text)
        last = last_lines_offset(file.fileno(), start, end, nlines, delimiter)
        assert text[last:end] == b"".join(wanted[max(0, len(wanted) - nlines) :])
        behind = nth_line_offset(file.fileno(), start, end, nlines, delimiter)
        assert text[behind:end] == b"".join(wanted[nlines:])


@settings(max_examples=300, deadline=None)
@given(texts, st.lists(numbers, max_size=8), numbers, delimiters, block_sizes)
def test_streams_keep_and_skip_the_same_however_they_are_cut(text, cuts, number, delimiter, block_size):
    lines.BLOCK_BYTES = block_size
    blocks, all_lines = cut(text, cuts), lines_of(text, delimiter)
    assert kept(LastLines(number, delimiter), blocks) == b"".join(all_lines[max(0, len(all_lines) - number) :])
    assert passed(SkipLines(number, delimiter), blocks) == b"".join(all_lines[number:])
    assert kept(LastBytes(number), blocks) == text[max(0, len(text) - number) :]
    assert passed(SkipBytes(number), blocks) == text[number:]


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(texts, st.lists(numbers, max_size=8), numbers, delimiters, block_sizes)
def test_gnu_tail_shows_the_same(text, cuts, number, delimiter, block_size):
    lines.BLOCK_BYTES = block_size
    blocks = cut(text, cuts)
    zero = ["-z"] if delimiter == b"\0" else []
    assert kept(LastLines(number, delimiter), blocks) == tail(text, *zero, "-n", str(number))
    assert passed(SkipLines(number, delimiter), blocks) == tail(text, *zero, "-n", f"+{number + 1}")
    assert kept(LastBytes(number), blocks) == tail(text, "-c", str(number))
    assert passed(SkipBytes(number), blocks) == tail(text, "-c", f"+{number + 1}")
    with tempfile.TemporaryFile(buffering=0) as file:
        file.write(text)
        offset = last_lines_offset(file.fileno(), 0, len(text), number, delimiter)
        os.lseek(file.fileno(), 0, os.SEEK_SET)
        assert text[offset:] == tail(file, *zero, "-n", str(number))


def tail(source, *args):
    """What GNU tail shows of bytes in a pipe, or of an open file."""
    stdin = {"input": source} if isinstance(source, bytes) else {"stdin": source}
    return subprocess.run([gnu("tail"), *args], **stdin, capture_output=True, check=True).stdout
