"""aio tail: print the last part of files, and follow them.

Follows GNU tail 9.10 in options, messages and statuses.
Deviations from GNU (docs/tail.md says more): what is behind a file that cannot be read is printed in any case; a
symbolic link that takes the place of a followed name is followed; nothing is lost when files are rotated, and
notifications go on when a directory is removed. -F of a pattern, and but for the name `tail` of a directory, follows
its files.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import click

from aiocli.commands._tail_obsolete import POSIX2_VARIABLE, modernised, posix2_version
from aiocli.commands._tail_options import Follow, TailOptions, taken
from aiocli.commands._tail_own import own_of, own_options
from aiocli.ui import color
from aiocli.ui.body import run_body
from aiocli.ui.command import Fatal, GnuCommand, flag, option, standard_options
from aiocli.ui.help import BACKEND_VARIABLES, Example, Manual
from aiocli.ui.options import backend_of
from aiocli.ui.quoting import Quoting
from aiocli.ui.report import STDIN, STDIN_FD, STDOUT_FD, Report

if TYPE_CHECKING:
    from aiocli.commands._tail_limits import Limits


_TAKEN = "aiocli.tail.taken"


class _TailCommand(GnuCommand):
    """Takes obsolete forms, and looks at values in their order."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse; the first mistake is told, be it of an option or of its value."""
        args = modernised(args, posix2_version(ctx.obj.posix2_version))
        ctx.meta[_TAKEN] = taken(self.events_before_mistake(ctx, args), Quoting(ctx.obj.is_utf8))
        return super().parse_args(ctx, args)


MANUAL = Manual(
    examples=(
        Example("The last two lines", "seq 100 | aio tail -n 2", "99\n100\n"),
        Example("All but the first line", r"printf 'NAME\nann\nbob\n' | aio tail -n +2", "ann\nbob\n"),
        Example(
            "The ends of several files, each under its name",
            "aio tail -n 1 a.log b.log",
            "==> a.log <==\ntwo\n\n==> b.log <==\nfour\n",
            files=(("a.log", "one\ntwo\n"), ("b.log", "three\nfour\n")),
        ),
        Example(
            "Wait until a service says that it is ready, but for a minute at most, and stop at the first error",
            "aio tail -F --until=ready --fail-on=ERROR --timeout=1m server.log",
            "starting\nready\n",
            files=(("server.log", "starting\nready\n"),),
        ),
        Example(
            "Follow all logs of a directory, those to come and those that are rotated, too",
            "aio tail -F --prefix --grep-not=DEBUG --timeout=0.5 'logs/*.log'; echo $?",
            "app.log: ready\naio tail: timed out after 0.5 s\n3\n",
            files=(("logs/app.log", "DEBUG detail\nready\n"),),
        ),
        Example(
            "Print each line once, however often this runs, and whatever rotates the file between the runs",
            "aio tail --state=seen a; echo three >> a; mv a a.1; echo four > a; aio tail --state=seen a",
            "one\ntwo\nthree\nfour\n",
            files=(("a", "one\ntwo\n"),),
        ),
    ),
    exit_status=(
        ("0", "All was printed, or a line that --until matches."),
        (
            "1",
            "A file could not be read or followed any further, the output not be written, no line matched --until, or "
            "the command line was wrong.",
        ),
        ("3", "The time of --timeout passed."),
        ("4", "Nothing came for the time of --idle-timeout."),
        ("5", "A line came that --fail-on matches."),
    ),
    environment=(
        *BACKEND_VARIABLES,
        (
            POSIX2_VARIABLE,
            "Edition of POSIX: up to 199209 -c and - are old forms, too; from 200112 to 200808 +NUM is a file.",
        ),
    ),
)


@click.command("tail", cls=_TailCommand, manual=MANUAL)
# In the order of GNU's own table: an ambiguous abbreviation lists the possibilities in this order.
@option("-c", "--bytes", "nbytes", metavar="[+]NUM", help="Print the last NUM bytes, or from byte +NUM on.")
@option(
    "-f",
    "--follow",
    "follow",
    is_flag=False,
    flag_value=Follow.DESCRIPTOR.value,
    metavar="HOW",
    values=tuple(how.value for how in (Follow.DESCRIPTOR, Follow.NAME)),
    help="Print what is appended to the files, as it comes. HOW is descriptor (the default: the open file, "
    "wherever it is moved to) or name (whatever file has the name, as with logs that are rotated).",
)
@flag("-F", "follows_stubbornly", help="The same as --follow=name --retry; patterns and directories take in new files.")
@option(
    "-n",
    "--lines",
    "nlines",
    metavar="[+]NUM",
    help="Print the last NUM lines instead of 10, or from line +NUM on.",
)
@option(
    "--max-unchanged-stats",
    metavar="NUM",
    help="With --follow=name, where the kernel tells of no changes: look the name up again when NUM looks in a row, by "
    "default 5, have found nothing new.",
)
@flag("---disable-inotify", "disables_inotify", hidden=True)
@option("--pid", metavar="PID", help="With -f, end when process PID has ended; of several, all of them.")
@flag("---presume-input-pipe", "presumes_pipe", hidden=True)
@flag("-q", "--quiet", "--silent", "is_quiet", help="Print no headers with file names.")
@flag("--retry", "retries", help="Keep trying to open a file that cannot be opened.")
@option(
    "-s",
    "--sleep-interval",
    "interval",
    metavar="SECONDS",
    help="With -f, look for changes and for --pid about every SECONDS, by default 1, where the kernel tells of none.",
)
@flag("-v", "--verbose", "is_verbose", help="Print headers with file names always.")
@flag("-z", "--zero-terminated", "is_zero", help="Lines end with NUL instead of newline.")
@flag("--debug", "is_debug", help="Say on standard error how files are followed.")
@flag(*(f"-{digit}" for digit in range(10)), "digit", hidden=True)
@own_options
@standard_options
@click.argument("operands", metavar="[FILE]...", nargs=-1)
@click.pass_context
def command(ctx: click.Context, /, operands: tuple[str, ...], **given: Any) -> int:
    """Print the last 10 lines of each FILE, with a header in front of each if there are several.

    With no FILE, or when FILE is -, read standard input. NUM may have a suffix: b 512, kB 1000, K 1024,
    MB 1000*1000, M 1024*1024, and so on for G, T, P, E, Z, Y, R, Q.

    With -F, an operand that is a directory, or a pattern in quotes such as 'logs/*.log', stands for its files, those to
    come, too. A REGEX is one of Python's re, for bytes, and is searched for in each line; -n counts lines before
    that. Partial lines wait for their ends where lines are looked at.
    """
    from aiocli.commands._tail_limits import Limits, TimeIsUp

    settings = ctx.obj
    options: TailOptions = ctx.meta[_TAKEN]._replace(
        operands=operands,
        backend=backend_of(settings, given.get("backend")),
        disabled=settings.disabled,
        takes_in_directories=not settings.is_multi_call,
        own=own_of(given, Quoting(settings.is_utf8)),
    )
    report = Report(ctx.command_path, Quoting(settings.is_utf8))
    _check(options, report)
    is_colored = color.is_wanted(settings.color, STDOUT_FD)
    try:
        with Limits(options.own.timeout_s, options.own.idle_timeout_s) as limits:
            return run_body(ctx, lambda report: run(options, report, limits, is_colored=is_colored))
    except TimeIsUp as end:
        report.note(end.message)
        return end.status


def _check(options: TailOptions, report: Report) -> None:
    """Warn of options that do nothing here.

    Raises:
        Fatal: there is no name to follow.
    """
    if options.retries and not options.is_following:
        report.note("warning: --retry ignored; --retry is useful only when following")
    elif options.retries and options.follow is Follow.DESCRIPTOR:
        report.note("warning: --retry only effective for the initial open")
    if options.pids and not options.is_following:
        report.note("warning: PID ignored; --pid=PID is useful only when following")
    if not (options.is_following and STDIN in (options.operands or (STDIN,))):
        return
    if options.follow is Follow.NAME:
        raise Fatal(f"cannot follow {report.quoting.quoteaf(STDIN)} by name")
    is_alone = len(options.operands) <= 1 and not options.pids
    if not is_alone and os.isatty(STDIN_FD):
        report.note("warning: following standard input indefinitely is ineffective")


async def run(options: TailOptions, report: Report, limits: Limits, *, is_colored: bool = False) -> None:
    """Print the end of each operand, then what is appended while following."""
    if options.amount.is_nothing and not options.is_following:
        return
    from aiocli.commands._tail_run import Tail

    await Tail(options, report, limits, is_colored=is_colored).run()
