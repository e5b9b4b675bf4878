"""Which files the operands of `aio tail` mean: those that directories and patterns stand for, in their places."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from aiocli.commands._tail_options import Follow
from aiocli.ui.report import STDIN

if TYPE_CHECKING:
    from aiocli.commands._tail_options import TailOptions


def patterns_of(options: TailOptions) -> tuple[str, ...]:
    """Return the operands that are directories or patterns whose files are taken in."""
    if not (options.follow is Follow.NAME and options.retries):
        return ()
    from aiocli.engines.follow.pattern import is_glob

    takes_in = options.takes_in_directories
    return tuple(text for text in options.operands if (takes_in and os.path.isdir(text)) or is_glob(text))


def expanded(operands: tuple[str, ...], patterns: tuple[str, ...]) -> tuple[str, ...]:
    """Put the files that patterns mean now in their places, each once; without operands it is standard input."""
    if not patterns:
        return operands or (STDIN,)
    from aiocli.engines.follow.pattern import Pattern

    found: dict[str, None] = {}
    for operand in operands:
        found.update(dict.fromkeys(Pattern(operand).matching() if operand in patterns else [operand]))
    return tuple(found)
