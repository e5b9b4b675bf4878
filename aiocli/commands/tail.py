"""aio tail: print the last part of files, and follow them.

Follows GNU tail 9.10 in the options that are here.
Deviations from GNU: -f follows the open file (descriptor) by polling.
"""

from __future__ import annotations

import errno
import os
import re
from contextlib import ExitStack
from typing import TYPE_CHECKING, NamedTuple

import click

from aiocli.ui.body import run_body
from aiocli.ui.command import EVENTS, Fatal, GnuCommand, flag, standard_options
from aiocli.ui.options import backend_of, backend_option
from aiocli.ui.quoting import Quoting
from aiocli.ui.sizes import parse_size

if TYPE_CHECKING:
    from aiocli.core.endpoint import Endpoint
    from aiocli.engines.follow import Followed
    from aiocli.ui.report import Report

DEFAULT_LINES = 10
STDIN = "-"
STDIN_NAME = "standard input"
PIPE_READ_BYTES = 64 * 1024


class Amount(NamedTuple):
    """How much to print.

    Attributes:
        number: lines or bytes.
        is_bytes: bytes, not lines.
        from_start: begin with this one (1 is the first) instead of printing so many at the end.
    """

    number: int = DEFAULT_LINES
    is_bytes: bool = False
    from_start: bool = False


class TailOptions(NamedTuple):
    """What was asked for.

    Attributes:
        operands: files; none is standard input, `-` too.
        amount: how much of each.
        is_following: go on when a file grows.
        has_headers: name each file in front of its output; None does so for several files.
        delimiter: what ends a line.
        backend: named backend; None is auto.
        disabled: names of fast paths to leave out.
    """

    operands: tuple[str, ...] = ()
    amount: Amount = Amount()
    is_following: bool = False
    has_headers: bool | None = None
    delimiter: bytes = b"\n"
    backend: str | None = None
    disabled: frozenset[str] = frozenset()


class _TailCommand(GnuCommand):
    """Takes the obsolete forms -5, +5, -5c and -5f in front of at most one file, as GNU does."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        is_alone = len(args) == 1 or (len(args) == 2 and not args[1].startswith("-"))
        if args and (is_alone or args[1:2] == ["-"] or (len(args) <= 3 and args[1:2] == ["--"])):
            args = _modernised(args[0]) + args[1:]
        return super().parse_args(ctx, args)


_OBSOLETE = r"([+-])([0-9]*)([bcl]?)(f?)"


def _modernised(word: str) -> list[str]:
    """Translate an obsolete option into today's; another word stays as it is."""
    match = re.fullmatch(_OBSOLETE, word)
    if match is None or word in ("-", "-c"):
        return [word]
    sign, digits, unit, follow = match.groups()
    number = digits or str(DEFAULT_LINES)
    if unit == "b":
        number = str(int(number) * 512)
    mark = "+" if sign == "+" else ""
    return [f"-{'c' if unit in ('b', 'c') else 'n'}{mark}{number}", *(["-f"] if follow else [])]


@click.command("tail", cls=_TailCommand, epilog="With no FILE, or when FILE is -, read standard input.")
@click.option("-c", "--bytes", "nbytes", metavar="[+]NUM", help="Print the last NUM bytes, or from byte +NUM on.")
@flag("-f", "--follow", "is_following", help="Print what is appended to the files, as it comes.")
@click.option(
    "-n",
    "--lines",
    "nlines",
    metavar="[+]NUM",
    help="Print the last NUM lines instead of 10, or from line +NUM on.",
)
@flag("-q", "--quiet", "--silent", "is_quiet", help="Print no headers with file names.")
@flag("-v", "--verbose", "is_verbose", help="Print headers with file names always.")
@flag("-z", "--zero-terminated", "is_zero", help="Lines end with NUL instead of newline.")
@click.option(*(f"-{digit}" for digit in range(10)), "digit", is_flag=True, hidden=True)
@backend_option
@standard_options
@click.argument("operands", metavar="[FILE]...", nargs=-1)
@click.pass_context
def command(
    ctx: click.Context,
    /,
    operands: tuple[str, ...],
    is_following: bool,
    is_zero: bool,
    backend: str | None,
    **_by_events: object,
) -> int:
    """Print the last 10 lines of each FILE, with a header in front of each if there are several.

    NUM may have a suffix: b 512, kB 1000, K 1024, MB, M, and so on.
    """
    amount, has_headers = Amount(), None
    for event in ctx.meta[EVENTS]:  # the last one wins, and the first mistake is told
        if event.key in ("nbytes", "nlines"):
            is_from_start = amount.from_start  # a plus stays in force, as in GNU
            amount = _parse_amount(event.value, event.key == "nbytes", Quoting(ctx.obj.is_utf8))
            amount = amount._replace(from_start=amount.from_start or is_from_start)
        elif event.key in ("is_quiet", "is_verbose"):
            has_headers = event.key == "is_verbose"
        elif event.key == "digit":
            raise Fatal(f"option used in invalid context -- {event.spelled[1:]}")
    options = TailOptions(
        operands=operands,
        amount=amount,
        is_following=is_following,
        has_headers=has_headers,
        delimiter=b"\0" if is_zero else b"\n",
        backend=backend_of(ctx.obj, backend),
        disabled=ctx.obj.disabled,
    )
    return run_body(ctx, lambda report: run(options, report))


def _parse_amount(text: str, is_bytes: bool, quoting: Quoting) -> Amount:
    from_start = text.startswith("+")
    number = text.removeprefix("-")
    try:
        return Amount(parse_size(number), is_bytes, from_start)
    except ValueError:
        unit = "bytes" if is_bytes else "lines"
        raise Fatal(f"invalid number of {unit}: {quoting.quote(number)}") from None


async def run(options: TailOptions, report: Report) -> None:
    """Print the end of each operand, then what is appended while following."""
    if options.amount.number == 0 and not options.amount.from_start and not options.is_following:
        return
    await _Tail(options, report).run()


class _Tail:
    """The files of one command line and which of them was printed last."""

    def __init__(self, options: TailOptions, report: Report) -> None:
        self.options = options
        self.report = report
        self.followed: list[Followed] = []
        self.last_printed: str | None = None
        has_several = len(options.operands) > 1
        self.has_headers = has_several if options.has_headers is None else options.has_headers

    async def run(self) -> None:
        """Print, then follow; files that are followed stay open."""
        from aiocli.ui.operands import for_each_operand

        quoteaf = self.report.quoting.quoteaf
        with ExitStack() as opened:
            await for_each_operand(
                self.options.operands,
                self.report,
                lambda src: self._print_end(src, opened),
                cannot_open=lambda name: f"cannot open {quoteaf(name)} for reading",
                failed=lambda name: f"error reading {quoteaf(_shown(name))}",
            )
            if self.options.is_following:
                await self._follow()

    async def _print_end(self, src: Endpoint, opened: ExitStack) -> None:
        from aiocli.core.endpoint import Kind, directory_error
        from aiocli.engines.tail import TailJob, copy_end
        from aiocli.ui.output import stdout_endpoint, was_closed

        self._print_header(src.name)
        if src.name == STDIN and was_closed(src.fd):
            self.report.error(f"cannot fstat {self.report.quoting.quoteaf(STDIN_NAME)}: {os.strerror(errno.EBADF)}")
            self.report.error(f"{STDIN}: {os.strerror(errno.EBADF)}")
            return
        if src.kind is Kind.DIRECTORY:
            subject = f"error reading {self.report.quoting.quoteaf(src.name)}"
            self.report.failure(subject, directory_error(src.name))
            if self.options.is_following:
                quoted = self.report.quoting.quotef(src.name)
                self.report.error(f"{quoted}: cannot follow end of this type of file; giving up on this name")
            return
        options = self.options
        job = TailJob(
            src,
            stdout_endpoint(),
            *options.amount,
            delimiter=options.delimiter,
            backend=options.backend,
            disabled=options.disabled,
        )
        offset = await copy_end(job)
        if options.is_following and not (src.name == STDIN and src.kind is Kind.PIPE):
            from aiocli.engines.follow import Followed

            fd = os.dup(src.fd)
            opened.callback(os.close, fd)
            self.followed.append(Followed(src._replace(fd=fd), offset))

    async def _follow(self) -> None:
        """Print what comes until the output closes or every file has ended."""
        from aiocli.engines.follow import Change, follow
        from aiocli.ui.output import is_stdout_open, stdout_endpoint

        if not self.followed:
            if self.report.status:
                self.report.error("no files remaining")
            return
        async for file, change in follow(self.followed, is_wanted=is_stdout_open):
            if change is Change.TRUNCATED:
                self.report.note(f"{self.report.quoting.quotef(file.src.name)}: file truncated")
                file.offset = 0
            elif change is Change.GREW:
                if self.last_printed != file.src.name:
                    self._print_header(file.src.name)
                await self._print_growth(file, stdout_endpoint())

    async def _print_growth(self, file: Followed, dst: Endpoint) -> None:
        from aiocli.core.endpoint import Endpoint
        from aiocli.engines.copy import CopyJob, move

        if not file.src.is_regular:
            dst.write_all(file.src.read(PIPE_READ_BYTES))
            return
        src = Endpoint.of(file.src.fd, file.src.name).at(file.offset)
        job = CopyJob(src, dst, end=src.size, backend=self.options.backend, disabled=self.options.disabled)
        file.offset += await move(job)

    def _print_header(self, name: str) -> None:
        from aiocli.ui.output import print_text

        if self.has_headers:
            separator = "" if self.last_printed is None else "\n"
            print_text(f"{separator}==> {_shown(name)} <==\n")
        self.last_printed = name


def _shown(name: str) -> str:
    return STDIN_NAME if name == STDIN else name
