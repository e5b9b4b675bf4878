"""Asks: how long does it take to bring a cached file into a pipe, against GNU cat?

Fair: both write to a pipe made the same way, emptied by the same reader (128 KiB a read); the clock stops
when the reader has everything. Both may enlarge the pipe and splice if they know how. The file is on a file
system in memory, so that no disk takes part. The reader needs a processor of its own: on one processor its time
is in both figures.
"""

from pathlib import Path

from benchmarks.inputs import default_folder, keep_cached, make_file, scratch
from benchmarks.runner import aio, compare, describe_place, gnu, parse_options

SHARED_MEMORY = Path("/dev/shm")


def main() -> None:
    """Compare `aio cat FILE` with GNU cat."""
    options = parse_options(__doc__, folder=SHARED_MEMORY if SHARED_MEMORY.is_dir() else default_folder())
    with scratch(options.folder, options.size) as folder:
        file = make_file(folder / "file", options.size)

        def prepare() -> None:
            keep_cached(file)

        ours = aio("cat", file, prepare=prepare, piped=True)
        peer = gnu("cat", file, prepare=prepare, piped=True)
        compare("cat", ours, peer, options, f"{describe_place(options)}, to a pipe")


if __name__ == "__main__":
    main()
