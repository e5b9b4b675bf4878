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
from aiocli.ui import color, status
from aiocli.ui.getopt import Argument, OptionError, OptionEvent, OptionSpec, UnknownOption, parse
from aiocli.ui.help import COMMON_OPTIONS, OPTIONS, OWN_OPTIONS, Manual
from aiocli.ui.output import print_text
from aiocli.ui.quoting import Quoting
from aiocli.ui.report import STDOUT_FD

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from aiocli.ui.help import Term
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
    """A wrong command line: one line and where to find help.

    Attributes:
        meant: what was probably meant, to be told behind it; empty if nobody knows.
    """

    def __init__(self, message: str, exit_status: int = status.FAILURE, meant: str = "") -> None:
        super().__init__(message, exit_status)
        self.meant = meant


class GnuOption(click.Option):
    """An option, with what help and completion know about it.

    Attributes:
        group: heading in help; empty puts it under the general one.
        values: what the value may be, if that is a short list.
        is_list: the value is one or several of them, separated by commas.
        unlisted: more long names, "--path", that are understood and nowhere shown.
    """

    default_group = OPTIONS

    def __init__(
        self,
        *args: Any,
        group: str = "",
        values: tuple[str, ...] = (),
        is_list: bool = False,
        unlisted: tuple[str, ...] = (),
        **settings: Any,
    ) -> None:
        super().__init__(*args, **settings)
        self.group = group or self.default_group
        self.values = values
        self.is_list = is_list
        self.unlisted = unlisted


class OwnOption(GnuOption):
    """An option that GNU does not have: it must be spelled out, so that GNU's abbreviations stay GNU's."""

    default_group = OWN_OPTIONS


def option(*names: str, **settings: Any) -> Callable[..., Any]:
    """Declare an option with a value."""
    settings.setdefault("cls", GnuOption)
    return click.option(*names, **settings)


def flag(*names: str, **settings: Any) -> Callable[..., Any]:
    """Declare an option without a value."""
    return option(*names, is_flag=True, **settings)


def specs_of(param: click.Option) -> list[OptionSpec]:
    """Describe an option to the parser; where a value is optional, only the long names take one, as in GNU."""
    if param.is_flag:
        short = long = Argument.NONE
    elif isinstance(param.flag_value, str):
        short, long = Argument.NONE, Argument.OPTIONAL
    else:
        short = long = Argument.REQUIRED
    assert param.name is not None
    shorts = "".join(name[1:] for name in param.opts if not name.startswith("--"))
    unlisted = param.unlisted if isinstance(param, GnuOption) else ()
    longs = tuple(name[2:] for name in (*param.opts, *unlisted) if name.startswith("--"))
    is_exact = isinstance(param, OwnOption)
    return [
        OptionSpec(param.name, shorts, (), short, is_exact),
        OptionSpec(param.name, "", longs, long, is_exact),
    ]


def _value_if_bare(param: click.Option) -> Any:
    """Tell what an option without a value stands for: True, or what its declaration says."""
    return True if param.flag_value is UNSET else param.flag_value


class GnuCommand(click.Command):
    """A command parsed as GNU parses: permutation, abbreviations, optional values only with `=`.

    Attributes:
        manual: what is said about it beside its options.
        own_title: heading of the options that GNU does not have.
        usage_status: exit status of a wrong command line.
        stops_at_operand: what follows the first operand is not for this command.
    """

    own_title = OWN_OPTIONS
    usage_status = status.FAILURE
    stops_at_operand = False

    def __init__(self, *args: Any, manual: Manual | None = None, **kwargs: Any) -> None:
        kwargs.setdefault("add_help_option", False)
        super().__init__(*args, **kwargs)
        self.manual = manual or Manual()

    def summaries(self) -> list[Term]:
        """List the commands below this one; there are none but below a group."""
        return []

    def get_help(self, ctx: click.Context) -> str:
        """Lay out all that is known about the command, coloured where that is wanted."""
        from aiocli.ui.help_text import render

        return render(self, ctx, is_colored=color.is_wanted(_when_colored(ctx), STDOUT_FD))

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse by GNU's rules, then let Click convert in the order of the command line.

        Returns:
            The operands, where no argument is declared that takes them.
        """
        params = self.get_params(ctx)
        options = {param.name: param for param in params if isinstance(param, click.Option)}
        specs = [spec for param in options.values() for spec in specs_of(param)]
        settings: Settings = ctx.obj
        is_posixly_correct = settings.is_posixly_correct or self.stops_at_operand
        try:
            events, operands = parse(args, specs, posixly_correct=is_posixly_correct)
        except OptionError as error:
            events, operands = _up_to_help(args, specs, is_posixly_correct), []
            if not events:
                # GNU's names say what GNU says and no more.
                meant = "" if settings.is_multi_call else self._meant_by(error)
                raise UsageError(str(error), self.usage_status, meant) from None
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

    def events_before_mistake(self, ctx: click.Context, args: list[str]) -> list[OptionEvent]:
        """List the options in front of the first mistake, for programs that look at each value as they meet it."""
        specs = [spec for param in self.get_params(ctx) if isinstance(param, click.Option) for spec in specs_of(param)]
        for known in _beginnings(args):
            try:
                return parse(known, specs, posixly_correct=ctx.obj.is_posixly_correct)[0]
            except OptionError:
                continue
        return []

    def _meant_by(self, error: OptionError) -> str:
        """Find the long option that a wrong one is nearest to; empty if there is none."""
        if not isinstance(error, UnknownOption):
            return ""
        from aiocli.ui.help_facts import sections
        from aiocli.ui.suggest import closest

        shown = (option for section in sections(self) for option in section.options)
        return closest(f"--{error.name}", (name for option in shown for name in option.longs)) or ""


class AioCommand(GnuCommand):
    """A command that is aio's alone: it follows no other, and wrong usage ends with 2."""

    usage_status = status.USAGE
    own_title = OPTIONS


def _beginnings(args: list[str]) -> Iterator[list[str]]:
    """Yield the arguments and ever shorter beginnings of them; clusters of letters are shortened by the letter."""
    for end in range(len(args), 0, -1):
        *before, last = args[:end]
        yield [*before, last]
        if last.startswith("-") and not last.startswith("--"):
            yield from ([*before, last[:letters]] for letters in range(len(last) - 1, 1, -1))


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


def _when_colored(ctx: click.Context) -> str:
    """Tell when to colour; --color counts behind --help, too, which is met before its callback runs."""
    events: list[OptionEvent] = ctx.meta.get(EVENTS, [])
    given = [event.value or color.ALWAYS for event in events if event.key == "color"]
    when: str = given[-1] if given else ctx.obj.color
    return when


def _version_text(ctx: click.Context) -> str:
    return f"{ctx.command_path} (aio-fileutils) {__version__}"


def check_when(ctx: click.Context, param: click.Parameter, when: str | None) -> str | None:
    """Take auto, always, never or nothing, as a callback of an option `--name[=WHEN]`.

    Raises:
        Fatal: it is another word.
    """
    if when is not None and when not in color.WHENS:
        quoted = Quoting(ctx.obj.is_utf8).quote(when)
        raise Fatal(f"invalid argument {quoted} for '{param.opts[-1]}'; valid arguments are: {', '.join(color.WHENS)}")
    return when


def _set_color(ctx: click.Context, param: click.Parameter, when: str | None) -> None:
    if check_when(ctx, param, when) is not None:
        ctx.obj = ctx.obj._replace(color=when)


_help_option = flag(
    "-h",
    "--help",
    group=COMMON_OPTIONS,
    expose_value=False,
    is_eager=True,
    callback=_print_and_exit(lambda ctx: ctx.get_help()),
    help="Show this message and exit.",
)
_version_option = flag(
    "--version",
    group=COMMON_OPTIONS,
    expose_value=False,
    is_eager=True,
    callback=_print_and_exit(_version_text),
    help="Show the version and exit.",
)
_color_option = option(
    "--color",
    cls=OwnOption,
    group=COMMON_OPTIONS,
    is_flag=False,
    flag_value=color.ALWAYS,
    metavar="WHEN",
    values=color.WHENS,
    expose_value=False,
    is_eager=True,
    callback=_set_color,
    help="Colour help and what tail marks: auto (on a terminal, unless the environment forbids), always or never.",
)


def help_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add -h/--help and --version, for names that must not have more than GNU's programs."""
    decorated: Callable[..., Any] = _help_option(_version_option(command))
    return decorated


def standard_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add -h/--help, --version and --color."""
    decorated: Callable[..., Any] = _color_option(help_options(command))
    return decorated
