"""`aio tail` and GNU tail on the same command lines: status, standard output and standard error."""

from __future__ import annotations

import re

import pytest

from tests.support.gnu import compare, compare_script, gnu, gnu_version
from tests.support.program import environment
from tests.support.resources import DEAD_PID
from tests.support.warm import Request, WarmPrograms

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
    "-n 1 /sys/kernel/profiling",
    "-c 2 /sys/kernel/profiling",
    "-n +1 /sys/kernel/profiling",
    "-c 4 /dev/zero",
    "-n 3 /dev/null",
    "-n +9223372036854775806 lines missing",
    "-n +9223372036854775807 lines missing",
    "-c +9223372036854775806 lines missing",
    "-c +9223372036854775807 lines missing",
    "-v /dev/null lines",
    "---presume-input-pipe -n 2 lines",
    "---presume-input-pipe -c 5 big",
    "---p -n +99 lines",
    "--presume-input-pipe lines",
    "--debug -n1 lines",
    "--d -n1 lines",
    "--s -n1 lines",
    "--sil -n1 lines",
    "--max=3 -n1 lines",
    "--follow=x lines",
    "--follow=nope lines",
    "--follow= lines",
    "-F",
    "-F -",
    "--follow=n lines -",
    "--retry -n1 lines",
    "--pid=1 -n1 lines",
    "--retry --pid=1 --pid=2 -n1 lines missing",
    "-n x --bogus lines",
    "--bogus -n x lines",
    "-n x --nosuch",
    "-s x -n y lines",
    "-n1 -q5 lines",
    "-v5 lines",
    "-l lines",
    "-0 lines",
    "-- lines open",
    "-5 -- lines",
    "-5 --",
    "-5 -",
    "-5 -- lines lines",
    "-5 -n1 lines",
    "lines -5",
    "-1k lines",
    "-5x lines",
    "-5fc lines",
    "-2b big",
    "-b big",
    "-b lines",
    "+ lines",
    "+c lines",
    "+98l lines",
    "+1b big",
    "-99999999999999999999 open",
    "-99999999999999999999b open",
    "+99999999999999999999 open",
    "+99x",
    "+2 open lines",
]


NUMBERS = [
    "--0",
    "--5K",
    "--5x",
    "--",
    "--x",
    "- 5",
    " -5",
    " 5",
    "+ 5",
    " +5",
    "-5 ",
    "1KK",
    "99E",
    "-+",
    "+",
    "--+5",
    "",
]
NUMBERS += [
    "--99999999999999999999999",
    "00012",
    "--1KB",
    "-- 5",
    "- -5",
    "1.5",
    "0x10",
    "1kiB",
    "K",
    "+K",
    "5kx",
    "1R",
    "1Q",
]
VALUES = {
    "-n": NUMBERS,
    "-c": [*NUMBERS, "5b", "1kB"],
    "--pid": [
        "0",
        "-0",
        "1K",
        "2147483647",
        "2147483648",
        "9" * 26,
        " 5",
        "5 ",
        "-5x",
        " -5",
        "1b",
        "-" + "9" * 26,
        "",
    ],
    "--max-unchanged-stats": ["-0", "1K", "9" * 20, "-5", "-5x", " 5", "+5", "", "x"],
    "-s": ["-0", "-0.0", "-1", "", " 5", "5 ", "0x", ".5", "5.", "1e5", "1e-400", "1e400", "infinity", "INF", "INFX"],
    "--sleep-interval": ["nan", "+.5", "1e", "0x1p-3", "0x.8", "0x1p99999", "1_0", "1d", "1,5", "x"],
}


OBSOLETE = re.compile(r"[-+][0-9bcl]*f?( .*)?")
AS_AIO = [
    "lines",
    "-n3 lines",
    "-5 lines",
    "+98 lines",
    "-c 5 lines",
    "-n 2 missing lines folder open",
    "-n x lines",
    "--li=2 lines",
]


class Both:
    """Runs command lines under GNU's program and ours, warm, in a directory that they only read."""

    def __init__(self, folder):
        self.folder = folder
        self.programs = WarmPrograms(environment())
        prepare(folder)

    def __call__(self, *args, **variables):
        ours, theirs = (
            self.programs.run(Request(("tail", *args), executable, str(self.folder), environment(**variables)))
            for executable in (None, gnu("tail"))
        )
        assert ours == theirs, args


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    if gnu_version() < (9, 10):
        pytest.skip("GNU is older here than what is compared")
    made = Both(tmp_path_factory.mktemp("tail"))
    yield made
    made.programs.close()


@pytest.mark.parametrize("command", COMMANDS)
def test_ends_are_gnus(both, command):
    both(*command.split(" "))


@pytest.mark.parametrize("command", AS_AIO)
def test_ends_are_gnus_under_our_own_name(aio, command):
    compare(aio, "tail", *command.split(" "), prepare=prepare)


@pytest.mark.parametrize(
    "command", [*filter(OBSOLETE.fullmatch, COMMANDS), "-", "-c", "- lines", "-c lines", "-x5 lines"]
)
@pytest.mark.parametrize("version", ["199209", "200112", "200809", "x", ""])
def test_old_and_new_command_lines_are_told_apart_by_the_edition_of_posix(both, command, version):
    both(*command.split(" "), _POSIX2_VERSION=version)


@pytest.mark.parametrize("command", ["lines -n1", "-n1 lines -q", "-5 -- lines", "-n1 -- lines -q"])
def test_operands_end_options_where_posix_wants_that(both, command):
    both(*command.split(" "), POSIXLY_CORRECT="1")


@pytest.mark.parametrize(("option", "value"), [(option, value) for option in VALUES for value in VALUES[option]])
def test_values_are_taken_or_refused_as_gnu_does(both, option, value):
    both(option, value, "lines")


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
    "cat lines | tail -f - missing",
    "cat lines | tail -fv",
    "cat big | tail -c +5 -f | tail -c 3",
    "cat big | tail -n 100000 | tail -n +2 | cksum",
    "cat big | tail -z -n 1 | cksum",
    "cat big | tail -c 1000000 | cksum",
    "tail -v -n 1 lines missing folder - open 2>&1 <empty",
    "tail -n 1 folder lines 2>&1",
    "tail missing >&-",
    "tail -n1 missing lines >&- 2>&1",
    "tail -n +5 lines >/dev/full",
    "cat lines | tail >/dev/full",
    "tail -n 0 lines >/dev/full",
    "tail -fq missing >/dev/full",
    "tail <&-",
    "tail -f <&-",
    "tail -f - missing <&-",
    "tail - missing <&- 2>&1",
    "tail -n 2 -",
    f"tail --pid={DEAD_PID} -f lines missing",
    f"tail --pid={DEAD_PID} --pid={DEAD_PID - 1} -n1 -f lines open",
    f"tail --pid={DEAD_PID} -s 100 -n1 -f lines",
    f"tail --pid={DEAD_PID} -F lines missing folder",
    f"tail --pid={DEAD_PID} -f --retry missing folder lines",
    f"tail --pid={DEAD_PID} --debug -n1 -f lines",
    f"tail --pid={DEAD_PID} -n 0 -f lines",
    f"tail --pid={DEAD_PID} -n 1 -vf lines",
    f"tail --pid={DEAD_PID} -n +99999999999999999999 -f lines",
    f"mkfifo fifo; tail --pid={DEAD_PID} -f fifo",
    f"mkfifo fifo; tail --pid={DEAD_PID} -F fifo lines",
    "mkfifo fifo; cat lines >fifo & tail -n 2 fifo",
    "(dd bs=1 count=290 of=/dev/null 2>/dev/null; tail -n 5; dd bs=1 count=0; cat) <lines 2>&1 | head -n 3",
    "(dd bs=1 skip=1000 count=0 2>/dev/null; tail -n 5; tail -c 5; tail -n +1; cat) <lines",
    "(dd bs=1 count=5000 of=/dev/null 2>/dev/null; tail -n 2; tail -c 5) <big",
    "(tail -c 5; tail -c 5) <lines",
    "tail -n 3 lines lines lines",
    "yes | head -c 3000000 | tail -c 2000001 | cksum",
    "tail -c 1 -n 2 lines | cat",
    "POSIXLY_CORRECT=1 tail lines -n1",
    "POSIXLY_CORRECT=1 tail -1 lines",
    "tail -f missing folder",
]


@pytest.mark.parametrize("script", SCRIPTS)
def test_redirections_are_met_as_gnu_does(aio, script):
    # Closed descriptors, processes that end while a FIFO is opened, --debug and lines without limit are newer.
    is_newer = any(part in script for part in ("&-", "fifo; tail --pid", "--debug", "+99999999999999999999"))
    compare_script(aio, "tail", script, prepare=prepare, since=(9, 10) if is_newer else (0, 0))
