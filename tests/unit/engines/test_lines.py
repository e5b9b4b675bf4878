"""Where the last and first lines begin, by example; tests/property/test_lines.py compares with GNU tail."""

from __future__ import annotations

import os
import tracemalloc

import pytest

from aiocli.engines import lines
from aiocli.engines.lines import LastBytes, LastLines, SkipBytes, SkipLines
from tests.support.driven import on_descriptor

last_lines_offset = on_descriptor(lines.last_lines_offset)
nth_line_offset = on_descriptor(lines.nth_line_offset)


@pytest.fixture
def file_of(tmp_path):
    """Make a file and open it for reading and writing."""
    opened = []

    def make(content):
        path = tmp_path / str(len(opened))
        path.write_bytes(content)
        opened.append(os.open(path, os.O_RDWR))
        return opened[-1]

    yield make
    for fd in opened:
        os.close(fd)


def fed(kept, *blocks):
    for block in blocks:
        kept.feed(block)
    return b"".join(kept.result())


def passed(skipping, *blocks):
    return b"".join(skipping.feed(block) for block in blocks)


@pytest.mark.parametrize(
    ("content", "nlines", "offset"),
    [
        (b"a\nbb\nccc\n", 0, 9),
        (b"a\nbb\nccc\n", 1, 5),
        (b"a\nbb\nccc\n", 2, 2),
        (b"a\nbb\nccc\n", 3, 0),
        (b"a\nbb\nccc\n", 10**18, 0),
        (b"a\nbb\nccc", 1, 5),
        (b"\n\n\n", 2, 1),
        (b"\n", 1, 0),
        (b"x", 1, 0),
        (b"", 1, 0),
    ],
)
def test_the_last_lines_begin_behind_the_line_before_them(file_of, content, nlines, offset):
    assert last_lines_offset(file_of(content), 0, len(content), nlines) == offset


def test_only_the_range_is_looked_at(file_of):
    fd = file_of(b"a\nb\nc\nd\ne\n")
    assert last_lines_offset(fd, 3, 7, 9) == 3
    assert last_lines_offset(fd, 3, 7, 1) == 6
    assert last_lines_offset(fd, 7, 7, 1) == 7
    assert nth_line_offset(fd, 3, 7, 1) == 4
    assert nth_line_offset(fd, 3, 7, 9) == 7


@pytest.mark.parametrize(
    ("content", "nlines", "offset"),
    [
        (b"a\nbb\nccc\n", 0, 0),
        (b"a\nbb\nccc\n", 1, 2),
        (b"a\nbb\nccc\n", 3, 9),
        (b"a\nbb\nccc\n", 4, 9),
        (b"a\nbb", 2, 4),
        (b"", 1, 0),
    ],
)
def test_skipping_ends_behind_the_line_or_the_file(file_of, content, nlines, offset):
    assert nth_line_offset(file_of(content), 0, None, nlines) == offset


def test_lines_may_end_in_another_byte(file_of):
    fd = file_of(b"a\n\0b\n\0c\n\0")
    assert last_lines_offset(fd, 0, 9, 1, b"\0") == 6
    assert nth_line_offset(fd, 0, None, 1, b"\0") == 3
    assert fed(LastLines(1, b"\0"), b"a\n\0b\n\0c\n\0") == b"c\n\0"
    assert passed(SkipLines(2, b"\0"), b"a\n\0b\n\0c\n\0") == b"c\n\0"


@pytest.mark.parametrize("nlines", [1, 2, 3, 70_000, 99_999, 100_000])
def test_lines_are_found_many_blocks_away(file_of, nlines):
    content = b"".join(b"%d\n" % number for number in range(100_000))
    assert len(content) > 5 * lines.BLOCK_BYTES
    tail = b"".join(b"%d\n" % number for number in range(100_000 - nlines, 100_000))
    assert last_lines_offset(file_of(content), 0, len(content), nlines) == len(content) - len(tail)
    assert nth_line_offset(file_of(content), 0, None, 100_000 - nlines) == len(content) - len(tail)


def test_the_file_offset_stays(file_of):
    fd = file_of(b"a\nb\n")
    os.lseek(fd, 1, os.SEEK_SET)
    last_lines_offset(fd, 0, 4, 1)
    nth_line_offset(fd, 0, None, 1)
    assert os.lseek(fd, 0, os.SEEK_CUR) == 1


def test_a_file_that_has_shrunk_is_read_to_its_end_and_not_for_ever(file_of):
    fd = file_of(b"a\nb\nc\n")
    assert last_lines_offset(fd, 0, 10 * lines.BLOCK_BYTES, 2) in range(7)
    assert nth_line_offset(fd, 0, 10 * lines.BLOCK_BYTES, 5) == 6
    os.ftruncate(fd, 0)
    assert last_lines_offset(fd, 0, 6, 2) == 0


def test_a_closed_descriptor_is_an_error(file_of):
    fd = os.dup(file_of(b"a\n"))
    os.close(fd)
    with pytest.raises(OSError, match="Bad file descriptor"):
        last_lines_offset(fd, 0, 2, 1)


@pytest.mark.parametrize("blocks", [(b"a\nb\nc\n",), (b"a", b"", b"\nb", b"\n", b"c\n")])
def test_a_stream_keeps_its_last_lines(blocks):
    assert fed(LastLines(0), *blocks) == b""
    assert fed(LastLines(2), *blocks) == b"b\nc\n"
    assert fed(LastLines(3), *blocks) == b"a\nb\nc\n"
    assert fed(LastLines(9), *blocks) == b"a\nb\nc\n"
    assert fed(LastLines(2), *blocks, b"d") == b"c\nd"


@pytest.mark.parametrize("end", [b"", b"e\n", b"e"])
def test_last_lines_may_begin_in_any_of_many_blocks(monkeypatch, end):
    monkeypatch.setattr(lines, "BLOCK_BYTES", 2)
    blocks = (b"a\n", b"b\n", b"c\nd\n", *([end] if end else []))
    every = b"".join(blocks).splitlines(keepends=True)
    for number in range(1, 7):
        assert fed(LastLines(number), *blocks) == b"".join(every[-number:])


@pytest.mark.parametrize("nbytes", [0, 1, 3, 7, 99])
def test_a_stream_keeps_its_last_bytes(nbytes):
    assert fed(LastBytes(nbytes), b"ab", b"", b"cdef", b"g") == b"abcdefg"[max(0, 7 - nbytes) :]


@pytest.mark.parametrize("skip", [SkipLines, SkipBytes])
def test_skipping_nothing_passes_the_very_block_on(skip):
    block = b"a\nb"
    assert skip(0).feed(block) is block


def test_a_stream_leaves_out_its_first_lines_or_bytes():
    blocks = (b"a", b"\nb", b"\n\nc\nd", b"e\n")
    assert passed(SkipLines(1), *blocks) == b"b\n\nc\nde\n"
    assert passed(SkipLines(2), *blocks) == b"\nc\nde\n"
    assert passed(SkipLines(5), *blocks) == b""
    assert passed(SkipBytes(2), *blocks) == b"b\n\nc\nde\n"
    assert passed(SkipBytes(99), *blocks) == b""


def test_a_buffer_may_be_used_again_after_it_was_fed():
    last_lines, last_bytes, buffer = LastLines(2), LastBytes(4), bytearray(2)
    for content in (b"a\n", b"b\n", b"c\n"):
        buffer[:] = content
        last_lines.feed(memoryview(buffer))
        last_bytes.feed(memoryview(buffer))
    buffer[:] = b"??"
    assert b"".join(last_lines.result()) == b"".join(last_bytes.result()) == b"b\nc\n"


def test_the_first_lines_of_a_view_can_be_left_out():
    assert passed(SkipLines(1), memoryview(b"a\nb\n"), memoryview(b"c")) == b"b\nc"


@pytest.mark.parametrize("block", [b"x" * 99 + b"\n", b"x" * (1 << 20) + b"\n"], ids=["small", "large"])
@pytest.mark.parametrize(("keep", "number"), [(LastLines, 2), (LastBytes, 200)], ids=["lines", "bytes"])
def test_memory_stays_at_what_is_kept_and_a_few_blocks(keep, number, block):
    kept = keep(number)
    tracemalloc.start()
    for _ in range((6 << 20) // len(block)):
        kept.feed(block)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 4 * len(block) + (lines.SLACK_BLOCKS + 4) * lines.BLOCK_BYTES
    assert sum(map(len, kept.result())) in (200, 2 * len(block))
