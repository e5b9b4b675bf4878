"""Generated trees and command lines by both programs. AIO_EXAMPLES=2000 in the environment makes it a long run."""

from __future__ import annotations

import pytest
from hypothesis import given

from tests.support.scripts import cp_scripts, long_or_short


@pytest.mark.slow
@pytest.mark.timeout(3600)
@long_or_short(150)
@given(script=cp_scripts())
def test_generated_trees_are_copied_as_gnu_does(cp_same, script):
    cp_same(script)
