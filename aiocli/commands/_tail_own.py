"""The options of `aio tail` that GNU tail does not have: what they are, and what they mean together."""

from __future__ import annotations

import os
import re
import warnings
from typing import TYPE_CHECKING, Any, NamedTuple

from aiocli.ui.command import Fatal, OwnOption, option
from aiocli.ui.options import backend_option, explain_option, together

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from aiocli.ui.quoting import Quoting

DEFAULT_PREFIX = "{name}: "
FIELDS = ("name", "path", "dir", "time")
"""What may stand in braces in a prefix."""

_DURATION = r"([0-9]+\.?[0-9]*|\.[0-9]+)(ms|[smhd]?)"
_UNITS_S = {"ms": 0.001, "": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_FIELD = r"\{\{|\}\}|\{([a-z]*)\}|[{}]"
# Compiled by their first use: at import they would cost a millisecond of every start.


class OwnOptions(NamedTuple):
    """What was asked for.

    Attributes:
        prefix: template of what stands in front of each line; None is nothing.
        grep: lines are shown where one of these regular expressions matches; none shows all.
        grep_not: lines are not shown where one of these matches.
        highlight: what is marked in the lines.
        until: a line that one of these matches is the last, with success.
        fail_on: a line that one of these matches is the last, with failure.
        timeout_s: all ends after so long; None is never.
        idle_timeout_s: all ends when nothing has come for so long; None is never.
        state: file that remembers what was printed; None is none.
        explains: one line a file says how its bytes went.
    """

    prefix: str | None = None
    grep: tuple[str, ...] = ()
    grep_not: tuple[str, ...] = ()
    highlight: tuple[str, ...] = ()
    until: tuple[str, ...] = ()
    fail_on: tuple[str, ...] = ()
    timeout_s: float | None = None
    idle_timeout_s: float | None = None
    state: str | None = None
    explains: bool = False


_REGEXES = ("grep", "grep_not", "highlight", "until", "fail_on")

LINES = "Lines"
WAITING = "Waiting"


def _regex_option(name: str, group: str, text: str) -> Callable[..., Any]:
    return option(name, cls=OwnOption, group=group, metavar="REGEX", multiple=True, help=text)


_OPTIONS = (
    option(
        "--prefix",
        cls=OwnOption,
        group=LINES,
        is_flag=False,
        flag_value=DEFAULT_PREFIX,
        metavar="TEMPLATE",
        help="Begin each line with TEMPLATE, by default '{name}: ', instead of printing headers; {path}, {dir} and "
        "{time} may stand in it, too. On a terminal each file has a colour.",
    ),
    _regex_option("--grep", LINES, "Show only lines that REGEX matches; if given several times, any of them."),
    _regex_option("--grep-not", LINES, "Show no lines that REGEX matches; if given several times, any of them."),
    _regex_option("--highlight", LINES, "Mark what REGEX matches, where colours are wanted."),
    _regex_option(
        "--until", WAITING, "End with status 0 behind the first line that REGEX matches, be it shown or not."
    ),
    _regex_option(
        "--fail-on", WAITING, "End with status 5 behind the first line that REGEX matches, be it shown or not."
    ),
    option(
        "--timeout",
        cls=OwnOption,
        group=WAITING,
        metavar="DURATION",
        help="End with status 3 after DURATION: seconds, or with a unit of ms, s, m, h, d.",
    ),
    option(
        "--idle-timeout",
        cls=OwnOption,
        group=WAITING,
        metavar="DURATION",
        help="End with status 4 when nothing has come for DURATION.",
    ),
    option(
        "--state",
        cls=OwnOption,
        metavar="FILE",
        help="Remember in FILE what was printed, and go on behind it the next time: each line once, also if the files "
        "were rotated meanwhile.",
    ),
    backend_option,
    explain_option,
)


own_options = together(_OPTIONS)
"""Adds these options; their values are the arguments that `own_of` takes."""


def own_of(given: Mapping[str, Any], quoting: Quoting) -> OwnOptions:
    """Make sense of the options.

    Args:
        given: their values by name.
        quoting: for messages.

    Raises:
        Fatal: a value is wrong.
    """
    if given["prefix"] is not None:
        _check_template(given["prefix"], quoting)
    regexes = {name: tuple(given[name] or ()) for name in _REGEXES}
    for name, texts in regexes.items():
        for text in texts:
            _check_regex(text, f"--{name.replace('_', '-')}", quoting)
    return OwnOptions(
        prefix=given["prefix"],
        timeout_s=_duration(given["timeout"], quoting),
        idle_timeout_s=_duration(given["idle_timeout"], quoting),
        state=given["state"],
        explains=given["explains"],
        **regexes,
    )


def _check_template(text: str, quoting: Quoting) -> None:
    for found in re.finditer(_FIELD, text):
        if found[0] not in ("{{", "}}") and found[1] not in FIELDS:
            known = ", ".join(f"{{{name}}}" for name in FIELDS)
            raise Fatal(f"invalid template for --prefix: {quoting.quote(text)}; fields are {known}")


def filled(template: str, fields: Mapping[str, str]) -> str:
    """Put the fields' values into a template that was checked; doubled braces are single ones."""
    return re.sub(_FIELD, lambda found: found[0][0] if found[1] is None else fields[found[1]], template)


def _check_regex(text: str, name: str, quoting: Quoting) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what may mean something else in future
        try:
            re.compile(os.fsencode(text))
        except (re.error, RecursionError, OverflowError) as error:
            raise Fatal(f"invalid regular expression for {name}: {quoting.quote(text)}: {error}") from None


def _duration(text: str | None, quoting: Quoting) -> float | None:
    if text is None:
        return None
    found = re.fullmatch(_DURATION, text)
    if found is None:
        raise Fatal(f"invalid duration: {quoting.quote(text)}")
    return float(found[1]) * _UNITS_S[found[2]]
