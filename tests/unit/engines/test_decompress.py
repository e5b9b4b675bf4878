"""Compressed streams, recognised by what is in them."""

from __future__ import annotations

import bz2
import gzip
import lzma
import random
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiocli.core.loop import drive
from aiocli.engines.decompress import (
    BLOCK_BYTES,
    FORMATS,
    HEAD_BYTES,
    STEP_BYTES,
    DataError,
    Decompression,
    may_become_known,
    recognise,
)
from tests.support.noise import noise


def zstd(data):
    library = pytest.importorskip("backports.zstd", reason="backports.zstd is not installed")
    return library.compress(data, options={library.CompressionParameter.checksum_flag: 1})


def lz4(data):
    return pytest.importorskip("lz4.frame", reason="lz4 is not installed").compress(data, content_checksum=True)


COMPRESS = {"gzip": gzip.compress, "bzip2": bz2.compress, "xz": lzma.compress, "zstd": zstd, "lz4": lz4}
DATA = random.Random(1).randbytes(300_000) + bytes(300_000)
BOMB_BYTES = 64 << 20

each_format = pytest.mark.parametrize("name", COMPRESS)


def decompress(data, size=1000):
    """Decompress data that come in chunks; return all that came out, and the error or warning."""

    async def chunks():
        for start in range(0, len(data), size):
            yield data[start : start + size]

    blocks = []
    stream = Decompression(recognise(data[:HEAD_BYTES]), chunks())

    async def run():
        async for block in stream.blocks():
            blocks.append(block)  # noqa: PERF401 (what came before an error counts)

    error = ""
    try:
        drive(run())
    except DataError as problem:
        error = str(problem)
    return b"".join(blocks), error or stream.warning


@each_format
@pytest.mark.parametrize("size", [1, 7, 100_000, 10_000_000])
def test_data_come_out_whatever_the_chunks(name, size):
    data = DATA if size > 1 else DATA[:5000]
    assert decompress(COMPRESS[name](data), size) == (data, "")


@each_format
def test_nothing_compressed_is_nothing(name):
    assert decompress(COMPRESS[name](b"")) == (b"", "")


@each_format
@pytest.mark.parametrize("size", [1, 100_000])
def test_members_behind_each_other_are_one_stream(name, size):
    compress = COMPRESS[name]
    assert decompress(compress(b"one ") + compress(b"") + compress(b"two"), size) == (b"one two", "")


@each_format
def test_truncated_data_give_what_could_be_read_and_an_error(name):
    whole = COMPRESS[name](DATA)
    data, error = decompress(whole[: len(whole) - 5])
    assert error == f"unexpected end of {name} data"
    assert DATA.startswith(data)
    assert len(data) > 200_000 or name == "bzip2"  # whose blocks are that large


@each_format
def test_corrupt_data_are_an_error(name):
    whole = bytearray(COMPRESS[name](DATA))
    whole[len(whole) // 2] ^= 0xFF
    whole[len(whole) // 2 + 1] ^= 0xFF
    data, error = decompress(bytes(whole))
    assert error.startswith(f"corrupt {name} data: ")
    assert data != DATA


@each_format
@pytest.mark.parametrize("size", [1000, 10_000_000])
def test_wrong_checksum_is_an_error_after_the_data(name, size):
    whole = bytearray(COMPRESS[name](DATA))
    place = {"gzip": -5, "bzip2": -3, "xz": -29, "zstd": -2, "lz4": -2}[name]  # xz: in front of index and footer
    whole[place] ^= 0x10
    data, error = decompress(bytes(whole), size)
    assert error.startswith(f"corrupt {name} data: ")
    assert DATA.startswith(data)
    assert len(DATA) - len(data) <= STEP_BYTES


@each_format
@pytest.mark.parametrize("size", [1, 1000])
@pytest.mark.parametrize("rest", [b"garbage, some of it", b"g", bytes(7) + b"g"])
def test_something_else_behind_the_data_is_told_after_them(name, rest, size):
    data, said = decompress(COMPRESS[name](b"good") + rest, size)
    ignored = ", and was ignored" if name == "bzip2" else ""  # as by its own program
    assert (data, said) == (b"good", f"something else follows the {name} data{ignored}")


@pytest.mark.parametrize("name", ["gzip", "xz", "zstd", "lz4"])
def test_member_that_is_hardly_there_is_one_that_ends_too_early(name):
    compress = COMPRESS[name]
    assert decompress(compress(b"good") + compress(b"bad")[:2]) == (b"good", f"unexpected end of {name} data")


@pytest.mark.parametrize("name", ["gzip", "xz"])
def test_padding_with_zeros_means_nothing(name):
    compress = COMPRESS[name]
    padded = compress(b"one ") + bytes(8) + compress(b"two") + bytes(4096)
    assert decompress(padded) == (b"one two", "")
    assert decompress(padded, 1) == (b"one two", "")


def test_padding_of_xz_comes_in_fours():
    assert decompress(lzma.compress(b"one") + bytes(6)) == (b"one", "something else follows the xz data")


def test_zstd_frames_to_skip_are_skipped():
    skipped = b"\x50\x2a\x4d\x18\x03\0\0\0abc"
    assert decompress(skipped + zstd(b"data"))[0] == b"data"


@pytest.mark.parametrize(
    "data", [b"", b"B", b"BZ", b"BZhello", b"BZh1\n", b"\x1f", b"\x1f\x8bplain", b"\xfd7z", b"text\n"]
)
def test_what_only_begins_alike_is_not_known(data):
    assert recognise(data, is_all=True) is None


@given(data=st.binary(max_size=200))
def test_what_is_not_known_has_no_magic_number(data):
    magics = [magic for each in FORMATS for magic in each.magics]
    assert (recognise(data) is None) == (not data.startswith(tuple(magics)))


@each_format
def test_every_beginning_is_told_from_its_first_bytes(name):
    head = COMPRESS[name](DATA)[:HEAD_BYTES]
    known = next(end for end in range(HEAD_BYTES + 1) if recognise(head[:end]))
    assert all(may_become_known(head[:end]) for end in range(known))
    assert not may_become_known(head)
    assert recognise(head).name == name


@each_format
def test_a_magic_number_that_is_cut_off_is_one(name):
    head = COMPRESS[name](DATA)[:4]
    assert recognise(head, is_all=True).name == name


def test_all_levels_of_bzip2_are_known():
    for level in range(1, 10):
        for data in (b"", b"data"):
            assert recognise(bz2.compress(data, level)).name == "bzip2"


@each_format
def test_bomb_comes_out_in_bounded_blocks(name):
    bomb = COMPRESS[name](bytes(BOMB_BYTES))

    async def chunks():
        yield bomb

    sizes = []

    async def run():
        sizes.extend([len(block) async for block in Decompression(recognise(bomb), chunks()).blocks()])

    tracemalloc.start()
    try:
        drive(run())
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert sum(sizes) == BOMB_BYTES
    assert max(sizes) < BLOCK_BYTES + STEP_BYTES
    assert peak < BOMB_BYTES / 4  # xz has a dictionary of 8 MiB


def test_failing_source_fails_as_itself():
    data = gzip.compress(noise(1000))

    async def chunks():
        yield data[:500]
        raise PermissionError(1, "not now")

    async def run():
        async for _ in Decompression(recognise(data), chunks()).blocks():
            pass

    with pytest.raises(PermissionError, match="not now"):
        drive(run())
