"""Asks: how long do digests of large cached files and of many small ones take, against the programs that compute them?

Fair in what is asked: the same digests of the same files by one command. Not fair in what is used: rhash, hashdeep and
GNU have one thread, aio and b3sum several, and OpenSSL's code is not GNU's own (9.1 has that, 9.10 may be built with
OpenSSL). So compare CPU time, too; one processor (`taskset -c 0`) shows the code alone.

- four digests of one file: rhash; what aiofile's documentation does with clones and an executor; and the limit, that
  is bare hashlib over memory, in as many threads as there are processors, each free one at the digest that needs
  longest: nothing is read and nothing started. Three digests: hashdeep.
- sha256 of one file: openssl, GNU. md5 of two: GNU. blake3 of four: b3sum.
- sha256 of a tree of small files, 0 to 20 kB each, on a file system in memory: find, xargs and GNU's sha256sum. The
  same checked by a list: GNU's sha256sum -c.

GNU is the installed one and, if AIO_GNU_BIN names a folder, the one there. A tree has 40 000 files where --size is 1G,
and more or less with it. Peers that are not installed are left out.
"""

import hashlib
import os
import shlex
import shutil
import subprocess
import sys
import threading
from pathlib import Path

from benchmarks.bench_tree import MOST_BYTES, SHARED_MEMORY, make_tree
from benchmarks.inputs import default_folder, keep_cached, make_file, scratch
from benchmarks.runner import Contender, Options, aio, compare, describe_place, installed, parse_options

FOUR = ("md5", "sha1", "sha256", "sha512")
THREE = ("md5", "sha1", "sha256")
FILES = 4
TREE_FILES_PER_GIB = 40_000

BLOCK_BYTES = 256 << 10
SLICE_BLOCKS = 16
SECONDS = {"md5": 1.4, "sha1": 0.55, "sha256": 0.6, "sha512": 1.23}
"""For 1 GiB, on a processor with SHA-NI: which digest needs longest."""

AIOFILE = """\
import asyncio, hashlib, sys
import aiofile

async def digest(name, clone):
    loop, hasher = asyncio.get_running_loop(), hashlib.new(name)
    async for chunk in clone.iter_chunked(1 << 20):
        await loop.run_in_executor(None, hasher.update, chunk)
    return hasher.hexdigest()

async def main(path, *names):
    async with aiofile.async_open(path, "rb") as source:
        clones = [await aiofile.clone(source) for _ in names]
        print(*await asyncio.gather(*map(digest, names, clones)))

asyncio.run(main(*sys.argv[1:]))
"""


def main() -> None:
    """Compare `aio hash` with its peers, one question after the other."""
    options = parse_options(__doc__, folder=default_folder())
    place = describe_place(options)
    with scratch(options.folder, FILES * options.size) as folder:
        files = [make_file(folder / f"file {number}", options.size) for number in range(FILES)]
        compare_several(files[0], options, place)
        compare_one(files[0], options, place)
        ours = aio("hash", "-a", "md5", *files[:2], prepare=cached(files[:2]))
        for version, peer in gnu_versions("md5sum", *files[:2], prepare=cached(files[:2])):
            compare(f"hash-two-gnu-{version}", ours, peer, options, f"2 x {place}")
        ours = aio("hash", "-a", "blake3", *files, prepare=cached(files))
        compare_installed("hash-blake3", ours, "b3sum", files, options, f"{FILES} x {place}")
    compare_trees(options)


def compare_several(file: Path, options: Options, place: str) -> None:
    """Compare several digests of one file."""
    prepare = cached([file])
    ours = aio("hash", "-a", ",".join(FOUR), file, prepare=prepare)
    compare_installed("hash", ours, "rhash", [*(f"--{name}" for name in FOUR), file], options, place)
    compare("hash-limit", ours, Contender("bare hashlib", lambda: hash_memory(options.size)), options, place)
    start = [sys.executable, "-c", "import asyncio, aiofile"]
    peer = Contender("aiofile, clones", [sys.executable, "-c", AIOFILE, file, *FOUR], prepare, start)
    compare("hash-aiofile", ours, peer, options, place)
    ours = aio("hash", "-a", ",".join(THREE), file, prepare=prepare)
    compare_installed("hash-hashdeep", ours, "hashdeep", ["-c", ",".join(THREE), file], options, place, version="-V")


def compare_one(file: Path, options: Options, place: str) -> None:
    """Compare sha256 of one file."""
    prepare = cached([file])
    ours = aio("hash", file, prepare=prepare)
    arguments = ["dgst", "-sha256", file]
    compare_installed("hash-one-openssl", ours, "openssl", arguments, options, place, version="version")
    for version, peer in gnu_versions("sha256sum", file, prepare=prepare):
        compare(f"hash-one-gnu-{version}", ours, peer, options, place)


def compare_trees(options: Options) -> None:
    """Compare sha256 of a tree of small files."""
    count = max(100, options.size * TREE_FILES_PER_GIB >> 30)
    with scratch(SHARED_MEMORY if SHARED_MEMORY.is_dir() else options.folder, count * MOST_BYTES) as folder:
        tree = folder / "tree"
        make_tree(tree, count)
        ours = aio("hash", "-r", tree)
        for version, peer in gnu_versions("sha256sum"):
            program = shlex.quote(str(peer.command[0]))  # type: ignore[index]
            pipeline = f"find {shlex.quote(str(tree))} -type f -print0 | xargs -0 {program}"
            name, start = f"find, xargs {peer.name}", ["/bin/sh", "-c", f"{program} --version"]
            peer = Contender(name, ["/bin/sh", "-c", pipeline], startup=start)
            compare(f"hash-tree-gnu-{version}", ours, peer, options, f"{count} files of 0 to 20 kB, in memory")
        sums = folder / "SHA256SUMS"
        subprocess.run([*ours.command, "-o", sums], check=True)  # type: ignore[misc]
        ours = aio("hash", "-c", "--quiet", sums)
        for version, peer in gnu_versions("sha256sum", "-c", "--quiet", sums):
            compare(f"hash-check-gnu-{version}", ours, peer, options, f"{count} files of 0 to 20 kB, in memory")


def compare_installed(
    question: str,
    ours: Contender,
    program: str,
    arguments: list[str | Path],
    options: Options,
    conditions: str,
    *,
    version: str = "--version",
) -> None:
    """Compare with a program if it is installed.

    Args:
        question: names the figures.
        ours: what to compare.
        program: its name.
        arguments: for it.
        options: of the command line.
        conditions: for the table's title.
        version: the argument that makes it tell its version, and do nothing else.
    """
    path = shutil.which(program)
    if path is None:
        print(f"{question}: skipped, {program} is not installed")
        return
    told = subprocess.run([path, version], capture_output=True, text=True, check=False).stdout.split("\n")[0]
    name = told if program in told.lower() else f"{program} {told}"
    compare(question, ours, Contender(name, [path, *arguments], ours.prepare, [path, version]), options, conditions)


def gnu_versions(program: str, *arguments: str | Path, prepare: object = None) -> list[tuple[str, Contender]]:
    """Make contenders of GNU's program: the installed one, and that in AIO_GNU_BIN; with their versions."""
    folder = os.environ.get("AIO_GNU_BIN")
    paths = [shutil.which(program), shutil.which(program, path=folder) if folder else None]
    found = {}
    for path in filter(None, paths):
        contender = installed(path, *arguments, prepare=prepare)  # type: ignore[arg-type]
        if contender is not None:
            found[contender.name.rpartition(" ")[2]] = contender
    return list(found.items())


def cached(files: list[Path]):  # type: ignore[no-untyped-def]
    """Make what keeps files in the page cache."""

    def prepare() -> None:
        for file in files:
            keep_cached(file)

    return prepare


def hash_memory(nbytes: int) -> None:
    """Compute the four digests of so many bytes, the same block over and over, by threads."""
    block = os.urandom(BLOCK_BYTES)
    lock = threading.Lock()
    left = {name: max(1, nbytes // BLOCK_BYTES) for name in FOUR}
    hashers = {name: hashlib.new(name) for name in FOUR}
    free = set(FOUR)

    def work() -> None:
        while True:
            with lock:
                name = max(
                    (name for name in free if left[name]), key=lambda name: left[name] * SECONDS[name], default=""
                )
                if not name:
                    return
                free.remove(name)
                count = min(SLICE_BLOCKS, left[name])
            for _ in range(count):
                hashers[name].update(block)
            with lock:
                left[name] -= count
                free.add(name)

    threads = [threading.Thread(target=work) for _ in os.sched_getaffinity(0)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main()
