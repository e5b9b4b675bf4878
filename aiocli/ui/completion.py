"""What a shell can complete of a command line: the facts, for the scripts in `completion_bash` and so on.

The scripts are static: pressing a key starts no program. They are loaded once, and made again after an update.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from aiocli.ui.getopt import Argument
from aiocli.ui.help_facts import sections

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aiocli.ui.command import GnuCommand
    from aiocli.ui.help_facts import OptionHelp

FILE_METAVARS = ("FILE", "DIRECTORY", "PATH")
"""Values of options that are completed as names of files."""


class Completed(NamedTuple):
    """A command whose arguments can be completed.

    Attributes:
        name: "" for the group itself.
        options: as help shows them.
        words: what operands may be, with a text each; empty for names of files.
    """

    name: str
    options: tuple[OptionHelp, ...]
    words: Mapping[str, str]


class Program(NamedTuple):
    """Everything that a script for a shell is made from.

    Attributes:
        name: the group's program.
        group: what stands in front of a command.
        commands: the group's commands.
        links: programs of their own, the other names.
    """

    name: str
    group: Completed
    commands: tuple[Completed, ...]
    links: tuple[Completed, ...]


def completed(command: GnuCommand, name: str, words: Mapping[str, str]) -> Completed:
    """Collect what can be completed behind a command."""
    return Completed(name, tuple(option for section in sections(command) for option in section.options), words)


def takes_value(option: OptionHelp) -> bool:
    """Tell whether the word behind the option is its value."""
    return option.argument is Argument.REQUIRED


def takes_files(option: OptionHelp) -> bool:
    """Tell whether the option's value is the name of a file."""
    return option.metavar in FILE_METAVARS
