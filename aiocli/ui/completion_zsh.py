"""A completion script for zsh: for a folder of $fpath, or to be sourced behind compinit."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from aiocli.ui.completion import takes_files
from aiocli.ui.getopt import Argument

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from aiocli.ui.completion import Completed, Program
    from aiocli.ui.help_facts import OptionHelp

_MAIN = r"""
_{program}() {{
    local context state state_descr line curcontext=$curcontext
    typeset -A opt_args
    if [[ $service != {program} ]]; then
        _{program}_link_$service
        return
    fi
    _arguments -s -S -C : \
        {specs} \
        '1:command:->command' \
        '*::argument:->arguments' && return
    case $state in
        command)
            local -a commands=(
                {commands}
            )
            _describe -t commands command commands
            ;;
        arguments)
            curcontext=${{curcontext%:*}}-$words[1]:
            if (( $+functions[_{program}_$words[1]] )); then
                _{program}_$words[1]
            else
                _default
            fi
            ;;
    esac
}}

if [[ $funcstack[1] == _{program} ]]; then
    _{program} "$@"
else
    compdef _{program} {names}
fi
"""


def script(program: Program) -> str:
    """Write the script."""
    names = " ".join([program.name, *(link.name for link in program.links)])
    functions = [_function(f"_{program.name}_{completed.name}", completed) for completed in program.commands]
    functions += [_function(f"_{program.name}_link_{completed.name}", completed) for completed in program.links]
    main = _MAIN.format(
        program=program.name,
        names=names,
        specs=_continued(_specs(program.group), 8),
        commands=("\n" + " " * 16).join(_described(program.group.words)),
    )
    title = f"# Completes the command lines of {program.name} in zsh: a file _{program.name} in a folder of $fpath"
    return "\n".join([f"#compdef {names}", title, *functions, main.strip("\n"), ""])


def _function(name: str, completed: Completed) -> str:
    choices = f"    local -a choices=({' '.join(_described(completed.words))})\n" if completed.words else ""
    operands = "'*:word:{_describe word choices}'" if choices else "'*:file:_files'"
    specs = _continued([*_specs(completed), operands], 8)
    return f"\n{name}() {{\n{choices}    _arguments -s -S : \\\n        {specs}\n}}\n"


def _continued(lines: list[str], indent: int) -> str:
    return (" \\\n" + " " * indent).join(lines)


def _described(words: Mapping[str, str]) -> list[str]:
    return [shlex.quote(f"{word}:{text.removesuffix('.')}") for word, text in words.items()]


def _specs(completed: Completed) -> list[str]:
    return [spec for option in completed.options for spec in _specs_of(option)]


def _specs_of(option: OptionHelp) -> Iterator[str]:
    """Write an option's specifications for _arguments: one for each of its names, which exclude each other."""
    names = option.shorts + option.longs
    before = "*" if option.is_list else f"({' '.join(names)})" if len(names) > 1 else ""
    text = f"[{_escaped(option.summary, '[]:')}]"
    value = f":{_escaped(option.metavar, ':')}:{_action(option)}"
    for name in names:
        if option.argument is Argument.REQUIRED:
            spec = f"{name}{'=' if name in option.longs else '+'}{text}{value}"
        elif option.argument is Argument.OPTIONAL and name in option.longs:
            spec = f"{name}=-{text}:{value}"
        else:
            spec = f"{name}{text}"
        yield shlex.quote(before + spec)


def _action(option: OptionHelp) -> str:
    words = " ".join(option.values)
    if option.is_list:
        return f"_sequence compadd - {words}"
    if words:
        return f"({words})"
    return "_files" if takes_files(option) else " "


def _escaped(text: str, special: str) -> str:
    return "".join(f"\\{character}" if character in f"\\{special}" else character for character in text)
