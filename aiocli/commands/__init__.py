"""The table of contents: every command, in the order of `aio --help`, and every name it also goes by."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aiocli.ui.command import GnuCommand

COMMANDS = {
    "cat": "Concatenate files to standard output.",
    "cp": "Copy files and directories.",
    "hash": "Print or check digests, several in one read.",
    "tail": "Print the last part of files, and follow them.",
    "doctor": "Show what works here, and why the rest does not.",
    "help": "Show the help of aio or of a command.",
    "completion": "Print what lets a shell complete aio's command lines.",
}
"""Command name -> summary; the module in this package has the command's name, its click object is `command`."""

OTHER_NAMES = {
    "cat": "cat",
    "cp": "cp",
    "tail": "tail",
    "md5sum": "hash",
    "sha1sum": "hash",
    "sha224sum": "hash",
    "sha256sum": "hash",
    "sha384sum": "hash",
    "sha512sum": "hash",
    "b2sum": "hash",
    "b3sum": "hash",
    "cksum": "hash",
    "sum": "hash",
}
"""Names of links under which the program is that command: name -> module, whose `other_command` makes it."""


def load_command(name: str) -> GnuCommand:
    """Import the module of a command or of one of the other names, and return its click object.

    Raises:
        KeyError: there is none of this name.
    """
    module = import_module(f"aiocli.commands.{name if name in COMMANDS else OTHER_NAMES[name]}")
    command: GnuCommand = module.command if name in COMMANDS else module.other_command(name)
    return command


def meant_by(name: str) -> str:
    """Find the command line that was probably meant by the name of no command; empty if there is none."""
    from aiocli.ui.suggest import closest

    nearest = closest(name, [*COMMANDS, *OTHER_NAMES])
    if nearest is None:
        return ""
    return f"aio {nearest if nearest in COMMANDS else OTHER_NAMES[nearest]}"
