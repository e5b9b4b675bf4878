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
from contextlib import suppress
from typing import TYPE_CHECKING, NoReturn

import click

from aiocli.commands import COMMANDS, OTHER_NAMES, load_command, meant_by
from aiocli.core.errors import OutputError
from aiocli.core.interruption import raise_dropped, raise_from_handler
from aiocli.ui import color, status
from aiocli.ui.command import AioCommand, Fatal, UsageError, standard_options
from aiocli.ui.help import BACKEND_VARIABLES, Example, Manual
from aiocli.ui.options import BACKEND_NAMES, backend_option
from aiocli.ui.quoting import Quoting
from aiocli.ui.report import STDERR_FD, STDOUT_FD, Report, write_fd
from aiocli.ui.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import FrameType

PROGRAM = "aio"
MIN_COLUMNS, DEFAULT_COLUMNS, MAX_COLUMNS = 40, 80, 100
"""Of help texts: lines over 100 columns are hard to read, under 40 hard to break."""

STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""Signals that ask the program to stop."""

MANUAL = Manual(
    usage=("[OPTION]... COMMAND [ARGUMENT]...",),
    examples=(
        Example("Find out about a command, its options and examples", "aio help tail", "Usage: aio tail ...\n...\n"),
        Example(
            "Let every command of a shell use io_uring, and no other way",
            "export AIO_BACKEND=uring",
        ),
    ),
    exit_status=(
        ("0", "All was done."),
        ("1", "Something failed, did not match, or was asked wrongly of a command that follows GNU's."),
        ("70", "A bug in aio."),
    ),
    environment=BACKEND_VARIABLES,
)


class Interrupted(KeyboardInterrupt):
    """A signal asks to stop: clean up, then die by the same signal."""

    def __init__(self, signum: int) -> None:
        super().__init__(signum)
        self.signum = signum


class AioGroup(click.Group, AioCommand):
    """A group whose commands are modules, imported one at a time; its help comes from the table alone."""

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
            raise UsageError(f"{quoted} is not an aio command", status.USAGE, meant_by(args[0]))
        return args[0], command, args[1:]

    def summaries(self) -> list[tuple[str, str]]:
        """List commands and what they are good for, from the table, importing none."""
        return list(COMMANDS.items())


@click.group("aio", cls=AioGroup, no_args_is_help=False, manual=MANUAL)
@backend_option
@standard_options
@click.pass_context
def group(ctx: click.Context, /, backend: str | None) -> None:
    """Cat, cp, hash and tail: GNU's command lines, faster, and what those never had.

    Every command has its own --help. Run through a link named cat, cp, tail, md5sum, sha256sum, ...
    aio is that command.
    """
    if backend is not None:
        ctx.obj = ctx.obj._replace(backend=backend, backend_source="--backend")


def main() -> NoReturn:
    """Run the program that the command line names and end the process with its status."""
    _open_standard_descriptors()
    sys.unraisablehook = raise_dropped
    try:
        for signum in STOPPING:
            if signal.getsignal(signum) != signal.SIG_IGN:
                signal.signal(signum, _interrupt)
        name = os.path.basename(sys.argv[0])
        _end(run(name if name in OTHER_NAMES else PROGRAM, sys.argv[1:], os.environ))
    except Interrupted as error:
        _end(-error.signum)


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
            if error.meant:
                write_fd(STDERR_FD, f"Did you mean '{error.meant}'?\n")
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
        color=color.when_of(environ),
        version_control=environ.get("VERSION_CONTROL", ""),
        backup_suffix=environ.get("SIMPLE_BACKUP_SUFFIX", ""),
        posix2_version=environ.get("_POSIX2_VERSION", ""),
    )


def _columns(environ: Mapping[str, str]) -> int:
    """Tell how wide help may be: COLUMNS, else the terminal; shutil would do it with 5 ms of imports."""
    try:
        columns = int(environ.get("COLUMNS") or os.get_terminal_size(STDOUT_FD).columns)
    except (ValueError, OSError):
        columns = 0
    if columns <= 0:  # 0 is what a terminal says that nobody told its width
        return DEFAULT_COLUMNS
    return max(MIN_COLUMNS, min(columns, MAX_COLUMNS))


def _is_utf8(environ: Mapping[str, str]) -> bool:
    """Tell whether the user's locale speaks UTF-8."""
    import _locale

    return _locale.nl_langinfo(_locale.CODESET) == "UTF-8" and not _is_coerced(environ)


def _is_coerced(environ: Mapping[str, str]) -> bool:
    """Tell whether Python has set LC_CTYPE for itself, as it does in the C locale (PEP 538): not the user's word."""
    if environ.get("LC_CTYPE") != "C.UTF-8" or environ.get("LC_ALL"):
        return False
    try:
        with open("/proc/self/environ", "rb") as given:
            return b"LC_CTYPE=C.UTF-8" not in given.read().split(b"\0")
    except OSError:
        return environ.get("LANG", "") in ("", "C", "POSIX")


def _open_standard_descriptors() -> None:
    """Fill closed standard descriptors, so that no file that is opened later takes their place.

    Each is opened the wrong way round, so that using it still fails with EBADF.
    """
    for fd, flags in ((0, os.O_WRONLY), (1, os.O_RDONLY), (2, os.O_RDONLY)):
        try:
            os.fstat(fd)
        except OSError:
            with suppress(OSError):  # no null device, in a bare chroot
                os.open(os.devnull, flags)


def _interrupt(signum: int, frame: FrameType | None) -> None:
    """Stop in an orderly way; a second signal stops at once, but for SIGHUP.

    A terminal that closes often sends that twice: from the kernel and from the shell.
    """
    for each in STOPPING:
        if signal.getsignal(each) is _interrupt:
            signal.signal(each, signal.SIG_IGN if each == signal.SIGHUP else signal.SIG_DFL)
    raise_from_handler(Interrupted(signum), frame)


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
        result = 128 - result  # still here: the first process of a container, which no signal ends by default
    if sys.flags.dev_mode:
        sys.exit(result)  # let the interpreter complain about what was left open
    os._exit(result)  # everything is closed and nothing is buffered; the interpreter's end costs 5 ms
