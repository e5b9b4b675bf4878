"""Recognises compressed streams by their first bytes and decompresses them block by block, in bounded memory.

One table says what there is. gzip, bzip2 and xz come with Python; zstd from Python 3.14 on, before that and for lz4
there are packages, which are imported only when such data come.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator

HEAD_BYTES = 10
"""Bytes that it takes to be sure of any format."""

STEP_BYTES = 4 * 1024
"""Most bytes that a library hands out at once: it keeps what it has made since when it meets bad data."""

BLOCK_BYTES = 128 * 1024
"""Bytes handed on at once: steps are put together."""


class DataError(OSError):
    """The data are not what they should be; has a text and no errno."""


class Decompressor(Protocol):
    """One member or frame on its way, as in the standard library."""

    @property
    def eof(self) -> bool:
        """Whether its end has come."""

    @property
    def needs_input(self) -> bool:
        """Whether nothing more comes out before something goes in."""

    @property
    def unused_data(self) -> bytes | None:
        """What came behind its end; lz4's is None for nothing."""

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        """Take data and return what comes out, at most so many bytes."""


Opened = tuple[Decompressor, type[Exception]]
"""What decompresses one member, and how its library says that data are bad."""


class Format(NamedTuple):
    """A kind of compressed data, and what its own program makes of bytes behind it.

    Attributes:
        name: as people call it.
        magics: a member begins with one of these.
        open: makes what decompresses one member.
        padding: NULs may follow a member, in multiples of this number; 0 if they may not.
        ignores_rest: anything else that follows is worth a warning only.
    """

    name: str
    magics: tuple[bytes, ...]
    open: Callable[[], Opened]
    padding: int = 0
    ignores_rest: bool = False

    def begins(self, data: bytes) -> bool:
        """Tell whether data are a member's beginning."""
        return data.startswith(self.magics)

    def may_begin(self, data: bytes) -> bool:
        """Tell whether data are too short to be a member's beginning, and nothing else speaks against it."""
        return any(len(data) < len(magic) and magic.startswith(data) for magic in self.magics)


class _Gzip:
    """zlib's object in the form of the others."""

    def __init__(self) -> None:
        import zlib

        self._inner = zlib.decompressobj(wbits=31)
        self._is_full = False

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def needs_input(self) -> bool:
        return not (self._is_full or self._inner.unconsumed_tail)

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        block = self._inner.decompress(self._inner.unconsumed_tail + data, max(0, max_length))
        self._is_full = len(block) == max_length
        return block


def _gzip() -> Opened:
    import zlib

    return _Gzip(), zlib.error


def _bzip2() -> Opened:
    import bz2

    return bz2.BZ2Decompressor(), OSError


def _xz() -> Opened:
    import lzma

    return lzma.LZMADecompressor(lzma.FORMAT_XZ), lzma.LZMAError


def _zstd() -> Opened:
    try:
        from compression import zstd  # type: ignore[import-not-found, unused-ignore]  # from Python 3.14 on
    except ImportError:
        try:
            from backports import zstd
        except ImportError:
            raise _missing("zstd", "backports.zstd") from None
    made: Decompressor = zstd.ZstdDecompressor()
    return made, zstd.ZstdError


def _lz4() -> Opened:
    try:
        import lz4.frame  # type: ignore[import-untyped]
    except ImportError:
        raise _missing("lz4", "lz4") from None
    made: Decompressor = lz4.frame.LZ4FrameDecompressor()
    return made, RuntimeError


def _missing(name: str, package: str) -> DataError:
    return DataError(f"{name} data, for which a package is missing: install {package}")


FORMATS = (
    Format("gzip", (b"\x1f\x8b\x08",), _gzip, padding=1),
    Format(
        "bzip2",
        tuple(b"BZh%d%b" % (level, first) for level in range(1, 10) for first in (b"1AY&SY", b"\x17rE8P\x90")),
        _bzip2,
        ignores_rest=True,
    ),
    Format("xz", (b"\xfd7zXZ\0",), _xz, padding=4),
    # A frame, or one that is to be skipped, as parallel compressors put in front.
    Format("zstd", (b"\x28\xb5\x2f\xfd", *(b"%c\x2a\x4d\x18" % number for number in range(0x50, 0x60))), _zstd),
    Format("lz4", (b"\x04\x22\x4d\x18",), _lz4),
)

_LEAST_BYTES = 4
"""Whoever ends with so many bytes of a magic number, and has no more, was cut off."""


def recognise(data: bytes, *, is_all: bool = False) -> Format | None:
    """Tell what data are, from their first bytes; None if they are not compressed in a way that is known.

    Args:
        data: HEAD_BYTES of them, or fewer.
        is_all: there are no more; part of a magic number then counts, as whatever it belonged to is cut off.
    """
    for each in FORMATS:
        if each.begins(data):
            return each
        if is_all and each.may_begin(data) and len(data) >= min(_LEAST_BYTES, len(each.magics[0]) - 1):
            return each
    return None


def may_become_known(data: bytes) -> bool:
    """Tell whether more bytes behind these could make them the beginning of compressed data."""
    return any(each.may_begin(data) for each in FORMATS)


class Decompression:
    """Decompresses one stream.

    Args:
        kind: what it is.
        chunks: all of it.

    Attributes:
        warning: what follows the data and was passed over, once all is read; empty if nothing did.
    """

    def __init__(self, kind: Format, chunks: AsyncIterator[bytes]) -> None:
        self.kind = kind
        self.warning = ""
        self._chunks = chunks

    async def blocks(self) -> AsyncGenerator[bytes]:
        """Yield decompressed bytes, as they come: one member or frame after the other.

        Raises:
            DataError: the data are corrupt, end too early, are followed by something else, or need a package that
                is not installed. What came before was yielded, but for the last STEP_BYTES at most.
            OSError: the source failed.
        """
        name = self.kind.name
        data = b""
        while True:
            member, bad_data = self.kind.open()
            for block in _decompress(name, member, bad_data, data):
                yield block
            while not member.eof:
                chunk = await anext(self._chunks, b"")
                if not chunk:
                    raise DataError(f"unexpected end of {name} data")
                for block in _decompress(name, member, bad_data, chunk):
                    yield block
            data = await self._next_member(member.unused_data or b"")
            if not data:
                return

    async def _next_member(self, data: bytes) -> bytes:
        """Return the beginning of the next member, without padding; empty at the end.

        Raises:
            DataError: something else follows, or only a part of a magic number.
        """
        kind, padding = self.kind, 0
        while True:
            if kind.padding:
                rest = data.lstrip(b"\0")
                padding, data = padding + len(data) - len(rest), rest
            if kind.begins(data) or (data and not kind.may_begin(data)):
                break
            chunk = await anext(self._chunks, b"")
            if not chunk:
                break
            data += chunk
        if (not data or kind.begins(data)) and not (padding and padding % kind.padding):
            return data
        if kind.ignores_rest:
            self.warning = f"something else follows the {kind.name} data, and was ignored"
            return b""
        if data and kind.may_begin(data):
            raise DataError(f"unexpected end of {kind.name} data")
        raise DataError(f"something else follows the {kind.name} data")


def _decompress(name: str, member: Decompressor, bad_data: type[Exception], data: bytes) -> Iterator[bytes]:
    """Yield what comes out of data, in blocks of bounded size.

    Raises:
        DataError: the data are bad; what came before was yielded.
    """
    steps: list[bytes] = []
    nbytes = 0
    try:
        for step in _steps(name, member, bad_data, data):
            steps.append(step)
            nbytes += len(step)
            if nbytes >= BLOCK_BYTES:
                yield b"".join(steps)
                steps, nbytes = [], 0
    except DataError:
        if nbytes:
            yield b"".join(steps)
        raise
    if nbytes:
        yield b"".join(steps)


def _steps(name: str, member: Decompressor, bad_data: type[Exception], data: bytes) -> Iterator[bytes]:
    while not member.eof:
        try:
            step = member.decompress(data, STEP_BYTES)
        except bad_data as error:
            raise DataError(f"corrupt {name} data: {error}") from error
        except MemoryError:  # the data say how much it takes
            raise DataError(f"{name} data that take more memory than there is") from None
        yield step
        if member.needs_input:
            return
        data = b""
