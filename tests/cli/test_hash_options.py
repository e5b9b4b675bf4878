"""`aio hash`: the options that GNU's programs do not have, and how GNU's go with them."""

from __future__ import annotations

import hashlib
import json
import os
import zlib
from base64 import b64encode
from typing import TYPE_CHECKING

import pytest
from blake3 import blake3

from aiocli.engines.hash import ALGORITHMS
from tests.support.program import Program

if TYPE_CHECKING:
    from collections.abc import Callable

DATA = b"data\n"
CRC32 = f"{zlib.crc32(DATA):08x}"
BIG = bytes(range(251)) * 8400  # 2 MiB and some


@pytest.fixture
def hash_src(aio: Program) -> Callable[..., tuple[int, str, str]]:
    """Run `aio hash` with a file src; return status, output, messages."""
    (aio.cwd / "src").write_bytes(DATA)

    def run(*args: str) -> tuple[int, str, str]:
        result = aio("hash", *args)
        return result.status, result.stdout.decode(), result.stderr.decode()

    return run


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ("-a sha512 -l 0", f"{hashlib.sha512(DATA).hexdigest()}  src"),
        ("-a blake2b -l 128", f"{hashlib.blake2b(DATA, digest_size=16).hexdigest()}  src"),
        ("-a blake2b-128 --tag", f"BLAKE2b-128 (src) = {hashlib.blake2b(DATA, digest_size=16).hexdigest()}"),
        ("-a blake3 -l 512", f"{blake3(DATA).hexdigest(64)}  src"),
        ("-a shake128 -l 64", f"SHAKE128-64 (src) = {hashlib.shake_128(DATA).hexdigest(8)}"),
        ("-a sha3 -l 384", f"{hashlib.sha3_384(DATA).hexdigest()}  src"),
        ("-a sha2 -l 224", f"{hashlib.sha224(DATA).hexdigest()}  src"),
        ("-l 256", f"{hashlib.sha256(DATA).hexdigest()}  src"),
    ],
)
def test_lengths_are_bits(hash_src: Callable[..., tuple[int, str, str]], options: str, line: str) -> None:
    assert hash_src(*options.split(), "src") == (0, f"{line}\n", "")


@pytest.mark.parametrize(
    "options", ["-a md5 -l 64", "-a blake2b -l 7", "-a sha3 -l 8", "-l x", "-a blake2b -l 520", "-l ''"]
)
def test_wrong_lengths_are_one_line(hash_src: Callable[..., tuple[int, str, str]], options: str) -> None:
    status, out, err = hash_src(*options.replace("''", "").split(), "src")
    assert (status, out, err.count("\n")) == (1, "", 1)
    assert err.startswith("aio hash: ")
    assert "length" in err


@pytest.mark.parametrize(
    ("options", "lines"),
    [
        ("-a crc32", [f"CRC32 (src) = {CRC32}"]),
        ("-a crc32 --tag", [f"CRC32 (src) = {CRC32}"]),
        ("-a adler32", [f"ADLER32 (src) = {zlib.adler32(DATA):08x}"]),
        ("-a adler32 --untagged", [f"{zlib.adler32(DATA):08x}  src"]),
        ("-a crc32 --untagged", [f"{int(CRC32, 16)} 5 src"]),
        ("-a md5,sha1 --untagged", [f"{hashlib.md5(DATA).hexdigest()}  src", f"{hashlib.sha1(DATA).hexdigest()}  src"]),
        ("-a md5 --base64", [f"{b64encode(hashlib.md5(DATA).digest()).decode()}  src"]),
        ("-a md5 -b", [f"{hashlib.md5(DATA).hexdigest()} *src"]),
    ],
)
def test_lines_have_tags_where_nobody_could_check_them_without(
    hash_src: Callable[..., tuple[int, str, str]], options: str, lines: list[str]
) -> None:
    assert hash_src(*options.split(), "src") == (0, "".join(f"{line}\n" for line in lines), "")


def test_digests_are_grouped_by_file_in_the_order_asked(
    hash_src: Callable[..., tuple[int, str, str]], aio: Program
) -> None:
    (aio.cwd / "big").write_bytes(BIG)
    status, out, err = hash_src("-a", "sha1,md5", "-a", "blake2s", "big", "src", "missing", "big")
    assert (status, err) == (1, "aio hash: missing: No such file or directory\n")
    expected = [
        f"{ALGORITHMS[name].tag} ({file}) = {hashlib.new(name, data).hexdigest()}"
        for file, data in (("big", BIG), ("src", DATA), ("big", BIG))
        for name in ("sha1", "md5", "blake2s")
    ]
    assert out.splitlines() == expected


def test_raw_digests_are_bytes(aio: Program) -> None:
    (aio.cwd / "src").write_bytes(DATA)
    assert aio("hash", "--raw", "src").outcome() == (0, hashlib.sha256(DATA).digest(), b"")
    assert aio("hash", "--raw", "-a", "crc32", stdin=DATA).outcome() == (0, bytes.fromhex(CRC32), b"")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("--raw a b", "the --raw option is not supported with multiple files"),
        ("--raw -a md5,sha1 a", "the --raw option is not supported with multiple algorithms"),
        ("--raw --all a", "the --raw option is not supported with multiple algorithms"),
        ("--raw --json a", "cannot combine --raw and --json"),
        ("--no-cache --backend=python a", "cannot combine --no-cache and --backend=python"),
        ("-c -o list a", "the --output option is meaningless when verifying checksums"),
        (
            "-c --files0-from=list",
            "the --files-from and --files0-from options are meaningless when verifying checksums",
        ),
        ("--audit a", "the --audit option is meaningful only when verifying checksums"),
        ("--jobs=0 a", "invalid jobs: '0' (1 to 1024)"),
        ("--chunk-size=x a", "invalid chunk size: 'x' (1 to 16 MiB)"),
    ],
)
def test_what_makes_no_sense_is_refused(aio: Program, options: str, message: str) -> None:
    assert aio("hash", *options.split()).outcome() == (1, b"", f"aio hash: {message}\n".encode())


@pytest.mark.parametrize("options", ["--raw --base64", "--tag -t", "-c --tag", "-c -z", "-cb", "--strict"])
def test_gnus_contradictions_are_refused_in_its_words(aio: Program, options: str) -> None:
    result = aio("hash", *options.split(), "a")
    assert (result.status, result.stdout) == (1, b"")
    assert result.stderr.endswith(b"Try 'aio hash --help' for more information.\n")


@pytest.mark.parametrize(
    "options", ["--jobs=1", "--jobs=3", "--chunk-size=1000", "--no-cache", "--jobs=2 --chunk-size=64K"]
)
def test_how_it_is_read_changes_no_digest(aio: Program, options: str) -> None:
    (aio.cwd / "big").write_bytes(BIG)
    (aio.cwd / "src").write_bytes(DATA)
    plain = aio("hash", "-a", "sha1,blake2b", "big", "src", "-", stdin=b"in")
    assert (
        aio("hash", *options.split(), "-a", "sha1,blake2b", "big", "src", "-", stdin=b"in").outcome() == plain.outcome()
    )


@pytest.mark.parametrize("count", [3, 300])
def test_many_files_come_in_order_with_what_fails_between(aio: Program, count: int) -> None:
    names = [f"file {number}" for number in range(count)]
    for name in names[::3]:
        (aio.cwd / name).write_bytes(name.encode())
    result = aio("hash", *names)
    there, missing = names[::3], [name for name in names if name not in names[::3]]
    assert result.stdout.decode() == "".join(f"{hashlib.sha256(n.encode()).hexdigest()}  {n}\n" for n in there)
    assert result.stderr.decode() == "".join(f"aio hash: '{n}': No such file or directory\n" for n in missing)


def test_messages_stand_between_the_lines_where_both_go_to_one_file(aio: Program) -> None:
    (aio.cwd / "src").write_bytes(DATA)
    with open(aio.cwd / "both", "wb") as both:
        aio("hash", "src", "missing", "src", stdout=both, stderr=both)
    line = f"{hashlib.sha256(DATA).hexdigest()}  src"
    message = "aio hash: missing: No such file or directory"
    assert (aio.cwd / "both").read_text().splitlines() == [line, message, line]


def test_explain_says_for_each_file_how_it_was_read(hash_src: Callable[..., tuple[int, str, str]]) -> None:
    status, out, err = hash_src("--explain", "src", "src")
    assert (status, out.count("\n")) == (0, 2)
    assert err.count("aio hash: src: ") == 2
    assert "5 B in " in err


def test_a_named_backend_is_explained_as_such(aio: Program) -> None:
    (aio.cwd / "src").write_bytes(DATA)
    result = aio("hash", "--explain", "--backend=thread", "src")
    assert result.stderr.startswith(b"aio hash: src: context by thread, 5 B in ")


def test_list_names_every_algorithm(aio: Program) -> None:
    result = aio("hash", "--list")
    assert result.status == 0
    assert [line.split("\t")[0] for line in result.stdout.decode().splitlines()] == [*ALGORITHMS]
    rows = [json.loads(line) for line in aio("hash", "--list", "--json").stdout.splitlines()]
    assert [row["name"] for row in rows] == [*ALGORITHMS]


def test_odd_names_are_written_as_the_bytes_they_are(aio: Program) -> None:
    name = os.fsdecode(b"caf\xe9 \x01")
    (aio.cwd / name).write_bytes(DATA)
    assert aio("hash", name).stdout == f"{hashlib.sha256(DATA).hexdigest()}  ".encode() + b"caf\xe9 \x01\n"
