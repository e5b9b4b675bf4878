"""What every way of bringing bytes to hashers must do: give what hashlib gives."""

from __future__ import annotations

import hashlib
import os
import threading
from pathlib import Path

import pytest

from aiocli.core.endpoint import Endpoint
from aiocli.core.loop import drive
from aiocli.engines.hash import ALGORITHMS, FAST_PATHS, HashJob, digest, find
from aiocli.engines.hash.digest import MIN_CLONES_BYTES
from tests.support.backends import FILE_PARAMS

NAMES = ("sha512", "md5", "sha256", "blake2b", "sha1")
SIZES = (0, 1, 4096, MIN_CLONES_BYTES - 1, MIN_CLONES_BYTES, 33 * 1024 * 1024 + 7)


def content(nbytes: int) -> bytes:
    return (bytes(range(251)) * (nbytes // 251 + 1))[:nbytes]


def expected(data: bytes) -> list[bytes]:
    return [hashlib.new(name, data).digest() for name in NAMES]


def digests_of(path: Path, start: int = 0, **options: object) -> tuple[list[bytes], HashJob, int]:
    counted: list[int] = []
    fd = os.open(path, os.O_RDONLY)
    try:
        os.lseek(fd, start, os.SEEK_SET)
        algorithms = [ALGORITHMS[name] for name in NAMES]
        job = HashJob(Endpoint.of(fd, "file"), algorithms, on_bytes=counted.append, **options)  # type: ignore[arg-type]
        return drive(digest(job)), job, sum(counted)
    finally:
        os.close(fd)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("disabled", [frozenset(), frozenset(FAST_PATHS)], ids=["all", "plain"])
@pytest.mark.parametrize("backend", FILE_PARAMS)
def test_digests_are_hashlibs(tmp_path: Path, backend: str | None, disabled: frozenset[str], size: int) -> None:
    (tmp_path / "file").write_bytes(content(size))
    digests, _, counted = digests_of(tmp_path / "file", backend=backend, disabled=disabled)
    assert digests == expected(content(size))
    assert counted == size * len(NAMES)


@pytest.mark.parametrize("backend", FILE_PARAMS)
def test_hashing_begins_at_the_file_offset(tmp_path: Path, backend: str | None) -> None:
    data = content(3 * MIN_CLONES_BYTES)
    (tmp_path / "file").write_bytes(data)
    digests, _, _ = digests_of(tmp_path / "file", start=12345, backend=backend)
    assert digests == expected(data[12345:])


def test_what_did_it_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(content(MIN_CLONES_BYTES))
    assert digests_of(tmp_path / "file")[1].source == "clones"
    assert digests_of(tmp_path / "file", disabled=frozenset({"clones"}))[1].source == "stream"
    assert digests_of(tmp_path / "file", backend="python")[1].source == "context"


@pytest.mark.parametrize("backend", FILE_PARAMS)
def test_a_pipe_is_read_once_for_all(backend: str | None) -> None:
    read_fd, write_fd = os.pipe()
    data = content(1_000_000)

    def feed() -> None:
        view = memoryview(data)
        while view:
            view = view[os.write(write_fd, view) :]
        os.close(write_fd)

    thread = threading.Thread(target=feed)
    thread.start()
    algorithms = [ALGORITHMS[name] for name in NAMES]
    digests = drive(digest(HashJob(Endpoint.of(read_fd, "pipe"), algorithms, backend=backend)))
    thread.join()
    os.close(read_fd)
    assert digests == expected(data)


@pytest.mark.parametrize("backend", FILE_PARAMS)
def test_a_read_that_fails_has_the_files_name(tmp_path: Path, backend: str | None) -> None:
    (tmp_path / "file").write_bytes(content(MIN_CLONES_BYTES))
    fd = os.open(tmp_path / "file", os.O_WRONLY)
    algorithms = [ALGORITHMS[name] for name in NAMES]
    job = HashJob(Endpoint.of(fd, "the name"), algorithms, backend=backend)
    with pytest.raises(OSError, match="Bad file descriptor") as caught:
        drive(digest(job))
    os.close(fd)
    assert caught.value.filename == "the name"


@pytest.mark.parametrize(
    ("spelling", "name"),
    [
        ("SHA256", "sha256"),
        ("sha-256", "sha256"),
        ("sha256sum", "sha256"),
        ("SHA3-256", "sha3-256"),
        ("sha3_512", "sha3-512"),
        ("BLAKE2b512", "blake2b"),
        ("b2sum", "blake2b"),
        ("b3", "blake3"),
        ("MD5", "md5"),
    ],
)
def test_algorithms_are_found_by_every_spelling(spelling: str, name: str) -> None:
    assert find(spelling).name == name


@pytest.mark.parametrize("name", ALGORITHMS)
def test_digest_sizes_are_true(name: str) -> None:
    assert len(ALGORITHMS[name].new().digest()) == ALGORITHMS[name].digest_size


def test_blake3_is_blake3() -> None:
    # The test vector of its authors for no input.
    assert (
        ALGORITHMS["blake3"].new().digest().hex() == "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262"
    )
