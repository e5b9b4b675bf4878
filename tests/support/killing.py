"""Processes that are killed in front of each of their calls that change files, one process a call.

What is left behind then is found by trying all moments that differ, and not by chance. For scripts without threads.
"""

from __future__ import annotations

import itertools
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

CHANGING = frozenset(
    {
        *("open", "close", "link", "rename", "replace", "unlink", "ftruncate", "truncate", "posix_fallocate"),
        *("write", "writev", "pwrite", "pwritev", "copy_file_range", "sendfile", "splice"),
        *("fsync", "fdatasync", "chmod", "fchmod", "fchown", "setxattr", "utime"),
    }
)
"""Functions of the module os."""


def killed_at_each_call(work: Callable[[], object], prepare: Callable[[], object]) -> Iterator[str]:
    """Do work in one process after the other, each of which gets one call further; yield where that was killed.

    Args:
        work: the last process does it to its end, which is not told; a failure is raised.
        prepare: called here in front of each.
    """
    for number in itertools.count():
        prepare()
        call = killed_at(work, number)
        if not call:
            return
        yield call


def killed_at(work: Callable[[], object], number: int) -> str:
    """Do work in a process that is killed in front of a call; return its name, "" if there are not so many.

    Args:
        work: what to do.
        number: calls that are let pass.
    """
    told, tell = os.pipe()
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            _kill_at(number, tell)
            work()
            status = 0
        finally:
            os._exit(status)
    os.close(tell)
    with open(told) as names:
        name = names.read()
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    assert status == (-signal.SIGKILL if name else 0), (status, name)
    return name


def count_calls(work: Callable[[], object], prepare: Callable[[], object]) -> int:
    """Count the calls that change files."""
    told, tell = os.pipe()
    prepare()
    pid = os.fork()
    if pid == 0:
        counter = _watch(lambda number, name: None)
        work()
        os.write(tell, b"%d" % next(counter))
        os._exit(0)
    os.close(tell)
    with open(told) as number:
        count = int(number.read())
    os.waitpid(pid, 0)
    return count


def _kill_at(number: int, tell: int) -> None:
    def kill(passed: int, name: str) -> None:
        if passed == number:
            sys.setprofile(None)
            os.write(tell, name.encode())
            os.kill(os.getpid(), signal.SIGKILL)

    _watch(kill)


def _watch(on_call: Callable[[int, str], None]) -> Iterator[int]:
    """Have each call told from now on, with how many there were before it."""
    counter = itertools.count()

    def look(_frame: object, event: str, function: Any) -> None:
        if event == "c_call" and function.__module__ == "posix" and function.__name__ in CHANGING:
            on_call(next(counter), function.__name__)

    threading.setprofile(look)
    sys.setprofile(look)
    return counter
