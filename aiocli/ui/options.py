"""Options that several commands have, and what they mean everywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from aiocli.ui.color import WHENS
from aiocli.ui.command import Fatal, OwnOption, check_when
from aiocli.ui.quoting import Quoting
from aiocli.ui.sizes import format_size, parse_size

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from aiocli.ui.settings import Settings


def together(declarations: Sequence[Callable[..., Any]]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Make one decorator of those of several options, which `--help` shows in this order."""

    def add(command: Callable[..., Any]) -> Callable[..., Any]:
        for declare in reversed(declarations):
            command = declare(command)
        return command

    return add


BACKEND_NAMES = ("auto", "uring", "linux", "thread", "python")


def backend_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add --backend NAME; the value is None where it is not given."""
    return click.option(
        "--backend",
        cls=OwnOption,
        metavar="NAME",
        values=BACKEND_NAMES,
        help="Move regular files' data through this caio context and no other: uring, linux, thread or "
        "python; auto (the default) takes the fastest way that works.",
    )(command)


MAX_CHUNK_BYTES = 16 * 1024 * 1024
"""Several chunks are in memory at once; larger ones gain nothing."""


def progress_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add --progress[=WHEN]; the value is None where it is not given."""
    return click.option(
        "--progress",
        cls=OwnOption,
        is_flag=False,
        flag_value="always",
        metavar="WHEN",
        values=WHENS,
        callback=check_when,
        help="Show progress on standard error: auto (on a terminal, after half a second; the default), "
        "always or never.",
    )(command)


def json_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add --json."""
    return click.option(
        "--json",
        "is_json",
        cls=OwnOption,
        is_flag=True,
        help="Tell what happens on standard output, as one JSON object a line, and nothing else there.",
    )(command)


def no_cache_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add --no-cache."""
    return click.option(
        "--no-cache",
        cls=OwnOption,
        is_flag=True,
        help="Leave the page cache as it was found; written files are on the device then.",
    )(command)


def explain_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add --explain; the value is called `explains`."""
    return click.option(
        "--explain",
        "explains",
        cls=OwnOption,
        is_flag=True,
        help="Say on standard error for each file which way its data went, how fast, and why no other way.",
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


MAX_JOBS = 1024
"""More processes than any machine that this runs on has use for."""

MAX_DEPTH = 1024
"""Each operation in flight has a chunk in memory."""


def jobs_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add --jobs NUM; the value is None where it is not given."""
    return click.option(
        "--jobs",
        cls=OwnOption,
        metavar="NUM",
        callback=_parse_number("jobs", MAX_JOBS),
        help="Work on so many files, or parts of a big one, at a time; automatic by default.",
    )(command)


def depth_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add --depth NUM; the value is None where it is not given."""
    return click.option(
        "--depth",
        cls=OwnOption,
        metavar="NUM",
        callback=_parse_number("depth", MAX_DEPTH),
        help="Keep at most NUM reads and writes in flight on a named backend; automatic by default.",
    )(command)


def _parse_number(what: str, greatest: int) -> Callable[[click.Context, click.Parameter, str | None], int | None]:
    """Make a callback that takes a number from 1 to greatest."""

    def parse(ctx: click.Context, _param: click.Parameter, text: str | None) -> int | None:
        if text is None:
            return None
        try:
            number = parse_size(text, suffixes="")
        except ValueError:
            number = 0
        if not 0 < number <= greatest:
            raise Fatal(f"invalid {what}: {Quoting(ctx.obj.is_utf8).quote(text)} (1 to {greatest})")
        return number

    return parse


def backend_of(settings: Settings, given: str | None) -> str | None:
    """Decide the backend: the option, else the environment's; None is auto.

    Raises:
        Fatal: there is no backend of this name.
    """
    name = settings.backend if given is None else given
    if name not in BACKEND_NAMES:
        source = settings.backend_source if given is None else "--backend"
        raise Fatal(
            f"invalid argument {Quoting(settings.is_utf8).quote(name)} for '{source}'; "
            f"valid arguments are: {', '.join(BACKEND_NAMES)}"
        )
    return None if name == "auto" else name
