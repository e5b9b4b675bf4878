"""A completion script for bash, 4.3 or newer; it needs no package bash-completion."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from aiocli.ui.completion import takes_files, takes_value
from aiocli.ui.getopt import Argument

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from aiocli.ui.completion import Completed, Program
    from aiocli.ui.help_facts import OptionHelp

# What readline hands over is not what the program would get: it takes --name=value apart at the equals sign
# (COMP_WORDBREAKS), and replaces only what stands behind it.
_BEFORE = r"""
_{program}() {{
    local word words=() previous current command='' option value kind values options operands prefix='' ended=''
    for word in "${{COMP_WORDS[@]:0:COMP_CWORD + 1}}"; do
        if ((${{#words[@]}})) && [[ ${{words[-1]}} == --* && ($word == '=' || ${{words[-1]}} == *=) ]]; then
            words[-1]+=$word
        else
            words+=("$word")
        fi
    done
    current=${{words[-1]}} previous=${{words[-2]-}} words=("${{words[@]:1:${{#words[@]}}-2}}")
    case ${{1##*/}} in
        {program})
            while ((${{#words[@]}})) && [[ ! $command ]]; do
                case ${{words[0]}} in
                    {valued}) words=("${{words[@]:1}}") ;;
                    -*) ;;
                    *) command=${{words[0]}} ;;
                esac
                words=("${{words[@]:1}}")
            done
            ;;
        *) command=${{1##*/}}'()' ;;
    esac

    option=$previous value=$current kind=operands
    if [[ $current == --*=* ]]; then
        option=${{current%%=*}}= value=${{current#*=}}
        [[ $COMP_WORDBREAKS == *=* ]] || prefix=$option
    fi
    case $command in
"""

_AFTER = r"""        *) return ;;
    esac

    for word in "${words[@]}"; do
        [[ $word == -- ]] && ended=yes kind=operands
    done
    if [[ $kind == operands ]]; then
        if [[ ! $ended && $current == -* ]]; then
            kind=words values=$options value=$current prefix=''
        elif [[ $operands ]]; then
            kind=words values=$operands value=$current prefix=''
        fi
    fi
    case $kind in
        list)
            [[ $value == *,* ]] && prefix+=${value%,*},
            value=${value##*,}
            ;;
        words) ;;
        nothing) values='' ;;
        *) return ;; # readline completes names of files
    esac
    compopt +o bashdefault +o default
    mapfile -t COMPREPLY < <(compgen -P "$prefix" -W "$values" -- "$value")
}
"""


def script(program: Program) -> str:
    """Write the script."""
    before = _BEFORE.format(
        program=program.name,
        valued=" | ".join(
            name for option in program.group.options if takes_value(option) for name in option.shorts + option.longs
        ),
    )
    cases = [_case(completed.name, completed) for completed in (program.group, *program.commands)]
    # The brackets keep a link named cat apart from the command cat.
    cases += [_case(f"{completed.name}()", completed) for completed in program.links]
    names = " ".join([program.name, *(link.name for link in program.links)])
    register = f"complete -o bashdefault -o default -F _{program.name} {names}\n"
    title = f'# Completes the command lines of {program.name} in bash: eval "$({program.name} completion bash)"\n'
    return "".join([title, before.lstrip("\n"), *cases, _AFTER, register])


def _case(label: str, completed: Completed) -> str:
    options = " ".join(name for option in completed.options for name in option.shorts + option.longs)
    lines = [
        f"{shlex.quote(label)})",
        f"    options={shlex.quote(options)} operands={shlex.quote(' '.join(completed.words))}",
        "    case $option in",
        *(f"        {line}" for option in completed.options for line in _values(option)),
        "    esac",
        "    ;;",
    ]
    return "".join(f"        {line}\n" for line in lines)


def _values(option: OptionHelp) -> Iterator[str]:
    """Write what comes behind the option; the mark of the attached form is the equals sign."""
    if option.argument is Argument.NONE:
        return
    attached = [f"{name}=" for name in option.longs]
    patterns = [*option.shorts, *option.longs, *attached] if takes_value(option) else attached
    yield f"{' | '.join(patterns)}) {_kind(option)} ;;"


def _kind(option: OptionHelp) -> str:
    if option.values:
        return f"kind={'list' if option.is_list else 'words'} values={_joined(option.values)}"
    return f"kind={'files' if takes_files(option) else 'nothing'}"


def _joined(words: Iterable[str]) -> str:
    return shlex.quote(" ".join(words))
