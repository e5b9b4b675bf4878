"""The values of the checksums and digests, against those of other programs that happen to be here."""

from __future__ import annotations

import random
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from aiocli.engines.hash.algorithms import Form, find
from tests.support.gnu import gnu, gnu_version, run_gnu

if TYPE_CHECKING:
    from pathlib import Path

SIZES = (0, 1, 256, 257, 1_000_003)

SHA3 = ("sha3-224", "sha3-256", "sha3-384", "sha3-512")
RHASH = ("md5", "sha1", "sha224", "sha256", "sha384", "sha512", *SHA3, "ripemd160", "crc32", "crc32c")
OPENSSL = (*RHASH[:-2], "sha512-224", "sha512-256", "blake2b512", "blake2s256", "sm3")
XXHSUM = {"xxh32": 0, "xxh64": 1, "xxh128": 2, "xxh3": 3}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    for nbytes in SIZES:
        (folder / str(nbytes)).write_bytes(random.Random(nbytes).randbytes(nbytes))
    (folder / "high").write_bytes(b"\xff" * 17_000_000)  # the sum of its bytes needs more than 32 bits
    return folder


def value(name: str, path: Path, bits: int | None = None) -> bytes:
    hasher = find(name, bits).new()
    hasher.update(path.read_bytes())
    return hasher.digest()


def answer(*command: str) -> str:
    """Run a program of others; skip if it is not here."""
    if shutil.which(command[0]) is None:
        pytest.skip(f"no {command[0]} here")
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("name", ["crc", "crc32b", "bsd", "sysv"])
def test_numbers_are_those_of_cksum(name: str, folder: Path) -> None:
    if name == "crc32b" and gnu_version() < (9, 5):
        pytest.skip("this cksum has no crc32b")
    for path in folder.iterdir():
        if name == "bsd" and path.name == "high":
            continue  # needs half a second
        number, count, _ = run_gnu("cksum", "-a", name, str(path)).stdout.split()
        found = find(name)
        assert int(number) == int.from_bytes(value(name, path), "big"), path.name
        size = path.stat().st_size
        assert int(count) == (-(-size // found.block_size) if found.form is Form.SUM else size)


@pytest.mark.parametrize(("name", "bits"), [("blake2b", 8), ("blake2b", 512), ("sha3", 384), ("sha2", 224)])
def test_tags_and_lengths_are_those_of_cksum(name: str, bits: int, folder: Path) -> None:
    if name != "blake2b" and gnu_version() < (9, 8):
        pytest.skip("this cksum has no sha2 and sha3")
    path = folder / str(SIZES[-1])
    algorithm = find(name, bits)
    line = run_gnu("cksum", "-a", name, "-l", str(bits), str(path)).stdout.decode()
    assert line == f"{algorithm.tag} ({path}) = {value(name, path, bits).hex()}\n"


def test_b2sum_has_the_lengths_of_blake2b(folder: Path) -> None:
    path = folder / str(SIZES[-1])
    for bits in (16, 160, 504):
        assert run_gnu("b2sum", "-l", str(bits), str(path)).stdout.split()[0].decode() == value("b2", path, bits).hex()
    assert gnu("b2sum")


@pytest.mark.slow
def test_digests_are_those_of_openssl(folder: Path) -> None:
    path = folder / str(SIZES[-1])
    for name in OPENSSL:
        assert answer("openssl", "dgst", f"-{name}", "-r", str(path)).split()[0] == value(name, path).hex(), name
    for name, size in (("shake128", 16), ("shake256", 100)):
        line = answer("openssl", "dgst", f"-{name}", "-xoflen", str(size), "-r", str(path))
        assert line.split()[0] == value(name, path, size * 8).hex(), name


def test_digests_are_those_of_rhash(folder: Path) -> None:
    path = folder / str(SIZES[-1])
    lines = answer("rhash", "--bsd", *(f"--{name}" for name in RHASH), str(path)).splitlines()
    told = {find(line.split()[0]).name: line.split()[-1] for line in lines}
    assert told == {find(name).name: value(name, path).hex() for name in RHASH}


def test_digests_and_tags_are_those_of_xxhsum(folder: Path) -> None:
    path = folder / str(SIZES[-1])
    for name, number in XXHSUM.items():
        line = answer("xxhsum", "--tag", f"-H{number}", str(path))
        assert line == f"{find(name).tag} ({path}) = {value(name, path).hex()}\n"
