"""Options that several commands have, and what they mean everywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from aiocli.ui.command import Fatal, OwnOption
from aiocli.ui.quoting import Quoting
from aiocli.ui.sizes import format_size, parse_size

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
        help="Move regular files' data through this caio context and no other: uring, linux, thread or "
        "python; auto (the default) takes the fastest way that works.",
    )(command)


MAX_CHUNK_BYTES = 16 * 1024 * 1024
"""Several chunks are in memory at once; larger ones gain nothing."""

WHENS = ("auto", "always", "never")


def progress_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add --progress[=WHEN]; the value is None where it is not given."""
    return click.option(
        "--progress",
        cls=OwnOption,
        is_flag=False,
        flag_value="always",
        metavar="[WHEN]",
        callback=_check_when,
        help="Show progress on standard error: auto (on a terminal, after half a second; the default), "
        "always or never.",
    )(command)


def chunk_size_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add --chunk-size SIZE; the value is in bytes, None where it is not given."""
    return click.option(
        "--chunk-size",
        cls=OwnOption,
        metavar="SIZE",
        callback=_parse_chunk_size,
        help="Bytes of one read and write, with GNU's suffixes (64K, 1MiB, 100kB); automatic by default.",
    )(command)


def _parse_chunk_size(ctx: click.Context, _param: click.Parameter, text: str | None) -> int | None:
    if text is None:
        return None
    try:
        size = parse_size(text)
    except ValueError:
        size = 0
    if not 0 < size <= MAX_CHUNK_BYTES:
        quoted = Quoting(ctx.obj.is_utf8).quote(text)
        raise Fatal(f"invalid chunk size: {quoted} (1 to {format_size(MAX_CHUNK_BYTES)})")
    return size


def _check_when(ctx: click.Context, _param: click.Parameter, when: str | None) -> str | None:
    if when is not None and when not in WHENS:
        quoted = Quoting(ctx.obj.is_utf8).quote(when)
        raise Fatal(f"invalid argument {quoted} for '--progress'; valid arguments are: {', '.join(WHENS)}")
    return when


def backend_of(settings: Settings, given: str | None) -> str | None:
    """Decide the backend: the option, else the environment's; None is auto.

    Raises:
        Fatal: there is no backend of this name.
    """
    name = given or settings.backend
    if name not in BACKEND_NAMES:
        source = "--backend" if given else settings.backend_source
        raise Fatal(
            f"invalid argument {Quoting(settings.is_utf8).quote(name)} for '{source}'; "
            f"valid arguments are: {', '.join(BACKEND_NAMES)}"
        )
    return None if name == "auto" else name
