"""Runs a command's coroutine and turns what ends it into a message and a status."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING, Any

from aiocli.core.errors import BackendUnavailable, OutputError
from aiocli.core.interruption import interruption_behind
from aiocli.core.loop import drive
from aiocli.ui.quoting import Quoting
from aiocli.ui.report import Report

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    import click


def run_body(ctx: click.Context, body: Callable[[Report], Coroutine[Any, Any, None]]) -> int:
    """Run a command's body with a report of its own and return the exit status.

    Raises:
        OutputError: the reader of a pipe is gone (EPIPE): the caller dies by SIGPIPE.
        KeyboardInterrupt: it was interrupted, whatever else has failed by that.
    """
    report = Report(ctx.command_path, Quoting(ctx.obj.is_utf8))
    try:
        drive(body(report))
    except BackendUnavailable as error:
        report.error(str(error))
    except OutputError as error:
        if error.errno == errno.EPIPE:
            raise
        report.failure("write error", error)
    except Exception as error:
        if interruption := interruption_behind(error):
            raise interruption from None
        raise
    return report.status
