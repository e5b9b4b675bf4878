r"""Writes man pages from the same facts as --help.

Text is escaped for roff: what it would read as its own (a backslash, a dot or an apostrophe that begins a
line), and what it would set as another sign than that of ASCII (`-` as a hyphen, `'` as a quotation mark).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiocli.ui.getopt import Argument
from aiocli.ui.help_facts import examples, exit_statuses, paragraphs, sections, usages, variables

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from aiocli.ui.command import GnuCommand
    from aiocli.ui.help import Example, Term
    from aiocli.ui.help_facts import OptionHelp

SECTION = 1

_ESCAPES = str.maketrans(
    {"\\": r"\e", "-": r"\-", "'": r"\(aq", "`": r"\(ga", "^": r"\(ha", "~": r"\(ti", '"': r"\(dq"}
)


def page(command: GnuCommand, path: str, summary: str, *, version: str, date: str, see_also: Iterable[str]) -> str:
    """Write the man page of a command.

    Args:
        command: whose page.
        path: how it is called: "aio cat".
        summary: the line of its name, as in the table of commands.
        version: version of the program.
        date: of the program, as 2026-11-21.
        see_also: names of other pages.
    """
    return "".join(f"{line}\n" for line in _lines(command, path, summary, version, date, see_also))


def page_name(path: str) -> str:
    """Name the page of a command: that of "aio cat" is aio-cat."""
    return path.replace(" ", "-")


def _lines(
    command: GnuCommand, path: str, summary: str, version: str, date: str, see_also: Iterable[str]
) -> Iterator[str]:
    name = page_name(path)
    yield f'.TH {escape(name.upper())} {SECTION} "{date}" "{escape(f"aio-fileutils {version}")}" "User Commands"'
    yield ".SH NAME"
    yield f"{escape(name)} \\- {escape(summary.removesuffix('.'))}"
    yield ".SH SYNOPSIS"
    for number, usage in enumerate(usages(command)):
        if number:
            yield ".br"
        yield f"\\fB{escape(path)}\\fR {escape(usage)}"
    yield ".SH DESCRIPTION"
    for number, paragraph in enumerate(paragraphs(command)):
        if number:
            yield ".PP"
        yield escape(paragraph)
    if command.summaries():
        yield from _terms("COMMANDS", command.summaries())
    yield ".SH OPTIONS"
    for title, options in sections(command):
        yield f".SS {escape(title)}"
        for option in options:
            yield ".TP"
            yield _option(option)
            yield escape(option.text)
    yield from _examples(examples(command, path))
    yield from _terms("EXIT STATUS", exit_statuses(command))
    yield from _terms("ENVIRONMENT", variables(command))
    yield ".SH SEE ALSO"
    yield ",\n".join(f"\\fB{escape(other)}\\fR({SECTION})" for other in see_also)


def _terms(title: str, terms: Sequence[Term]) -> Iterator[str]:
    yield f".SH {title}"
    for word, meaning in terms:
        yield ".TP"
        yield f"\\fB{escape(word)}\\fR"
        yield escape(meaning)


def _option(option: OptionHelp) -> str:
    names = ", ".join(f"\\fB{escape(name)}\\fR" for name in option.shorts + option.longs)
    value = f"\\fI{escape(option.metavar)}\\fR"
    if option.argument is Argument.NONE:
        return names
    if option.argument is Argument.OPTIONAL:
        return f"{names}[={value}]"
    return f"{names}={value}" if option.longs else f"{names} {value}"


def _examples(shown: list[Example]) -> Iterator[str]:
    if not shown:
        return
    yield ".SH EXAMPLES"
    for number, example in enumerate(shown):
        if number:
            yield ".PP"
        yield f"{escape(example.purpose)}:"
        yield ".PP"
        yield ".in +4n"
        yield ".nf"
        yield f"$ \\fB{escape(example.command)}\\fR"
        yield from (escape(line.expandtabs()) or ".sp" for line in example.output.splitlines())
        yield ".fi"
        yield ".in"


def escape(text: str) -> str:
    """Make roff print a text as it is, also at the start of a line."""
    return (r"\&" if text.startswith(".") else "") + text.translate(_ESCAPES)
