"""aio completion: print what lets bash, zsh or fish complete the command lines.

Follows nothing. The scripts are made from the same tables as the help.
"""

from __future__ import annotations

from importlib import import_module
from typing import NamedTuple

import click

from aiocli.commands import COMMANDS, OTHER_NAMES, load_command
from aiocli.ui import status
from aiocli.ui.body import run_body
from aiocli.ui.command import AioCommand, GnuCommand, UsageError, standard_options
from aiocli.ui.help import Example, Manual
from aiocli.ui.quoting import Quoting

SHELLS = {
    "bash": "Bash, from 4.3 on.",
    "zsh": "The Z shell.",
    "fish": "The friendly shell.",
}

MANUAL = Manual(
    usage=("[OPTION]... SHELL [LINK]...",),
    examples=(
        Example(
            "For bash, in ~/.bashrc",
            'eval "$(aio completion bash)"; complete -p aio',
            "complete -o bashdefault -o default -F _aio aio\n",
        ),
        Example(
            "For zsh, in a folder of $fpath",
            "aio completion zsh > ~/.zfunc/_aio",
            files=((".zfunc/_other", ""),),
        ),
        Example(
            "For fish",
            "aio completion fish > ~/.config/fish/completions/aio.fish",
            files=((".config/fish/completions/other.fish", ""),),
        ),
    ),
    exit_status=(("0", "The script was printed."), ("1", "It could not be written.")),
)


class CompletionOptions(NamedTuple):
    """What was asked for: one of SHELLS, and other names of the program to complete too."""

    shell: str
    links: tuple[str, ...] = ()


@click.command("completion", cls=AioCommand, manual=MANUAL)
@standard_options
@click.argument("operands", metavar="SHELL [LINK]...", nargs=-1)
@click.pass_context
def command(ctx: click.Context, /, operands: tuple[str, ...]) -> int:
    """Print a script with which SHELL (bash, zsh or fish) completes commands, options and their values.

    LINKs are names like cat or md5sum under which links to aio stand; without them, those programs
    keep the completion that they have. The script starts no program; print it again after an update.
    """
    quoteaf = Quoting(ctx.obj.is_utf8).quoteaf
    if not operands:
        raise UsageError(f"missing shell; there are: {', '.join(SHELLS)}", status.USAGE)
    shell, *links = operands
    if shell not in SHELLS:
        raise UsageError(f"unknown shell {quoteaf(shell)}; there are: {', '.join(SHELLS)}", status.USAGE)
    for link in links:
        if link not in OTHER_NAMES:
            names = ", ".join(OTHER_NAMES)
            raise UsageError(f"aio is nothing under the name {quoteaf(link)}; there are: {names}", status.USAGE)
    assert ctx.parent is not None  # a command of the group only
    assert isinstance(ctx.parent.command, GnuCommand)
    group = ctx.parent.command
    return run_body(ctx, lambda _report: run(CompletionOptions(shell, tuple(dict.fromkeys(links))), group))


async def run(options: CompletionOptions, group: GnuCommand) -> None:
    """Print the script for the group and its commands."""
    from aiocli.ui.completion import Program, completed
    from aiocli.ui.output import print_text

    words = {"help": COMMANDS, "completion": SHELLS}
    program = Program(
        "aio",
        completed(group, "", COMMANDS),
        tuple(completed(load_command(name), name, words.get(name, {})) for name in COMMANDS),
        tuple(completed(load_command(link), link, {}) for link in options.links),
    )
    print_text(import_module(f"aiocli.ui.completion_{options.shell}").script(program))
