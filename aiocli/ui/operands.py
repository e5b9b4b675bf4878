"""The operand loop: no operand is standard input, `-` too; what fails is reported and the rest goes on."""

from __future__ import annotations

import errno
import os
import stat
from contextlib import suppress
from typing import TYPE_CHECKING

from aiocli.core.endpoint import Endpoint
from aiocli.core.errors import BackendUnavailable, OutputError
from aiocli.ui.output import was_closed
from aiocli.ui.report import STDIN, STDIN_FD

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from aiocli.ui.report import Report


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
    on_failure: Callable[[str, OSError], None] | None = None,
) -> None:
    """Open each operand, work on it, close it; report what fails and go on.

    Args:
        operands: as given; none means standard input.
        report: takes the messages.
        work: gets the open end; its OSErrors are this operand's failure.
        cannot_open: an operand -> the subject of the message when opening fails.
        failed: an operand -> the subject of the message when the work fails.
        on_failure: told of operands that failed, behind the message.

    Raises:
        OutputError: the output failed; nothing after it was done.
        BackendUnavailable: the named backend does not work; nothing was done.
    """
    for operand in operands or (STDIN,):
        try:
            fd = open_operand(operand)
        except OSError as error:
            report.failure(cannot_open(operand), error)
            if on_failure is not None:
                on_failure(operand, error)
            continue
        try:
            await work(Endpoint.of(fd, operand))
        except (OutputError, BackendUnavailable):
            raise
        except OSError as error:
            report.failure(failed(operand), error)
            if on_failure is not None:
                on_failure(operand, error)
        finally:
            if fd != STDIN_FD:
                os.close(fd)


def bytes_behind(operands: Sequence[str], enough: int) -> tuple[dict[str, int], int]:
    """Tell how many bytes come behind operands, for the last of them, up to which there are enough.

    Args:
        operands: as given; what is no file that can be read has no bytes.
        enough: more are not counted.

    Returns:
        Bytes behind each of these operands, and behind all others at least.
    """
    behind: dict[str, int] = {}
    total = 0
    for operand in reversed(operands):
        if total >= enough:
            break
        behind.setdefault(operand, total)
        if operand == STDIN:
            continue
        with suppress(OSError):
            facts = os.stat(operand)
            if stat.S_ISREG(facts.st_mode) and os.access(operand, os.R_OK):
                total += facts.st_size
    return behind, total


def is_typed(operands: Sequence[str]) -> bool:
    """Tell whether somebody types standard input that is read: a bar would come between."""
    return STDIN in (operands or (STDIN,)) and os.isatty(STDIN_FD)


def report_closed_stdin(operands: Sequence[str], report: Report, subject: str) -> None:
    """Report, as GNU does at its end, that standard input was to be read but is closed."""
    if STDIN in (operands or (STDIN,)) and was_closed(STDIN_FD):
        report.error(f"{subject}: {os.strerror(errno.EBADF)}")
