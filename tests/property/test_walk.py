"""Walking through any tree finds what find finds, and leaves out what git leaves out."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from contextlib import contextmanager

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aiocli.engines.hash.walk import WalkRules, walk

COMMON = [b"a", b"b", b"ab", b"a.o"]
ODD = [b"keep", b"x y", b"a ", b"#h", b"!n", b"[", b"a[b]", b"b\n", b"a\\b", b"-", b"t\t", "é".encode(), b"\xff"]
ANY = st.binary(min_size=1, max_size=3).filter(lambda name: not set(name) & set(b"/\0") and name not in (b".", b".."))
NAMES = st.one_of(st.sampled_from(COMMON), st.sampled_from(COMMON + ODD), ANY)

COMMON_ATOMS = ["a", "b", "ab", "*", "*.o", "a*", "?", "**", "[ab]"]
ODD_ATOMS = [
    *("*b", "**b", "keep", "x y", "x\\ y", "a\\ ", "é", "#h", "\\#h", "!n", "\\!n", "a\\\\b", "t\t"),
    *("[!a]", "[a-c]", "[^b]", "[[]", "[]]", "a]", "\\[", "\\*"),
]
ATOMS = st.one_of(st.sampled_from(COMMON_ATOMS), st.sampled_from(COMMON_ATOMS + ODD_ATOMS))
PATTERNS = st.builds(
    lambda negation, front, atoms, end: negation + front + "/".join(atoms) + end,
    st.sampled_from(["", "!"]),
    st.sampled_from(["", "", "/"]),
    st.one_of(ATOMS.map(lambda atom: [atom]), st.lists(ATOMS, min_size=1, max_size=3)),
    st.sampled_from(["", "", "/", "/", " ", "\t", "\\ ", "\r"]),
)
RULES = st.one_of(st.none(), st.lists(PATTERNS, min_size=1, max_size=4))


def folders(depth):
    """Strategy of folders: (name -> folder, or None for a file; lines of its .gitignore, or None)."""
    inner = st.one_of(st.none(), folders(depth - 1)) if depth else st.none()
    return st.tuples(st.dictionaries(NAMES, inner, min_size=1, max_size=4), RULES)


TREES = folders(3)
EXAMPLES = int(os.environ.get("AIO_EXAMPLES") or 60)
GENERATED = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[*HealthCheck])


def build(path, tree):
    if tree is None:
        open(path, "wb").close()
        return
    entries, lines = tree
    os.mkdir(path)
    for name, inner in entries.items():
        build(path + b"/" + name, inner)
    if lines is not None:
        with open(path + b"/.gitignore", "wb") as file:
            file.write("\n".join(lines).encode())


@contextmanager
def built(tree):
    folder = os.fsencode(tempfile.mkdtemp())
    try:
        build(folder + b"/top", tree)
        yield folder
    finally:
        shutil.rmtree(folder)


def fail(event):
    pytest.fail(repr(event))


def walked(top, rules=None):
    return [os.fsencode(name) for name in walk(os.fsdecode(top), rules or WalkRules(), fail)]


@GENERATED
@given(TREES)
def test_walk_finds_what_find_finds_in_the_order_of_sort(tree):
    with built(tree) as folder:
        command = ["find", folder + b"/top", "-type", "f", "-print0"]
        found = subprocess.run(command, capture_output=True, check=True).stdout.split(b"\0")[:-1]
        assert walked(folder + b"/top") == sorted(found)


@pytest.mark.skipif(shutil.which("git") is None, reason="no git here")
@GENERATED
@given(TREES)
def test_ignore_files_leave_out_what_git_leaves_out(tree):
    with built(tree) as folder:
        top = folder + b"/top"
        env = {"PATH": os.environ["PATH"], "HOME": os.fsdecode(folder), "GIT_CONFIG_NOSYSTEM": "1"}
        subprocess.run(["git", "init", "-q", top], env=env, check=True)
        command = ["git", "-C", top, "ls-files", "-coz", "--exclude-standard"]
        listed = subprocess.run(command, env=env, capture_output=True, check=True).stdout.split(b"\0")[:-1]
        assert walked(top, WalkRules(obeys_ignore_files=True)) == sorted(top + b"/" + name for name in listed)
