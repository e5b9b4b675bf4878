"""The `aio` group: finds a command by name, reads the environment, and ends the process.

This is the only module that ends the process and, for commands, the only one that looks at the environment.
It imports Click and nothing heavier; a command's module is imported when it is asked for.
"""

from __future__ import annotations

import errno
import gc
import os
import signal
import sys
from importlib import import_module
from typing import TYPE_CHECKING, NoReturn

import click

from aiocli.commands import COMMANDS, OTHER_NAMES
from aiocli.core.errors import OutputError
from aiocli.ui import status
from aiocli.ui.command import Fatal, GnuCommand, UsageError, standard_options
from aiocli.ui.options import BACKEND_NAMES, backend_option
from aiocli.ui.quoting import Quoting
from aiocli.ui.report import STDERR_FD, STDOUT_FD, Report, write_fd
from aiocli.ui.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import FrameType

PROGRAM = "aio"
MIN_COLUMNS, MAX_COLUMNS = 50, 80


class Interrupted(KeyboardInterrupt):
    """A signal asks to stop: clean up, then die by the same signal."""

    def __init__(self, signum: int) -> None:
        super().__init__(signum)
        self.signum = signum


class AioGroup(click.Group, GnuCommand):
    """A group whose commands are modules, imported one at a time; its help comes from the table alone."""

    usage_status = status.USAGE
    stops_at_operand = True

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the group's own options; what follows must name a command."""
        rest = super().parse_args(ctx, args)
        if not ctx._protected_args:
            raise UsageError("missing command", self.usage_status)
        return rest

    def list_commands(self, _ctx: click.Context) -> list[str]:
        """Name the commands in the table's order."""
        return list(COMMANDS)

    def get_command(self, _ctx: click.Context, name: str) -> click.Command | None:
        """Import the command's module."""
        return load_command(name) if name in COMMANDS else None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command, or say that there is none of this name."""
        command = self.get_command(ctx, args[0])
        if command is None:
            quoted = Quoting(ctx.obj.is_utf8).quoteaf(args[0])
            raise UsageError(f"{quoted} is not an aio command", status.USAGE)
        return args[0], command, args[1:]

    def format_commands(self, _ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands from the table, importing none."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group("aio", cls=AioGroup, no_args_is_help=False)
@backend_option
@standard_options
@click.pass_context
def group(ctx: click.Context, /, backend: str | None) -> None:
    """Cat, cp, hash and tail: GNU's command lines, faster, and what those never had.

    Every command also answers to `aio COMMAND --help`. Run through a link named cat, cp, tail, md5sum,
    sha256sum, ... aio is that command.
    """
    if backend is not None:
        ctx.obj = ctx.obj._replace(backend=backend, backend_source="--backend")


def load_command(name: str) -> click.Command:
    """Import the module of a command or of one of the other names, and return its click object."""
    module = import_module(f"aiocli.commands.{OTHER_NAMES.get(name, name)}")
    command: click.Command = getattr(module, "OTHER_COMMANDS", {}).get(name, module.command)
    return command


def main() -> NoReturn:
    """Run the program that the command line names and end the process with its status."""
    _open_standard_descriptors()
    for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(signum) != signal.SIG_IGN:
            signal.signal(signum, _interrupt)
    name = os.path.basename(sys.argv[0])
    try:
        result = run(name if name in OTHER_NAMES else PROGRAM, sys.argv[1:], os.environ)
    except Interrupted as error:
        result = -error.signum
    _end(result)


def run(program: str, args: list[str], environ: Mapping[str, str]) -> int:
    """Run a command line; what it raises becomes a message and a status.

    Args:
        program: "aio" or one of the other names.
        args: arguments behind the program's name.
        environ: the environment.

    Returns:
        The exit status, or minus the number of the signal to die by.

    Raises:
        Interrupted: a signal came; everything is cleaned up.
    """
    settings = _settings(program, environ)
    report = Report(program, Quoting(settings.is_utf8))
    try:
        command: click.Command = group if program == PROGRAM else load_command(program)
        gc.freeze()
        gc.enable()
        with command.make_context(program, args, obj=settings) as context:
            result: int | None = command.invoke(context)
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except Fatal as error:
        report.program = error.program or program
        report.note(error.message)
        if isinstance(error, UsageError):
            write_fd(STDERR_FD, f"Try '{report.program} --help' for more information.\n")
        return error.status
    except OutputError as error:
        if error.errno == errno.EPIPE:
            return -signal.SIGPIPE
        report.failure("write error", error)
        return report.status
    except Exception:  # a bug: the one place where anything may arrive
        _print_bug(report)
        return status.BUG
    return result or status.OK


def _settings(program: str, environ: Mapping[str, str]) -> Settings:
    backend = environ.get("AIO_BACKEND") or environ.get("CAIO_IMPL") or "auto"
    if backend not in BACKEND_NAMES and not environ.get("AIO_BACKEND"):
        backend = "auto"  # caio itself ignores a CAIO_IMPL that it does not know
    return Settings(
        backend=backend,
        disabled=frozenset(filter(None, environ.get("AIO_DISABLE", "").split(","))),
        is_posixly_correct="POSIXLY_CORRECT" in environ,
        is_utf8=_is_utf8(environ),
        is_multi_call=program != PROGRAM,
        columns=_columns(environ),
    )


def _columns(environ: Mapping[str, str]) -> int:
    """Tell how wide help may be: COLUMNS, else the terminal; shutil would do it with 5 ms of imports."""
    try:
        columns = int(environ.get("COLUMNS") or os.get_terminal_size(STDOUT_FD).columns)
    except (ValueError, OSError):
        columns = MAX_COLUMNS
    return max(MIN_COLUMNS, min(columns, MAX_COLUMNS))


def _is_utf8(environ: Mapping[str, str]) -> bool:
    """Tell whether the user's locale speaks UTF-8.

    Python sets LC_CTYPE=C.UTF-8 for itself when it finds the C locale (PEP 538): that is not the user's word.
    """
    import _locale

    is_coerced = environ.get("LC_CTYPE") == "C.UTF-8" and not environ.get("LC_ALL") and not environ.get("LANG")
    return _locale.nl_langinfo(_locale.CODESET) == "UTF-8" and not is_coerced


def _open_standard_descriptors() -> None:
    """Fill closed standard descriptors, so that no file that is opened later takes their place.

    Each is opened the wrong way round, so that using it still fails with EBADF.
    """
    for fd, flags in ((0, os.O_WRONLY), (1, os.O_RDONLY), (2, os.O_RDONLY)):
        try:
            os.fstat(fd)
        except OSError:
            os.open(os.devnull, flags)


def _interrupt(signum: int, _frame: FrameType | None) -> NoReturn:
    """Stop in an orderly way; the same signal once more stops at once."""
    signal.signal(signum, signal.SIG_DFL)
    raise Interrupted(signum)


def _print_bug(report: Report) -> None:
    import traceback

    traceback.print_exc()
    report.note("this is a bug in aio; please report it with the lines above and the output of 'aio doctor'")


def _end(result: int) -> NoReturn:
    """End the process: by a signal if the result is negative, else with it as the status."""
    if result < 0:
        signal.signal(-result, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [-result])
        os.kill(os.getpid(), -result)
    if sys.flags.dev_mode:
        sys.exit(result)  # let the interpreter complain about what was left open
    os._exit(result)  # everything is closed and nothing is buffered; the interpreter's end costs 5 ms
