"""Running programs without root's power to open everything."""

from __future__ import annotations

import os
import shutil
import subprocess
from functools import cache

import pytest

from tests.support.program import AIO

NOBODY = 65534


def unprivileged() -> tuple[str, ...]:
    """Return what to put in front of a command so that permissions hold for it; skip if there is no way."""
    prefix, problem = _unprivileged()
    if problem:
        pytest.skip(problem)
    return prefix


@cache
def _unprivileged() -> tuple[tuple[str, ...], str]:
    if os.geteuid() != 0:
        return (), ""
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        return (), "runs as root, and there is no setpriv to give that up"
    prefix = (setpriv, f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups")
    done = subprocess.run([*prefix, os.fspath(AIO), "--version"], capture_output=True, check=False)
    return prefix, "nobody else than root may run the installed aio" if done.returncode else ""
