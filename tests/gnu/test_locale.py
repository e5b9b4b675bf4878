"""Whose word the locale is: the user's, and not what Python has set for itself."""

from __future__ import annotations

import subprocess

import pytest

from tests.support.gnu import gnu
from tests.support.program import AIO


@pytest.mark.parametrize(
    "environment",
    [
        {},
        {"LANG": "C"},
        {"LANG": "POSIX"},
        {"LANG": "C.UTF-8"},
        {"LC_CTYPE": "C"},
        {"LC_CTYPE": "C.UTF-8"},
        {"LANG": "C", "LC_CTYPE": "C.UTF-8"},
        {"LANG": "C.UTF-8", "LC_ALL": "C"},
        {"LC_ALL": "C.UTF-8"},
    ],
    ids=str,
)
def test_names_are_shown_as_the_users_locale_has_it(tmp_path, environment):
    (tmp_path / "é’").touch()
    told = [
        subprocess.run(
            [*program, "-v", "é’", "copy"], cwd=tmp_path, env=environment, capture_output=True, check=True
        ).stdout
        for program in ([AIO, "cp"], [gnu("cp")])
    ]
    assert told[0] == told[1]
