"""Makes the files that the benchmarks read, keeps them in the page cache, and removes them."""

import os
import random
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

BLOCK_BYTES = 1 << 20
WARMING_ROUNDS = 5


def default_folder() -> Path:
    """Choose where files that belong on a disk go: TMPDIR if it is set, else the current directory."""
    return Path(os.environ.get("TMPDIR") or ".").resolve()


@contextmanager
def scratch(folder: Path, nbytes: int) -> Iterator[Path]:
    """Make a directory for one benchmark, and remove it with all in it.

    Args:
        folder: where to make it.
        nbytes: how much will be written there.

    Raises:
        SystemExit: there is not enough room.
    """
    if shutil.disk_usage(folder).free < nbytes * 1.1:
        raise SystemExit(f"{folder}: has no room for {nbytes >> 20} MiB; choose another --folder or a smaller --size")
    with tempfile.TemporaryDirectory(prefix="aio-bench-", dir=folder) as name:
        yield Path(name)


def make_file(path: Path, nbytes: int) -> Path:
    """Write a file of random bytes, on average one newline in 256, and wait until the disk has it.

    The same bytes every time; no two MiB of it are equal.
    """
    block = random.Random(0).randbytes(BLOCK_BYTES)
    with path.open("wb", buffering=0) as file:
        for offset in range(0, nbytes, BLOCK_BYTES):
            file.write((offset.to_bytes(8, "big") + block[8:])[: nbytes - offset])
        os.fsync(file.fileno())
    return path


def keep_cached(path: Path) -> None:
    """Read a file until all of it comes from the page cache.

    On tmpfs, where RWF_NOWAIT is refused and there is no disk to read from, reading it once is enough.

    Raises:
        SystemExit: the kernel keeps throwing parts of it out, so that no figure would mean anything.
    """
    for _ in range(WARMING_ROUNDS):
        if _missed_bytes(path) == 0:
            return
    raise SystemExit(f"{path}: does not stay in the page cache; use a smaller --size")


def _missed_bytes(path: Path) -> int:
    """Read a file once; count the bytes that were not in the page cache."""
    buffer = bytearray(BLOCK_BYTES)
    missed = offset = 0
    flags = os.RWF_NOWAIT
    with path.open("rb", buffering=0) as file:
        while True:
            try:
                nbytes = os.preadv(file.fileno(), [buffer], offset, flags)
            except BlockingIOError:
                nbytes = os.preadv(file.fileno(), [buffer], offset)
                missed += nbytes
            except OSError:
                if not flags:
                    raise
                flags = 0  # EOPNOTSUPP: tmpfs
                continue
            if nbytes == 0:
                return missed
            offset += nbytes


def file_system(path: Path) -> str:
    """Name the type of the file system that holds a path, "?" if the kernel's table does not show it."""
    device = path.stat().st_dev
    number = f"{os.major(device)}:{os.minor(device)}"
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        mount, _, source = line.partition(" - ")
        if mount.split()[2] == number:
            return source.split()[0]
    return "?"
