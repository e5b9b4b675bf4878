"""Asks: what does starting `aio` cost, against starting the same Python and importing click?

Fair as a lower bound: no command built on click can start faster than click is imported, so 1.0 is the best there
is. Not a comparison with GNU cat, which starts in one millisecond: that one is lost by choosing Python.
All write to a pipe that the same reader empties.
"""

from benchmarks.inputs import default_folder, keep_cached, make_file, scratch
from benchmarks.runner import aio, compare, describe_place, import_click, parse_options


def main() -> None:
    """Compare `aio --version` and `aio cat SMALL` with `import click`."""
    options = parse_options(__doc__, folder=default_folder(), size="4K", pairs=21)
    with scratch(options.folder, options.size) as folder:
        small = make_file(folder / "small", options.size)
        peer = import_click(piped=True)
        compare("startup-version", aio("--version", piped=True), peer, options, "no file", has_net=False)
        cat = aio("cat", small, prepare=lambda: keep_cached(small), piped=True)
        compare("startup-cat", cat, peer, options, describe_place(options), has_net=False)


if __name__ == "__main__":
    main()
