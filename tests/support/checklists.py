"""Strategies for lists of digests: good ones, such as are nearly good, and any bytes."""

from __future__ import annotations

import base64
import hashlib
import zlib

from hypothesis import strategies as st

from tests.support.checksums import FILES

CONTENT = FILES["a"]
NAMES = (b"a", b"a", b"a", b"b", b"missing", b"folder", b"-", b" lead", b"*star", b"new\\nline", b"back\\\\slash", b"")
TAGS = (
    *(b"MD5", b"SHA1", b"SHA224", b"SHA256", b"SHA384", b"SHA512", b"SHA2", b"SHA3", b"BLAKE2b", b"SM3"),
    *(b"MD5", b"SHA256", b"SHA2-256", b"SHA2-512", b"SHA3-256", b"SHA3-512", b"BLAKE2b-8", b"BLAKE2b-128"),
    *(b"BLAKE2b-16", b"BLAKE2b-24", b"MD5-64", b"MD5-8", b"SHA256-128", b"MD5-", b"BLAKE2b-0x10", b"BLAKE2b-010"),
    *(b"BLAKE2b- +8", b"SHA2-300", b"BLAKE2b-520", b"MD5-136", b"MD5-7", b"CRC", b"CRC32B", b"BSD", b"SYSV", b"md5"),
    *(b"SHA-256", b"SHA25", b"SHA2567", b"MD5x", b"BLAKE2", b"BLAKE2bp", b"BLAKE2s"),
)


def _values() -> list[bytes]:
    md5 = hashlib.md5(CONTENT).digest()
    hashes = [hashlib.new(name, CONTENT).digest() for name in ("sha1", "sha224", "sha256", "sha384", "sha512")]
    hashes += [hashlib.new(f"sha3_{bits}", CONTENT).digest() for bits in (224, 256, 384, 512)]
    hashes += [hashlib.blake2b(CONTENT, digest_size=size).digest() for size in (1, 2, 3, 4, 16, 32, 64)]
    return [md5, md5, md5, md5[:8], md5[:1], hashes[2][:16], *hashes, bytes(16), bytes(32), bytes(1), bytes(2)]


_VALUES = _values()
DIGESTS = (
    *(value.hex().encode() for value in _VALUES),
    *(base64.b64encode(value) for value in _VALUES),
    *(_VALUES[0].hex().upper().encode(), _VALUES[0].hex().encode()[:-1], _VALUES[0].hex().encode() + b"0"),
    *(b"", b"0", b"0000", b"zzzz", b"00==", b"zz==", b"zzz=", b"000=", b"z" * 64, b"0" * 40, b"0" * 64, b"0" * 88),
    *(b"%08x" % zlib.crc32(CONTENT), b"3495242713 8", b"MD5" + b"z" * 19 + b"=="),
)

_digests = st.sampled_from(DIGESTS)
_names = st.sampled_from(NAMES) | st.binary(max_size=3)
_blanks = st.sampled_from([b" ", b" ", b" ", b"", b"\t", b"  ", b" \t"])
_starts = st.sampled_from([b"", b"", b"", b"", b"", b"\\", b"\\", b" ", b"\t \\", b"\\ ", b"#", b"\0"])
_ends = st.sampled_from([b"\n", b"\n", b"\n", b"\n", b"\n", b"\r\n", b"\r\r\n", b" \n", b"\0\n", b")\n", b""])

untagged_lines = st.tuples(
    _starts,
    _digests,
    st.sampled_from([b"  ", b"  ", b"  ", b" *", b" ", b"\t", b"", b"\0", b"\0 ", b" \0"]),
    _names,
    _ends,
).map(b"".join)
tagged_lines = st.tuples(
    _starts, st.sampled_from(TAGS), _blanks, st.sampled_from([b"(", b"(", b"(", b"(", b""]), _names,
    st.sampled_from([b")", b")", b")", b")", b"", b"))"]), _blanks, st.sampled_from([b"=", b"=", b"=", b"=", b""]),
    _blanks, _digests, _ends,
).map(b"".join)  # fmt: skip
other_lines = st.binary(max_size=12) | st.sampled_from([b"\n", b"\r\n", b"#comment\n", b" \n", b"SHA256\n", b")\n"])

lines = st.one_of(untagged_lines, untagged_lines, tagged_lines, tagged_lines, other_lines)


@st.composite
def mutated(draw: st.DrawFn, data: bytes) -> bytes:
    """Draw what becomes of data when some of its bytes change, go, or are doubled."""
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(data)))
        piece = draw(
            st.sampled_from([b"", b"\0", b"\n", b" ", b"\\", b"(", b")", b"=", b"-", b"0", b"z"])
            | st.binary(max_size=2)
        )
        data = data[:at] + piece + data[at + draw(st.integers(0, 2)) :]
    return data


def good_list(tag: str, hexdigest: str) -> bytes:
    """Write a list that is right."""
    return f"{hexdigest}  a\n{hexdigest} *a\n{tag} (a) = {hexdigest}\n\\{hexdigest}  new\\nline\n".encode()


def arguments() -> st.SearchStrategy[list[str]]:
    """Draw a program that checks, and its options."""
    words = ("md5", "sha1", "sha256", "sha2", "sha3", "blake2b", "sm3")
    cksum = st.sampled_from([[], [], *(["-a", word] for word in words)]).map(lambda args: ["cksum", *args])
    programs = st.sampled_from([["md5sum"], ["sha1sum"], ["sha256sum"], ["b2sum"], ["b2sum", "-l128"]]) | cksum
    flags = st.lists(
        st.sampled_from(["-w", "-w", "--quiet", "--status", "--strict", "--ignore-missing"]), max_size=2, unique=True
    )
    return st.tuples(programs, flags).map(lambda drawn: [*drawn[0], "-c", "-w", *drawn[1]])
