"""A link b3sum to `aio`: BLAKE3's own options, compared with the package blake3."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from blake3 import blake3

if TYPE_CHECKING:
    from tests.support.program import Program, Result

DATA = bytes(range(251)) * 20
KEY = bytes(range(32))


@pytest.fixture
def b3sum(aio: Program) -> Program:
    """The link, in a directory with files."""
    (aio.cwd / "src").write_bytes(DATA)
    (aio.cwd / "new\nline").write_bytes(DATA)
    return aio.link("b3sum")


def line(hexdigest: str, name: str = "src") -> bytes:
    return f"{hexdigest}  {name}\n".encode()


def test_lines_are_those_of_the_original(b3sum: Program) -> None:
    plain = blake3(DATA).hexdigest()
    escaped = f"\\{plain}  new\\nline\n".encode()
    assert b3sum("src", "new\nline").outcome() == (0, line(plain) + escaped, b"")
    assert b3sum("--tag", "src").stdout == f"BLAKE3 (src) = {plain}\n".encode()
    assert b3sum("--no-names", "src", "src").stdout == f"{plain}\n".encode() * 2
    assert b3sum("--raw", "src").stdout == blake3(DATA).digest()


@pytest.mark.parametrize("length", [0, 1, 32, 33, 1000])
def test_lengths_are_bytes(b3sum: Program, length: int) -> None:
    assert b3sum("-l", str(length), "src").outcome() == (0, line(blake3(DATA).hexdigest(length)), b"")


@pytest.mark.parametrize("options", ["--length=16", "-l16", "--num-threads=1", "--num-threads=0", "--no-mmap"])
def test_options_are_taken(b3sum: Program, options: str) -> None:
    length = 16 if "16" in options else 32
    assert b3sum(options, "src").outcome() == (0, line(blake3(DATA).hexdigest(length)), b"")


@pytest.mark.parametrize("seek", [0, 1, 64, 2**40])
def test_output_is_taken_from_further_on(b3sum: Program, seek: int) -> None:
    expected = line(blake3(DATA).hexdigest(20, seek=seek))
    assert b3sum(f"--seek={seek}", "-l20", "src").outcome() == (0, expected, b"")


def test_a_key_comes_from_standard_input(b3sum: Program) -> None:
    keyed = blake3(DATA, key=KEY)
    assert b3sum("--keyed", "src", stdin=KEY).outcome() == (0, line(keyed.hexdigest()), b"")
    assert b3sum("--keyed", "--raw", "-l", "7", "src", stdin=KEY).outcome() == (0, keyed.digest(7), b"")


def test_keys_are_derived_in_a_context(b3sum: Program) -> None:
    derived = blake3(DATA, derive_key_context="aio 2026 tests").hexdigest()
    assert b3sum("--derive-key", "aio 2026 tests", "src").outcome() == (0, line(derived), b"")
    assert b3sum("--derive-key=aio 2026 tests", stdin=DATA).outcome() == (0, line(derived, "-"), b"")


def test_what_fails_is_told_and_the_rest_done_in_every_mode(b3sum: Program) -> None:
    (b3sum.cwd / "folder").mkdir()
    errors = b"b3sum: missing: No such file or directory\nb3sum: folder: Is a directory\n"
    for options, digest in (("--seek=0", blake3(DATA)), ("--derive-key=c", blake3(DATA, derive_key_context="c"))):
        result = b3sum(options, "missing", "folder", "src")
        assert result.outcome() == (1, line(digest.hexdigest()), errors)


def message(result: Result) -> bytes:
    assert (result.status, result.stdout) == (1, b"")
    return result.stderr.splitlines()[0].removeprefix(b"b3sum: ")


@pytest.mark.parametrize(("size", "found"), [(0, b"0"), (31, b"31"), (33, b"more than 32"), (10_000, b"more than 32")])
def test_keys_of_other_lengths_are_refused(b3sum: Program, size: int, found: bytes) -> None:
    expected = b"standard input holds " + found + b" bytes where a key has 32"
    assert message(b3sum("--keyed", "src", stdin=bytes(size))) == expected


WITH_CHECK = b"cannot combine --check and --keyed, --derive-key, --length, --seek, --no-names or --raw"


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ("--keyed --derive-key=c src", b"cannot combine --keyed and --derive-key"),
        ("--keyed", b"standard input holds the key, and cannot be hashed"),
        ("--keyed - src", b"standard input holds the key, and cannot be hashed"),
        ("--raw src src", b"the --raw option is not supported with multiple files"),
        ("--quiet src", b"the --quiet option is meaningful only when verifying checksums"),
        ("-c --tag src", b"the --tag option is meaningless when verifying checksums"),
        ("-c --keyed src", WITH_CHECK),
        ("-c --length=32 src", WITH_CHECK),
        ("-c --no-names src", WITH_CHECK),
        ("-c --raw src", WITH_CHECK),
        ("-l x src", b"invalid length: 'x' (0 to 1048576)"),
        ("-l 1048577 src", b"invalid length: '1048577' (0 to 1048576)"),
        ("--seek=-1 src", b"invalid seek: '-1' (0 to 18446744073708503039)"),
        ("--num-threads=x src", b"invalid number of threads: 'x' (0 to 1024)"),
        ("-z src", b"invalid option -- 'z'"),
        ("-b src", b"invalid option -- 'b'"),
        ("--status src", b"unrecognized option '--status'"),
    ],
)
def test_mistakes_are_one_line(b3sum: Program, options: str, expected: bytes) -> None:
    assert message(b3sum(*options.split(), stdin=KEY)) == expected


def test_help_and_version_have_letters(b3sum: Program) -> None:
    assert b3sum("-h").stdout == b3sum("--help").stdout != b""
    assert b3sum("-V").stdout == b3sum("--version").stdout != b""


def test_lists_check(b3sum: Program) -> None:
    (b3sum.cwd / "list").write_bytes(b3sum("src", "new\nline").stdout)
    assert b3sum("-c", "list").outcome() == (0, b"src: OK\n\\new\\nline: OK\n", b"")
    (b3sum.cwd / "src").write_bytes(DATA[:-1] + b"!")
    result = b3sum("--check", "--quiet", "list")
    assert result.outcome() == (1, b"src: FAILED\n", b"b3sum: WARNING: 1 computed checksum did NOT match\n")


def test_improper_lines_fail_as_with_the_original(b3sum: Program) -> None:
    (b3sum.cwd / "list").write_bytes(b3sum("src").stdout + b"improper\n")
    message = b"b3sum: WARNING: 1 line is improperly formatted\n"
    assert b3sum("-c", "list").outcome() == (1, b"src: OK\n", message)
