"""Asks: what do the last ten lines of a large file cost, against importing click and against GNU tail?

Fair against `import click` as a lower bound: a tail that does not read the whole file takes its start-up and little
more, whatever the size. Against GNU tail it is start-up that is compared, and lost; the figure is here so that
nobody has to guess it. All write to a pipe that the same reader empties.
"""

from benchmarks.inputs import default_folder, keep_cached, make_file, scratch
from benchmarks.runner import aio, compare, describe_place, gnu, import_click, parse_options


def main() -> None:
    """Compare `aio tail -n 10 FILE` with `import click` and with GNU tail."""
    options = parse_options(__doc__, folder=default_folder(), pairs=21)
    with scratch(options.folder, options.size) as folder:
        file = make_file(folder / "file", options.size)
        keep_cached(file)
        place = describe_place(options)
        ours = aio("tail", "-n", "10", file, piped=True)
        peer = gnu("tail", "-n", "10", file, piped=True)
        compare("tail-click", ours, import_click(piped=True), options, place, has_net=False)
        compare("tail-gnu", ours, peer, options, place, has_net=False)


if __name__ == "__main__":
    main()
