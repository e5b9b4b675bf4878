"""Running programs under strace: to see their system calls, or to let some fail."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from contextlib import suppress
from functools import cache

import pytest

from tests.support.program import Result, Started, environment
from tests.support.resources import wait_until

READS = "/^p?read(v2?|64)?$"
"""The calls that read, as strace names several at once."""


@cache
def _is_able():
    """Tell whether processes can be traced here, and their system calls changed."""
    program = shutil.which("strace")
    if program is None:
        return False
    probe = [program, "-qq", "-o", "/dev/null", "-e", "inject=getppid:error=EIO", "true"]
    return subprocess.run(probe, capture_output=True, check=False).returncode == 0


def strace(*options):
    """Return what to put in front of a command; skip where processes cannot be traced."""
    if not _is_able():
        pytest.skip("strace does not work here")
    return ("strace", "-f", "-qq", *options)


def injecting(fault, path=None):
    """Return what to put in front of a command to inject a fault, such as "read:error=EIO:when=2".

    With a path, only calls on that file are counted and changed.
    """
    only = ("-P", os.fspath(path)) if path is not None else ()
    return strace("-o", "/dev/null", *only, "-e", f"inject={fault}")


def changed_meanwhile(path, change, *command):
    """Run a command in a file's directory, and change the file when its first bytes have been read.

    The command is stopped there until that is done.
    """
    cwd, calls = path.parent, path.with_name("calls")
    stopping = strace("-o", os.fspath(calls), "-P", os.fspath(path), "-e", f"inject={READS}:signal=SIGSTOP:when=1")
    with Started(
        [*stopping, *command], cwd=cwd, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        wait_until(lambda: calls.exists() and "stopped by SIGSTOP" in calls.read_text())
        change()
        pid = int(calls.read_text().split()[0])

        def has_ended():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)  # each of its threads is stopped once
            return process.poll() is not None

        wait_until(has_ended)
        out, err = process.communicate()
    return Result(tuple(map(os.fspath, command)), cwd, process.returncode, out, err)
