"""Lists of digests: written as GNU does, read in all the forms that are about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiocli.engines.hash.algorithms import find
from aiocli.engines.hash.lists.entry import Line, Listed, Promise
from aiocli.engines.hash.lists.runs import Run, read_lines
from aiocli.engines.hash.lists.splitting import LineSplitter
from aiocli.engines.hash.lists.writing import LineForm, escape, line_writer, lines_writer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aiocli.engines.hash.lists.gnu import Grammar

__all__ = [
    "Line",
    "LineForm",
    "LineSplitter",
    "Listed",
    "Promise",
    "Run",
    "escape",
    "grammar_for",
    "line_writer",
    "lines_writer",
    "read_lines",
]


def grammar_for(program: str, algorithms: Sequence[str] = (), family: str = "") -> Grammar:
    """Return how a program reads lists.

    Args:
        program: its name; "hash" is our own, which takes every form.
        algorithms: names of the only ones to accept; empty accepts all. Other programs than "hash", "b2sum" and
            "cksum" have one.
        family: what -a gave to cksum: md5, sha2, blake2b...; empty if nothing.
    """
    if program == "hash":
        from aiocli.engines.hash.lists.anything import Anything

        return Anything(algorithms)
    if program in ("b2sum", "cksum"):
        from aiocli.engines.hash.lists.sized import Sized

        is_cksum = program == "cksum"
        return Sized(family if is_cksum else "blake2b", has_base64=is_cksum)
    from aiocli.engines.hash.lists.gnu import Fixed

    return Fixed(find(algorithms[0]))
