"""Options that several commands have, and what they mean everywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from aiocli.ui.command import Fatal, OwnOption
from aiocli.ui.quoting import Quoting

if TYPE_CHECKING:
    from collections.abc import Callable

    from aiocli.ui.settings import Settings

BACKEND_NAMES = ("auto", "uring", "linux", "thread", "python")


def backend_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add --backend NAME; the value is None where it is not given."""
    return click.option(
        "--backend",
        cls=OwnOption,
        metavar="NAME",
        help="Move regular files' data through this caio context and no other: uring, linux, thread or python; "
        "auto (the default) takes the fastest way that works.",
    )(command)


def backend_of(settings: Settings, given: str | None) -> str | None:
    """Decide the backend: the option, else the environment's; None is auto.

    Raises:
        Fatal: there is no backend of this name.
    """
    name = given or settings.backend
    if name not in BACKEND_NAMES:
        source = "--backend" if given else "AIO_BACKEND"
        raise Fatal(
            f"invalid argument {Quoting(settings.is_utf8).quote(name)} for '{source}'; "
            f"valid arguments are: {', '.join(BACKEND_NAMES)}"
        )
    return None if name == "auto" else name
