"""Copies between real files, pipes and sockets, and what every one of them has to leave behind."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from aiocli.core.endpoint import Endpoint
from aiocli.core.loop import drive
from aiocli.engines.copy import FAST_PATHS, CopyJob, move

PERIOD = 251  # a prime: blocks that change places are seen


def painted(nbytes: int, start: int = 0) -> bytes:
    pattern = bytes(range(PERIOD))
    return (pattern * (nbytes // PERIOD + 2))[start % PERIOD :][:nbytes]


def all_but(name: str) -> frozenset[str]:
    return frozenset(FAST_PATHS) - {name}


@contextmanager
def opened(path: Path, flags: int) -> Iterator[Endpoint]:
    fd = os.open(path, flags, 0o600)
    try:
        yield Endpoint.of(fd, path.name)
    finally:
        os.close(fd)


def copy(src: Path, dst: Path, *, flags: int = os.O_TRUNC, at: int = 0, **options: object) -> CopyJob:
    """Copy file to file and check what every copy leaves behind."""
    with opened(src, os.O_RDONLY) as source, opened(dst, os.O_WRONLY | os.O_CREAT | flags) as target:
        if at:
            os.lseek(source.fd, at, os.SEEK_SET)
            source = Endpoint.of(source.fd, source.name)
        counted: list[int] = []
        job = CopyJob(source, target, on_bytes=counted.append, **options)  # type: ignore[arg-type]
        moved = drive(move(job))
        assert moved == job.moved == sum(counted)
        passed = source.size - at if job.keeps_holes else moved
        assert os.lseek(source.fd, 0, os.SEEK_CUR) == at + passed
        if not flags & os.O_APPEND:
            assert os.lseek(target.fd, 0, os.SEEK_CUR) == (target.offset or 0) + passed
        return job


def drained(fd: int) -> tuple[threading.Thread, bytearray]:
    data = bytearray()

    def drain() -> None:
        while chunk := os.read(fd, 1 << 20):
            data.extend(chunk)

    thread = threading.Thread(target=drain)
    thread.start()
    return thread, data


def pipe() -> tuple[int, int]:
    return os.pipe()


def socket_pair() -> tuple[int, int]:
    ours, theirs = socket.socketpair()
    return ours.detach(), theirs.detach()


def fed(fd: int, data: bytes) -> threading.Thread:
    def feed() -> None:
        view = memoryview(data)
        while view:
            view = view[os.write(fd, view[:100_001]) :]
        os.close(fd)

    thread = threading.Thread(target=feed)
    thread.start()
    return thread
