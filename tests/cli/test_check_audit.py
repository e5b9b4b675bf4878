"""aio hash -c --audit: lists against all that is there."""

from __future__ import annotations

import json
import os
import shutil

import pytest

from tests.support.json_events import events_of


@pytest.fixture
def tree(aio):
    """A tree that is listed in SUMS, and has changed since."""
    tree = aio.cwd / "tree"
    (tree / "sub").mkdir(parents=True)
    for name in ("same", "sub/deep", "changed", "moved", "gone", "sub/twice"):
        (tree / name).write_text(f"content of {name}")
    (aio.cwd / "SUMS").write_bytes(aio("hash", "-r", "tree").stdout)
    (tree / "changed").write_text("other content")
    (tree / "moved").rename(tree / "sub" / "here")
    (tree / "gone").unlink()
    shutil.copy(tree / "same", tree / "copy")
    (tree / "fresh").write_text("new content")
    return tree


FOUND = """\
tree/changed: changed
tree/same: OK
tree/sub/deep: OK
tree/sub/twice: OK
tree/copy: new, the same as tree/same
tree/fresh: new
tree/sub/here: moved from tree/moved
tree/gone: missing
"""
TOLD = """\
aio hash: WARNING: 1 computed checksum did NOT match
aio hash: audit: 3 matched, 1 changed, 1 moved, 2 new, 1 missing
"""


@pytest.mark.parametrize("operands", [["SUMS"], ["SUMS", "tree"], ["tree", "SUMS"]])
def test_all_that_differs_is_told(aio, tree, operands):
    assert aio("hash", "-c", "--audit", *operands).outcome() == (1, FOUND.encode(), TOLD.encode())


def test_options_of_checking_and_of_trees_apply(aio, tree):
    result = aio("hash", "-c", "--audit", "--quiet", "--ignore-missing", "--exclude", "fresh", "SUMS")
    kept = [
        line for line in FOUND.splitlines(keepends=True) if not line.endswith((": OK\n", "fresh: new\n", "missing\n"))
    ]
    assert (result.status, result.stdout.decode()) == (1, "".join(kept))
    assert aio("hash", "-c", "--audit", "--status", "SUMS").outcome() == (1, b"", b"")


def test_what_is_as_listed_is_a_success(aio, tree):
    (aio.cwd / "SUMS").write_bytes(aio("hash", "-r", "--all", "tree").stdout)
    result = aio("hash", "-c", "--audit", "--quiet", "SUMS")
    assert result.outcome() == (0, b"", b"aio hash: audit: 7 matched, 0 changed, 0 moved, 0 new, 0 missing\n")


@pytest.mark.parametrize("operand", ["", "."])
def test_lists_themselves_are_not_new(aio, operand):
    (aio.cwd / "a").write_text("a")
    made = aio("hash", *(["-r", operand] if operand else ["a"]))
    (aio.cwd / "SUMS").write_bytes(made.stdout)
    os.link(aio.cwd / "a", aio.cwd / "b")
    result = aio("hash", "-c", "--audit", "--quiet", "SUMS")
    prefix = "./" if operand else ""
    assert result.stdout.decode() == f"{prefix}b: new, the same as {prefix}a\n"


def test_equal_files_that_move_each_have_another_source(aio):
    (aio.cwd / "tree").mkdir()
    for name in ("one", "two"):
        (aio.cwd / "tree" / name).touch()
    (aio.cwd / "SUMS").write_bytes(aio("hash", "-r", "-a", "md5,sha1", "tree").stdout)
    for name in ("one", "two"):
        (aio.cwd / "tree" / name).rename(aio.cwd / "tree" / f"{name}2")
    (aio.cwd / "tree" / "third").touch()
    result = aio("hash", "-c", "--audit", "SUMS")
    assert result.stdout == b"tree/one2: moved from tree/one\ntree/third: moved from tree/two\ntree/two2: new\n"


def test_special_files_are_no_news(aio, tree):
    (aio.cwd / "SUMS").write_bytes(aio("hash", "-r", "tree").stdout)
    os.mkfifo(tree / "fifo")
    result = aio("hash", "-c", "--audit", "--quiet", "SUMS")
    assert (result.status, result.stdout) == (0, b"")


def test_a_tree_that_is_gone_is_missing_with_all_in_it(aio, tree):
    shutil.rmtree(tree)
    result = aio("hash", "-c", "--audit", "SUMS")
    assert result.stdout.decode().splitlines() == [
        f"tree/{name}: missing" for name in ("changed", "gone", "moved", "same", "sub/deep", "sub/twice")
    ]
    assert result.stderr == b"aio hash: audit: 0 matched, 0 changed, 0 moved, 0 new, 6 missing\n"


def test_what_is_new_and_cannot_be_read_is_told(aio, tree):
    (aio.cwd / "SUMS").write_bytes(aio("hash", "-r", "tree").stdout)
    (tree / "loop").symlink_to("loop")
    result = aio("hash", "-c", "--audit", "--quiet", "-L", "SUMS")
    assert (result.status, result.stdout) == (1, b"")
    assert result.stderr.startswith(b"aio hash: tree/loop: Too many levels of symbolic links\n")


def test_lists_of_hashdeep_are_audited(aio, tree):
    events = map(json.loads, aio("hash", "--json", "-r", "-a", "md5,sha256", "tree").stdout.splitlines())
    lines = [
        ",".join([str(event["size"]), *event["digests"].values(), str(aio.cwd / event["path"])])
        for event in events
        if event["event"] == "file"
    ]
    lines[:0] = ["%%%% HASHDEEP-1.0", "%%%% size,md5,sha256,filename"]
    (aio.cwd / "known.txt").write_text("\n".join(lines))
    (tree / "fresh").rename(tree / "sub" / "fresh")
    result = aio("hash", "-c", "--audit", "--quiet", "known.txt")
    assert result.stdout.decode() == f"{tree}/sub/fresh: moved from {tree}/fresh\n"


@pytest.mark.parametrize(("listed", "operand"), [("{cwd}/tree", "tree"), ("tree", "{cwd}/tree"), ("tree", "./tree/.")])
def test_names_may_be_absolute_in_the_list_and_relative_in_the_tree(aio, tree, listed, operand):
    (aio.cwd / "SUMS").write_bytes(aio("hash", "-r", listed.format(cwd=aio.cwd)).stdout)
    result = aio("hash", "-c", "--audit", "--quiet", "SUMS", operand.format(cwd=aio.cwd))
    assert result.outcome() == (0, b"", b"aio hash: audit: 7 matched, 0 changed, 0 moved, 0 new, 0 missing\n")


def test_audits_are_told_as_json(aio, tree):
    events = events_of(aio("hash", "-c", "--audit", "--json", "SUMS").stdout)
    found = [(event["path"], event["result"], event.get("other")) for event in events if event["event"] == "check"]
    assert found[3:] == [
        ("tree/sub/twice", "matched", None),
        ("tree/copy", "new", "tree/same"),
        ("tree/fresh", "new", None),
        ("tree/sub/here", "moved", "tree/moved"),
        ("tree/gone", "missing", None),
    ]
