"""What --exclude and --include of several commands have in common: which files of a tree are meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiocli.ui.command import Fatal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aiocli.engines.selection import Pattern
    from aiocli.ui.getopt import OptionEvent
    from aiocli.ui.quoting import Quoting

PATTERN_KINDS = {"exclude": False, "include": True}
"""Options that take a pattern -> whether what it matches is meant."""


def patterns_of(events: Iterable[OptionEvent], quoting: Quoting) -> tuple[tuple[str, bool], ...]:
    """Take the patterns from a command line: (pattern, whether what it matches is meant), in their order.

    Raises:
        Fatal: one is no pattern.
    """
    patterns = tuple((event.value or "", PATTERN_KINDS[event.key]) for event in events if event.key in PATTERN_KINDS)
    if patterns:
        from aiocli.engines.selection import check

        for text, _ in patterns:
            try:
                check(text)
            except ValueError:
                raise Fatal(f"invalid pattern: {quoting.quote(text)}") from None
    return patterns


def engine_patterns(patterns: Iterable[tuple[str, bool]]) -> tuple[Pattern, ...]:
    """Make the engine's patterns of them."""
    from aiocli.engines.selection import Pattern

    return tuple(Pattern(text, is_include) for text, is_include in patterns)
