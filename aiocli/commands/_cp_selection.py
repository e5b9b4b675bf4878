"""The options of `aio cp` that say what is copied, where to, and whether at all: beyond those of GNU cp."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, NamedTuple

from aiocli.commands._patterns import engine_patterns, patterns_of
from aiocli.ui.command import Fatal, OwnOption, UsageError, flag, option
from aiocli.ui.options import together
from aiocli.ui.report import STDIN_FD

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from aiocli.commands._cp_choices import Choices
    from aiocli.engines.copy.rules import CopyRules
    from aiocli.ui.getopt import OptionEvent
    from aiocli.ui.quoting import Quoting


class SelectionOptions(NamedTuple):
    """What was asked for.

    Attributes:
        patterns: (pattern, whether what it matches is copied), in their order.
        files_from: a file with the names of sources, "-" is standard input; None if operands name them.
        directories: to copy into; none if that is said otherwise.
        is_dry: say what would be done, and do nothing.
    """

    patterns: tuple[tuple[str, bool], ...] = ()
    files_from: str | None = None
    directories: tuple[str, ...] = ()
    is_dry: bool = False

    def applied_to(self, rules: CopyRules) -> CopyRules:
        """Return rules with these options in them."""
        return rules._replace(patterns=engine_patterns(self.patterns), is_dry=self.is_dry)


_OPTIONS = (
    option(
        "--exclude",
        cls=OwnOption,
        multiple=True,
        metavar="PATTERN",
        help="Leave out what matches PATTERN below the SOURCEs, directories with all in them. Patterns are those of "
        ".gitignore: *.o at any depth, /tmp at the top, build/ for directories. The last that matches decides.",
    ),
    option(
        "--include",
        cls=OwnOption,
        multiple=True,
        metavar="PATTERN",
        help="Copy what matches PATTERN after all, where an earlier --exclude leaves it out.",
    ),
    option(
        "--files-from0",
        "files_from",
        cls=OwnOption,
        metavar="FILE",
        help="Copy the SOURCEs whose names FILE holds, each with a NUL byte behind it; - is standard input.",
    ),
    option(
        "--to",
        "directories",
        cls=OwnOption,
        multiple=True,
        metavar="DIRECTORY",
        help="Copy into DIRECTORY; with several --to into each of them, reading every file once.",
    ),
    flag(
        "--dry-run", "is_dry", cls=OwnOption, help="Say what would be done, as -v does, and what cannot be; do nothing."
    ),
)


selection_options = together(_OPTIONS)
"""Adds these options; their values are the arguments that `selection_of` takes."""


def selection_of(
    given: Mapping[str, Any], events: Iterable[OptionEvent], choices: Choices, quoting: Quoting
) -> SelectionOptions:
    """Make sense of the options.

    Args:
        given: their values by name.
        events: as met on the command line: the order of patterns counts.
        choices: what GNU's options say.
        quoting: for messages.

    Raises:
        Fatal: two of them exclude each other, or something is no pattern.
    """
    patterns = patterns_of(events, quoting)
    if given["directories"] and (choices.target_directory is not None or choices.is_file_target):
        raise Fatal("cannot combine --to with --target-directory (-t) or --no-target-directory (-T)")
    return SelectionOptions(patterns, given["files_from"], given["directories"], given["is_dry"])


def names_in(path: str, quoting: Quoting) -> tuple[str, ...]:
    """Read names that end in a NUL byte each.

    Args:
        path: of the file, "-" is standard input.
        quoting: for messages.

    Raises:
        Fatal: it cannot be read, or holds an empty name.
    """
    subject = "standard input" if path == "-" else quoting.quoteaf(path)
    try:
        with open(STDIN_FD if path == "-" else path, "rb", closefd=path != "-") as file:
            names = file.read().split(b"\0")
    except OSError as error:
        raise Fatal(f"cannot read file names from {subject}: {os.strerror(error.errno or 0)}") from None
    if not names[-1]:
        names.pop()
    if b"" in names:
        raise Fatal(f"{subject}:{names.index(b'') + 1}: invalid zero-length file name")
    return tuple(map(os.fsdecode, names))


def operands_with(operands: tuple[str, ...], names: tuple[str, ...], *, ndestinations: int) -> tuple[str, ...]:
    """Put sources that a file names in front of the destination.

    Args:
        operands: of the command line.
        names: from the file.
        ndestinations: 1 if the last operand is the destination, 0 if that is named otherwise.

    Raises:
        UsageError: there are too many operands.
    """
    if len(operands) > ndestinations:
        raise UsageError("file operands cannot be combined with --files-from0")
    return (*names, *operands)
