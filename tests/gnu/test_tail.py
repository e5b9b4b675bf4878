"""`aio tail` and GNU tail on the same command lines: status, standard output and standard error."""

from __future__ import annotations

import pytest

from tests.support.gnu import compare, compare_script

LINES = b"".join(b"%d\n" % number for number in range(1, 101))


def prepare(folder):
    (folder / "lines").write_bytes(LINES)
    (folder / "open").write_bytes(b"a\nb\nno end")
    (folder / "empty").write_bytes(b"")
    (folder / "blank").write_bytes(b"\n\n\n\n")
    (folder / "nul").write_bytes(b"x\0y\0z")
    (folder / "odd\nname").write_bytes(b"odd\n")
    (folder / "folder").mkdir()
    (folder / "big").write_bytes(b"".join(b"%07d\n" % number for number in range(200_000)))


COMMANDS = [
    "lines",
    "-n 3 lines",
    "-n3 lines",
    "-3 lines",
    "-n +98 lines",
    "+98 lines",
    "-n 0 lines",
    "-n +0 lines",
    "-n -3 lines",
    "-n 1000 lines",
    "-n +1000 lines",
    "-n 99999999999999999999 open",
    "-n +99999999999999999999 open",
    "-c 5 lines",
    "-c +290 lines",
    "-c +0 open",
    "-c 1K big",
    "-c 1kB big",
    "-c 2b big",
    "-c 1MiB big",
    "-c 0 lines",
    "-5c lines",
    "-2l lines",
    "-n 5 -c 3 lines",
    "-c 3 -n 5 lines",
    "-c +5 -n 1 open",
    "-n 1 open empty blank nul",
    "-q -n 1 open blank",
    "-v -n 1 open",
    "-q -v -n 1 open",
    "-v -q open blank",
    "-z -n 1 nul",
    "-zn2 nul",
    "-n 2 missing lines folder open",
    "missing",
    "folder",
    "-n 0 missing",
    "-n 100000 big",
    "-n +199990 big",
    "-n x lines",
    "-c x lines",
    "-n 1z lines",
    "-n",
    "-c",
    "-n +",
    "-n -",
    "--bogus lines",
    "--lines=2 lines",
    "--li=2 lines",
    "--bytes 3 lines",
    "--quiet -n1 lines open",
    "--silent -n1 lines open",
    "-3 lines open",
    "-n 1 -5 lines",
    "-- lines",
    "lines -n 2",
    "/proc/version",
    "-c 5 /proc/version",
    "-n +1 /proc/version",
]


@pytest.mark.parametrize("command", COMMANDS)
def test_ends_are_gnus(aio, command):
    compare(aio, "tail", *command.split(" "), prepare=prepare, since=(9, 10) if "9999" in command else (0, 0))


SCRIPTS = [
    "tail <lines",
    "cat big | tail -n 3",
    "cat big | tail -c 30",
    "cat big | tail -n +199998",
    "cat big | tail -c +1599970",
    "cat lines | tail -n 1 - open",
    "tail -n 2 - <lines",
    "(dd bs=1 count=100 of=/dev/null 2>/dev/null; tail -n 500) <lines",
    "(dd bs=1 count=100 of=/dev/null 2>/dev/null; tail -c 500) <lines",
    "(dd bs=1 count=280 of=/dev/null 2>/dev/null; tail -n +2) <lines",
    "(tail -n 2; cat) <lines",
    "tail -n 1 'odd\nname' missing",
    "tail lines >/dev/full",
    "tail -v lines >/dev/full",
    "tail lines >&-",
    "tail -n 1 lines - <&-; true",
    "printf '' | tail",
    "printf 'x' | tail -n 1",
    "cat lines | tail -f",
    "tail -f missing folder",
]


@pytest.mark.parametrize("script", SCRIPTS)
def test_redirections_are_met_as_gnu_does(aio, script):
    compare_script(aio, "tail", script, prepare=prepare, since=(9, 10) if "&-" in script else (0, 0))
