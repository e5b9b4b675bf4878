"""Cyclic redundancy checks, each by the fastest that is installed.

A CRC's register is a polynomial over GF(2), and what a byte of zero does to it is a multiplication by x^8 modulo the
CRC's own polynomial. So n zeros are one multiplication by x^(8n), which squaring finds in log2(n) steps: the holes of a
file cost nothing.
"""

from __future__ import annotations

import zlib
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from aiocli.engines.hash.packages import missing

if TYPE_CHECKING:
    from collections.abc import Callable

    from aiocli.engines.hash.makers import Data


class Kind(NamedTuple):
    """What distinguishes one CRC from another.

    All of them begin and end with the register inverted, but for POSIX's, which begins with zeros.

    Attributes:
        width: bits.
        polynomial: without its highest term, the term of x^0 in the lowest bit.
        is_reflected: the lowest bit of a value belongs to the highest power.
        initial: value of no data.
    """

    width: int
    polynomial: int
    is_reflected: bool = True
    initial: int = 0

    @property
    def ones(self) -> int:
        """All bits of a value."""
        return (1 << self.width) - 1


POSIX = Kind(32, 0x04C11DB7, is_reflected=False, initial=0xFFFFFFFF)
CRC32B = Kind(32, 0x04C11DB7)
CRC32C = Kind(32, 0x1EDC6F41)
CRC64_NVME = Kind(64, 0xAD93D23594C93659)


class Crc:
    """A CRC of data that come in pieces.

    Args:
        kind: which.
        extend: takes data and the value so far, returns the new value.
    """

    __slots__ = ("_extend", "_kind", "_value")

    def __init__(self, kind: Kind, extend: Callable[[Data, int], int]) -> None:
        self._kind = kind
        self._extend = extend
        self._value = kind.initial

    def update(self, data: Data, /) -> None:
        """Take in more data."""
        self._value = self._extend(data, self._value)

    def zeros(self, nbytes: int) -> None:
        """Take in zeros, in O(log nbytes)."""
        self._value = _after_zeros(self._kind, self._value, nbytes)

    def digest(self) -> bytes:
        """Return the value, the highest byte first."""
        return self._value.to_bytes(self._kind.width // 8, "big")


class PosixCrc:
    """The CRC of POSIX cksum: behind the data comes their length, as few bytes as it needs, the lowest first."""

    __slots__ = ("_crc", "_nbytes")

    def __init__(self) -> None:
        self._crc = Crc(POSIX, _posix_extend())
        self._nbytes = 0

    def update(self, data: Data, /) -> None:
        """Take in more data."""
        self._crc.update(data)
        self._nbytes += len(data)

    def zeros(self, nbytes: int) -> None:
        """Take in zeros, in O(log nbytes)."""
        self._crc.zeros(nbytes)
        self._nbytes += nbytes

    def digest(self) -> bytes:
        """Return the value, the highest byte first."""
        length = self._nbytes.to_bytes((self._nbytes.bit_length() + 7) // 8, "little")
        value = _extend_with_zlib(length, int.from_bytes(self._crc.digest(), "big"))
        return value.to_bytes(4, "big")


def crc32b() -> Crc:
    """Make a hasher of zlib's CRC-32, which gzip, PNG, SFV and cksum -a crc32b use."""
    try:
        from fastcrc import crc32
    except ImportError:
        return Crc(CRC32B, zlib.crc32)
    return Crc(CRC32B, crc32.iso_hdlc)


def crc32c() -> Crc:
    """Make a hasher of CRC-32C.

    Raises:
        MissingPackage: fastcrc is not installed.
    """
    try:
        from fastcrc import crc32
    except ImportError:
        raise missing("crc32c", "fastcrc") from None
    return Crc(CRC32C, crc32.iscsi)


def crc64_nvme() -> Crc:
    """Make a hasher of CRC-64/NVME.

    Raises:
        MissingPackage: anycrc is not installed.
    """
    try:
        import anycrc  # type: ignore[import-untyped]
    except ImportError:
        raise missing("crc64-nvme", "anycrc") from None
    return Crc(CRC64_NVME, anycrc.Model("CRC64-NVME").calc)


def _posix_extend() -> Callable[[Data, int], int]:
    try:
        from fastcrc import crc32
    except ImportError:
        return _extend_with_zlib
    return crc32.cksum


_REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))

_PIECE_BYTES = 64 * 1024
"""What is reversed at a time: the copies stay in the cache. 16 KiB to 128 KiB 1.25 GB/s, 256 KiB 0.8."""


def _extend_with_zlib(data: Data, value: int) -> int:
    """Do POSIX's CRC with zlib's: they are each other's mirror image, each byte and the value."""
    mirrored = _mirror(value, 32)
    view = memoryview(data)
    for offset in range(0, len(view), _PIECE_BYTES):
        mirrored = zlib.crc32(bytes(view[offset : offset + _PIECE_BYTES]).translate(_REVERSED), mirrored)
    return _mirror(mirrored, 32)


def _mirror(value: int, width: int) -> int:
    return int(f"{value:0{width}b}"[::-1], 2)


def _after_zeros(kind: Kind, value: int, nbytes: int) -> int:
    """Return the value after zeros were taken in."""
    register = value ^ kind.ones
    if kind.is_reflected:
        register = _mirror(register, kind.width)
    exponent = 0
    while nbytes >> exponent:
        if nbytes >> exponent & 1:
            register = _multiply(kind, register, _zero_bytes(kind, exponent))
        exponent += 1
    if kind.is_reflected:
        register = _mirror(register, kind.width)
    return register ^ kind.ones


@cache
def _zero_bytes(kind: Kind, exponent: int) -> int:
    """Return what 2**exponent bytes of zero multiply a register with."""
    if exponent == 0:
        return 1 << 8
    root = _zero_bytes(kind, exponent - 1)
    return _multiply(kind, root, root)


def _multiply(kind: Kind, left: int, right: int) -> int:
    """Multiply two polynomials modulo the CRC's own."""
    modulus = kind.polynomial | 1 << kind.width
    product = 0
    while right:
        if right & 1:
            product ^= left
        left <<= 1
        if left >> kind.width:
            left ^= modulus
        right >>= 1
    return product
