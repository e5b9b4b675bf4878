"""Generated files and command lines by both programs. AIO_EXAMPLES=2000 in the environment makes it a long run."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.gnu import gnu, gnu_version
from tests.support.program import environment
from tests.support.scripts import long_or_short
from tests.support.warm import Request, WarmPrograms

PIECES = st.sampled_from(
    [b"\n", b"\n\n", b"a\n", b"\0", b"xyz", b"long line " * 20 + b"\n", b"line\n" * 900, b"\xff\xfe\n"]
)
CONTENTS = st.lists(PIECES, max_size=30).map(b"".join)
NUMBERS = st.one_of(
    st.integers(0, 40), st.integers(0, 5000), st.sampled_from([4095, 4096, 4097, 8192, 65536, 2**63, 2**64])
)
SIGNS = st.sampled_from(["", "+", "-"])
FLAGS = st.lists(st.sampled_from(["-q", "-v", "-z", "---presume-input-pipe"]), max_size=2)
OPERANDS = st.lists(st.sampled_from(["a", "b", "-", "missing"]), max_size=3)


@pytest.fixture(scope="module")
def programs():
    if gnu_version() < (9, 10):
        pytest.skip("GNU is older here than what is compared")
    made = WarmPrograms(environment())
    yield made
    made.close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("tail")


@pytest.mark.slow
@pytest.mark.timeout(3600)
@long_or_short(300)
@given(CONTENTS, CONTENTS, CONTENTS, st.sampled_from(["-n", "-c"]), SIGNS, NUMBERS, FLAGS, OPERANDS)
def test_generated_files_end_as_gnu_says(programs, folder, a, b, stdin, unit, sign, number, flags, operands):
    (folder / "a").write_bytes(a)
    (folder / "b").write_bytes(b)
    argv = ("tail", *flags, unit, f"{sign}{number}", *operands)
    ours, theirs = (
        programs.run(Request(argv, executable, str(folder), environment(), stdin=stdin))
        for executable in (None, gnu("tail"))
    )
    assert ours == theirs
