"""Asks: how long does it take to bring a cached file somewhere, against GNU cat and a bare loop of os.splice?

Fair: where output is a pipe, all write to one made the same way, emptied by the same reader (128 KiB a read); the
clock stops when the reader has everything. All may enlarge the pipe and splice if they know how. The file is on a file
system in memory, so that no disk takes part, but for file to file, where the target is removed and the disk left idle
before each run. The reader needs a processor of its own: on one processor its time is in both figures.
"""

import os
import shlex
import sys
from pathlib import Path

from benchmarks.inputs import default_folder, keep_cached, make_file, scratch
from benchmarks.runner import AIO, Contender, aio, compare, describe_place, gnu, parse_options

SHARED_MEMORY = Path("/dev/shm")
FILE_TO_FILE_SHARE = 4  # the part of the size that is copied on a disk

SPLICE_LOOP = """\
import fcntl, os, sys
source = os.open(sys.argv[1], os.O_RDONLY)
fcntl.fcntl(1, fcntl.F_SETPIPE_SZ, 1 << 20)
while os.splice(source, 1, 1 << 20):
    pass
"""


def main() -> None:
    """Compare `aio cat FILE` with its peers, one way out after the other."""
    options = parse_options(__doc__, folder=SHARED_MEMORY if SHARED_MEMORY.is_dir() else default_folder(), size="4G")
    place = describe_place(options)
    with scratch(options.folder, options.size) as folder:
        file = make_file(folder / "file", options.size)

        def prepare() -> None:
            keep_cached(file)

        to_pipe = aio("cat", file, prepare=prepare, piped=True)
        peer = gnu("cat", file, prepare=prepare, piped=True)
        compare("cat-pipe", to_pipe, peer, options, f"{place}, to a pipe")
        loop = Contender("os.splice loop", [sys.executable, "-c", SPLICE_LOOP, file], prepare, piped=True)
        compare("cat-splice", to_pipe, loop, options, f"{place}, to a pipe", has_net=False)
        compare("cat-null", aio("cat", file, prepare=prepare), gnu("cat", file, prepare=prepare), options, place)
        ours, theirs = (behind_a_pipe(each, file) for each in (to_pipe, peer))
        compare("cat-pipe-to-pipe", ours, theirs, options, f"{place}, from a pipe to a pipe", has_net=False)
    with scratch(default_folder(), 2 * options.size // FILE_TO_FILE_SHARE) as folder:
        file = make_file(folder / "file", options.size // FILE_TO_FILE_SHARE)
        target = folder / "target"

        def prepare_target() -> None:
            target.unlink(missing_ok=True)
            os.sync()
            keep_cached(file)

        ours, theirs = (
            Contender(name, shell(f"{shlex.quote(program)} cat {file} > {target}"), prepare_target)
            if program == AIO
            else Contender(name, shell(f"{shlex.quote(program)} {file} > {target}"), prepare_target)
            for name, program in ((to_pipe.name, AIO), (peer.name, str(peer.command[0])))  # type: ignore[index]
        )
        compare("cat-file", ours, theirs, options, "a quarter of that, file to file on disk", has_net=False)


def behind_a_pipe(contender: Contender, file: Path) -> Contender:
    """Let a contender read the same file from a pipe that GNU cat fills."""
    assert not callable(contender.command)
    *program, _ = map(str, contender.command)
    source = gnu("cat", file).command
    assert not callable(source)
    return Contender(
        contender.name, shell(f"{shlex.join(map(str, source))} | {shlex.join(program)}"), contender.prepare, piped=True
    )


def shell(line: str) -> list[str]:
    """Make the command that runs a line in a shell."""
    return ["/bin/sh", "-c", line]


if __name__ == "__main__":
    main()
