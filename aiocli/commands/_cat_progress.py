"""When `aio cat` shows progress, and what it knows beforehand."""

from __future__ import annotations

import os
import stat
from contextlib import contextmanager
from typing import TYPE_CHECKING

from aiocli.ui.operands import is_typed
from aiocli.ui.report import STDERR_FD, STDIN, STDIN_FD, STDOUT_FD

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from aiocli.commands._cat_own import OwnOptions
    from aiocli.core.events import OnBytes
    from aiocli.ui.report import Report


LEAST_BYTES = 1024 * 1024
"""Less is written before anything could show, or a signal ask for it."""


@contextmanager
def progress_of(operands: Sequence[str], own: OwnOptions, report: Report) -> Iterator[OnBytes | None]:
    """Show progress as far as it is wanted and disturbs nobody; yield what counts bytes.

    Args:
        operands: none is standard input.
        own: when it is wanted; None is never, nor on SIGUSR1.
        report: names the program.
    """
    operands = operands or (STDIN,)
    total = _total_bytes(operands, own)
    if own.progress is None or (own.progress == "auto" and total is not None and total < LEAST_BYTES):
        yield None
        return
    from aiocli.core.events import Start
    from aiocli.ui.progress import ProgressBar

    when = "never" if own.progress == "auto" and _would_disturb(operands) else own.progress
    with ProgressBar(report, when) as progress:
        progress(Start(operands[0] if len(operands) == 1 else "total", total))
        yield progress.advance


def _would_disturb(operands: Sequence[str]) -> bool:
    """Tell whether a bar may come between what others show on the terminal, or somebody types there.

    Whoever reads a pipe may be a pager, for all that is known.
    """
    if not os.isatty(STDERR_FD):
        return False  # nothing is shown there by itself
    is_pipe = stat.S_ISFIFO(os.fstat(STDOUT_FD).st_mode)
    return is_pipe or os.isatty(STDOUT_FD) or is_typed(operands)


def _total_bytes(operands: Sequence[str], own: OwnOptions) -> int | None:
    """Add up what will be read of the operands; None where that cannot be known."""
    span = own.span
    if span is not None and (span.is_lines or own.decompresses):
        return None
    total = 0
    for operand in operands:
        try:
            facts = os.fstat(STDIN_FD) if operand == STDIN else os.stat(operand)
        except OSError:
            continue  # it will be reported
        if not stat.S_ISREG(facts.st_mode) or facts.st_size == 0:
            return None
        total += facts.st_size if span is None else span.length_in(facts.st_size)
    return total
