"""Parts of files and streams, against slices of the whole."""

from __future__ import annotations

import os
import tempfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiocli.core.endpoint import Endpoint
from aiocli.core.loop import drive
from aiocli.engines.ranges import Span, byte_span, cut, line_span, locate
from aiocli.engines.source import reader_at

numbers = st.integers(-8, 8)
spans = st.builds(Span, numbers, st.none() | numbers, st.booleans())
texts = st.text("ab\n", max_size=30).map(str.encode)


def expected(span, data):
    """Slice the whole."""
    units = data.splitlines(keepends=True) if span.is_lines else [bytes([byte]) for byte in data]
    return b"".join(units[span.start : span.end])


def pass_on(span, blocks):
    """Pass blocks through a cut; return what came out, and how many blocks it took."""
    stage = cut(span)
    out = []
    taken = 0
    for block in blocks:
        if stage.is_done:
            break
        taken += 1
        out.extend(map(bytes, stage.feed(block)))
    out.extend(map(bytes, stage.finish()))
    return b"".join(out), taken


@given(span=spans, data=texts, size=st.integers(1, 12))
def test_stream_gives_what_a_slice_of_the_whole_does(span, data, size):
    blocks = [data[start : start + size] for start in range(0, len(data), size)]
    assert pass_on(span, blocks)[0] == expected(span, data)


@given(span=spans, data=texts.filter(bool), skipped=st.integers(0, 5))
def test_file_gives_what_a_slice_of_the_rest_does(span, data, skipped):
    async def find(src):
        return await locate(span, src, await reader_at(src))

    with tempfile.TemporaryFile() as file:
        file.write(data)
        file.flush()
        skipped = min(skipped, len(data))
        os.lseek(file.fileno(), skipped, os.SEEK_SET)
        start, end = drive(find(Endpoint.of(file.fileno(), "file")))
    assert data[start:end] == expected(span, data[skipped:])


def test_stream_is_read_no_further_than_needed():
    blocks = [b"1\n2\n", b"3\n4\n", b"5\n6\n"]
    assert pass_on(Span(1, 3, is_lines=True), blocks) == (b"2\n3\n", 2)
    assert pass_on(Span(1, 3), blocks) == (b"\n2", 1)
    assert pass_on(Span(3, 3), blocks) == (b"", 0)


def test_what_is_sure_passes_at_once():
    stage = cut(Span(0, 4, is_lines=True))
    assert [bytes(block) for block in stage.feed(b"one\ntw")] == [b"one\ntw"]


def test_only_what_may_be_the_end_is_held_back():
    stage = cut(Span(0, -1, is_lines=True))
    passed = b"".join(bytes(block) for number in range(100) for block in stage.feed(b"%d\n" % number))
    assert passed.endswith(b"98\n")


@pytest.mark.parametrize(
    ("text", "span"),
    [
        (":", Span()),
        ("5:", Span(5)),
        (":5", Span(0, 5)),
        ("-5:", Span(-5)),
        ("2:-3", Span(2, -3)),
        (":0", Span(0, 0)),
    ],
)
def test_byte_ranges_are_half_open_from_0(text, span):
    assert byte_span(text, int) == span


@pytest.mark.parametrize(
    ("text", "span"),
    [
        (":", Span(0, None, True)),
        ("1:", Span(0, None, True)),
        ("5:7", Span(4, 7, True)),
        (":-1", Span(0, None, True)),
        (":-2", Span(0, -1, True)),
        ("-10:", Span(-10, None, True)),
        ("-3:-3", Span(-3, -2, True)),
    ],
)
def test_line_ranges_are_inclusive_from_1(text, span):
    assert line_span(text, int) == span


@pytest.mark.parametrize("parse", [byte_span, line_span])
@pytest.mark.parametrize("text", ["", "5", "a:b", "1:2:3", "--1:", "-:"])
def test_what_is_no_range_is_refused(parse, text):
    with pytest.raises(ValueError, match=r".*"):
        parse(text, int)


@pytest.mark.parametrize("text", ["0:5", "1:0"])
def test_there_is_no_line_0(text):
    with pytest.raises(ValueError, match=text):
        line_span(text, int)
