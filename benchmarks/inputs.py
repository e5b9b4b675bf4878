"""Makes the files that the benchmarks read, keeps them in the page cache, and removes them."""

import ctypes
import mmap
import os
import random
import shutil
import string
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

BLOCK_BYTES = 1 << 20
PAGE_BYTES = 4096
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


def make_sparse_file(path: Path, nbytes: int, data_bytes: int) -> Path:
    """Write a file that is one hole but for pages of random bytes at random places, and wait until the disk has them.

    Args:
        path: of the file.
        nbytes: its size.
        data_bytes: of all pages together.
    """
    chance = random.Random(0)
    with path.open("wb", buffering=0) as file:
        file.truncate(nbytes)
        for page in sorted(chance.sample(range(nbytes // PAGE_BYTES), data_bytes // PAGE_BYTES)):
            os.pwrite(file.fileno(), chance.randbytes(PAGE_BYTES), page * PAGE_BYTES)
        os.fsync(file.fileno())
    return path


def make_lines(path: Path, count: int, line_bytes: int) -> Path:
    """Write lines of ASCII letters, all of one length with their newline, and wait until the disk has them.

    Lines come again after about a MiB.
    """
    in_block = min(count, max(1, BLOCK_BYTES // line_bytes))
    chance = random.Random(0)
    texts = ("".join(chance.choices(string.ascii_letters, k=line_bytes - 1)) for _ in range(in_block))
    block = "".join(f"{text}\n" for text in texts).encode()
    with path.open("wb", buffering=0) as file:
        for first in range(0, count, in_block):
            file.write(block[: (count - first) * line_bytes])
        os.fsync(file.fileno())
    return path


def make_small_files(folder: Path, count: int, nbytes: int) -> list[Path]:
    """Write a directory of files of random bytes, and wait until the disk has them."""
    folder.mkdir()
    chance = random.Random(0)
    paths = [folder / str(number) for number in range(count)]
    for path in paths:
        path.write_bytes(chance.randbytes(nbytes))
    os.sync()
    return paths


def drop_cached(path: Path) -> None:
    """Throw a file out of the page cache.

    The kernel is asked with mincore(2) what is left: RWF_NOWAIT, which tells that, too, brings in what it asks for.

    Raises:
        SystemExit: it does not leave, as on file systems in memory.
    """
    with path.open("rb") as file:
        for _ in range(WARMING_ROUNDS):
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
            if _cached_pages(file.fileno()) == 0:
                return
    raise SystemExit(f"{path}: does not leave the page cache; choose a --folder on a disk")


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


def _cached_pages(fd: int) -> int:
    """Count the pages of a file that the page cache has."""
    libc = ctypes.CDLL(None, use_errno=True)
    with mmap.mmap(fd, 0, access=mmap.ACCESS_COPY) as mapping:
        pages = bytearray(-(-len(mapping) // mmap.PAGESIZE))
        first = ctypes.c_char.from_buffer(mapping)
        answer = ctypes.c_char.from_buffer(pages)
        failed = libc.mincore(ctypes.byref(first), ctypes.c_size_t(len(mapping)), ctypes.byref(answer))
        del first  # or the mapping cannot be closed
    if failed:
        raise OSError(ctypes.get_errno(), "mincore failed")
    return sum(page & 1 for page in pages)  # the other bits are reserved


def file_system(path: Path) -> str:
    """Name the type of the file system that holds a path, "?" if the kernel's table does not show it."""
    device = path.stat().st_dev
    number = f"{os.major(device)}:{os.minor(device)}"
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        mount, _, source = line.partition(" - ")
        if mount.split()[2] == number:
            return source.split()[0]
    return "?"
