"""Lays out the help of a command for a terminal. Only --help and `aio help` import this."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from aiocli.ui.help_facts import examples, exit_statuses, paragraphs, sections, usages, variables

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from aiocli.ui.command import GnuCommand
    from aiocli.ui.help import Example, Term
    from aiocli.ui.help_facts import OptionHelp

INDENT = "  "
GAP_COLUMNS = 2
WIDEST_TERM_COLUMNS = 24
"""A longer word or option has its meaning below, not beside it."""

NO_SHORT = " " * len("-x, ")
"""Stands where another option has a letter, so that the long names align."""


def render(command: GnuCommand, ctx: click.Context, *, is_colored: bool) -> str:
    """Lay out the help: usage, description, commands, options, examples, exit status, environment.

    Args:
        command: whose help.
        ctx: its context; the command's path and the columns are taken from it.
        is_colored: with the escape sequences of colours; what they surround is the same text.
    """
    return "\n".join(_Layout(ctx.obj.columns, is_colored).lines_of(command, ctx))


class _Layout:
    """The width and the colours."""

    def __init__(self, columns: int, is_colored: bool) -> None:
        self.columns = columns
        self.is_colored = is_colored

    def lines_of(self, command: GnuCommand, ctx: click.Context) -> Iterator[str]:
        yield from self._usage(usages(command), ctx.command_path)
        for paragraph in paragraphs(command):
            yield ""
            yield from wrap(paragraph, self.columns)
        if command.summaries():
            yield from self._terms("Commands", command.summaries())
        shown_options = sections(command)
        column = self._column_behind([term for section in shown_options for term in _option_terms(section.options)])
        for title, options in shown_options:
            terms = zip(_option_terms(options), (option.text for option in options), strict=True)
            yield from self._terms(title, list(terms), column)
        shown = examples(command, ctx.command_path)
        if shown:
            yield from self._heading("Examples")
            for number, example in enumerate(shown):
                yield from self._example(example, is_first=number == 0)
        yield from self._terms("Exit status", exit_statuses(command))
        yield from self._terms("Environment", variables(command))

    def _usage(self, forms: list[str], path: str) -> Iterator[str]:
        for number, form in enumerate(forms):
            word = "Usage:" if number == 0 else "   or:"
            before = f"{word} {path} "
            first, *more = wrap(form, self.columns, first=before, following=" " * len(before))
            yield first.replace(word, self._style(word, bold=True), 1)
            yield from more

    def _heading(self, title: str) -> Iterator[str]:
        yield ""
        yield self._style(f"{title}:", bold=True)

    def _column_behind(self, words: Sequence[str]) -> int:
        """Find the column where meanings begin: behind the longest word that may have its own beside it."""
        limit = min(WIDEST_TERM_COLUMNS, self.columns // 3)
        widest = max((len(word) for word in words if len(word) <= limit), default=limit)
        return len(INDENT) + widest + GAP_COLUMNS

    def _terms(self, title: str, terms: Sequence[Term], column: int = 0) -> Iterator[str]:
        """Write words with their meanings beside them; those of long words stand below."""
        column = column or self._column_behind([word for word, _ in terms])
        yield from self._heading(title)
        for word, meaning in terms:
            before = f"{INDENT}{word}"
            first, *more = wrap(meaning, self.columns, first=" " * column, following=" " * column)
            styled = f"{INDENT}{self._style(word, fg='cyan')}"
            if len(before) + GAP_COLUMNS > column:
                yield styled
                yield first
            else:
                yield styled + first[len(before) :]
            yield from more

    def _example(self, example: Example, *, is_first: bool) -> Iterator[str]:
        if not is_first:
            yield ""
        yield from wrap(f"{example.purpose}:", self.columns, first=INDENT, following=INDENT)
        yield f"{INDENT * 2}$ {self._style(example.command, fg='green')}"
        for line in example.output.splitlines():
            yield f"{INDENT * 2}{line.expandtabs()}"

    def _style(self, text: str, *, fg: str | None = None, bold: bool | None = None) -> str:
        return click.style(text, fg=fg, bold=bold) if self.is_colored else text


def _option_terms(options: Sequence[OptionHelp]) -> list[str]:
    return [option.term if option.shorts else f"{NO_SHORT}{option.term}" for option in options]


def wrap(text: str, columns: int, *, first: str = "", following: str = "") -> list[str]:
    """Break text into lines between words; a word that is wider than a line stands alone.

    The textwrap module would do it with a millisecond of imports.

    Args:
        text: one paragraph.
        columns: width of the lines.
        first: stands in front of the first line.
        following: stands in front of the others.
    """
    lines: list[str] = []
    line, is_empty = first, True
    for word in text.split():
        if is_empty:
            line += word
        elif len(line) + 1 + len(word) <= columns:
            line += f" {word}"
        else:
            lines.append(line)
            line = following + word
        is_empty = False
    return [*lines, line]
