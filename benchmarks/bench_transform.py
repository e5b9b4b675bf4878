"""Asks: what do cat -n -b -s -E -T -v cost, against GNU cat?

Fair: both read one cached file, on a file system in memory, and write all of it to the same place: the null device,
where only reading and changing count, or a pipe, emptied by the same reader. With the default size up to 0.4 of our
time is start-up; with --size 260M, a day's log, half as much. The texts come again after 4 MiB, too much for a
processor to learn where the lines end: repeating 32 KiB would make us look up to 1.7 times as fast.
"""

import random
import string
from collections.abc import Callable
from pathlib import Path

from benchmarks.inputs import BLOCK_BYTES, default_folder, keep_cached, scratch
from benchmarks.runner import aio, compare, describe_place, gnu, parse_options

SHARED_MEMORY = Path("/dev/shm")
PERIOD_BYTES = 4 * BLOCK_BYTES

# Options, text, whether into a pipe.
CASES = (
    ("-n", "log", False),
    ("-n", "log", True),
    ("-b", "log", False),
    ("-s", "log", False),
    ("-s", "log", True),
    ("-E", "log", False),
    ("-E", "log", True),
    ("-A", "log", False),
    ("-A", "log", True),
    ("-bs", "log", False),
    ("-nA", "log", False),
    ("-n", "short", False),
    ("-b", "short", False),
    ("-n", "newlines", False),
    ("-E", "crlf", False),
    ("-v", "english", False),
    ("-v", "cyrillic", False),
    ("-v", "noise", False),
)


def main() -> None:
    """Compare `aio cat OPTIONS FILE` with GNU cat, one text after the other."""
    options = parse_options(
        __doc__, folder=SHARED_MEMORY if SHARED_MEMORY.is_dir() else default_folder(), size="64M", pairs=5
    )
    with scratch(options.folder, len(TEXTS) * options.size) as folder:
        for flags, name, is_piped in CASES:
            file = folder / name
            if not file.exists():
                write_again_and_again(file, TEXTS[name](random.Random(0)), options.size)

            def prepare(file: Path = file) -> None:
                keep_cached(file)

            ours = aio("cat", flags, file, prepare=prepare, piped=is_piped)
            peer = gnu("cat", flags, file, prepare=prepare, piped=is_piped)
            place = "to a pipe" if is_piped else "to the null device"
            question = f"transform{flags}-{name}{'-pipe' if is_piped else ''}"
            compare(question, ours, peer, options, f"{describe_place(options)}, {place}")


def write_again_and_again(path: Path, text: bytes, nbytes: int) -> None:
    """Write a text until the file has nbytes."""
    with path.open("wb", buffering=0) as file:
        for offset in range(0, nbytes, len(text)):
            file.write(text[: nbytes - offset])


def log(chance: random.Random, end: str = "\n") -> bytes:
    """Make lines of about 80 ASCII bytes, a few of them empty, tabs here and there."""
    words = ["".join(chance.choices(string.ascii_lowercase, k=chance.randint(2, 9))) for _ in range(3000)]
    lines = []
    for second in range(PERIOD_BYTES // 80):
        spaces = ("\t" if chance.random() < 0.05 else " " for _ in range(9))
        text = "".join(word + space for word, space in zip(chance.choices(words, k=9), spaces, strict=True))
        stamp = f"2026-11-21T10:{second // 60 % 60:02}:{second % 60:02}.{chance.randrange(1000):03} INFO "
        lines.append("" if chance.random() < 0.03 else stamp + text[: chance.randint(25, 70)])
    return (end.join(lines) + end).encode()


def words_of(letters: str, chance: random.Random) -> bytes:
    """Make lines of words of these letters."""
    words = ["".join(chance.choices(letters, k=chance.randint(2, 10))) for _ in range(3000)]
    return "".join(" ".join(chance.choices(words, k=8)) + ".\n" for _ in range(PERIOD_BYTES // 80)).encode()


def short_lines(chance: random.Random) -> bytes:
    """Make lines of 0 to 4 letters."""
    return b"".join(b"abcd"[: chance.randint(0, 4)] + b"\n" for _ in range(PERIOD_BYTES // 3))


TEXTS: dict[str, Callable[[random.Random], bytes]] = {
    "log": log,
    "crlf": lambda chance: log(chance, end="\r\n"),
    "short": short_lines,
    "newlines": lambda chance: b"\n" * PERIOD_BYTES,
    "english": lambda chance: words_of(string.ascii_lowercase * 4 + "é", chance),
    "cyrillic": lambda chance: words_of("абвгдежзийклмнопрстуфхцчшщъыьэюя", chance),
    "noise": lambda chance: chance.randbytes(PERIOD_BYTES),
}


if __name__ == "__main__":
    main()
