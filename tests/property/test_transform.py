"""For any text and any options: the same bytes as GNU cat, however the text is cut into files and blocks."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aiocli.engines.transform import Number, Transformation, Transformer
from tests.support.gnu import gnu, run_gnu

# Mostly bytes that mean something to one of the options, in runs.
tokens = st.one_of(
    st.sampled_from([b"\n", b"\r", b"\r\n", b"\n\n\n", b"\t", b"x", b"$", b"^M", b"%d", b"\xff", b"\x7f", b"\x00"]),
    st.binary(max_size=4),
)
texts = st.lists(tokens, max_size=30).map(b"".join)
transformations = st.builds(
    Transformation, st.sampled_from(Number), st.booleans(), st.booleans(), st.booleans(), st.booleans()
)
every_byte_twice = bytes(range(256)) * 2


@st.composite
def cut_texts(draw):
    """A text, and the same in pieces, some of them empty."""
    text = draw(texts | st.just(every_byte_twice))
    cuts = sorted(draw(st.lists(st.integers(0, len(text)), max_size=6)))
    return text, [text[begin:end] for begin, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]


def shown(transformation, blocks):
    transformer = Transformer(transformation)
    return b"".join([*map(transformer.feed, blocks), transformer.finish()])


def options_of(transformation):
    flags = {
        "-n": transformation.number is Number.ALL,
        "-b": transformation.number is Number.NONBLANK,
        "-s": transformation.squeeze,
        "-E": transformation.ends,
        "-T": transformation.tabs,
        "-v": transformation.nonprinting,
    }
    return [flag for flag, is_set in flags.items() if is_set]


@settings(max_examples=400)
@given(transformations, cut_texts())
def test_the_cut_into_blocks_changes_nothing(transformation, cut_text):
    text, blocks = cut_text
    assert shown(transformation, blocks) == shown(transformation, [text])


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(transformations, cut_texts())
def test_files_are_shown_as_gnu_cat_shows_them(transformation, cut_text):
    gnu("cat")
    _, blocks = cut_text
    with tempfile.TemporaryDirectory() as folder:
        for number, block in enumerate(blocks):
            Path(folder, str(number)).write_bytes(block)
        names = map(str, range(len(blocks)))
        expected = run_gnu("cat", *options_of(transformation), *names, cwd=folder).stdout
    assert shown(transformation, blocks) == expected
