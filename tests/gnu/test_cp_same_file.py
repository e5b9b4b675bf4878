"""Copies of files to themselves under other names, by both programs: every kind of name, under options that matter."""

from __future__ import annotations

import itertools
import os

import pytest

from tests.support.duel import lines_of

PREPARE = """
    mkdir d e; echo f > f; ln f hard; ln -s f soft; ln -s ./f soft2; ln -s soft chain; ln hard d/hard; ln -s ../f
    d/soft; ln soft d/softhard; ln -s nowhere dangling; ln -s loop loop; ln -s d dlink; echo other > other
"""

NAMES = (
    "f",
    "hard",
    "soft",
    "soft2",
    "chain",
    "d/hard",
    "d/soft",
    "d/softhard",
    "dangling",
    "loop",
    "d",
    "dlink",
    "new",
)

OPTIONS = """
    -- | -f | -b | -fb | --remove-destination | --remove-destination -b | -l | -lf | -lb | -s | -sf | -sb | -d |
    -df | -db | -dl | -P | -Pf | -P --remove-destination | -L | -n | -u | -r | -rL | -rH | -rl | -rlf | -rs | -a |
    -ab | -al | -af | -p | --attributes-only | --update=none-fail | -rbf | -ls | -fn | -H | -Hl | -Ll | -lP | -T |
    -lfb | -sfb | --backup=numbered -f | -du | -dn
"""

PAIRS = tuple(itertools.product(NAMES[:-1], NAMES))
EVERY = 1 if os.environ.get("AIO_EXAMPLES") else 20
"""Of so many pairs one is tried under each options, another one under the next: all of them in long runs."""


@pytest.mark.slow
@pytest.mark.parametrize(("number", "options"), [*enumerate(" ".join(OPTIONS.split()).split(" | "))])
def test_names_of_one_file_are_met_as_gnu_does(cp_same, number, options):
    for source, target in PAIRS[number % EVERY :: EVERY]:
        if options != "-rL" or (source, target) != ("dlink", "d"):  # GNU goes down for ever
            cp_same(f"{PREPARE}; cp -v {options} {source} {target}")


LINES = """
    cp f f
    cp f ./f
    cp f hard
    cp -f f hard
    cp -f f f
    cp -bf f f
    cp -vbf f f
    cp --backup=numbered -fv f f
    cp -bf f ./f
    cp -bf f $PWD/f
    cp -bf f hard
    cp -bf soft f
    cp -bf f soft
    cp -bf d d
    cp -rbf d d
    cp -bf nope nope
    cp -f -S.x f f
    cp -b f f
    cp -bfT f f
    cp -bf f f d
    cp -bft . f
    cp -bf f .
    cp f d/.
    cp -l f hard
    cp -l f f
    cp -l soft f
    cp -lP soft soft2
    cp -lf f hard
    cp -lv hard f
    cp -s f f
    cp -sf f f
    cp -sf f hard
    cp -sf soft f
    cp -sfb f f
    cp -d soft f
    cp -df soft f
    cp -d f soft
    cp -d soft d/softhard
    cp -df soft d/softhard
    cp --remove-destination f f
    cp --remove-destination f hard
    cp --remove-destination f soft
    cp --remove-destination soft f
    cp --remove-destination -P soft f
    cp f hard soft d
    cp -a f hard d
    cp -a f hard e; cp -a f hard e
    cp -a hard f e; cp -a f hard e
    cp -al f hard e; cp -al f hard e
    cp -n f f; cp -u f f; cp --update=none-fail f f
    cp -r d d
    cp -r d .
    cp -rT d .
    cp -rT d dlink
    cp -r dlink d
    cp -rT dlink d
    cp -rTf dlink d
    cp -rLT dlink d
    cp -rT . d
    cp -a d/. d
    cp -a d/. .
    cp --parents f .
    cp --parents d/hard .
    cp -b --parents d/hard .
    cp -bf --parents d/hard .
    cp -b f~ f
    echo b > f~; cp -b f~ f
    echo b > f~; cp -bf f~ f
    echo b > f~; cp -b d/hard f~; cp -b f~ f~
    echo b > f~; ln f~ f~hard; cp -b f~hard f
    echo b > f~; ln -s f~ f~soft; cp -b f~soft f
    echo b > f.~1~; cp --backup=numbered f.~1~ f; cp --backup=existing f.~1~ f
    echo b > f.x; cp -S.x f.x f
    mkdir d/f; cp -rbT d/f d; cp -b f d/f~
"""


@pytest.mark.parametrize("line", lines_of(LINES))
def test_a_file_is_told_from_its_copy_as_gnu_does(cp_same, line):
    cp_same(f"{PREPARE}; {line}")
