"""What a count finds, and when it ends."""

from __future__ import annotations

import os
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import pytest

from aiocli.engines.copy import count
from aiocli.engines.copy.count import Count, Folder, count_operands, count_some
from aiocli.engines.copy.rules import CopyRules, Dereference
from aiocli.engines.selection import Pattern
from tests.support.resources import open_fds, opened_since, wait_until
from tests.support.tmpfs import tiny_tmpfs

RULES = CopyRules(is_recursive=True, dereference=Dereference.NEVER, reads_special=False)


@pytest.fixture
def tree(tmp_path):
    """Seven bytes in three files, with links, a FIFO and an empty directory."""
    root = tmp_path / "tree"
    (root / "sub/deep").mkdir(parents=True)
    (root / "empty").mkdir()
    (root / "one").write_text("1")
    (root / "sub/two").write_text("22")
    (root / "sub/deep/four.o").write_text("4444")
    (root / "link").symlink_to("one")
    (root / "up").symlink_to("..")
    os.mkfifo(root / "pipe")
    return root


def total(sources, rules=RULES):
    """Count all; return bytes and files."""
    counted = count_operands([str(source) for source in sources], rules)
    nbytes, files, rest = counted.nbytes, counted.files, counted.rest
    while rest:
        counted = count_some(rest, rules)
        nbytes, files, rest = nbytes + counted.nbytes, files + counted.files, counted.rest
    return nbytes, files


def test_regular_files_are_counted_and_no_link_is_followed(tree):
    assert total([tree]) == (7, 3)
    assert total([tree / "one", tree / "sub", tree / "link"]) == (7, 3)


def test_links_are_followed_where_the_copy_follows_them_and_loops_end(tree):
    rules = RULES._replace(dereference=Dereference.ALWAYS)
    assert total([tree / "sub"], rules) == (6, 2)
    (tree / "up").unlink()
    assert total([tree], rules) == (8, 4)
    (tree / "sub/deep/back").symlink_to("../..")
    assert total([tree], rules) == (8, 4)


def test_an_operand_that_is_a_link_is_followed_with_h(tree, tmp_path):
    (tmp_path / "there").symlink_to(tree)
    assert total([tmp_path / "there"], RULES._replace(dereference=Dereference.OPERANDS)) == (7, 3)
    assert total([tmp_path / "there"]) == (0, 0)


def test_what_is_left_out_is_not_counted(tree):
    assert total([tree], RULES._replace(patterns=(Pattern("*.o"),))) == (3, 2)
    assert total([tree], RULES._replace(patterns=(Pattern("/sub/"),))) == (1, 1)


def test_directories_are_no_work_without_r(tree):
    assert total([tree, tree / "one"], RULES._replace(is_recursive=False)) == (1, 1)


@pytest.mark.skipif(os.geteuid() != 0, reason="mounts")
def test_other_file_systems_are_left_out_where_the_copy_leaves_them_out(tree):
    with tiny_tmpfs(tree / "mounted", 65536) as mounted:
        (mounted / "file").write_text("x")
        assert total([tree]) == (8, 4)
        assert total([tree], RULES._replace(stays_on_filesystem=True)) == (7, 3)


def test_what_cannot_be_read_is_left_out(tree):
    folders = [Folder(str(tree)), Folder(str(tree / "missing")), Folder(str(tree / "up"))]
    assert count_some(folders, RULES) == (7, 3, (), True)
    assert total([tree / "missing", tree]) == (7, 3)


def test_a_total_is_unknown_where_a_pipe_is_read(tree):
    assert not count_operands([str(tree / "pipe")], RULES._replace(reads_special=True)).is_known
    assert count_operands([str(tree / "pipe")], RULES).is_known


def test_units_are_short_and_hold_nothing_open(tree, monkeypatch):
    monkeypatch.setattr(count, "UNIT_ENTRIES", 1)
    before = open_fds()
    assert len(count_some([Folder(str(tree))], RULES).rest) == 2
    assert total([tree]) == (7, 3)
    assert not opened_since(before)


@pytest.mark.parametrize("make", [None, ThreadPoolExecutor, ProcessPoolExecutor])
def test_a_count_beside_the_copy_tells_growing_totals_and_the_end(tree, monkeypatch, make):
    monkeypatch.setattr(count, "UNIT_ENTRIES", 1)
    told = []
    pool = make(1) if make is not None else None
    try:
        Count([str(tree)], RULES, lambda *counted: told.append(counted), pool).start()
        wait_until(lambda: told and told[-1][2])
    finally:
        if pool is not None:
            pool.shutdown()
    assert told[-1] == (7, 3, True)
    assert told == sorted(told)
    assert told[0] == (0, 0, False)


def test_a_count_that_is_stopped_tells_nothing_and_asks_for_no_more(tree):
    told = []
    with ThreadPoolExecutor(1) as pool:
        counting = Count([str(tree)], RULES, lambda *counted: told.append(counted), pool)
        counting.stop()
        counting.start()
    assert told == []


def test_an_executor_that_takes_no_more_ends_the_count(tree):
    pool = ThreadPoolExecutor(1)
    pool.shutdown()
    told = []
    Count([str(tree)], RULES, lambda *counted: told.append(counted), pool).start()
    assert told == [(0, 0, False)]
