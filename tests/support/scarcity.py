"""Running programs that may have few processes and threads, or none beside themselves (RLIMIT_NPROC)."""

from __future__ import annotations

import os
import shutil
import subprocess
from functools import cache
from itertools import count

import pytest

from tests.support.program import AIO

_FIRST_UID = 100_000_000
_UIDS_OF_A_PROCESS = 400
_numbers = count()


def limited(nproc: int) -> tuple[str, ...]:
    """Return what to put in front of a command that may have so many processes and threads, itself among them.

    The limit is a user's and not root's: the command runs as one of whom there is no other process, nor what another
    left to the kernel. Without root's power to do that, it runs as who we are, and can have no other at all.
    """
    prlimit = shutil.which("prlimit")
    if prlimit is None:
        pytest.skip("there is no prlimit")
    prefix = (prlimit, f"--nproc={nproc}")
    if os.geteuid() != 0:
        return prefix
    if not _can_be_anybody():
        pytest.skip("there is no setpriv, or nobody else than root may run the installed aio")
    uid = _FIRST_UID + os.getpid() * _UIDS_OF_A_PROCESS + next(_numbers) % _UIDS_OF_A_PROCESS
    return (*prefix, *_as_user(uid))


def _as_user(uid: int) -> tuple[str, ...]:
    return ("setpriv", f"--reuid={uid}", "--regid=65534", "--clear-groups")


@cache
def _can_be_anybody() -> bool:
    if shutil.which("setpriv") is None:
        return False
    program = [*_as_user(_FIRST_UID), os.fspath(AIO), "--version"]
    return subprocess.run(program, capture_output=True, check=False).returncode == 0
