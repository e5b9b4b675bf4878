"""CRCs and sums against the plainest way to compute them; pieces and zeros never matter."""

from __future__ import annotations

import random
import sys
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiocli.engines.hash import crc
from aiocli.engines.hash.algorithms import ALGORITHMS, Hasher, find
from aiocli.engines.hash.crc import CRC32B, CRC32C, CRC64_NVME, POSIX, Kind

LINEAR = ["crc", "crc32b", "crc32c", "crc64-nvme", "adler32", "bsd", "sysv"]
KINDS = {"crc32b": CRC32B, "crc32c": CRC32C, "crc64-nvme": CRC64_NVME}

SIZES = st.sampled_from([0, 1, 15, 16, 17, 255, 256, 257, 65535, 65536, 65537, 200_000])
"""Around the lengths at which something changes: pieces, tables, rotations."""


def data_of(seed: int, nbytes: int) -> bytes:
    return random.Random(seed).randbytes(nbytes)


DATA = st.binary(max_size=600) | st.builds(data_of, st.integers(0, 9), SIZES)


def digest(name: str, *pieces: bytes) -> str:
    hasher = find(name).new()
    for piece in pieces:
        hasher.update(piece)
    return hasher.digest().hex()


def plain_crc(kind: Kind, data: bytes) -> int:
    """Divide bit by bit."""
    ones = (1 << kind.width) - 1
    register = kind.initial ^ ones
    mirrored = int(f"{kind.polynomial:0{kind.width}b}"[::-1], 2)
    for byte in data:
        if kind.is_reflected:
            register ^= byte
            for _ in range(8):
                register = register >> 1 ^ (mirrored if register & 1 else 0)
        else:
            register ^= byte << kind.width - 8
            for _ in range(8):
                register = (register << 1 & ones) ^ (kind.polynomial if register >> kind.width - 1 else 0)
    return register ^ ones


def plain_bsd(data: bytes) -> int:
    value = 0
    for byte in data:
        value = (value >> 1 | (value & 1) << 15) + byte & 0xFFFF
    return value


def plain_sysv(data: bytes) -> int:
    total = sum(data) % 2**32
    once = total % 65536 + total // 65536
    return once % 65536 + once // 65536


def zeros(hasher: Hasher, nbytes: int) -> None:
    hasher.zeros(nbytes)  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", KINDS)
@given(data=st.binary(max_size=300))
def test_crcs_divide_as_the_book_says(name: str, data: bytes) -> None:
    kind = KINDS[name]
    assert digest(name, data) == f"{plain_crc(kind, data):0{kind.width // 4}x}"


@given(data=st.binary(max_size=300))
def test_posix_divides_the_data_and_their_length(data: bytes) -> None:
    length = len(data).to_bytes(2, "little").rstrip(b"\0")
    assert digest("crc", data) == f"{plain_crc(POSIX, data + length):08x}"


@given(data=DATA)
def test_the_sum_of_bsd_rotates_and_adds(data: bytes) -> None:
    assert digest("bsd", data) == f"{plain_bsd(data):04x}"


@given(data=DATA)
def test_the_sum_of_system_v_adds_and_folds(data: bytes) -> None:
    assert digest("sysv", data) == f"{plain_sysv(data):04x}"


def test_the_sum_of_system_v_wraps_at_32_bits() -> None:
    hasher = find("sysv").new()
    block = b"\xff" * 1_000_000
    for _ in range(20):
        hasher.update(block)
    assert int.from_bytes(hasher.digest(), "big") == 764  # GNU's sum -s of the same


@pytest.mark.parametrize("name", ALGORITHMS)
@given(data=DATA, cuts=st.lists(st.integers(0, 200_000), max_size=5))
def test_where_data_are_cut_never_matters(name: str, data: bytes, cuts: list[int]) -> None:
    ends = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    view = memoryview(data)
    pieces = [view[begin:end] for begin, end in pairwise(ends)]
    assert digest(name, *pieces) == digest(name, data)


@pytest.mark.parametrize("name", LINEAR)
@given(before=DATA, nbytes=st.integers(0, 3000) | SIZES, after=st.binary(max_size=40))
def test_zeros_are_what_update_makes_of_them(name: str, before: bytes, nbytes: int, after: bytes) -> None:
    hasher = find(name).new()
    hasher.update(before)
    zeros(hasher, nbytes)
    hasher.update(after)
    assert hasher.digest().hex() == digest(name, before, bytes(nbytes), after)


@pytest.mark.parametrize("name", LINEAR)
def test_zeros_add_up_however_many_they_are(name: str) -> None:
    many, at_once = find(name).new(), find(name).new()
    for hasher in (many, at_once):
        hasher.update(b"something")
    for _ in range(7):
        zeros(many, 100 * 2**30 + 5)
    zeros(at_once, 7 * (100 * 2**30 + 5))
    assert many.digest() == at_once.digest()


@given(data=DATA, nbytes=SIZES)
def test_posix_by_zlib_is_posix_by_the_package(data: bytes, nbytes: int) -> None:
    fast = find("crc").new()
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "fastcrc", None)
        slow = find("crc").new()
        assert crc._posix_extend() is crc._extend_with_zlib
    for hasher in (fast, slow):
        hasher.update(data)
        zeros(hasher, nbytes)
        hasher.update(data)
    assert fast.digest() == slow.digest()


def test_a_bit_that_flips_is_seen_by_all() -> None:
    data = data_of(1, 5000)
    before = {name: digest(name, data) for name in ALGORITHMS}
    for bit in (0, 7, 20_003, 39_999):
        flipped = bytearray(data)
        flipped[bit // 8] ^= 1 << bit % 8
        assert all(digest(name, bytes(flipped)) != value for name, value in before.items())
