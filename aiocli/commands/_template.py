"""aio template: print how many bytes each file has. Copy this file to begin a command; it is checked like one.

Follows nothing; a real command says here what it follows.
Deviations from GNU: a real command lists them here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import click

from aiocli.ui.body import run_body
from aiocli.ui.command import GnuCommand, standard_options
from aiocli.ui.help import BACKEND_VARIABLES, Example, Manual
from aiocli.ui.options import backend_of, backend_option

if TYPE_CHECKING:
    from aiocli.core.endpoint import Endpoint
    from aiocli.ui.report import Report


class TemplateOptions(NamedTuple):
    """What was asked for: files, none is standard input; the named backend, None is auto."""

    operands: tuple[str, ...] = ()
    backend: str | None = None


MANUAL = Manual(
    examples=(Example("Count what arrives", "printf abc | aio template", "3 -\n"),),
    exit_status=(
        ("0", "All bytes were counted."),
        ("1", "A file could not be read, or the command line was wrong."),
    ),
    environment=BACKEND_VARIABLES,
)


@click.command("template", cls=GnuCommand, manual=MANUAL)
@backend_option
@standard_options
@click.argument("operands", metavar="[FILE]...", nargs=-1)
@click.pass_context
def command(ctx: click.Context, /, operands: tuple[str, ...], backend: str | None) -> int:
    """Print how many bytes each FILE has.

    With no FILE, or when FILE is -, read standard input.
    """
    options = TemplateOptions(operands, backend_of(ctx.obj, backend))
    return run_body(ctx, lambda report: run(options, report))


async def run(options: TemplateOptions, report: Report) -> None:
    """Count the bytes of each operand."""
    from aiocli.engines.source import chunks  # engines, asyncio, caio, rich: here, never above
    from aiocli.ui.operands import for_each_operand
    from aiocli.ui.output import print_text

    async def count(src: Endpoint) -> None:
        nbytes = 0
        async for chunk in chunks(src, backend=options.backend):
            nbytes += len(chunk)
        print_text(f"{nbytes} {report.quoting.quotef(src.name)}\n")

    quotef = report.quoting.quotef
    await for_each_operand(options.operands, report, count, cannot_open=quotef, failed=quotef)
