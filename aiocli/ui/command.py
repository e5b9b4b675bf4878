"""Click commands whose arguments are parsed by GNU's rules, and their errors in GNU's words.

Click declares and converts; `getopt` parses. The order in which options came is kept in
`ctx.meta[EVENTS]`, for those commands where the last of several wins.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click
from click.core import iter_params_for_processing

from aiocli.ui import status
from aiocli.ui.getopt import Argument, OptionError, OptionEvent, OptionSpec, parse
from aiocli.ui.output import print_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from aiocli.ui.settings import Settings

EVENTS = "aiocli.events"
VERSION = "0.1.0"


class Fatal(click.ClickException):
    """A wrong argument value: one line, status 1.

    Attributes:
        program: the command as it was called, "aio cat" or "cat"; empty outside a command.
    """

    exit_code = status.FAILURE

    def __init__(self, message: str) -> None:
        super().__init__(message)
        context = click.get_current_context(silent=True)
        self.program = context.command_path if context else ""


class UsageError(Fatal):
    """A wrong command line: one line and where to find help."""

    def __init__(self, message: str, exit_code: int = status.FAILURE) -> None:
        super().__init__(message)
        self.exit_code = exit_code


class OwnOption(click.Option):
    """An option that GNU does not have: it must be spelled out, so that GNU's abbreviations stay GNU's."""


def _spec(param: click.Option) -> OptionSpec:
    if param.is_flag:
        argument = Argument.NONE
    elif param.flag_value is not None and isinstance(param.flag_value, str):
        argument = Argument.OPTIONAL
    else:
        argument = Argument.REQUIRED
    assert param.name is not None
    return OptionSpec(
        key=param.name,
        shorts="".join(name[1:] for name in param.opts if not name.startswith("--")),
        longs=tuple(name[2:] for name in param.opts if name.startswith("--")),
        argument=argument,
        is_exact=isinstance(param, OwnOption),
    )


class GnuCommand(click.Command):
    """A command parsed as GNU parses: permutation, abbreviations, optional values only with `=`."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("add_help_option", False)
        super().__init__(*args, **kwargs)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse by GNU's rules, then let Click convert in the order of the command line."""
        params = self.get_params(ctx)
        options = {param.name: param for param in params if isinstance(param, click.Option)}
        specs = [_spec(param) for param in options.values()]
        settings: Settings = ctx.obj
        try:
            events, operands = parse(args, specs, posixly_correct=settings.is_posixly_correct)
        except OptionError as error:
            events, operands = _up_to_help(args, specs), []
            if not events:
                raise UsageError(str(error)) from None
        values: dict[str, Any] = {}
        order: list[click.Parameter] = []
        for event in events:
            param = options[event.key]
            order.append(param)
            value = param.flag_value if event.value is None else event.value
            if param.multiple:
                values.setdefault(event.key, []).append(value)
            else:
                values[event.key] = value
        for param in params:
            if isinstance(param, click.Argument) and param.name is not None:
                values[param.name] = operands
                order.append(param)
        ctx.meta[EVENTS] = events
        for param in iter_params_for_processing(order, params):
            param.handle_parse_result(ctx, values, [])
        return []


def _up_to_help(args: list[str], specs: list[OptionSpec]) -> list[OptionEvent]:
    """Find --help or --version in front of the mistake: getopt meets it first, and so does the user."""
    for end in range(1, len(args) + 1):
        try:
            events, _ = parse(args[:end], specs)
        except OptionError:
            continue
        if any(event.key in ("help", "version") for event in events):
            return events
    return []


def _print_and_exit(text_of: Callable[[click.Context], str]) -> Callable[..., None]:
    def callback(ctx: click.Context, _param: click.Parameter, is_given: bool) -> None:
        if is_given and not ctx.resilient_parsing:
            print_text(text_of(ctx) + "\n")
            ctx.exit()

    return callback


def _version_text(ctx: click.Context) -> str:
    return f"{ctx.command_path} (aio-fileutils) {VERSION}"


def standard_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add -h/--help and --version."""
    for names, callback, text in (
        (("--version",), _print_and_exit(_version_text), "Show the version and exit."),
        (("-h", "--help"), _print_and_exit(click.Context.get_help), "Show this message and exit."),
    ):
        command = click.option(
            *names, is_flag=True, expose_value=False, is_eager=True, callback=callback, help=text
        )(command)
    return command
