"""Makes hashers. What computes a digest is imported when the first hasher of its kind is made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from aiocli.engines.hash.packages import MissingPackage, missing

if TYPE_CHECKING:
    from collections.abc import Callable

Data = bytes | bytearray | memoryview


class Hasher(Protocol):
    """What hashlib's objects do.

    Hashers of linear checksums also have `zeros(nbytes: int)`, which does what `update(bytes(nbytes))` does in a
    moment, however many they are.
    """

    def update(self, data: Data, /) -> object:
        """Take in more data."""

    def digest(self) -> bytes:
        """Return the digest of the data so far."""


class Maker:
    """A function and its argument, as a value: two that make the same are equal, and can be pickled.

    Args:
        make: one of this module's functions.
        argument: for it, a name or a length in bytes.
    """

    __slots__ = ("_argument", "_make")

    def __init__(self, make: Callable[..., Hasher], argument: str | int) -> None:
        self._make = make
        self._argument = argument

    def __call__(self) -> Hasher:
        """Make a hasher.

        Raises:
            MissingPackage: what computes the digest is not installed.
        """
        return self._make(self._argument)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Maker) and (self._make, self._argument) == (other._make, other._argument)

    def __hash__(self) -> int:
        return hash((self._make, self._argument))

    def __repr__(self) -> str:
        return f"Maker({self._make.__name__}, {self._argument!r})"


def standard(name: str) -> Hasher:
    """Make a hasher of hashlib by name.

    A Python of a system in FIPS mode refuses some algorithms unless it is told that nobody relies on them: this
    program cannot know, and GNU's do not ask either.

    Raises:
        MissingPackage: Python and the OpenSSL that it uses do not have it.
    """
    import hashlib

    try:
        return hashlib.new(name, usedforsecurity=False)
    except ValueError:
        from ssl import OPENSSL_VERSION

        raise MissingPackage(
            f"{name} needs an OpenSSL that has it; Python uses {OPENSSL_VERSION}, which does not"
        ) from None


def xxhash(name: str) -> Hasher:
    """Make a hasher of the package xxhash by name; its digests are big-endian, as xxhsum prints them.

    Raises:
        MissingPackage: the package is not installed.
    """
    try:
        import xxhash as package
    except ImportError:
        raise missing(name.replace("_", "-"), "xxhash") from None
    made: Hasher = getattr(package, name)()
    return made


class _Extendable(Protocol):
    """A hasher that is told the length of its digest at the end."""

    def update(self, data: Data, /) -> object: ...

    def digest(self, length: int, /) -> bytes: ...


class _Extended:
    """A hasher whose digest has a length that was chosen.

    Args:
        inner: computes.
        size: bytes.
    """

    __slots__ = ("_digest", "_size", "update")

    def __init__(self, inner: _Extendable, size: int) -> None:
        self.update = inner.update
        self._digest = inner.digest
        self._size = size

    def digest(self) -> bytes:
        """Return as many bytes as were asked for."""
        return self._digest(self._size)


def shake128(size: int) -> Hasher:
    """Make a hasher of SHAKE128, its digest of size bytes."""
    import hashlib

    return _Extended(hashlib.shake_128(usedforsecurity=False), size)


def shake256(size: int) -> Hasher:
    """Make a hasher of SHAKE256, its digest of size bytes."""
    import hashlib

    return _Extended(hashlib.shake_256(usedforsecurity=False), size)


def blake2b(size: int) -> Hasher:
    """Make a hasher of BLAKE2b, its digest of 1 to 64 bytes."""
    import hashlib

    return hashlib.blake2b(digest_size=size, usedforsecurity=False)


def blake2s(size: int) -> Hasher:
    """Make a hasher of BLAKE2s, its digest of 1 to 32 bytes."""
    import hashlib

    return hashlib.blake2s(digest_size=size, usedforsecurity=False)


def blake3(size: int) -> Hasher:
    """Make a hasher of BLAKE3, its digest of size bytes."""
    from blake3 import blake3 as new

    return new() if size == new.digest_size else _Extended(new(), size)


def crc() -> Hasher:
    """Make a hasher of POSIX cksum."""
    from aiocli.engines.hash.crc import PosixCrc

    return PosixCrc()


def crc32b() -> Hasher:
    """Make a hasher of zlib's CRC-32."""
    from aiocli.engines.hash.crc import crc32b

    return crc32b()


def crc32c() -> Hasher:
    """Make a hasher of CRC-32C.

    Raises:
        MissingPackage: fastcrc is not installed.
    """
    from aiocli.engines.hash.crc import crc32c

    return crc32c()


def crc64_nvme() -> Hasher:
    """Make a hasher of CRC-64/NVME.

    Raises:
        MissingPackage: anycrc is not installed.
    """
    from aiocli.engines.hash.crc import crc64_nvme

    return crc64_nvme()


def adler32() -> Hasher:
    """Make a hasher of Adler-32."""
    from aiocli.engines.hash.sums import Adler

    return Adler()


def bsd() -> Hasher:
    """Make a hasher of the BSD sum."""
    from aiocli.engines.hash.sums import Bsd

    return Bsd()


def sysv() -> Hasher:
    """Make a hasher of the System V sum."""
    from aiocli.engines.hash.sums import SystemV

    return SystemV()
