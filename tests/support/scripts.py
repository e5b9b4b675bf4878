"""Strategies for scripts of a Workplace: trees in which few names meet often, and command lines of cp over them."""

from __future__ import annotations

import os
from typing import NamedTuple

from hypothesis import Phase, settings
from hypothesis import strategies as st

EXAMPLES = int(os.environ.get("AIO_EXAMPLES") or 0)
"""Of a long run, with other seeds each time; 0 is the short run, always the same."""

TOPS = ("a", "b", "c", "d")
PATHS = (
    *TOPS,
    *(f"{top}/{name}" for top in ("a", "b") for name in ("a", "b", "x", "y")),
    *("a/x/p", "a/x/q", "b/a/x", "b/a/y", "b/x/p", "b/a/x/p", "c/a", "c/x"),
)
KINDS = ("file", "file", "file", "directory", "directory", "link", "link", "hard link", "socket")
FILE_MODES = (0o644, 0o644, 0o644, 0o600, 0o444, 0o755, 0o000, 0o222, 0o4755, 0o2640, 0o666)
DIRECTORY_MODES = (0o755, 0o755, 0o755, 0o700, 0o555, 0o2775, 0o1777, 0o000, 0o333, 0o444)
DATES = ("1", "1", "2", "2.000000001", "1.999999999")

FLAGS = (
    *("-r", "-r", "-r", "-R", "-a", "-a", "-d", "-P", "-H", "-p", "-f", "-f", "-b", "-l", "-s", "-n", "-u", "-i", "-T"),
    *(
        "-x",
        "--parents",
        "--remove-destination",
        "--update=none",
        "--update=none-fail",
        "--update=all",
        "--update=older",
    ),
    *("--backup=numbered", "--backup=existing", "--attributes-only", "--preserve=links", "--preserve=mode", "-S.o"),
    *("--preserve=timestamps", "--preserve=xattr", "--preserve=all", "--no-preserve=mode", "--no-preserve=links"),
    *("--strip-trailing-slashes", "--keep-directory-symlink", "--debug", "--sparse=always", "--sparse=never"),
    *("--reflink=never", "--no-preserve=ownership", "--copy-contents"),
)


class Entry(NamedTuple):
    """A file to make.

    Attributes:
        path: where; where it is taken already or lies under a file, nothing is made.
        kind: one of KINDS.
        number: chooses mode, content, target.
    """

    path: str
    kind: str
    number: int


def long_or_short(examples: int) -> settings:
    """Return the settings of a test: this many examples, always the same, or a long run's."""
    phases = (Phase.generate, Phase.shrink)
    if EXAMPLES:
        return settings(max_examples=EXAMPLES, deadline=None, phases=phases, database=None)
    return settings(max_examples=examples, deadline=None, phases=phases, database=None, derandomize=True)


class Making(NamedTuple):
    """A script that makes a tree, and the names and kinds of what it makes."""

    script: str
    kinds: dict[str, str]


@st.composite
def trees(draw: st.DrawFn, *, follows_all: bool = False, is_readable: bool = False) -> Making:
    """Draw a script that makes a tree.

    Args:
        draw: of hypothesis.
        follows_all: all links will be followed, so that none may lead to a directory: GNU could walk for ever.
        is_readable: nothing has a mode that keeps its owner out.
    """
    entries = st.builds(Entry, st.sampled_from(PATHS), st.sampled_from(KINDS), st.integers(0, 1000))
    made: dict[str, str] = {}
    steps: list[str] = []
    for entry in draw(st.lists(entries, min_size=1, max_size=12)):
        _make(entry, made, steps, follows_all=follows_all)
    for path, kind in made.items():
        if kind != "link" and not draw(st.integers(0, 2)):
            modes = DIRECTORY_MODES if kind == "directory" else FILE_MODES
            mode = draw(st.sampled_from(modes)) | (0o700 if is_readable else 0)
            steps.append(f"chmod {mode:o} {path}")
        if not draw(st.integers(0, 2)):
            steps.append(f"touch -d @{draw(st.sampled_from(DATES))} {path}")
        if kind in ("file", "directory") and not draw(st.integers(0, 9)):
            steps.append(f"setfattr -n user.a -v {path} {path}")
    return Making("; ".join(steps), made)


def _make(entry: Entry, made: dict[str, str], steps: list[str], *, follows_all: bool) -> None:
    path, kind, number = entry
    above = _above(path)
    if path in made or any(made.get(parent, "directory") != "directory" for parent in above):
        return
    files = [name for name, kind in made.items() if kind == "file"]
    links = [name for name, kind in made.items() if kind == "link"]
    originals = links if kind == "hard link" and links and number % 5 == 0 else files
    if kind == "hard link" and not originals:
        kind = "file"
    if kind == "hard link":
        original = originals[number % len(originals)]
        kind = made[original]
        step = f"ln {original} {path}"
    elif kind == "link":
        targets = files if follows_all else [*made, "nowhere", path]
        target = targets[number % len(targets)] if targets else "nowhere"
        step = f"ln -s {os.path.relpath(target, os.path.dirname(path) or '.')} {path}"
    else:
        step = {"file": f"echo {path} > {path}", "directory": f"mkdir {path}", "socket": f"mksock {path}"}[kind]
    for parent in above:
        if parent not in made:
            made[parent] = "directory"
            steps.append(f"mkdir {parent}")
    made[path] = kind
    steps.append(step)


def _above(path: str) -> list[str]:
    parts = path.split("/")
    return ["/".join(parts[:end]) for end in range(1, len(parts))]


@st.composite
def cp_scripts(draw: st.DrawFn) -> str:
    """Draw a tree and a command line of cp, sometimes twice, under a umask and as one of two users."""
    flags = [*dict.fromkeys(draw(st.lists(st.sampled_from(FLAGS), max_size=5)))]
    follows_all = not draw(st.integers(0, 5))
    if follows_all:
        flags.append("-L")
    tree = draw(trees(follows_all=follows_all))
    script = [tree.script]
    if mask := draw(st.sampled_from(["", "", "077", "000", "027"])):
        script.append(f"umask {mask}")
    if "-i" in flags:
        script.append("answer " + " ".join(draw(st.lists(st.sampled_from("yn"), min_size=1, max_size=4))))
    if not draw(st.integers(0, 2)):
        script.append("su nobody")
    names = st.sampled_from([*tree.kinds])
    tops = st.sampled_from([*(name for name in tree.kinds if "/" not in name)])
    likely = st.one_of(names, names, tops, tops, st.sampled_from(["new", ".", *PATHS]))
    operands = [draw(_decorated(likely)) for _ in range(draw(st.sampled_from([2, 2, 2, 3, 4])))]
    script.append(" ".join(["cp -v", *flags, *operands]))
    tops_named = [_top(operand) for operand in operands]
    if not draw(st.integers(0, 3)) and not {".", tops_named[-1]} & {*tops_named[:-1]}:
        # A tree that was copied into itself is read again in the order in which files were made: everybody's own.
        silent = [flag for flag in flags if flag != "--debug"]
        script.append(" ".join(["cp", *silent, *operands]))
    return "; ".join(script)


def _top(operand: str) -> str:
    """Tell the first name of an operand's path, `.` for the whole workplace."""
    return os.path.normpath(operand.removeprefix("$PWD/")).split("/")[0]


@st.composite
def _decorated(draw: st.DrawFn, paths: st.SearchStrategy[str]) -> str:
    path = draw(paths)
    decoration = draw(st.sampled_from(["", "", "", "", "", "/", "/.", "./", "$PWD/", "/.."]))
    if path == ".":
        return path  # `./..` would lead out of the workplace
    return path + decoration if decoration.startswith("/") else decoration + path
