"""For any text and any options: the same bytes as GNU cat and as a naive model, however the text is cut up."""

from __future__ import annotations

import contextlib
import itertools
import random
import subprocess
import tempfile
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aiocli.engines import transform
from aiocli.engines.transform import Number, Transformation, Transformer
from tests.support.gnu import gnu

EVERY = [Transformation(*choice) for choice in itertools.product(Number, *[(False, True)] * 4)]
every_byte_twice = bytes(range(256)) * 2

# Mostly bytes that mean something to one of the options, in runs.
tokens = st.one_of(
    st.sampled_from([b"\n", b"\r", b"\r\n", b"\n\n\n", b"\t", b"x", b"$", b"^M", b"%d", b"\xff", b"\x7f", b"\x00"]),
    st.sampled_from([b"plain text " * 8, b"\n" * 50, "слово".encode(), b"\x00" * 70, b"\r" * 3]),
    st.binary(max_size=4),
)
texts = st.lists(tokens, max_size=30).map(b"".join) | st.just(every_byte_twice)
transformations = st.sampled_from(EVERY)

# How the engine cuts and which way it takes: as it does by itself, and each way alone on pieces of any size.
ways = st.fixed_dictionaries(
    {}, optional={"PIECE_BYTES": st.sampled_from([1, 2, 3, 7, 64]), "_DENSE": st.sampled_from([-1, 2])}
)


@st.composite
def cut_texts(draw):
    """A text in pieces, some of them empty."""
    text = draw(texts)
    cuts = sorted(draw(st.lists(st.integers(0, len(text)), max_size=6)))
    return [text[begin:end] for begin, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]


class Model:
    """What cat does, byte by byte, each shown as soon as it can be."""

    def __init__(self, wanted):
        self.wanted = wanted
        self.line = 1
        self.newlines = 1  # at the end of the text so far
        self.holds_cr = False

    def feed(self, block):
        return b"".join(map(self.show, block))

    def finish(self):
        return b"\r" if self.holds_cr else b""

    def show(self, byte):
        is_newline, is_at_start = byte == 10, self.newlines > 0
        self.newlines = self.newlines + 1 if is_newline else 0
        if self.wanted.squeeze and self.newlines > 2:
            return b""
        shown = b""
        if self.holds_cr:
            shown = b"^M" if is_newline else b"\r"
        self.holds_cr = byte == 13 and self.wanted.ends and not self.wanted.nonprinting
        if is_at_start and {Number.NONE: False, Number.ALL: True, Number.NONBLANK: not is_newline}[self.wanted.number]:
            shown += b"%6d\t" % self.line
            self.line += 1
        return shown if self.holds_cr else shown + self.name(byte)

    def name(self, byte):
        if byte == 10:
            return b"$\n" if self.wanted.ends else b"\n"
        if byte == 9:
            return b"^I" if self.wanted.tabs else b"\t"
        if not self.wanted.nonprinting:
            return bytes([byte])
        meta, low = (b"M-" if byte > 127 else b""), byte & 127
        return meta + (b"^" + bytes([low ^ 64]) if low < 32 or low == 127 else bytes([low]))


@contextlib.contextmanager
def taking(way):
    with pytest.MonkeyPatch.context() as patch:
        for name, value in way.items():
            patch.setattr(transform, name, value)
        yield


def shown(transformer, blocks):
    """What is shown for each block, and at the end."""
    return [*map(transformer.feed, blocks), transformer.finish()]


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


def shown_by_gnu(cases):
    """Let GNU cat show the files of each case, all in one shell: cases are (transformation, contents of files)."""
    with tempfile.TemporaryDirectory() as folder:
        lines = []
        for number, (transformation, blocks) in enumerate(cases):
            names = [f"{number}.{index}" for index in range(len(blocks))]
            for name, block in zip(names, blocks, strict=True):
                Path(folder, name).write_bytes(block)
            lines.append(f'"$0" {" ".join([*options_of(transformation), *names])} >{number}')
        script = "set -e\n" + "\n".join(lines)
        subprocess.run(["/bin/sh", "-c", script, gnu("cat")], cwd=folder, check=True, timeout=60)
        return [Path(folder, str(number)).read_bytes() for number in range(len(cases))]


@settings(max_examples=500, deadline=None)
@given(transformations, cut_texts(), ways)
def test_each_block_shows_what_the_model_shows_by_then(transformation, blocks, way):
    # By then: nothing that could be shown is held back.
    with taking(way):
        assert shown(Transformer(transformation), blocks) == shown(Model(transformation), blocks)


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(transformations, cut_texts(), ways), min_size=1, max_size=16))
def test_files_are_shown_as_gnu_cat_shows_them(cases):
    expected = shown_by_gnu([(transformation, blocks) for transformation, blocks, _ in cases])
    for (transformation, blocks, way), shown_there in zip(cases, expected, strict=True):
        with taking(way):
            assert b"".join(shown(Transformer(transformation), blocks)) == shown_there


TEXTS = {
    "log": [b"2026-11-21 10:00:00 all is well and nothing happens", b"\ta tab\t", b"\n", b"\n\n\n", b"50 %d $ ^M\n"],
    "short lines": [b"\n", b"a\n", b"bcd\n", b"\n\n\n\n"],
    "newlines only": [b"\n"],
    "one line": [b"no end in sight "],
    "Windows": [b"text\r\n", b"\r\n", b"\r", b"a\rb\r\n", b"\n"],
    "Windows alone": [b"text\r\n", b"\r\n"],
    "Cyrillic": ["широкая электрификация южных губерний\n".encode(), "даст мощный толчок ".encode()],
    "mostly English": [b"plain words, many of them ", "naïve café\n".encode(), b"\x1b[0m\n"],
    "noise": [bytes([byte]) for byte in range(256)],
    "zeros": [bytes(500), b"\n", b"x"],
}


@pytest.mark.slow
@pytest.mark.parametrize("tokens", TEXTS.values(), ids=TEXTS)
def test_texts_of_many_pieces_are_shown_as_gnu_cat_shows_them_under_every_mix_of_options(tokens):
    chance = random.Random(len(tokens))
    text = b""
    while len(text) < 3 * transform.PIECE_BYTES:
        text += b"".join(chance.choices(tokens, k=1000))
    cuts = sorted(chance.sample(range(len(text)), 3))
    blocks = [text[begin:end] for begin, end in itertools.pairwise([0, *cuts, len(text)])]
    expected = shown_by_gnu([(transformation, blocks) for transformation in EVERY])
    for transformation, shown_there in zip(EVERY, expected, strict=True):
        assert b"".join(shown(Transformer(transformation), blocks)) == shown_there, transformation


def test_a_line_without_end_takes_no_more_memory_the_longer_it_gets():
    transformer = Transformer(Transformation(Number.ALL, squeeze=True, ends=True))
    block = b"x" * (128 * 1024)
    tracemalloc.start()
    for _ in range(100):
        transformer.feed(block)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 4 * len(block)
