"""What `aio tail` says of what happens to the files that it follows: GNU's words for each of the engine's events."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from aiocli.commands._tail_output import name_shown
from aiocli.engines.follow.events import (
    Accessible,
    Appeared,
    Inaccessible,
    Lost,
    NothingLeft,
    Polling,
    Replaced,
    Truncated,
    Unreadable,
    Untailable,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from aiocli.engines.follow.events import FollowEvent
    from aiocli.ui.report import Report


class Said(NamedTuple):
    """A message in the making.

    Attributes:
        text: {path} is quoted always, {plain} where it needs that, {why} is the event's own word.
        errno: the system's word for it comes behind the text; 0 is none.
        is_failure: the exit status is 1 then.
    """

    text: str
    errno: int = 0
    is_failure: bool = False


def _untailable(event: Untailable) -> Said:
    rest = "; giving up on this name" if event.is_given_up else ""
    return Said(f"{{path}} has been replaced with an untailable file{rest}")


def _polling(event: Polling) -> Said:
    if event.path is None:
        return Said("inotify cannot be used, reverting to polling" + ("" if event.errno else ": {why}"), event.errno)
    return Said("{plain}: looked at again and again from now on: {why}", event.errno)


_SAYINGS: dict[type, Callable[..., Said]] = {
    Truncated: lambda _: Said("{plain}: file truncated"),
    Replaced: lambda _: Said("{path} has been replaced;  following new file"),
    Appeared: lambda _: Said("{path} has appeared;  following new file"),
    Accessible: lambda _: Said("{path} has become accessible"),
    Inaccessible: lambda event: Said("{path} has become inaccessible", event.errno),
    Untailable: _untailable,
    Unreadable: lambda event: Said("error reading {path}", event.errno, is_failure=True),
    Lost: lambda _: Said("{plain}: some of it may be missing here: {why}", is_failure=True),
    Polling: _polling,
    NothingLeft: lambda _: Said("no files remaining", is_failure=True),
}
"""Kind of an event -> what is said of it; of others nothing."""


def tell(event: FollowEvent, report: Report) -> None:
    """Say what is to be said of an event."""
    say = _SAYINGS.get(type(event))
    if say is None:
        return
    said: Said = say(event)
    name = name_shown(getattr(event, "path", None) or "")
    why = getattr(event, "why", "")
    text = said.text.format(path=report.quoting.quoteaf(name), plain=report.quoting.quotef(name), why=why)
    if said.errno:
        text += f": {os.strerror(said.errno)}"
    if said.is_failure:
        report.fail()
    report.note(text)
