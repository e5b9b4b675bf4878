"""Asks: how long does it take to copy a cached file, and a disk image that is nearly all hole, against GNU cp?

Fair: the target is removed and the disk is left idle (sync) before each run, and neither is asked to wait for the
disk. It measures reading from and writing to the page cache; with files so large that the kernel starts to write
back in between, it measures the disk. Where the file system can share extents (btrfs, XFS), GNU cp does, and so
nothing is copied: look at the file system's name in the result.

Net figures are without what a copy of an empty file takes, which is start-up and nothing else.

The image is 8 GiB with 4 MiB of data, in single pages at random places, on the disk and in memory. GNU cp needs 10 ms
for it, and we more than that to start: only the net figures tell anything about the copy.
"""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from benchmarks.inputs import default_folder, file_system, keep_cached, make_file, make_sparse_file, scratch
from benchmarks.runner import Contender, Options, aio, compare, describe_place, gnu, parse_options

IMAGE_BYTES = 8 << 30
IMAGE_DATA_BYTES = 4 << 20
MEMORY = Path("/dev/shm")


def main() -> None:
    """Compare `aio cp SOURCE TARGET` with GNU cp."""
    options = parse_options(__doc__, folder=default_folder())
    with scratch(options.folder, 2 * options.size) as folder:
        compare_copies("cp", make_file(folder / "source", options.size), options, describe_place(options))
    for name, place in (("disk", options.folder), ("memory", MEMORY)):
        with scratch(place, 2 * IMAGE_DATA_BYTES) as folder:
            image = make_sparse_file(folder / "image", IMAGE_BYTES, IMAGE_DATA_BYTES)
            for when in ("auto", "always"):
                conditions = f"8G with 4M of data on {file_system(place)}"
                compare_copies(f"cp-sparse-{when}-{name}", image, options, conditions, f"--sparse={when}")


def compare_copies(question: str, source: Path, options: Options, conditions: str, *arguments: str) -> None:
    """Compare how long ours and GNU's take to copy a file beside itself."""
    target = source.with_name("target")
    empty = source.with_name("empty")
    empty.touch()

    def prepare() -> None:
        target.unlink(missing_ok=True)
        os.sync()
        if not arguments:  # reading an image would fill the page cache with its holes
            keep_cached(source)

    def contender(program: Callable[..., Contender]) -> Contender:
        nothing = program("cp", *arguments, empty, source.with_name("nothing"))
        return replace(program("cp", *arguments, source, target, prepare=prepare), startup=nothing.command)

    compare(question, contender(aio), contender(gnu), options, conditions)


if __name__ == "__main__":
    main()
