"""Everything that is known about a command, its options and what is said about it, in the order to be shown."""

from __future__ import annotations

import inspect
from typing import NamedTuple

import click

from aiocli.ui import status
from aiocli.ui.command import GnuCommand, GnuOption, specs_of
from aiocli.ui.getopt import Argument
from aiocli.ui.help import COMMON_OPTIONS, OPTIONS, OWN_OPTIONS, Example, Term

USAGE_STATUS: Term = (str(status.USAGE), "The command line was wrong.")
SIGNAL_STATUS: Term = (
    "128+N",
    "Ended by signal N, as shells show it: 130 after Ctrl-C, 141 when nobody reads the output any more.",
)

COMMON_VARIABLES: tuple[Term, ...] = (
    ("POSIXLY_CORRECT", "If set, the first operand ends the options."),
    ("NO_COLOR", "No colours, unless it is empty."),
    ("FORCE_COLOR", "Colours in pipes, too, unless it is empty."),
    ("CLICOLOR_FORCE", "The same, unless it is 0."),
    ("TERM", "No colours if it is dumb."),
    ("COLUMNS", "Width of help, instead of the terminal's."),
)


class OptionHelp(NamedTuple):
    """An option as people see it.

    Attributes:
        shorts: "-n", ...
        longs: "--lines", ...
        argument: whether the long names take a value; the short ones take none where it is optional.
        metavar: the value's name; empty if there is none.
        text: one or two sentences.
        values: what the value may be, if that is a short list.
        is_list: the value is one or several of them, separated by commas.
    """

    shorts: tuple[str, ...]
    longs: tuple[str, ...]
    argument: Argument
    metavar: str
    text: str
    values: tuple[str, ...]
    is_list: bool

    @property
    def term(self) -> str:
        """Write the names and the value as usage lines do: `-n, --lines=NUM`."""
        names = ", ".join(self.shorts + self.longs)
        if self.argument is Argument.NONE:
            return names
        if self.argument is Argument.OPTIONAL:
            return f"{names}[={self.metavar}]"
        return f"{names}={self.metavar}" if self.longs else f"{names} {self.metavar}"

    @property
    def summary(self) -> str:
        """Shorten the text to its first statement, for lists of completions."""
        return self.text.partition(". ")[0].partition("; ")[0].partition(": ")[0].removesuffix(".")


class Section(NamedTuple):
    """Options under one heading."""

    title: str
    options: tuple[OptionHelp, ...]


def sections(command: GnuCommand) -> list[Section]:
    """List the options to be shown, by heading and letter: general ones, groups, own ones, common ones."""
    groups: dict[str, list[GnuOption]] = {OPTIONS: []}
    for param in command.params:
        if isinstance(param, GnuOption) and not param.hidden:
            title = command.own_title if param.group == OWN_OPTIONS else param.group
            groups.setdefault(title, []).append(param)
    for title in (OWN_OPTIONS, COMMON_OPTIONS):
        groups[title] = groups.pop(title, [])
    return [
        Section(title, tuple(_describe(param) for param in sorted(params, key=_place)))
        for title, params in groups.items()
        if params
    ]


def _place(param: GnuOption) -> tuple[str, bool]:
    name = param.opts[0].lstrip("-")
    return name.lower(), name.isupper()


def _describe(param: GnuOption) -> OptionHelp:
    short, long = specs_of(param)
    return OptionHelp(
        shorts=tuple(f"-{letter}" for letter in short.shorts),
        longs=tuple(f"--{name}" for name in long.longs if f"--{name}" not in param.unlisted),
        argument=long.argument,
        metavar="" if long.argument is Argument.NONE else param.metavar or "VALUE",
        text=param.help or "",
        values=param.values,
        is_list=param.is_list,
    )


def paragraphs(command: GnuCommand) -> list[str]:
    """Split the description into paragraphs, a line each; the first is the purpose."""
    text = inspect.cleandoc(command.help or "")
    return [" ".join(paragraph.split()) for paragraph in text.split("\n\n")]


def usages(command: GnuCommand) -> list[str]:
    """Tell what may follow the command's name, in each of its forms."""
    if command.manual.usage:
        return list(command.manual.usage)
    operands = [param.metavar for param in command.params if isinstance(param, click.Argument) and param.metavar]
    return [" ".join(["[OPTION]...", *operands])]


def exit_statuses(command: GnuCommand) -> list[Term]:
    """List the command's exit statuses and those that all share."""
    wrong = (USAGE_STATUS,) if command.usage_status == status.USAGE else ()
    return [*sorted(command.manual.exit_status + wrong, key=lambda term: int(term[0])), SIGNAL_STATUS]


def variables(command: GnuCommand) -> list[Term]:
    """List the command's environment variables and those that all look at."""
    return [*command.manual.environment, *COMMON_VARIABLES]


def examples(command: GnuCommand, path: str) -> list[Example]:
    """List the examples as they are under the name by which the command runs: "aio cat" or "cat"."""
    own = f"aio {command.name}"
    return [
        example._replace(command=example.command.replace(own, path), output=example.output.replace(own, path))
        for example in command.manual.examples
    ]
