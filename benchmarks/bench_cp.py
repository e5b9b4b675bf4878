"""Asks: how long does it take to copy a cached file on one disk, against GNU cp?

Fair: the target is removed and the disk is left idle (sync) before each run, and neither is asked to wait for the
disk. It measures reading from and writing to the page cache; with files so large that the kernel starts to write
back in between, it measures the disk. Where the file system can share extents (btrfs, XFS), GNU cp does, and so
nothing is copied: look at the file system's name in the result.
"""

import os

from benchmarks.inputs import default_folder, keep_cached, make_file, scratch
from benchmarks.runner import aio, compare, describe_place, gnu, parse_options


def main() -> None:
    """Compare `aio cp SOURCE TARGET` with GNU cp."""
    options = parse_options(__doc__, folder=default_folder())
    with scratch(options.folder, 2 * options.size) as folder:
        source = make_file(folder / "source", options.size)
        target = folder / "target"

        def prepare() -> None:
            target.unlink(missing_ok=True)
            os.sync()
            keep_cached(source)

        ours = aio("cp", source, target, prepare=prepare)
        peer = gnu("cp", source, target, prepare=prepare)
        compare("cp", ours, peer, options, describe_place(options))


if __name__ == "__main__":
    main()
