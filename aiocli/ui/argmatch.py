"""Words as values of options, with GNU's rules: any beginning that is one word's alone, and a list when it is not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from aiocli.ui.command import UsageError

if TYPE_CHECKING:
    from aiocli.ui.quoting import Quoting

Choices = Sequence[tuple[str, ...]]
"""What there is to choose from, in the order of messages: each a word, and others that mean the same."""


def argmatch(value: str, choices: Choices, option: str, quoting: Quoting, *, is_exact: bool = False) -> str:
    """Find the choice that a value names or abbreviates.

    Args:
        value: as given.
        choices: what it may be.
        option: where it comes from, for the message: "--sparse".
        quoting: the locale's.
        is_exact: words must be spelled out.

    Returns:
        The first word of the choice.

    Raises:
        UsageError: it names none, or could be several; the message lists what there is.
    """
    for words in choices:
        if value in words:
            return words[0]
    found = [] if is_exact else [words[0] for words in choices if any(word.startswith(value) for word in words)]
    if len(found) == 1:
        return found[0]
    problem = "ambiguous" if found else "invalid"
    lines = [f"{problem} argument {quoting.quote(value)} for {quoting.quote(option)}", "Valid arguments are:"]
    lines += ["  - " + ", ".join(map(quoting.quote, words)) for words in choices]
    raise UsageError("\n".join(lines))
