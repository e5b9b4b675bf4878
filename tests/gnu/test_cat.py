"""`aio cat` and GNU cat on the same command lines: status, standard output and standard error."""

from __future__ import annotations

import itertools
import os
import random

import pytest

from tests.support.gnu import compare, compare_script
from tests.support.privileges import unprivileged

NASTY = {
    "no end": b"one\n\n\n\ntwo\n\tthree",
    "bytes": bytes(range(256)) + b"\n" + bytes(range(255, -1, -1)),
    "carriage returns": b"a\r\n\r\n\rb\r\r\nc\r",
    "blank": b"\n\n\n\n\n",
    "meta": b"\x80\x89\x8a\x8d\xff\xfe\x7f\n\x00\x0b\x1f\n",
    "empty": b"",
    "starts blank": b"\n\n\nx\n\n",
}

OPTIONS = ["-n", "-b", "-s", "-E", "-T", "-v", "-A", "-e", "-t", "-u", "-bn", "-nb", "-sn", "-sb", "-vn", "-ET"]
OPTIONS += ["-nET", "-bsE", "-bsA", "-nsvET", "-ue", "-ut", "-vT", "-vE", "-beT", "--number --show-ends"]


def write_nasty(folder):
    for name, data in NASTY.items():
        (folder / name).write_bytes(data)


@pytest.mark.slow
@pytest.mark.parametrize("options", OPTIONS)
def test_transformations_are_gnus(aio, options):
    # One numbering and one squeezing go on over all files, and over the ends that lack a newline.
    compare(aio, "cat", *options.split(), *NASTY, *reversed(NASTY), prepare=write_nasty)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_transformations_of_large_random_files_are_gnus(aio, seed):
    chance = random.Random(seed)
    alphabet = [
        b"\n",
        b"\n\n",
        b"\r\n",
        b"\r",
        b"\t",
        b"text ",
        bytes([chance.randrange(256)]),
        b"\x00",
        b"\xc3\xa9",
    ]
    data = [b"".join(chance.choices(alphabet, k=chance.randrange(100_000))) for _ in range(3)]

    def prepare(folder):
        for number, content in enumerate(data):
            (folder / str(number)).write_bytes(content)

    options = chance.sample(["-n", "-b", "-s", "-E", "-T", "-v"], k=3)
    compare(aio, "cat", *options, "0", "1", "2", prepare=prepare)


def test_line_numbers_grow_beyond_their_column(aio):
    data = b"\n" * 1_000_001
    outcome = compare(aio, "cat", "-n", stdin=data)
    assert outcome.stdout.endswith(b"\n1000001\t\n")


def test_every_single_flag_has_a_long_name(aio):
    names = ["show-all", "number-nonblank", "show-ends", "number", "squeeze-blank", "show-tabs", "show-nonprinting"]
    for name in names:
        compare(aio, "cat", f"--{name}", stdin=NASTY["meta"] + NASTY["no end"])


@pytest.mark.parametrize(
    "operands",
    [
        ["one", "two"],
        [],
        ["-"],
        ["one", "-", "two", "-"],
        ["--", "-n"],
        ["one", "missing", "two"],
        ["one", "folder", "two"],
        ["one", "one/", "one/x", "two"],
        ["empty", "one", "empty"],
        ["loop", "one"],
        [""],
        ["x" * 256, "one"],
        ["one", "-n", "two"],
        ["-", "one", "-n"],
    ],
    ids=lambda operands: " ".join(operands)[:30] or "none",
)
def test_operands_are_read_in_order_and_failures_passed_over(aio, operands):
    def prepare(folder):
        (folder / "one").write_bytes(b"1\n")
        (folder / "two").write_bytes(b"2\n")
        (folder / "-n").write_bytes(b"dash n\n")
        (folder / "empty").touch()
        (folder / "folder").mkdir()
        (folder / "loop").symlink_to("loop")

    compare(aio, "cat", *operands, stdin=b"standard input\n", prepare=prepare)


@pytest.mark.parametrize("transform", [(), ("-n",)], ids=["plain", "numbered"])
def test_unreadable_file_is_reported_and_the_rest_done(aio, transform):
    def prepare(folder):
        for name in ("a", "b", "c"):
            (folder / name).write_text(name)
        (folder / "b").chmod(0)

    outcome = compare(aio, "cat", *transform, "a", "b", "c", prepare=prepare, prefix=unprivileged())
    assert outcome.stderr == "cat: b: Permission denied\n"


NAMES = [
    b"new\nline",
    b"\x1b[31mred",
    b"caf\xe9",
    "café".encode(),
    b"-dash",
    b"a:b",
    b"it's",
    b"sp ace",
    b"\xff\xfe",
    b"$x",
]


@pytest.mark.parametrize("locale", ["C", "C.UTF-8"])
def test_names_are_quoted_as_gnu_does(aio, locale):
    def prepare(folder):
        (folder / "empty folder").mkdir()

    missing = [b"missing " + name for name in NAMES]
    env = {"LC_ALL": locale}
    compare(aio, "cat", "--", *missing, *NAMES, "empty folder", prepare=prepare, env=env, since=(9, 10))


def test_names_of_all_sorts_are_read(aio):
    def prepare(folder):
        for name in NAMES:
            with open(bytes(folder) + b"/" + name, "wb") as file:
                file.write(name)

    compare(aio, "cat", "--", *NAMES, prepare=prepare)


@pytest.mark.parametrize("name", ["/proc/version", "/proc/sys/kernel/ostype"])
def test_files_whose_size_reads_zero_are_read(aio, name):
    assert compare(aio, "cat", name, name).stdout


@pytest.mark.parametrize(
    "line",
    [
        ["--no-such-option"],
        ["--show"],
        ["--s"],
        ["--number=3"],
        ["-x"],
        ["-nx"],
        ["-?"],
        ["--n=1", "--bad"],
        ["--show-"],
        ["--number-"],
    ],
    ids=" ".join,
)
@pytest.mark.parametrize("as_link", [False, True], ids=["aio cat", "cat"])
def test_mistaken_options_are_told_as_gnu_does(aio, line, as_link):
    compare(aio, "cat", *line, as_link=as_link)


def test_abbreviations_are_gnus(aio):
    for line in (["--numb"], ["--sq"], ["--show-e"], ["--show-t"], ["--show-n"], ["--show-a"], ["--number-n"]):
        compare(aio, "cat", *line, stdin=NASTY["no end"] + NASTY["meta"])


def test_posixly_correct_ends_options_at_the_first_operand(aio):
    def prepare(folder):
        (folder / "one").write_text("1\n")

    compare(aio, "cat", "one", "-n", prepare=prepare, env={"POSIXLY_CORRECT": "1"})


SCRIPTS = {
    "reads on from an offset": "(read line; cat) <lines",
    "reads on from an offset, numbered": "(read line; cat -n) <lines",
    "leaves the offset behind what it read": "(cat - ; echo more; cat) <lines",
    "appends": "cat lines >>target; cat target",
    "appends two": "cat lines lines >>target; cat target",
    "overwrites in the middle": "(dd bs=1 count=3 of=/dev/null 2>/dev/null; cat lines) 1<>target; cat target",
    "file to file": "cat lines target lines >new; cat new",
    "own input is output, appending": "cat target >>target; echo $?",
    "own input is output, appending standard input": "cat <target >>target; echo $?",
    "own input is output, truncated": "cat target lines >target; echo $?; cat target",
    "own input is output in the middle": "cat lines target lines >>target; echo $?; cat target",
    "own input is output, empty": "cat empty >>empty; echo $?; cat empty",
    "own input is output, behind": "cat <target 1<>target; echo $?; cat target",
    "own input is output, at the same place, others follow": "cat target lines 1<>target; echo $?; cat target",
    "own input is output, two operands": "cat target target 1<>target; echo $?; cat target",
    "own input is output by a hard link": "cat hard >>target; echo $?",
    "own input is output by a symbolic link": "cat soft >>target; echo $?",
    "own input is output, numbered": "cat -n target >>target; echo $?; cat target",
    "own input is output, in front": "(read line; cat) <target 1<>target; echo $?; cat target",
    "own input is output, at the end": "(cat >/dev/null; cat) <target >>target; echo $?; cat target",
    "own input is output, one offset for both": "exec 3<>target; cat 0<&3 1<&3; echo $?; cat target",
    "a pipe": "cat lines | cat | cat - target",
    "standard input twice": "cat - - <lines",
    "closed standard input": "cat <&-",
    "closed standard input among others": "cat lines - target <&-",
    "closed standard output": "cat lines >&-",
    "closed standard output, numbered": "cat -n lines >&-",
    "closed standard output, empty file": "cat empty >&-",
    "standard output that is open for reading": "cat lines 1<target",
    "standard output that is open for reading, empty file": "cat empty 1<target",
    "standard output that is open for reading, nothing": "cat /dev/null 1<target",
    "standard output that is open for reading, empty standard input": "cat 1<target </dev/null",
    "closed standard error": "cat missing lines 2>&-; echo $?",
    "standard output for reading": "cat lines 1<lines",
    "standard input for writing": "cat 0>new",
    "full device": "cat lines >/dev/full",
    "full device, numbered": "cat -n lines >/dev/full",
    "full device, nothing to write": "cat empty >/dev/full",
    "full device, nothing to write, numbered": "cat -n empty empty >/dev/full",
    "full device, one missing": "cat missing lines >/dev/full",
    "full device from a pipe": "echo x | cat >/dev/full",
    "full device, a large file": "cat large lines >/dev/full",
    "null device": "cat /dev/null /dev/null",
    "FIFO": "cat lines >fifo & cat fifo",
}


@pytest.mark.parametrize("script", SCRIPTS.values(), ids=SCRIPTS)
def test_redirections_are_met_as_gnu_does(aio, script):
    def prepare(folder):
        (folder / "lines").write_bytes(b"first\nsecond\nthird\n")
        (folder / "target").write_bytes(b"target 1\ntarget 2\n")
        (folder / "empty").touch()
        (folder / "large").write_bytes(bytes(3_000_000))
        (folder / "hard").hardlink_to(folder / "target")
        (folder / "soft").symlink_to("target")
        os.mkfifo(folder / "fifo")

    # Older ones take any input that is the output for dangerous, wherever both are in it.
    compare_script(aio, "cat", script, prepare=prepare, since=(9, 10) if " 1<" in script else (0, 0))


def test_long_lines_are_kept_whole(aio):
    data = b"".join(b"x" * size + b"\n" for size in itertools.accumulate([1, 131_071, 1, 1, 262_143]))
    compare(aio, "cat", "-nE", stdin=data)
