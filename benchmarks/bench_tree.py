"""Asks: how long does it take to copy a tree of small files, against GNU cp and rsync?

Fair: all read the same cached files, 0 to 20 kB each, 200 in a directory, on a file system in memory, where only the
calls count; the target is removed before each run. --size is the number of files. rsync compares with what is there
before it copies: here there is nothing. Two of our processes copy, where there are two processors.
"""

import random
import shutil
from pathlib import Path

from benchmarks.inputs import default_folder, scratch
from benchmarks.runner import Contender, aio, compare, gnu, installed, parse_options

SHARED_MEMORY = Path("/dev/shm")
FILES_OF_DIRECTORY = 200
MOST_BYTES = 20_000


def main() -> None:
    """Compare `aio cp -r` and `-a` with GNU cp, and `-a` with rsync."""
    options = parse_options(
        __doc__, folder=SHARED_MEMORY if SHARED_MEMORY.is_dir() else default_folder(), size="40000", pairs=7
    )
    with scratch(options.folder, 2 * options.size * MOST_BYTES) as folder:
        source, target = folder / "source", folder / "target"
        make_tree(source, options.size)

        def prepare() -> None:
            shutil.rmtree(target, ignore_errors=True)

        for flag in ("-r", "-a"):
            ours = aio("cp", flag, source, target, prepare=prepare)
            compare(f"tree{flag}", ours, gnu("cp", flag, source, target, prepare=prepare), options, place(options.size))
        peer: Contender | None = installed("rsync", "-a", f"{source}/", target, prepare=prepare)
        if peer is not None:
            compare("tree-rsync", ours, peer, options, place(options.size))


def place(count: int) -> str:
    """Say what was copied."""
    return f"{count} files of 0 to 20 kB, in memory"


def make_tree(folder: Path, count: int) -> None:
    """Write files of random sizes, the same every time."""
    chance = random.Random(0)
    data = chance.randbytes(MOST_BYTES)
    for number in range(count):
        directory = folder / str(number // FILES_OF_DIRECTORY)
        directory.mkdir(parents=True, exist_ok=True)
        (directory / f"file {number}").write_bytes(data[: chance.randrange(MOST_BYTES)])


if __name__ == "__main__":
    main()
