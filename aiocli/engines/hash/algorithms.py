"""The digests: names in all their spellings, tags, sizes, and how fast each is against the others.

Importing this imports no implementation: whatever computes a digest comes with the first hasher of its kind.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

from aiocli.engines.hash import makers
from aiocli.engines.hash.makers import Hasher, Maker
from aiocli.engines.hash.packages import MissingPackage

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = [
    "ALGORITHMS",
    "COMMON_SET",
    "DEFAULT",
    "FAMILIES",
    "Algorithm",
    "Family",
    "Form",
    "Hasher",
    "LengthError",
    "MissingPackage",
    "find",
    "of_length",
]


class Form(Enum):
    """How GNU prints a value without its tag."""

    DIGEST = "hexdigest  name"
    CRC = "decimal octets name"
    SUM = "checksum blocks name"


class Algorithm(NamedTuple):
    """One digest.

    Attributes:
        name: what it is called here, and by GNU where GNU has it; find() gives back the same algorithm for it.
        tag: its name in `TAG (file) = hexdigest`.
        digest_size: bytes.
        speed: GB/s of one core; only the order matters, for starting the slowest first.
        new: makes a hasher; raises MissingPackage if what computes it is not here.
        form: how GNU prints it.
        block_size: bytes that count as one block where the form is SUM.
    """

    name: str
    tag: str
    digest_size: int
    speed: float
    new: Callable[[], Hasher]
    form: Form = Form.DIGEST
    block_size: int = 0


class LengthError(ValueError):
    """An algorithm has no digest of that length; the text says which it has."""


# Speeds: one core of an x86-64 VM with SHA-NI and AVX-512, the best of several runs, 256 KiB an update; Python 3.11,
# OpenSSL 3.0. `aio hash --list` measures them anew.
ALGORITHMS = {
    algorithm.name: algorithm
    for algorithm in (
        Algorithm("md5", "MD5", 16, 0.77, Maker(makers.standard, "md5")),
        Algorithm("sha1", "SHA1", 20, 1.9, Maker(makers.standard, "sha1")),
        Algorithm("sha224", "SHA224", 28, 1.8, Maker(makers.standard, "sha224")),
        Algorithm("sha256", "SHA256", 32, 1.8, Maker(makers.standard, "sha256")),
        Algorithm("sha384", "SHA384", 48, 0.88, Maker(makers.standard, "sha384")),
        Algorithm("sha512", "SHA512", 64, 0.88, Maker(makers.standard, "sha512")),
        Algorithm("sha512-224", "SHA512-224", 28, 0.88, Maker(makers.standard, "sha512_224")),
        Algorithm("sha512-256", "SHA512-256", 32, 0.88, Maker(makers.standard, "sha512_256")),
        Algorithm("sha3-224", "SHA3-224", 28, 0.54, Maker(makers.standard, "sha3_224")),
        Algorithm("sha3-256", "SHA3-256", 32, 0.51, Maker(makers.standard, "sha3_256")),
        Algorithm("sha3-384", "SHA3-384", 48, 0.39, Maker(makers.standard, "sha3_384")),
        Algorithm("sha3-512", "SHA3-512", 64, 0.27, Maker(makers.standard, "sha3_512")),
        Algorithm("shake128", "SHAKE128", 32, 0.6, Maker(makers.shake128, 32)),
        Algorithm("shake256", "SHAKE256", 64, 0.51, Maker(makers.shake256, 64)),
        Algorithm("blake2b", "BLAKE2b", 64, 0.95, Maker(makers.blake2b, 64)),
        Algorithm("blake2s", "BLAKE2s", 32, 0.54, Maker(makers.blake2s, 32)),
        Algorithm("blake3", "BLAKE3", 32, 6.5, Maker(makers.blake3, 32)),
        Algorithm("ripemd160", "RIPEMD160", 20, 0.32, Maker(makers.standard, "ripemd160")),
        Algorithm("sm3", "SM3", 32, 0.39, Maker(makers.standard, "sm3")),
        Algorithm("xxh32", "XXH32", 4, 3.2, Maker(makers.xxhash, "xxh32")),
        Algorithm("xxh64", "XXH64", 8, 14, Maker(makers.xxhash, "xxh64")),
        Algorithm("xxh3-64", "XXH3", 8, 58, Maker(makers.xxhash, "xxh3_64")),
        Algorithm("xxh3-128", "XXH128", 16, 58, Maker(makers.xxhash, "xxh3_128")),
        Algorithm("crc", "CRC", 4, 44, makers.crc, Form.CRC),
        Algorithm("crc32b", "CRC32", 4, 55, makers.crc32b, Form.CRC),
        Algorithm("crc32c", "CRC32C", 4, 55, makers.crc32c),
        Algorithm("crc64-nvme", "CRC64-NVME", 8, 14, makers.crc64_nvme),
        Algorithm("adler32", "ADLER32", 4, 3.6, makers.adler32),
        Algorithm("bsd", "BSD", 2, 0.03, makers.bsd, Form.SUM, 1024),
        Algorithm("sysv", "SYSV", 2, 1.6, makers.sysv, Form.SUM, 512),
    )
}
"""Name -> algorithm, at its usual length."""

COMMON_SET = ("md5", "sha1", "sha256", "sha512", "blake2b", "blake3")
"""What `--all` means."""

DEFAULT = "sha256"

MAX_XOF_BYTES = 1024 * 1024
"""The longest digest of those that have any length: beyond what anybody compares, below what memory minds."""


class Family(NamedTuple):
    """Algorithms that differ in the length of their digests.

    Attributes:
        lengths: of the digests, in bytes.
        lengths_text: the same in bits, for people.
        make: makes a hasher of a length; None if each length is an algorithm of its own.
    """

    lengths: Sequence[int]
    lengths_text: str
    make: Callable[[int], Hasher] | None = None


_SHA_LENGTHS = (28, 32, 48, 64)
_SHA_TEXT = "224, 256, 384 or 512"
_XOF_LENGTHS = range(1, MAX_XOF_BYTES + 1)
_XOF_TEXT = f"a multiple of 8 up to {MAX_XOF_BYTES * 8}"

FAMILIES = {
    "sha2": Family(_SHA_LENGTHS, _SHA_TEXT),
    "sha3": Family(_SHA_LENGTHS, _SHA_TEXT),
    "blake2b": Family(range(1, 65), "a multiple of 8 up to 512", makers.blake2b),
    "blake2s": Family(range(1, 33), "a multiple of 8 up to 256", makers.blake2s),
    "blake3": Family(_XOF_LENGTHS, _XOF_TEXT, makers.blake3),
    "shake128": Family(_XOF_LENGTHS, _XOF_TEXT, makers.shake128),
    "shake256": Family(_XOF_LENGTHS, _XOF_TEXT, makers.shake256),
}
"""Name -> family, for --length and for names that end with a length."""


def _plain(name: str) -> str:
    """Take out what spellings differ in: case, dashes, underscores and slashes."""
    return re.sub("[-_/]", "", name).lower()


_SPELLINGS = {
    "sha224": ("sha2224",),
    "sha256": ("sha2256",),
    "sha384": ("sha2384",),
    "sha512": ("sha2512",),
    "sha512-224": ("sha2512224", "sha512t224"),
    "sha512-256": ("sha2512256", "sha512t256"),
    "blake2b": ("b2",),
    "blake3": ("b3",),
    "ripemd160": ("rmd160", "ripemd", "rmd"),
    "xxh32": ("xxhash32",),
    "xxh64": ("xxhash64", "xxhash"),
    "xxh3-64": ("xxh3",),
    "xxh3-128": ("xxh128",),
    "crc": ("cksum",),
    "crc32b": ("crc32", "crc32isohdlc"),
    "crc32c": ("crc32iscsi", "castagnoli"),
    "adler32": ("adler",),
    "bsd": ("sum",),
}
"""What else others call an algorithm, as _plain makes it."""

_BY_PLAIN_NAME = {_plain(name): algorithm for name, algorithm in ALGORITHMS.items()} | {
    spelling: ALGORITHMS[name] for name, spellings in _SPELLINGS.items() for spelling in spellings
}

_SIZED_NAME = re.compile(f"({'|'.join(FAMILIES)})([0-9]{{1,9}})")


def find(name: str, bits: int | None = None) -> Algorithm:
    """Find an algorithm by any spelling: sha256, SHA-256, sha256sum, BLAKE2b512, SHA2-512/256, blake2b-256.

    Args:
        name: as GNU, OpenSSL, hashlib, rhash or xxhsum have it; case, dashes, underscores and slashes do not matter.
        bits: of the digest; None or 0 is the usual length.

    Raises:
        KeyError: it is not here.
        LengthError: there is no such length of it, or it must be given.
    """
    plain = _plain(name)
    for spelling in (plain, plain.removesuffix("sum")):
        if algorithm := _BY_PLAIN_NAME.get(spelling):
            return _of_bits(algorithm, bits)
        if spelling in FAMILIES:
            return _of_family(spelling, bits)
        if match := _SIZED_NAME.fullmatch(spelling):
            return _of_bits(_of_family(match[1], int(match[2])), bits)
    raise KeyError(name)


def _of_bits(algorithm: Algorithm, bits: int | None) -> Algorithm:
    """Return an algorithm at a length.

    Raises:
        LengthError: it has no such length.
    """
    if not bits or bits == algorithm.digest_size * 8:
        return algorithm
    if algorithm.name in FAMILIES:
        return _of_family(algorithm.name, bits)
    raise LengthError(f"{algorithm.name} has {algorithm.digest_size * 8} bits and no other length")


def _of_family(name: str, bits: int | None) -> Algorithm:
    """Return the member of a family that has so many bits.

    Raises:
        LengthError: there is none.
    """
    family = FAMILIES[name]
    if not bits:
        raise LengthError(f"{name} needs a length: {family.lengths_text} bits")
    size, rest = divmod(bits, 8)
    if rest or size not in family.lengths:
        raise LengthError(f"{name} has no length of {bits} bits; it takes {family.lengths_text}")
    if family.make is None:
        return _BY_PLAIN_NAME[f"{name}{bits}"]
    usual = ALGORITHMS[name]
    if size == usual.digest_size:
        return usual
    return usual._replace(
        name=f"{name}-{bits}", tag=f"{usual.tag}-{bits}", digest_size=size, new=Maker(family.make, size)
    )


_GUESSES = ("md5", "sha1", "sha224", "sha256", "sha384", "sha512")


def of_length(hexdigits: int, among: Sequence[str] = _GUESSES) -> Algorithm | None:
    """Guess the algorithm from the length of a hexdigest: the first one of that length.

    Args:
        hexdigits: how many there are.
        among: names, the likeliest first.
    """
    for name in among:
        if ALGORITHMS[name].digest_size * 2 == hexdigits:
            return ALGORITHMS[name]
    return None
