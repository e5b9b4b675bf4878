"""Figures of a work, with clocks that the tests move."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiocli.core.events import Digesting, Expected, File, Progress, Skipped, Start
from aiocli.ui.progress_meter import BIG_BYTES, FILE_BYTES, Meter, Pace

MIB = 1024 * 1024


def run(meter, seconds, rate, *, start=0.0, step=0.1):
    """Let bytes move at a rate, looking every tenth of a second; return the views."""
    views = []
    for tick in range(1, round(seconds / step) + 1):
        meter.lanes[0].advance(round(rate * step))
        views.append(meter.view(start + tick * step))
    return views


def test_share_rate_and_time_left_of_a_steady_copy():
    meter = Meter(Start("file", 1000 * MIB), 0.0)
    last = run(meter, 5, 100 * MIB)[-1]
    assert last.percent == 50
    assert last.rate == pytest.approx(100 * MIB, rel=0.01)
    assert last.seconds_left == pytest.approx(5, abs=0.2)
    assert last.nbytes == 500 * MIB


def test_nothing_is_said_of_a_total_until_it_is_known():
    meter = Meter(Start("tree"), 0.0)
    meter.take(Progress(MIB, 3))
    view = meter.view(1.0)
    assert (view.percent, view.seconds_left, view.total_bytes, view.is_counting) == (None, None, None, False)
    meter.take(Expected(2 * MIB, 6, is_final=False))
    view = meter.view(2.0)
    assert (view.percent, view.total_files, view.is_counting) == (None, None, True)
    meter.take(Expected(4 * MIB, 12))
    view = meter.view(3.0)
    assert (view.percent, view.total_files, view.is_counting) == (25, 12, False)
    assert view.seconds_left is not None


@given(
    st.integers(0, 10**12),
    st.integers(0, 10**6),
    st.lists(st.tuples(st.integers(0, 10**12), st.integers(0, 1000), st.floats(0, 100)), max_size=8),
)
def test_wrong_totals_give_neither_more_than_all_nor_negative_times(nbytes, files, moves):
    meter = Meter(Start("tree", nbytes, files), 0.0)
    now = 0.0
    for moved, done, seconds in moves:
        meter.take(Progress(moved, done))
        now += seconds
        view = meter.view(now)
        assert 0 <= view.percent <= 100
        assert view.nbytes <= view.total_bytes
        assert view.files <= view.total_files
        assert view.seconds_left is None or view.seconds_left >= 0
        assert view.rate >= 0


def test_an_empty_work_is_done():
    assert Meter(Start("file", 0, 1), 0.0).view(1.0).percent == 100


def test_a_burst_does_not_make_the_time_left_jump():
    meter = Meter(Start("file", 100_000 * MIB), 0.0)
    before = run(meter, 60, 100 * MIB)[-1]
    after = run(meter, 0.2, 1000 * MIB, start=60)[-1]
    assert after.seconds_left > before.seconds_left * 0.9


def test_the_time_left_runs_down_with_the_clock_and_never_more_than_a_little_up():
    meter = Meter(Start("file", 1000 * MIB), 0.0)
    left = [view.seconds_left for view in run(meter, 8, 100 * MIB)]
    assert all(later <= earlier + 0.2 for earlier, later in pairwise(left[5:]))


def test_a_stall_is_told_and_lowers_the_rate_slowly():
    meter = Meter(Start("file", 1000 * MIB), 0.0)
    moving = run(meter, 5, 100 * MIB)[-1]
    stalled = run(meter, 3, 0, start=5)[-1]
    assert stalled.idle_s == pytest.approx(3, abs=0.2)
    assert moving.rate / 4 < stalled.rate < moving.rate
    assert moving.idle_s == 0


def test_files_count_in_the_share_of_a_tree():
    meter = Meter(Start("tree", 0, 10), 0.0)
    meter.take(Progress(0, 5))
    assert meter.view(1.0).percent == 50
    meter = Meter(Start("tree", 10 * FILE_BYTES, 10), 0.0)
    meter.take(Progress(10 * FILE_BYTES, 1))
    assert meter.view(1.0).percent == 55


def test_holes_count_as_done_when_the_file_is_but_not_for_the_rate():
    meter = Meter(Start("dir", 20 * MIB, 2), 0.0)
    meter.take(File("sparse", "d/sparse", 10 * MIB))
    meter.lanes[0].advance(MIB)
    assert meter.view(1.0).nbytes == MIB
    meter.take(File("next", "d/next", 10 * MIB))
    view = meter.view(2.0)
    assert (view.nbytes, view.files) == (10 * MIB, 1)
    assert view.rate < MIB
    meter.settle()
    assert meter.view(3.0).nbytes == 20 * MIB


def test_what_is_passed_over_counts_as_done():
    meter = Meter(Start("tree", 4 * MIB, 2), 0.0)
    meter.take(Skipped("d/old", 2 * MIB))
    view = meter.view(1.0)
    assert (view.nbytes, view.files, view.percent) == (2 * MIB, 1, 50)


def test_links_and_directories_are_no_files():
    meter = Meter(Start("tree", 0, 1), 0.0)
    meter.take(File("tree", "copy", is_data=False))
    meter.take(File("tree/link", "copy/link", 7, is_data=False))
    meter.settle()
    assert meter.view(1.0).files == meter.view(1.0).nbytes == 0


def test_a_big_file_among_others_is_told_while_it_is_in_flight():
    meter = Meter(Start("tree", 10 * BIG_BYTES, 3), 0.0)
    meter.take(File("tree/small", "copy/small", MIB))
    assert meter.view(1.0).in_flight is None
    meter.take(File("tree/big", "copy/big", BIG_BYTES))
    meter.lanes[0].advance(MIB)
    assert meter.view(2.0).in_flight == ("tree/big", MIB, BIG_BYTES)
    meter.take(Progress(MIB, 1))  # others are done, so it is, too
    assert meter.view(3.0).in_flight is None


def test_a_work_that_is_one_big_file_is_told_once():
    meter = Meter(Start("big", BIG_BYTES, 1), 0.0)
    meter.take(File("big", "copy", BIG_BYTES))
    assert meter.view(1.0).in_flight is None


def test_copiers_beside_each_other_do_not_confuse_their_files():
    meter = Meter(Start("file", 10 * MIB), 0.0, copies=2)
    lanes = [meter.lane(), meter.lane()]
    for lane in lanes:
        lane.take(File("file", "somewhere", 10 * MIB))
    for lane in lanes:
        lane.advance(5 * MIB)
    view = meter.view(1.0)
    assert (view.nbytes, view.total_bytes, view.percent) == (10 * MIB, 20 * MIB, 50)


def test_more_than_was_copied_is_never_unwritten():
    meter = Meter(Start("file", 10 * MIB), 0.0)
    meter.lanes[0].advance(MIB)
    assert meter.view(1.0, unwritten=100 * MIB).unwritten == MIB


def test_the_first_rate_is_the_average():
    assert Pace().add(100, 4.0) == 25
    assert Pace().add(0, 0.0) == 0


def test_a_digest_that_is_behind_the_others_is_told_until_the_next_file():
    meter = Meter(Start("tree", 200 * MIB), 0.0)
    for slow, told in ((100, None), (91, None), (90, ("md5", 90)), (0, ("md5", 0))):
        meter.take(Digesting("a", 100 * MIB, (("sha1", 100 * MIB), ("md5", slow * MIB))))
        assert meter.view(1.0).lagging == told
    meter.take(File("b", ""))
    assert meter.view(2.0).lagging is None
    meter.take(Digesting("b", 0, (("sha1", MIB), ("md5", 0))))
    assert meter.view(3.0).lagging is None


def test_what_only_reads_leaves_nothing_to_be_written():
    views = []
    for start in (Start("a"), Start("a", is_reading=True)):
        meter = Meter(start, 0.0)
        meter.take(Progress(MIB))
        views.append(meter.view(1.0, unwritten=MIB).unwritten)
    assert views == [MIB, 0]
