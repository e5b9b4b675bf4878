"""What is said of a work at which width."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from aiocli.ui.progress_text import elide, format_duration, plain_line, screen_lines
from aiocli.ui.progress_view import InFlight, View
from aiocli.ui.quoting import Quoting

MIB = 1024 * 1024
UTF8, ASCII = Quoting(True), Quoting(False)
TREE = View(
    "photos",
    nbytes=700 * MIB,
    files=1204,
    total_bytes=1400 * MIB,
    total_files=5310,
    percent=45,
    rate=310.0 * MIB,
    seconds_left=4.2,
    seconds=3.0,
    in_flight=InFlight("photos/2024/harbour.raw", 60 * MIB, 100 * MIB),
    unwritten=512 * MIB,
)


def shown(view, columns, quoting=UTF8):
    return ["".join(text for text, _ in line) for line in screen_lines(view, columns, quoting, cell_len)]


def test_a_wide_terminal_gets_all():
    assert shown(TREE, 140) == [
        f"photos  {'━' * 18}{'─' * 22}   45%   700 MiB of 1.37 GiB  1204 of 5310 files   310 MiB/s   0:05 left",
        f"  photos/2024/harbour.raw  {'━' * 24}{'─' * 16}   60%    60 MiB of 100 MiB  up to 512 MiB not on disk yet",
    ]


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        (100, ["photos", "45%", "700 MiB of 1.37 GiB", "files", "310 MiB/s", "0:05 left"]),
        (77, ["photos", "45%", "700 MiB of 1.37 GiB", "310 MiB/s", "0:05 left"]),
        (62, ["photos", "45%", "700 MiB of 1.37 GiB", "0:05 left"]),
        (50, ["photos", "45%", "700 MiB of 1.37 GiB"]),
        (22, ["photos", "45%"]),
        (17, ["45%"]),
        (5, ["45%"]),
    ],
)
def test_a_narrow_terminal_gets_what_matters_most(columns, said):
    everything = ("photos", "45%", "700 MiB of 1.37 GiB", "files", "310 MiB/s", "0:05 left")
    line = shown(TREE, columns)[0]
    assert [word for word in everything if word in line] == said


@given(
    st.text(st.characters(codec="utf-8"), max_size=60),
    st.integers(1, 200),
    st.booleans(),
    st.one_of(st.none(), st.integers(0, 100)),
    st.integers(0, 10**15),
    st.floats(0, 1e9),
)
def test_no_line_is_wider_than_the_terminal_nor_obeyed_by_it(name, columns, is_utf8, percent, nbytes, seconds):
    view = View(
        name,
        nbytes=nbytes,
        files=nbytes // 1000,
        total_bytes=None if percent is None else nbytes * 2,
        total_files=None if percent is None else nbytes,
        percent=percent,
        is_counting=percent is None,
        rate=seconds,
        seconds_left=seconds,
        idle_s=seconds,
        in_flight=InFlight(name, nbytes, nbytes + 1),
        unwritten=nbytes,
    )
    for line in shown(view, columns, Quoting(is_utf8)):
        assert cell_len(line) <= columns
        assert all(character.isprintable() or ord(character) >= 0x80 for character in line)


def test_names_lose_their_middle():
    long = "a very long name of a disk image.img"
    assert elide(long, 16, cell_len) == "a very …mage.img"
    assert elide(long, 3, cell_len) == "a…g"
    assert elide(long, 2, cell_len) == "…"
    assert elide(long, 0, cell_len) == ""
    assert elide("short", 5, cell_len) == "short"
    assert cell_len(elide("日本語のファイル名", 9, cell_len)) <= 9


def test_control_characters_in_names_are_quoted():
    assert shown(View("a\x1b[2Jb\n"), 60)[0].startswith(r"'a'$'\033''[2Jb'$'\n'")


def test_other_locales_get_ascii():
    lines = shown(TREE._replace(name="é"), 100, ASCII)
    assert all(line.isascii() for line in lines)
    assert "=====" in lines[0]


def test_while_it_is_counted_there_is_no_share():
    view = View("tree", nbytes=MIB, files=20, is_counting=True, rate=MIB)
    assert shown(view, 100) == ["tree  1 MiB  20 files  counting     1 MiB/s"]
    assert plain_line(view, UTF8) == "tree: 1 MiB, 20 files, counting, 1 MiB/s"


def test_one_file_is_not_counted():
    assert "file" not in plain_line(View("x", MIB, 1, MIB, 1, 100), UTF8)


def test_a_device_that_is_waited_for_is_said():
    view = View("big", 500 * MIB, total_bytes=500 * MIB, percent=100, idle_s=2.0, unwritten=300 * MIB)
    first, second = shown(view, 100)
    assert "/s" not in first
    assert second == "  waiting for the device  up to 300 MiB not on disk yet"


def test_a_stall_in_the_middle_is_said():
    view = View("big", 500 * MIB, total_bytes=900 * MIB, percent=55, idle_s=11.0)
    assert shown(view, 100)[1] == "  nothing moves for 0:11"
    assert len(shown(view._replace(idle_s=2.0), 100)) == 1


def test_a_file_that_is_waited_for_in_a_tree_is_said():
    view = TREE._replace(in_flight=InFlight("photos/big", MIB, MIB), idle_s=1.5)
    assert "waiting for the device" in shown(view, 120)[1]


def test_a_digest_that_is_behind_is_said():
    view = View("disk.img", nbytes=60 * MIB, total_bytes=100 * MIB, percent=60, lagging=("sha3-512", 31))
    assert shown(view, 80)[1] == "  sha3-512 at 31%"
    assert plain_line(view, UTF8).endswith("sha3-512 at 31%")


def test_plain_lines_say_all():
    line = "photos: 700 MiB of 1.37 GiB, 45%, 1204 of 5310 files"
    assert plain_line(TREE, UTF8) == f"{line}, 310 MiB/s, 0:05 left, up to 512 MiB not on disk yet"
    last = f"{line}, 233 MiB/s, in 0:03, up to 512 MiB not on disk yet"
    assert plain_line(TREE, UTF8, is_last=True) == last


def test_durations():
    assert [format_duration(seconds) for seconds in (0, 0.1, 59.6, 61, 3605)] == [
        "0:00",
        "0:00",
        "1:00",
        "1:01",
        "1:00:05",
    ]
