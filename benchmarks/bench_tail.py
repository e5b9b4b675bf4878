"""Asks: what do the last lines of a file or of a pipe cost, against importing click and against GNU tail?

Fair against `import click` as a lower bound: a tail that does not read the whole file takes its start-up and little
more, whatever the size. Against GNU tail on a file it is start-up that is compared, and lost; the figure is here so
that nobody has to guess it. A million lines of a log are looked for by both, backwards, and copied: net of start-up
that tells whose way is better. A pipe has to be read by both. All write to a pipe that the same reader empties, but
for the one that GNU head fills.
"""

import shlex
from pathlib import Path

from benchmarks.inputs import default_folder, keep_cached, make_file, make_lines, scratch
from benchmarks.runner import AIO, MIB, Contender, aio, compare, describe_place, gnu, import_click, parse_options

LOG_LINES, LOG_LINE_BYTES = 3_700_000, 70
PIPE_SHARE = (3, 4)  # the part of the size that goes through a pipe


def main() -> None:
    """Compare `aio tail` with its peers, one kind of source after the other."""
    options = parse_options(__doc__, folder=default_folder(), pairs=21)
    with scratch(options.folder, options.size + LOG_LINES * LOG_LINE_BYTES) as folder:
        file = make_file(folder / "file", options.size)
        keep_cached(file)
        place = describe_place(options)
        ours = aio("tail", "-n", "10", file, piped=True)
        peer = gnu("tail", "-n", "10", file, piped=True)
        compare("tail-click", ours, import_click(piped=True), options, place, has_net=False)
        compare("tail-gnu", ours, peer, options, place, has_net=False)
        log = make_lines(folder / "log", LOG_LINES, LOG_LINE_BYTES)
        keep_cached(log)
        conditions = f"{LOG_LINES * LOG_LINE_BYTES // MIB} MiB of lines, cached"
        for question, number in (("tail-million", "1000000"), ("tail-from", "+1000000")):
            ours, peer = (make("tail", "-n", number, log, piped=True) for make in (aio, gnu))
            compare(question, ours, peer, options, conditions)
        part = options.size * PIPE_SHARE[0] // PIPE_SHARE[1]
        ours, peer = (behind_a_pipe(name, program, file, part) for name, program in programs())
        compare("tail-pipe", ours, peer, options, f"{part // MIB} MiB through a pipe", has_net=False)


def programs() -> list[tuple[str, list[str]]]:
    """List the contenders' names and the beginnings of their command lines."""
    theirs = gnu("tail")
    assert not callable(theirs.command)
    return [(aio("tail").name, [AIO, "tail"]), (theirs.name, [str(theirs.command[0])])]


def behind_a_pipe(name: str, program: list[str], file: Path, nbytes: int) -> Contender:
    """Let a contender print the last ten lines of what GNU head sends it."""
    line = f"head -c {nbytes} {shlex.quote(str(file))} | {shlex.join(program)} -n 10"
    return Contender(name, ["/bin/sh", "-c", line])


if __name__ == "__main__":
    main()
