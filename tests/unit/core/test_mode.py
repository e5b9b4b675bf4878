"""Mode strings."""

import os

import pytest

from aiocli.core.mode import parse_mode

MODES = ["r", "w", "a", "x", "r+", "w+", "a+", "x+"]


@pytest.mark.parametrize("mode", [*MODES, *(mode + "b" for mode in MODES), "rt", "+wb", "bx+"])
def test_modes_open_as_the_builtin_does(mode, tmp_path):
    parsed = parse_mode(mode)
    path = tmp_path / "data"
    if "x" not in mode:
        path.write_bytes(b"content")
    with open(path, mode) as file:
        assert parsed.readable == file.readable()
        assert parsed.writable == file.writable()
        assert parsed.binary == ("b" in mode)
        assert parsed.appending == ("a" in mode)
        assert parsed.created == ("x" in mode)
        assert parsed.plus == ("+" in mode)
    assert set(parsed.letters) == set(mode) - {"t"}
    assert parsed.flags & os.O_ACCMODE == (os.O_RDWR if "+" in mode else os.O_RDONLY if "r" in mode else os.O_WRONLY)


@pytest.mark.parametrize("mode", ["", "rw", "ra", "b", "+", "r++", "rr", "rbt", "q", "rU", "wax"])
def test_bad_modes_are_refused(mode):
    with pytest.raises(ValueError, match="Bad mode"):
        parse_mode(mode)
