"""Option parsing compared with GNU's: the errors of four tools, and the operands that cat finds.

Each line for the four ends with a mistake, so that no tool does anything; values are ones that they accept.
"""

from __future__ import annotations

import os

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from aiocli.ui.getopt import Argument, OptionError, OptionSpec, parse
from tests.support.gnu import gnu_version, run_gnu

TOOLS = ("cat", "cp", "tail", "md5sum")

# In the order of GNU's tables: `shorts long[=]` (= has a value, [=] may have one).
TABLES = {
    "cat": """
        b number-nonblank; n number; s squeeze-blank; v show-nonprinting; E show-ends; T show-tabs;
        A show-all; e; t; u""",
    "cp": """
        a archive; attributes-only; backup[=]; b; copy-contents; debug; d; L dereference; f force;
        H; i interactive; l link; n no-clobber; P no-dereference; no-preserve=; T no-target-directory;
        x one-file-system; parents; path; p; preserve[=]; Rr recursive; remove-destination; sparse=;
        reflink[=]; strip-trailing-slashes; S suffix=; s symbolic-link; t target-directory=; update[=]; u;
        v verbose; keep-directory-symlink; Z; context[=]""",
    "tail": """
        c bytes=; debug; f; F; follow[=]; n lines=; max-unchanged-stats=; -disable-inotify; pid=;
        -presume-input-pipe; q quiet; retry; silent; s sleep-interval=; v verbose; z zero-terminated""",
    "md5sum": """
        c check; ignore-missing; quiet; status; w warn; strict; tag; z zero; b binary; t text""",
}
SAME_KEYS = {"path": "parents", "silent": "quiet"}
NEW_OPTIONS = {"debug", "keep-directory-symlink"}
VALUES = {
    **dict.fromkeys(("bytes", "lines", "max-unchanged-stats", "pid", "sleep-interval"), "1"),
    **dict.fromkeys(("no-preserve", "preserve"), "mode"),
    **dict.fromkeys(("sparse", "reflink"), "auto"),
    "backup": "none",
    "follow": "name",
    "suffix": "x",
    "update": "all",
}
# These act or complain while the options are still being read.
NOT_HARMLESS = {"target-directory", "context", "Z", "help", "version", "pid"}


def specs_of(tool):
    specs = []
    for entry in [*TABLES[tool].split(";"), "help", "version"]:
        *shorts, long = entry.split() if len(entry.strip()) > 1 else (entry.strip(), "")
        name = long.rstrip("[=]")
        argument = Argument.NONE
        if long.endswith("="):
            argument = Argument.REQUIRED
        elif long.endswith("[=]"):
            argument = Argument.OPTIONAL
        if gnu_version() < (9, 10):  # where between 9.1 and 9.10 they came was not looked at
            if name in NEW_OPTIONS:
                continue
            if name == "update":
                argument = Argument.NONE
        key = SAME_KEYS.get(name, name or shorts[0])
        specs.append(OptionSpec(key, "".join(shorts), (name,) if name else (), argument))
    return specs


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """An empty folder to run in."""
    return tmp_path_factory.mktemp("getopt")


def compare_errors(tool, args, folder):
    with pytest.raises(OptionError) as caught:
        parse(args, specs_of(tool))
    done = run_gnu(tool, *map(os.fsencode, args), cwd=folder)
    told = done.stderr.split(b"\nTry '")[0]  # a letter may be a newline
    assert told == os.fsencode(f"{tool}: {caught.value}"), args
    assert done.returncode == 1


@pytest.mark.slow
@pytest.mark.parametrize("tool", TOOLS)
def test_every_abbreviation_is_told_as_gnu_does(tool, folder):
    compare_errors(tool, ["--="], folder)
    for spec in specs_of(tool):
        for name in spec.longs:
            for end in range(1, len(name) + 1):
                line = [f"--{name[:end]}"]
                if spec.argument is Argument.NONE:
                    line[0] += "=1"
                elif spec.argument is Argument.OPTIONAL:
                    line.append("--no-such-option")
                if not (NOT_HARMLESS & {*spec.longs} and len(line) > 1):
                    compare_errors(tool, line, folder)


@pytest.mark.slow
@pytest.mark.parametrize("tool", TOOLS)
def test_every_byte_as_a_letter_is_told_as_gnu_does(tool, folder):
    known = {letter for spec in specs_of(tool) for letter in spec.shorts}
    skipped = {"-", *known, *("0123456789lb" if tool == "tail" else "")}  # tail's -5, -b, -l are no options
    for byte in range(1, 0x100):
        letter = os.fsdecode(bytes([byte]))
        if letter not in skipped:
            compare_errors(tool, [f"-{letter}"], folder)


@st.composite
def mistaken_lines(draw, tool):
    specs = specs_of(tool)
    harmless = [spec for spec in specs if not NOT_HARMLESS & {spec.key, *spec.longs}]
    flags = [spec.shorts[0] for spec in harmless if spec.shorts and spec.argument is Argument.NONE]
    longs = [(spec, name) for spec in harmless for name in spec.longs]

    def right():
        kind = draw(st.sampled_from(["operand", "cluster", "short value", "long", "long"]))
        if kind == "operand":
            return [draw(st.sampled_from(["x", "-", "", "y z"]))]
        letters = "".join(draw(st.lists(st.sampled_from(flags), min_size=1, max_size=3)))
        valued = [spec for spec in harmless if spec.shorts and spec.argument is Argument.REQUIRED]
        if kind == "cluster" or (kind == "short value" and not valued):
            return [f"-{letters}"]
        if kind == "short value":
            spec = draw(st.sampled_from(valued))
            value = VALUES[spec.key]
            start = f"-{letters}{spec.shorts[0]}"
            return [start + value] if draw(st.booleans()) else [start, value]
        spec, name = draw(st.sampled_from(longs))
        given = f"--{name[: draw(st.integers(1, len(name)))]}"
        if spec.argument is Argument.REQUIRED and draw(st.booleans()):
            return [given, VALUES[name]]
        if spec.argument is Argument.NONE or (spec.argument is Argument.OPTIONAL and draw(st.booleans())):
            return [given]
        return [f"{given}={VALUES[name]}"]

    def wrong():
        spec, name = draw(st.sampled_from([(spec, name) for spec in specs for name in spec.longs]))
        lacking = [spec for spec in specs if spec.shorts and spec.argument is Argument.REQUIRED]
        unknown = draw(st.sampled_from(["--no-such", "--é", "--x=\udcff", "-é", "-\udcffa", "-?", "-:", "-;"]))
        if spec.argument is Argument.NONE:
            mistakes = [f"--{name}=x", f"--{name}=", f"--{name}x"]
        elif spec.argument is Argument.REQUIRED:
            mistakes = [f"--{name}", f"--{name}x"]
        else:
            mistakes = [f"--{name}x"]
        mistakes += [unknown, *(f"-{spec.shorts}" for spec in lacking), f"-{draw(st.sampled_from(flags))}é"]
        return draw(st.sampled_from(mistakes))

    middle = [arg for _ in range(draw(st.integers(0, 5))) for arg in right()]
    # In front, so that tail does not take the line for one of its old forms.
    return [f"-{flags[0]}", *middle, wrong()]


@pytest.mark.slow
@pytest.mark.parametrize("tool", TOOLS)
@settings(max_examples=100, deadline=None, phases=[Phase.generate])
@given(data=st.data())
def test_mistakes_are_told_as_gnu_does(tool, folder, data):
    compare_errors(tool, data.draw(mistaken_lines(tool)), folder)


words = st.sampled_from(["-n", "-bE", "--num", "--number", "--sq", "--show-a", "--", "-", "x", "y", "z1", "+5"])


def expected_of_cat(args, posixly_correct):
    try:
        _, operands = parse(args, specs_of("cat"), posixly_correct=posixly_correct)
    except OptionError as error:
        return f"cat: {error}\nTry 'cat --help' for more information.\n"
    missing = [operand for operand in operands if operand != "-"]
    return "".join(f"cat: {operand}: No such file or directory\n" for operand in missing)


@pytest.mark.slow
@settings(max_examples=100, deadline=None, phases=[Phase.generate])
@given(args=st.lists(words, max_size=8), posixly_correct=st.booleans())
def test_operands_are_those_that_cat_finds(folder, args, posixly_correct):
    done = run_gnu("cat", *args, cwd=folder, is_posixly_correct=posixly_correct)
    assert done.stderr.decode() == expected_of_cat(args, posixly_correct)
