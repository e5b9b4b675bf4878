"""What is said about a command: the one source of --help, `aio help`, man pages and completion.

A command's options carry their own texts, its docstring is the description, the rest is its `Manual`.
`help_facts` brings them together; `help_text` lays them out for terminals, `help_man` for man,
`completion` for shells. None of those is imported by a command that does its work.
"""

from __future__ import annotations

from typing import NamedTuple

Term = tuple[str, str]
"""A word and what it means."""

OPTIONS = "Options"
OWN_OPTIONS = "Options that GNU does not have"
COMMON_OPTIONS = "Common options"


class Example(NamedTuple):
    """A command line and what it prints; a test runs it.

    Attributes:
        purpose: what it is good for, without a full stop.
        command: a line for a shell; the command is written as `aio NAME`, also for the other names.
        output: standard output and error; a line of three dots stands for any lines.
        files: name and content of each file that is there before.
    """

    purpose: str
    command: str
    output: str = ""
    files: tuple[tuple[str, str], ...] = ()


class Manual(NamedTuple):
    """What is said about a command beside its options.

    Attributes:
        usage: what may follow the command's name, a line each; empty takes it from the operands.
        examples: shown in this order.
        exit_status: the command's own statuses; signals and wrong usage are added for all.
        environment: the command's own variables; those that all look at are added.
    """

    usage: tuple[str, ...] = ()
    examples: tuple[Example, ...] = ()
    exit_status: tuple[Term, ...] = ()
    environment: tuple[Term, ...] = ()


BACKEND_VARIABLES: tuple[Term, ...] = (
    (
        "AIO_BACKEND",
        "Backend that moves regular files' data, where none is named: uring, linux, thread, python or auto.",
    ),
    ("CAIO_IMPL", "The same, caio's own variable; AIO_BACKEND goes before it."),
    ("AIO_DISABLE", "Names of fast paths to leave out, separated by commas."),
)
