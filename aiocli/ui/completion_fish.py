"""A completion script for fish."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiocli.ui.completion import takes_files, takes_value
from aiocli.ui.getopt import Argument

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aiocli.ui.completion import Completed, Program
    from aiocli.ui.help_facts import OptionHelp

_FUNCTIONS = """\
# Completes the command lines of {program} in fish: a file {program}.fish in ~/.config/fish/completions
function __{program}_at --description 'Tell whether the cursor is behind this command, or before any'
    set -l words (commandline -opc)
    set -e words[1]
    while set -q words[1]
        switch $words[1]
            case {valued}
                set -e words[1]
            case '-*'
            case '*'
                test "$words[1]" = "$argv[1]"
                return
        end
        set -e words[1]
    end
    test -z "$argv[1]"
end

function __{program}_list --description 'Complete the last of several values between commas'
    set -l token (commandline -ct | string replace -r -- '^--[^=]*=' '')
    set -l before (string match -r -- '.*,' $token; or echo)
    printf '%s\\n' $before$argv
end

"""


def script(program: Program) -> str:
    """Write the script."""
    valued = [name for option in program.group.options if takes_value(option) for name in option.shorts + option.longs]
    lines = [_FUNCTIONS.format(program=program.name, valued=" ".join(valued))]
    for completed in (program.group, *program.commands):
        condition = f"-n {_quoted(f'__{program.name}_at {_quoted(completed.name)}')}"
        lines += _lines(program.name, f"-c {program.name} {condition}", completed)
    for completed in program.links:
        lines += _lines(program.name, f"-c {completed.name}", completed)
    return "".join(lines)


def _lines(program: str, start: str, completed: Completed) -> Iterator[str]:
    for option in completed.options:
        names = [f"-s {name[1:]}" for name in option.shorts] + [f"-l {name[2:]}" for name in option.longs]
        words = [start, *names, *_value(program, option), f"-d {_quoted(option.summary)}"]
        yield f"complete {' '.join(words)}\n"
    for word, text in completed.words.items():
        yield f"complete {start} -f -a {_quoted(word)} -d {_quoted(text.removesuffix('.'))}\n"


def _value(program: str, option: OptionHelp) -> Iterator[str]:
    if option.argument is Argument.NONE:
        return
    # -r: the next word is the value; -f: it is no file; neither, -f alone: only what is attached is the value.
    if takes_value(option):
        yield "-r" if takes_files(option) else "-x"
    elif not takes_files(option):
        yield "-f"
    if option.values:
        words = " ".join(option.values)
        yield f"-a {_quoted(f'(__{program}_list {words})' if option.is_list else words)}"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
