"""The operand loop: no operand is standard input, `-` too; what fails is reported and the rest goes on."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING

from aiocli.core.endpoint import Endpoint
from aiocli.core.errors import BackendUnavailable, OutputError
from aiocli.ui.output import was_closed
from aiocli.ui.report import STDIN_FD

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from aiocli.ui.report import Report

STDIN = "-"


def open_operand(operand: str) -> int:
    """Open a file for reading, or return standard input's descriptor for `-`.

    Raises:
        OSError: with the operand as its file name.
    """
    if operand == STDIN:
        return STDIN_FD
    return os.open(operand, os.O_RDONLY | os.O_CLOEXEC | os.O_NOCTTY)


async def for_each_operand(
    operands: Sequence[str],
    report: Report,
    work: Callable[[Endpoint], Awaitable[None]],
    cannot_open: Callable[[str], str],
    failed: Callable[[str], str],
) -> None:
    """Open each operand, work on it, close it; report what fails and go on.

    Args:
        operands: as given; none means standard input.
        report: takes the messages.
        work: gets the open end; its OSErrors are this operand's failure.
        cannot_open: an operand -> the subject of the message when opening fails.
        failed: an operand -> the subject of the message when the work fails.

    Raises:
        OutputError: the output failed; nothing after it was done.
        BackendUnavailable: the named backend does not work; nothing was done.
    """
    for operand in operands or (STDIN,):
        try:
            fd = open_operand(operand)
        except OSError as error:
            report.failure(cannot_open(operand), error)
            continue
        try:
            await work(Endpoint.of(fd, operand))
        except (OutputError, BackendUnavailable):
            raise
        except OSError as error:
            report.failure(failed(operand), error)
        finally:
            if fd != STDIN_FD:
                os.close(fd)


def report_closed_stdin(operands: Sequence[str], report: Report, subject: str) -> None:
    """Report, as GNU does at its end, that standard input was to be read but is closed."""
    if STDIN in (operands or (STDIN,)) and was_closed(STDIN_FD):
        report.error(f"{subject}: {os.strerror(errno.EBADF)}")
