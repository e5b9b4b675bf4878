"""What a command line of tail asks for, and how its values are understood: in order, the first mistake is told."""

from __future__ import annotations

import errno
import os
import re
from enum import Enum
from typing import TYPE_CHECKING, Any, NamedTuple

from aiocli.commands._tail_obsolete import DEFAULT_LINES
from aiocli.commands._tail_own import OwnOptions
from aiocli.ui.command import Fatal
from aiocli.ui.sizes import parse_size

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aiocli.ui.getopt import OptionEvent
    from aiocli.ui.quoting import Quoting

MAX_PID = 2**31 - 1
MAX_OFFSET = 2**63 - 1

_TOO_LARGE = os.strerror(errno.EOVERFLOW)
_NEGATIVE = r"[\t-\r ]*-([0-9](?s:.*))"
# As strtod in the C locale takes it; Python's float() takes more.
_DECIMAL = r"(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"
_HEXADECIMAL = r"0[xX](?:[0-9a-fA-F]+\.?[0-9a-fA-F]*|\.[0-9a-fA-F]+)(?:[pP][+-]?[0-9]+)?"
_SECONDS = rf"[\t-\r ]*([+-]?(?:(?P<hexadecimal>{_HEXADECIMAL})|{_DECIMAL}|(?i:inf(?:inity)?)))"


class Amount(NamedTuple):
    """How much to print.

    Attributes:
        number: lines or bytes.
        is_bytes: bytes, not lines.
        from_start: begin with this one (1 is the first) instead of printing so many at the end.
    """

    number: int = DEFAULT_LINES
    is_bytes: bool = False
    from_start: bool = False

    @property
    def is_nothing(self) -> bool:
        """Whether no file can have anything of it: files are not even opened for that, as in GNU."""
        return self.number >= MAX_OFFSET if self.from_start else self.number == 0


class Follow(Enum):
    """What is followed when a file grows."""

    NOTHING = ""
    DESCRIPTOR = "descriptor"
    """The open file, whatever becomes of its name."""
    NAME = "name"
    """Whatever file has the name."""


class TailOptions(NamedTuple):
    """What was asked for.

    Attributes:
        operands: files; none is standard input, `-` too.
        amount: how much of each.
        follow: what is followed afterwards.
        retries: what cannot be opened is tried again.
        pids: following ends when all of these processes are gone.
        interval_s: between two looks, where looking is needed.
        max_unchanged_stats: looks at an unchanged file before its name is looked at, where looking is needed.
        uses_inotify: the kernel may be asked to tell of changes.
        presumes_pipe: read files to their end as if they could not seek.
        has_headers: name each file in front of its output; None does so for several files.
        delimiter: what ends a line.
        is_debug: say how files are followed.
        takes_in_directories: where names are followed, those of directories stand for the files in them.
        backend: named backend; None is auto.
        disabled: names of fast paths to leave out.
        own: what aio's own options say.
    """

    operands: tuple[str, ...] = ()
    amount: Amount = Amount()
    follow: Follow = Follow.NOTHING
    retries: bool = False
    pids: tuple[int, ...] = ()
    interval_s: float = 1.0
    max_unchanged_stats: int = 5
    uses_inotify: bool = True
    presumes_pipe: bool = False
    has_headers: bool | None = None
    delimiter: bytes = b"\n"
    is_debug: bool = False
    takes_in_directories: bool = False
    backend: str | None = None
    disabled: frozenset[str] = frozenset()
    own: OwnOptions = OwnOptions()

    @property
    def is_following(self) -> bool:
        """Whether anything goes on after the ends are printed."""
        return self.follow is not Follow.NOTHING

    def has_line_work(self, *, is_colored: bool) -> bool:
        """Tell whether lines have to be looked at, or may pass as they come."""
        own = self.own
        is_marking = bool(own.highlight) and is_colored
        return bool(own.prefix is not None or own.grep or own.grep_not or own.until or own.fail_on or is_marking)


def taken(events: Iterable[OptionEvent], quoting: Quoting) -> TailOptions:
    """Take GNU's options in their order, up to --help or --version.

    Raises:
        Fatal: a value is wrong; UsageError among them.
    """
    options = TailOptions()
    for event in events:
        if event.key in ("help", "version"):
            break
        options = _take(options, event, quoting)
    return options


def _take(options: TailOptions, event: OptionEvent, quoting: Quoting) -> TailOptions:
    value = event.value or ""
    match event.key:
        case "nbytes" | "nlines":
            amount = _amount(value, event.key == "nbytes", quoting)
            # A plus stays in force, as in GNU.
            return options._replace(amount=amount._replace(from_start=amount.from_start or options.amount.from_start))
        case "follow":
            return options._replace(follow=_follow(event, quoting))
        case "follows_stubbornly":
            return options._replace(follow=Follow.NAME, retries=True)
        case "pid":
            return options._replace(pids=(*options.pids, _pid(value, quoting)))
        case "interval":
            return options._replace(interval_s=_interval(value, quoting))
        case "max_unchanged_stats":
            what = "maximum number of unchanged stats between opens"
            return options._replace(max_unchanged_stats=_number(value, what, quoting, suffixes=""))
        case "digit":
            raise Fatal(f"option used in invalid context -- {event.spelled[1:]}")
    return options._replace(**_FLAGS.get(event.key, {}))


def _follow(event: OptionEvent, quoting: Quoting) -> Follow:
    if event.value is None:
        return Follow.DESCRIPTOR
    from aiocli.ui.argmatch import argmatch

    return Follow(argmatch(event.value, _FOLLOW_WORDS, event.spelled, quoting))


_FOLLOW_WORDS = (("descriptor",), ("name",))
_FLAGS: dict[str, dict[str, Any]] = {
    "retries": {"retries": True},
    "is_quiet": {"has_headers": False},
    "is_verbose": {"has_headers": True},
    "is_zero": {"delimiter": b"\0"},
    "is_debug": {"is_debug": True},
    "disables_inotify": {"uses_inotify": False},
    "presumes_pipe": {"presumes_pipe": True},
}
"""Option -> what it sets."""


def _amount(text: str, is_bytes: bool, quoting: Quoting) -> Amount:
    what = "number of bytes" if is_bytes else "number of lines"
    return Amount(_number(text.removeprefix("-"), what, quoting), is_bytes, text.startswith("+"))


def _number(text: str, what: str, quoting: Quoting, **settings: str) -> int:
    """Parse a count; one below zero is a number and none that fits."""
    negative = re.fullmatch(_NEGATIVE, text) if "-" in text else None
    try:
        number = parse_size(negative[1] if negative else text, **settings)
    except ValueError:
        raise Fatal(f"invalid {what}: {quoting.quote(text)}") from None
    if negative and number:
        raise Fatal(f"invalid {what}: {quoting.quote(text)}: {_TOO_LARGE}")
    return number


def _pid(text: str, quoting: Quoting) -> int:
    try:
        number = parse_size(text, suffixes="")
    except ValueError:
        raise Fatal(f"invalid PID: {quoting.quote(text)}") from None
    if number > MAX_PID:
        raise Fatal(f"invalid PID: {quoting.quote(text)}: {_TOO_LARGE}")
    return number


def _interval(text: str, quoting: Quoting) -> float:
    found = re.fullmatch(_SECONDS, text)
    seconds = float("nan")
    if found:
        seconds = _from_hexadecimal(found[1]) if found["hexadecimal"] else float(found[1])
    if not seconds >= 0:
        raise Fatal(f"invalid number of seconds: {quoting.quote(text)}")
    return seconds


def _from_hexadecimal(text: str) -> float:
    try:
        return float.fromhex(text)
    except OverflowError:
        return float("-inf") if text.startswith("-") else float("inf")
