"""Click commands whose arguments are parsed by GNU's rules, and their errors in GNU's words.

Click declares and converts; `getopt` parses. The order in which options came is kept in
`ctx.meta[EVENTS]`, for those commands where the last of several wins.
"""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING, Any

import click
from click.core import UNSET, iter_params_for_processing  # type: ignore[attr-defined]  # not in __all__

from aiocli import __version__
from aiocli.core.errors import OutputError
from aiocli.ui import status
from aiocli.ui.getopt import Argument, OptionError, OptionEvent, OptionSpec, parse
from aiocli.ui.output import print_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from aiocli.ui.settings import Settings

EVENTS = "aiocli.events"


class Fatal(click.ClickException):
    """A wrong argument value: one line, status 1.

    Attributes:
        program: the command as it was called, "aio cat" or "cat"; empty outside a command.
        status: exit status.
    """

    def __init__(self, message: str, exit_status: int = status.FAILURE) -> None:
        super().__init__(message)
        self.status = exit_status
        context = click.get_current_context(silent=True)
        self.program = context.command_path if context else ""


class UsageError(Fatal):
    """A wrong command line: one line and where to find help."""

    def __init__(self, message: str, exit_status: int = status.FAILURE) -> None:
        super().__init__(message, exit_status)


class OwnOption(click.Option):
    """An option that GNU does not have: it must be spelled out, so that GNU's abbreviations stay GNU's."""


def flag(*names: str, **settings: Any) -> Callable[..., Any]:
    """Declare an option without a value."""
    return click.option(*names, is_flag=True, **settings)


def _specs(param: click.Option) -> list[OptionSpec]:
    """Describe an option to the parser; where a value is optional, only the long names take one, as in GNU."""
    if param.is_flag:
        short = long = Argument.NONE
    elif isinstance(param.flag_value, str):
        short, long = Argument.NONE, Argument.OPTIONAL
    else:
        short = long = Argument.REQUIRED
    assert param.name is not None
    shorts = "".join(name[1:] for name in param.opts if not name.startswith("--"))
    longs = tuple(name[2:] for name in param.opts if name.startswith("--"))
    is_exact = isinstance(param, OwnOption)
    return [
        OptionSpec(param.name, shorts, (), short, is_exact),
        OptionSpec(param.name, "", longs, long, is_exact),
    ]


def _value_if_bare(param: click.Option) -> Any:
    """Tell what an option without a value stands for: True, or what its declaration says."""
    return True if param.flag_value is UNSET else param.flag_value


def _place_in_help(param: click.Parameter) -> tuple[bool, bool, str, bool]:
    name = param.opts[0].lstrip("-")
    return param.is_eager, isinstance(param, OwnOption), name.lower(), name.isupper()


class GnuCommand(click.Command):
    """A command parsed as GNU parses: permutation, abbreviations, optional values only with `=`.

    Attributes:
        usage_status: exit status of a wrong command line.
        stops_at_operand: what follows the first operand is not for this command.
    """

    usage_status = status.FAILURE
    stops_at_operand = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("add_help_option", False)
        super().__init__(*args, **kwargs)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse by GNU's rules, then let Click convert in the order of the command line.

        Returns:
            The operands, where no argument is declared that takes them.
        """
        params = self.get_params(ctx)
        options = {param.name: param for param in params if isinstance(param, click.Option)}
        specs = [spec for param in options.values() for spec in _specs(param)]
        settings: Settings = ctx.obj
        is_posixly_correct = settings.is_posixly_correct or self.stops_at_operand
        try:
            events, operands = parse(args, specs, posixly_correct=is_posixly_correct)
        except OptionError as error:
            events, operands = _up_to_help(args, specs, is_posixly_correct), []
            if not events:
                raise UsageError(str(error), self.usage_status) from None
        values: dict[str, Any] = {}
        order: list[click.Parameter] = []
        for event in events:
            option = options[event.key]
            order.append(option)
            value = _value_if_bare(option) if event.value is None else event.value
            if option.multiple:
                values.setdefault(event.key, []).append(value)
            else:
                values[event.key] = value
        for param in params:
            if isinstance(param, click.Argument) and param.name is not None:
                values[param.name], operands = operands, []
                order.append(param)
        ctx.meta[EVENTS] = events
        for param in iter_params_for_processing(order, params):
            param.handle_parse_result(ctx, values, [])
        for name, value in ctx.params.items():
            if value is UNSET:
                ctx.params[name] = None
        return operands

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the options by their letters, as GNU does; --help and --version last."""
        records = [
            record
            for param in sorted(self.get_params(ctx), key=_place_in_help)
            if (record := param.get_help_record(ctx)) is not None
        ]
        with formatter.section("Options"):
            formatter.write_dl(records)
        if isinstance(self, click.Group):
            self.format_commands(ctx, formatter)


def _up_to_help(args: list[str], specs: list[OptionSpec], is_posixly_correct: bool) -> list[OptionEvent]:
    """Find --help or --version in front of the mistake: getopt meets it first, and so does the user."""
    for end in range(1, len(args) + 1):
        try:
            events, _ = parse(args[:end], specs, posixly_correct=is_posixly_correct)
        except OptionError:
            continue
        if any(event.key in ("help", "version") for event in events):
            return events
    return []


def _print_and_exit(text_of: Callable[[click.Context], str]) -> Callable[..., None]:
    def callback(ctx: click.Context, _param: click.Parameter, is_given: bool) -> None:
        if is_given and not ctx.resilient_parsing:
            try:
                print_text(text_of(ctx) + "\n")
            except OutputError as error:
                if error.errno == errno.EPIPE:
                    raise
                raise Fatal(f"write error: {error.strerror}") from None
            ctx.exit()

    return callback


def _help_text(ctx: click.Context) -> str:
    ctx.terminal_width = ctx.obj.columns
    return ctx.get_help()


def _version_text(ctx: click.Context) -> str:
    return f"{ctx.command_path} (aio-fileutils) {__version__}"


def standard_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add -h/--help and --version."""
    for names, callback, text in (
        (("--version",), _print_and_exit(_version_text), "Show the version and exit."),
        (("-h", "--help"), _print_and_exit(_help_text), "Show this message and exit."),
    ):
        command = click.option(*names, is_flag=True, expose_value=False, is_eager=True, callback=callback, help=text)(
            command
        )
    return command
