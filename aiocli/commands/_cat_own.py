"""The options of `aio cat` that GNU cat does not have: what they are, and what they mean together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from aiocli.ui.command import Fatal, OwnOption, flag, option
from aiocli.ui.options import explain_option, no_cache_option, progress_option, together
from aiocli.ui.sizes import parse_size

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aiocli.engines.ranges import Span
    from aiocli.ui.quoting import Quoting


class OwnOptions(NamedTuple):
    """What was asked for.

    Attributes:
        decompresses: compressed operands are decompressed.
        span: which part of each operand; None is all.
        leaves_cache: the page cache stays as it was found.
        explains: one line an operand says how its bytes went.
        progress: when to show progress; None is never, nor on SIGUSR1.
    """

    decompresses: bool = False
    span: Span | None = None
    leaves_cache: bool = False
    explains: bool = False
    progress: str | None = None


_OPTIONS = (
    flag(
        "--decompress",
        cls=OwnOption,
        help="Decompress operands that are gzip, bzip2, xz, zstd or lz4 frame data by their first bytes; others pass.",
    ),
    option(
        "--range",
        cls=OwnOption,
        metavar="START:END",
        help="Write the bytes from START up to, not with, END of each operand: from 0, from its end if negative; "
        "1K:-512 with GNU's suffixes, either may be left out.",
    ),
    option(
        "--lines",
        cls=OwnOption,
        metavar="FIRST:LAST",
        help="Write the lines from FIRST to LAST of each operand: from 1, from its end if negative (-1 is the last "
        "line); either may be left out.",
    ),
    progress_option,
    no_cache_option,
    explain_option,
)


own_options = together(_OPTIONS)
"""Adds these options; their values are the arguments that `own_of` takes."""


def own_of(given: Mapping[str, Any], *, backend: str | None, quoting: Quoting, is_multi_call: bool) -> OwnOptions:
    """Make sense of the options.

    Args:
        given: their values by name.
        backend: the named backend; None is auto.
        quoting: for messages.
        is_multi_call: run under GNU's name, where no progress shows by itself.

    Raises:
        Fatal: two of them exclude each other, or one is no range.
    """
    if given["range"] is not None and given["lines"] is not None:
        raise Fatal("cannot combine --range and --lines")
    if given["no_cache"] and backend is not None:
        raise Fatal(f"cannot combine --no-cache and --backend={backend}")
    return OwnOptions(
        decompresses=given["decompress"],
        span=_span(given, quoting),
        leaves_cache=given["no_cache"],
        explains=given["explains"],
        progress=given["progress"] or (None if is_multi_call else "auto"),
    )


def _span(given: Mapping[str, Any], quoting: Quoting) -> Span | None:
    for name, what in (("range", "range of bytes"), ("lines", "range of lines")):
        text = given[name]
        if text is None:
            continue
        from aiocli.engines.ranges import byte_span, line_span

        try:
            return (byte_span if name == "range" else line_span)(text, parse_size)
        except ValueError:
            raise Fatal(f"invalid {what}: {quoting.quote(text)}") from None
    return None
