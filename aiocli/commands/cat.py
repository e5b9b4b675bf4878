"""aio cat: concatenate files to standard output.

Follows GNU cat 9.10. Deviations from GNU: none known.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import click

from aiocli.ui.body import run_body
from aiocli.ui.command import GnuCommand, flag, standard_options
from aiocli.ui.options import backend_of, backend_option

if TYPE_CHECKING:
    from aiocli.core.endpoint import Endpoint
    from aiocli.engines.transform import Transformer
    from aiocli.ui.report import Report


TRANSFORM_CHUNK_BYTES = 128 * 1024
"""Bytes transformed at once: stays in the second-level cache; 256 KiB took up to 1.8 times as long under -E."""


class CatOptions(NamedTuple):
    """What was asked for.

    Attributes:
        operands: files; none is standard input, `-` too.
        number: number all lines; number_nonblank overrides it.
        backend: named backend; None is auto.
        disabled: names of fast paths to leave out.
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


@click.command("cat", cls=GnuCommand, epilog="With no FILE, or when FILE is -, read standard input.")
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
    **flags: bool,
) -> int:
    """Concatenate FILEs to standard output."""
    flags["show_nonprinting"] |= show_all or shows_all_but_tabs or shows_all_but_ends
    flags["show_ends"] |= show_all or shows_all_but_tabs
    flags["show_tabs"] |= show_all or shows_all_but_ends
    backend = backend_of(ctx.obj, backend)
    options = CatOptions(operands, **flags, backend=backend, disabled=ctx.obj.disabled)
    return run_body(ctx, lambda report: run(options, report))


async def run(options: CatOptions, report: Report) -> None:
    """Write each operand to standard output, as it is or transformed."""
    from aiocli.core.endpoint import Kind, directory_error
    from aiocli.core.errors import OutputError
    from aiocli.engines.copy import CopyJob, move
    from aiocli.ui.operands import for_each_operand, report_closed_stdin
    from aiocli.ui.output import STDOUT_NAME, stdout_endpoint

    quotef = report.quoting.quotef
    transformer = _transformer(options)

    async def cat(src: Endpoint) -> None:
        dst = stdout_endpoint()
        if src.kind is Kind.DIRECTORY:
            raise directory_error(src.name)
        if _is_own_output(src, dst):
            report.error(f"{quotef(src.name)}: input file is output file")
        elif transformer is None:
            await move(CopyJob(src, dst, backend=options.backend, disabled=options.disabled))
        else:
            from aiocli.engines.source import chunks

            async for chunk in chunks(src, backend=options.backend, chunk_size=TRANSFORM_CHUNK_BYTES):
                dst.write_all(transformer.feed(chunk))

    try:
        stdout = stdout_endpoint()
    except OutputError as error:
        report.failure(STDOUT_NAME, error)
        return
    await for_each_operand(options.operands, report, cat, cannot_open=quotef, failed=quotef)
    if transformer is not None:
        stdout.write_all(transformer.finish())
    report_closed_stdin(options.operands, report, "closing standard input")


def _transformer(options: CatOptions) -> Transformer | None:
    """Make what changes the bytes; None if they pass as they are."""
    if options._replace(operands=(), backend=None, disabled=frozenset()) == CatOptions():
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
