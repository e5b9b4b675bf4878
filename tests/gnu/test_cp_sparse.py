"""Holes by both programs: equal bytes and sizes, and no more room taken than by GNU's, on disk and in memory."""

from __future__ import annotations

import pytest

from tests.support.trees import allocated_bytes

MODES = ("", "--sparse=auto", "--sparse=always", "--sparse=never", "--reflink=never", "--reflink=never --sparse=always")
LETTERS = {"data": "x", "zeros": "zero"}

LAYOUTS = {
    "empty": "",
    "one byte": "1 data",
    "data": "300000 data",
    "hole": "1000000 hole",
    "odd hole": "1000001 hole",
    "zeros": "1000000 zeros",
    "odd zeros": "70001 zeros",
    "hole first": "1000000 hole, 5000 data",
    "hole last": "5000 data, 1000000 hole",
    "hole between": "4096 data, 1048576 hole, 4096 data",
    "odd hole between": "5000 data, 1234567 hole, 777 data",
    "zeros first": "200000 zeros, 10 data",
    "zeros last": "10 data, 200000 zeros",
    "zeros between": "65536 data, 262144 zeros, 65536 data",
    "few zeros": "1000 data, 3000 zeros, 1000 data",
    "zeros and hole": "4096 data, 131072 zeros, 1048576 hole, 131072 zeros, 1 data",
    "many holes": "4096 data, 65536 hole, 4096 data, 65536 hole, 4096 data, 65536 hole, 4096 zeros, 65536 hole, 1 data",
    "far": "1 data, 5000000000 hole, 1 data",
}


def script_of(layout, name="f"):
    """Turn `4096 data, 10 hole` into steps that make such a file."""
    offset, steps = 0, [f"fill {name} 0 0 x"]
    for part in layout.split(", ") if layout else ():
        length, kind = part.split()
        if kind in LETTERS:
            steps.append(f"fill {name} {offset} {length} {LETTERS[kind]}")
        offset += int(length)
    return "; ".join([*steps, f"truncate -s {offset} {name}"])


def sizes_of(folder):
    return {path.name: allocated_bytes(path) for path in folder.iterdir() if path.is_file() and path.name != "f"}


@pytest.mark.parametrize("place", ["disk", "memory"])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_holes_take_no_more_room_than_gnus(duel, tmp_path, place, layout):
    tmp_path.chmod(0o755)
    lines = [f"cp {mode} f new{number}" for number, mode in enumerate(MODES)]
    if place == "memory":
        lines = [f"fill old{number} 0 99999 o; cp {mode} f old{number}" for number, mode in enumerate(MODES)]
    folder = tmp_path if place == "disk" else None
    if layout == "far":
        lines = ["cp f new", "cp --sparse=always f new2"]
    ours, theirs = duel.fight("; ".join([script_of(LAYOUTS[layout]), *lines]), folder=folder, look=sizes_of)
    for name, size in ours.seen.items():
        assert size <= theirs.seen[name], name


@pytest.mark.parametrize("mode", MODES)
def test_holes_in_trees_and_attributes_are_kept_as_gnu_does(cp_same, mode):
    make = script_of(LAYOUTS["odd hole between"], "d/f") + "; " + script_of(LAYOUTS["zeros and hole"], "d/g")
    cp_same(f"mkdir d; {make}; ln d/f d/h; cp -rv {mode} d new; cp -av {mode} d new; cp -a {mode} d new2")
