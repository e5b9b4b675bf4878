"""Laws of `aio cp` that hold for any tree, whatever other programs do."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given

from tests.support.program import environment
from tests.support.scripts import long_or_short, trees
from tests.support.trees import dated_tree_of
from tests.support.warm import Request, WarmPrograms
from tests.support.workplace import run_steps

NEW = "new/"


@pytest.fixture(scope="module")
def run_script():
    """Run a script of steps with our cp; return the lines that it printed and the tree, by name."""
    programs = WarmPrograms(environment())

    def run(job):
        return programs.run(Request(job.words, None, job.cwd, environment(**job.env), job.stdin, job.umask, job.user))

    def run_in_folder(script):
        with tempfile.TemporaryDirectory() as folder:
            outcome = run_steps(script, Path(folder) / "w", run, dated_tree_of)
        for line, answer in outcome.answers:
            assert (answer.status, answer.stderr) == (0, b""), (line, answer)
        return [answer.stdout.splitlines() for _, answer in outcome.answers], outcome.tree

    yield run_in_folder
    programs.close()


def operands_of(making):
    return " ".join(name for name in making.kinds if "/" not in name)


def parts_of(tree):
    """Split a tree into what was there and what is new, both by the same names."""
    old = {name: facts for name, facts in tree.items() if not f"{name}/".startswith(("./", NEW))}
    new = {name.removeprefix(NEW): facts for name, facts in tree.items() if name.startswith(NEW)}
    return old, new


def undated(facts):
    """Leave out when a file was read, and name its first name without the directory of copies."""
    return tuple(
        fact.replace(f"file of {NEW}", "file of ") if isinstance(fact, str) else fact
        for fact in facts
        if not str(fact).startswith("read ")
    )


@long_or_short(20)
@given(making=trees(is_readable=True))
def test_an_archive_is_the_tree_again(run_script, making):
    _, tree = run_script(f"{making.script}; mkdir new; cp -a {operands_of(making)} new")
    old, new = parts_of(tree)
    assert {name: undated(facts) for name, facts in new.items()} == {
        name: undated(facts) for name, facts in old.items()
    }


@long_or_short(15)
@given(making=trees(is_readable=True))
def test_an_archive_that_is_up_to_date_stays_as_it_is(run_script, making):
    line = f"cp -auv {operands_of(making)} new"
    (_, again), tree = run_script(f"{making.script}; mkdir new; {line}; {line}")
    _, once = run_script(f"{making.script}; mkdir new; {line}")
    assert {name: undated(facts) for name, facts in tree.items()} == {
        name: undated(facts) for name, facts in once.items()
    }
    kinds = {f"new/{name}": kind for name, kind in making.kinds.items()}
    copied = [line.split(b" -> ")[1].decode().strip("'") for line in again if b" -> " in line]
    assert {kinds.get(name) for name in copied} <= {"link", "socket"}  # which -u does not spare


@long_or_short(15)
@given(making=trees(is_readable=True))
def test_a_tree_of_hard_links_holds_the_same_files(run_script, making):
    _, tree = run_script(f"{making.script}; mkdir new; cp -rlP {operands_of(making)} new")
    for name, kind in making.kinds.items():
        if kind != "directory":
            assert tree[f"new/{name}"][2] == tree[name][2]  # the first name of the file


@long_or_short(15)
@given(making=trees(is_readable=True))
def test_numbered_backups_lose_nothing(run_script, making):
    line = f"cp -r --backup=numbered {operands_of(making)} new"
    _, tree = run_script(f"{making.script}; mkdir new; {line}; {line}; {line}")
    for name, kind in making.kinds.items():
        if kind == "file":
            backups = [tree[f"new/{name}{end}"] for end in ("", ".~1~", ".~2~")]
            assert len({facts[-4:-2] for facts in backups}) == 1, backups
