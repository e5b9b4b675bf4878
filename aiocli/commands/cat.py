"""aio cat: concatenate files to standard output.

Follows GNU cat 9.10. Deviations from GNU: an output that reaches RLIMIT_FSIZE is an error with status 1, not death by
SIGXFSZ, which Python ignores. Where standard input is a directory Python itself ends, in its own words.
"""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from aiocli.commands._cat_own import OwnOptions, own_of, own_options
from aiocli.ui.body import run_body
from aiocli.ui.command import GnuCommand, flag, standard_options
from aiocli.ui.help import BACKEND_VARIABLES, Example, Manual
from aiocli.ui.options import backend_of, backend_option
from aiocli.ui.quoting import Quoting

if TYPE_CHECKING:
    from aiocli.core.endpoint import Endpoint
    from aiocli.engines.concatenate import Outcome
    from aiocli.engines.transform import Transformer
    from aiocli.ui.report import Report


class CatOptions(NamedTuple):
    """What was asked for.

    Attributes:
        operands: files; none is standard input, `-` too.
        number: number all lines; number_nonblank overrides it.
        backend: named backend; None is auto.
        disabled: names of fast paths to leave out.
        own: what aio's own options say.
    """

    operands: tuple[str, ...] = ()
    number: bool = False
    number_nonblank: bool = False
    squeeze_blank: bool = False
    show_ends: bool = False
    show_tabs: bool = False
    show_nonprinting: bool = False
    backend: str | None = None
    disabled: frozenset[str] = frozenset()
    own: OwnOptions = OwnOptions()

    @property
    def transforms(self) -> bool:
        """Whether the bytes are changed."""
        return self._replace(operands=(), backend=None, disabled=frozenset(), own=OwnOptions()) != CatOptions()

    @property
    def passes_all(self) -> bool:
        """Whether all bytes of all operands pass as they are."""
        return not (self.transforms or self.own.decompresses) and self.own.span is None


MANUAL = Manual(
    examples=(
        Example(
            "Number the lines, squeeze empty ones, show what is invisible",
            r"printf 'one\n\n\n\ttwo\r\n' | aio cat -nsA",
            "     1\tone$\n     2\t$\n     3\t^Itwo^M$\n",
        ),
        Example(
            "Put standard input between two files",
            "echo body | aio cat head.txt - foot.txt",
            "head\nbody\nfoot\n",
            files=(("head.txt", "head\n"), ("foot.txt", "foot\n")),
        ),
        Example(
            "A file that fails is reported, the rest goes on",
            "aio cat missing.txt notes.txt; echo $?",
            "aio cat: missing.txt: No such file or directory\nhello\n1\n",
            files=(("notes.txt", "hello\n"),),
        ),
        Example(
            "Look into compressed files and plain ones alike",
            "seq 9 | gzip > old.gz; aio cat --decompress --lines=-1: old.gz new.txt",
            "9\n12\n",
            files=(("new.txt", "10\n11\n12\n"),),
        ),
        Example(
            "Take a part of each file",
            "aio cat --range=4:-1 notes.txt",
            "o world",
            files=(("notes.txt", "hello world\n"),),
        ),
    ),
    exit_status=(
        ("0", "Everything was written."),
        ("1", "A file could not be read, the output not be written, or the command line was wrong."),
    ),
    environment=BACKEND_VARIABLES,
)


@click.command("cat", cls=GnuCommand, manual=MANUAL)
# In the order of GNU's own table: an ambiguous abbreviation lists the possibilities in this order.
@flag("-b", "--number-nonblank", help="Number nonempty output lines; overrides -n.")
@flag("-n", "--number", help="Number all output lines.")
@flag("-s", "--squeeze-blank", help="Show repeated empty lines once.")
@flag("-v", "--show-nonprinting", help="Show control and non-ASCII bytes as ^X and M-X, but for newline and tab.")
@flag("-E", "--show-ends", help="Show $ at the end of each line, and a carriage return before it as ^M.")
@flag("-T", "--show-tabs", help="Show tabs as ^I.")
@flag("-A", "--show-all", help="Equivalent to -vET.")
@flag("-e", "shows_all_but_tabs", help="Equivalent to -vE.")
@flag("-t", "shows_all_but_ends", help="Equivalent to -vT.")
@flag("-u", "ignored", help="Ignored: what arrives goes on at once anyway.")
@own_options
@backend_option
@standard_options
@click.argument("operands", metavar="[FILE]...", nargs=-1)
@click.pass_context
def command(
    ctx: click.Context,
    /,
    operands: tuple[str, ...],
    show_all: bool,
    shows_all_but_tabs: bool,
    shows_all_but_ends: bool,
    ignored: bool,
    backend: str | None,
    **given: Any,
) -> int:
    """Concatenate FILEs to standard output.

    With no FILE, or when FILE is -, read standard input. Progress does not show by itself where standard output is a
    terminal, or a pipe, whose reader may show something there.
    """
    settings = ctx.obj
    backend = backend_of(settings, backend)
    own = own_of(given, backend=backend, quoting=Quoting(settings.is_utf8), is_multi_call=settings.is_multi_call)
    options = CatOptions(
        operands,
        number=given["number"],
        number_nonblank=given["number_nonblank"],
        squeeze_blank=given["squeeze_blank"],
        show_ends=given["show_ends"] or show_all or shows_all_but_tabs,
        show_tabs=given["show_tabs"] or show_all or shows_all_but_ends,
        show_nonprinting=given["show_nonprinting"] or show_all or shows_all_but_tabs or shows_all_but_ends,
        backend=backend,
        disabled=settings.disabled,
        own=own,
    )
    return run_body(ctx, lambda report: run(options, report))


async def run(options: CatOptions, report: Report) -> None:
    """Write each operand to standard output, as it is or transformed."""
    from aiocli.commands._cat_progress import progress_of
    from aiocli.core.endpoint import Kind, directory_error
    from aiocli.core.errors import OutputError
    from aiocli.engines.concatenate import CatJob, concatenate
    from aiocli.engines.copy.kernel import waiting_bytes
    from aiocli.ui.operands import bytes_behind, for_each_operand, report_closed_stdin
    from aiocli.ui.output import STDOUT_NAME, stdout_endpoint

    quotef, own = report.quoting.quotef, options.own
    transformer = _transformer(options)

    async def cat(src: Endpoint) -> None:
        dst = stdout_endpoint()
        if src.kind is Kind.DIRECTORY:
            raise directory_error(src.name)
        if _is_own_output(src, dst):
            report.error(f"{quotef(src.name)}: input file is output file")
            return
        started = time.monotonic()
        outcome = await concatenate(
            CatJob(
                src,
                dst,
                span=own.span,
                decompresses=own.decompresses,
                transformer=transformer,
                backend=options.backend,
                disabled=options.disabled,
                leaves_cache=own.leaves_cache,
                on_bytes=on_bytes,
                bytes_behind=behind.get(src.name, most_behind),
            )
        )
        if outcome.warning:
            report.note(f"{quotef(src.name)}: {outcome.warning}")
        if own.explains:
            _explain(src.name, outcome, time.monotonic() - started, options, report)

    try:
        stdout = stdout_endpoint()
    except OutputError as error:
        report.failure(STDOUT_NAME, error)
        return
    behind, most_behind = bytes_behind(options.operands, waiting_bytes(stdout)) if options.passes_all else ({}, 0)
    with progress_of(options.operands, own, report) as on_bytes:
        await for_each_operand(options.operands, report, cat, cannot_open=quotef, failed=quotef)
    if transformer is not None and (rest := transformer.finish()):
        stdout.write_all(rest)
    if own.leaves_cache and stdout.is_regular:
        _flush(stdout)
    report_closed_stdin(options.operands, report, "closing standard input")


def _explain(name: str, outcome: Outcome, seconds: float, options: CatOptions, report: Report) -> None:
    """Say how an operand's bytes went."""
    from aiocli.ui.explain import explain

    said = explain(outcome.attempts, outcome.nbytes, seconds, backend=options.backend, remark=outcome.remark)
    report.note(f"{report.quoting.quotef(name)}: {said}")


def _flush(stdout: Endpoint) -> None:
    """Bring what was written to the device, and out of the page cache.

    Args:
        stdout: as it was before anything was written.

    Raises:
        OutputError: not all of it is there.
    """
    from aiocli.core.dontcache import drop
    from aiocli.core.errors import OutputError

    try:
        os.fdatasync(stdout.fd)
    except OSError as error:
        raise OutputError(error, stdout.name) from error
    start = stdout.size if stdout.is_append else stdout.offset or 0
    length = os.lseek(stdout.fd, 0, os.SEEK_CUR) - start
    if length > 0:
        drop(stdout.fd, start, length)


def _transformer(options: CatOptions) -> Transformer | None:
    """Make what changes the bytes; None if they pass as they are."""
    if not options.transforms:
        return None
    from aiocli.engines.transform import Number, Transformation, Transformer

    number = Number.NONBLANK if options.number_nonblank else Number.ALL if options.number else Number.NONE
    return Transformer(
        Transformation(
            number=number,
            squeeze=options.squeeze_blank,
            ends=options.show_ends,
            tabs=options.show_tabs,
            nonprinting=options.show_nonprinting,
        )
    )


def _is_own_output(src: Endpoint, dst: Endpoint) -> bool:
    """Tell whether reading src would meet what is written to dst: one file, and dst writes ahead of src."""
    if not (src.is_regular and src.is_same_file(dst) and src.offset is not None and dst.offset is not None):
        return False
    return src.offset < (dst.size if dst.is_append else dst.offset)
