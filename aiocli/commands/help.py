"""aio help: show the help of aio itself, of a command, or of one of the other names.

Follows nothing. It prints what --help prints.
"""

from __future__ import annotations

import click

from aiocli.commands import COMMANDS, OTHER_NAMES, load_command, meant_by
from aiocli.ui import status
from aiocli.ui.body import run_body
from aiocli.ui.command import AioCommand, UsageError, standard_options
from aiocli.ui.help import Example, Manual
from aiocli.ui.output import print_text
from aiocli.ui.quoting import Quoting

MANUAL = Manual(
    examples=(
        Example("Show a command's help", "aio help cat", "Usage: aio cat [OPTION]... [FILE]...\n...\n"),
        Example(
            "Show the help of a program that aio is by a link",
            "aio help md5sum",
            "Usage: md5sum [OPTION]... [FILE]...\n...\n",
        ),
    ),
    exit_status=(("0", "Help was shown."), ("1", "It could not be written.")),
)


@click.command("help", cls=AioCommand, manual=MANUAL)
@standard_options
@click.argument("operands", metavar="[COMMAND]", nargs=-1)
@click.pass_context
def command(ctx: click.Context, /, operands: tuple[str, ...]) -> int:
    """Show the help of COMMAND, or of aio itself.

    COMMAND may also be a name under which a link to aio is another program: md5sum, b3sum, ...
    """
    if len(operands) > 1:
        raise UsageError(f"extra operand {Quoting(ctx.obj.is_utf8).quoteaf(operands[1])}", status.USAGE)
    text = _context_of(operands[0] if operands else "", ctx).get_help()
    return run_body(ctx, lambda _report: run(text))


def _context_of(name: str, ctx: click.Context) -> click.Context:
    """Make the context that a command of this name would have; no name stands for aio itself.

    Raises:
        UsageError: there is no such command.
    """
    if not name and ctx.parent is not None:
        return ctx.parent
    if name in COMMANDS:
        return click.Context(load_command(name), ctx.parent, info_name=name, obj=ctx.obj)
    if name in OTHER_NAMES:
        return click.Context(load_command(name), info_name=name, obj=ctx.obj)
    quoted = Quoting(ctx.obj.is_utf8).quoteaf(name)
    raise UsageError(f"{quoted} is not an aio command", status.USAGE, meant_by(name).replace("aio", "aio help", 1))


async def run(text: str) -> None:
    """Print the help."""
    print_text(f"{text}\n")
