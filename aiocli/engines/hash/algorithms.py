"""The digests: names, tags, sizes, and how fast each is against the others."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable


class Hasher(Protocol):
    """What hashlib's objects do."""

    def update(self, data: bytes | memoryview, /) -> object:
        """Take in more data."""

    def digest(self) -> bytes:
        """Return the digest of the data so far."""


class Algorithm(NamedTuple):
    """One digest.

    Attributes:
        name: what it is called here, and by GNU where GNU has it.
        tag: its name in `TAG (file) = hexdigest`.
        digest_size: bytes.
        speed: GB/s of one core; only the order matters, for starting the slowest first.
        new: makes a hasher.
    """

    name: str
    tag: str
    digest_size: int
    speed: float
    new: Callable[[], Hasher]


def _blake3() -> Hasher:
    from blake3 import blake3

    return blake3()


# Speeds: one core of a 2-core x86-64 VM with SHA-NI, OpenSSL 3; rounded.
ALGORITHMS = {
    algorithm.name: algorithm
    for algorithm in (
        Algorithm("md5", "MD5", 16, 0.67, lambda: hashlib.md5(usedforsecurity=False)),
        Algorithm("sha1", "SHA1", 20, 1.4, lambda: hashlib.sha1(usedforsecurity=False)),
        Algorithm("sha224", "SHA224", 28, 1.4, hashlib.sha224),
        Algorithm("sha256", "SHA256", 32, 1.4, hashlib.sha256),
        Algorithm("sha384", "SHA384", 48, 0.55, hashlib.sha384),
        Algorithm("sha512", "SHA512", 64, 0.55, hashlib.sha512),
        Algorithm("sha3-256", "SHA3-256", 32, 0.41, hashlib.sha3_256),
        Algorithm("sha3-512", "SHA3-512", 64, 0.22, hashlib.sha3_512),
        Algorithm("blake2b", "BLAKE2b", 64, 0.78, hashlib.blake2b),
        Algorithm("blake2s", "BLAKE2s", 32, 0.47, hashlib.blake2s),
        Algorithm("blake3", "BLAKE3", 32, 4.0, _blake3),
    )
}
"""Name -> algorithm."""

COMMON_SET = ("md5", "sha1", "sha256", "sha512", "blake2b", "blake3")
"""What `--all` means."""

DEFAULT = "sha256"


def _plain(name: str) -> str:
    return name.lower().replace("-", "").replace("_", "").removesuffix("sum")


_BY_PLAIN_NAME = {_plain(name): algorithm for name, algorithm in ALGORITHMS.items()} | {
    "b2": ALGORITHMS["blake2b"],
    "b3": ALGORITHMS["blake3"],
    "blake2b512": ALGORITHMS["blake2b"],
    "blake2s256": ALGORITHMS["blake2s"],
}


def find(name: str) -> Algorithm:
    """Find an algorithm by any spelling: sha256, SHA-256, sha256sum, BLAKE2b512.

    Raises:
        KeyError: it is not here.
    """
    return _BY_PLAIN_NAME[_plain(name)]


def of_length(hexdigits: int) -> Algorithm | None:
    """Guess the algorithm from the length of a hexdigest: the most used one of that length."""
    for name in ("md5", "sha1", "sha224", "sha256", "sha384", "sha512"):
        if ALGORITHMS[name].digest_size * 2 == hexdigits:
            return ALGORITHMS[name]
    return None
