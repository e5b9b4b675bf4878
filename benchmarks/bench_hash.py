"""Asks: how long do md5, sha1, sha256 and sha512 of one cached file take, against rhash?

Fair in what is asked: four digests of one file by one command. Not fair in what is used: rhash has one thread
and its own code, aio has OpenSSL's and may use several threads. So compare CPU time, too; one processor
(`taskset -c 0`) shows the code alone. GNU's sums are no peer: they read the file once for each digest.
"""

from benchmarks.inputs import default_folder, keep_cached, make_file, scratch
from benchmarks.runner import aio, compare, describe_place, installed, parse_options

ALGORITHMS = ("md5", "sha1", "sha256", "sha512")


def main() -> None:
    """Compare `aio hash -a md5,sha1,sha256,sha512 FILE` with rhash."""
    options = parse_options(__doc__, folder=default_folder())
    with scratch(options.folder, options.size) as folder:
        file = folder / "file"

        def prepare() -> None:
            keep_cached(file)

        peer = installed("rhash", *(f"--{name}" for name in ALGORITHMS), file, prepare=prepare)
        if peer is None:
            print("hash: skipped, rhash is not installed")
            return
        make_file(file, options.size)
        ours = aio("hash", "-a", ",".join(ALGORITHMS), file, prepare=prepare)
        compare("hash", ours, peer, options, describe_place(options))


if __name__ == "__main__":
    main()
