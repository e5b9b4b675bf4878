"""Work that is interrupted at each line of Python code that it runs, the standard library's too, one process a line.

As a signal's handler would: what can go wrong by that is found by trying all moments, and not by chance.
"""

from __future__ import annotations

import itertools
import os
import select
import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from types import CodeType, FrameType
from typing import Any

from aiocli.core.interruption import raise_dropped, raise_from_handler
from tests.support.resources import WAIT_S

_INTERRUPTED, _FAILED = 3, 4


def outcomes(work: Callable[[], object]) -> Iterator[tuple[str, str]]:
    """Do work in one process after the other, each of which gets one line further before it is interrupted.

    Yields:
        The line, and how that process ended: "interrupted", "done", or what it said of another end.
    """
    for number in itertools.count():
        line, end = outcome_at(work, number)
        if not line:
            assert end == "done", end
            return
        yield line, end


def outcome_at(work: Callable[[], object], number: int) -> tuple[str, str]:
    """Do work in a process that is interrupted behind so many lines; a line of "" was never reached."""
    read_fd, write_fd = os.pipe()
    pid = os.fork()
    if pid == 0:
        _run(work, number, write_fd)
    os.close(write_fd)
    pidfd = os.pidfd_open(pid)
    try:
        is_over = bool(select.select([pidfd], [], [], WAIT_S)[0])
        if not is_over:
            os.kill(pid, signal.SIGKILL)
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    finally:
        os.close(pidfd)
    with open(read_fd) as told:
        line, _, said = told.read().partition("\n")
    if not is_over:
        return line, "hangs"
    return line, said or {0: "done", _INTERRUPTED: "interrupted"}.get(status, f"status {status}")


def _run(work: Callable[[], object], number: int, tell: int) -> None:
    """In the process: whatever it says on standard error is told, too."""
    status = _FAILED
    try:
        os.dup2(tell, 2)
        sys.stderr = open(2, "w", closefd=False)  # noqa: SIM115 # until the process ends
        sys.unraisablehook = raise_dropped
        _interrupt_at(number, tell)
        work()
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGALRM})  # what was put off comes now, or not at all
        status = 0
    except KeyboardInterrupt:
        status = _INTERRUPTED
    except BaseException:
        traceback.print_exc()
    finally:
        sys.settrace(None)
        sys.stderr.flush()
        os._exit(status)


def _interrupt_at(number: int, tell: int) -> None:
    counter, own = itertools.count(), os.getpid()
    seen: set[tuple[CodeType, int]] = set()  # later times are much as the first

    def look(frame: FrameType, event: str, _arg: object) -> Any:
        place = frame.f_code, frame.f_lineno
        if event != "line" or os.getpid() != own or place in seen:
            return look
        seen.add(place)
        if next(counter) == number:
            sys.settrace(None)
            os.write(tell, f"{frame.f_code.co_filename}:{frame.f_lineno} {frame.f_code.co_name}\n".encode())
            raise_from_handler(KeyboardInterrupt(), frame)
        return look

    sys.settrace(look)
