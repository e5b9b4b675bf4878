"""aio hash: print or check digests, several in one read.

Under the names md5sum, sha1sum, sha224sum, sha256sum, sha384sum, sha512sum and b2sum it follows GNU 9.10,
under b3sum BLAKE3's own program where their options overlap.
Deviations from GNU: the default of `aio hash` is sha256, and several algorithms imply --tag.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import click

from aiocli.ui.body import run_body
from aiocli.ui.command import EVENTS, Fatal, GnuCommand, OwnOption, UsageError, flag, standard_options
from aiocli.ui.options import backend_of, backend_option, progress_option
from aiocli.ui.quoting import Quoting

if TYPE_CHECKING:
    from collections.abc import Callable

    from aiocli.core.endpoint import Endpoint
    from aiocli.ui.report import Report


ALGORITHM_NAMES = (
    "md5",
    "sha1",
    "sha224",
    "sha256",
    "sha384",
    "sha512",
    "sha3-256",
    "sha3-512",
    "blake2b",
    "blake2s",
    "blake3",
)
"""The engine's table, spelled out for --help, which must not import hashlib; a test compares."""


class HashOptions(NamedTuple):
    """What was asked for.

    Attributes:
        operands: files; none is standard input, `-` too.
        algorithms: names as the engine has them; empty means its default, and any when checking.
        is_check: operands are lists of digests to check.
        is_tagged: write `TAG (file) = hexdigest`.
        is_binary: mark untagged lines with `*`.
        ends_with_nul: end lines with NUL, escape nothing.
        ignore_missing: checking passes over files that are not there.
        is_quiet: checking prints no OK.
        is_status_only: checking prints nothing but errors.
        is_strict: a line that is no checksum line fails the check.
        warns: say which lines are no checksum lines.
        backend: named backend; None is auto.
        disabled: names of fast paths to leave out.
        progress: when to show a bar.
    """

    operands: tuple[str, ...] = ()
    algorithms: tuple[str, ...] = ()
    is_check: bool = False
    is_tagged: bool = False
    is_binary: bool = False
    ends_with_nul: bool = False
    ignore_missing: bool = False
    is_quiet: bool = False
    is_status_only: bool = False
    is_strict: bool = False
    warns: bool = False
    backend: str | None = None
    disabled: frozenset[str] = frozenset()
    progress: str = "never"


_GNU_OPTIONS = (
    flag("-b", "--binary", "is_binary", help="Mark the file names with *; the data is read the same way."),
    flag("-c", "--check", "is_check", help="Read digests from the FILEs and check them."),
    flag("--ignore-missing", help="When checking: pass over files that are not there."),
    flag("--quiet", "is_quiet", help="When checking: print no OK for each file that matches."),
    flag("--status", "is_status_only", help="When checking: print nothing, the exit status tells."),
    flag("--strict", "is_strict", help="When checking: fail on lines that are no checksum lines."),
    flag("--tag", "is_tagged", help="Write lines of the form TAG (FILE) = DIGEST."),
    flag("-t", "--text", "is_text", help="Mark the file names with a space (the default)."),
    flag("-w", "--warn", "warns", help="When checking: tell which lines are no checksum lines."),
    flag(
        "-z",
        "--zero",
        "ends_with_nul",
        help="End each line with NUL instead of newline, and escape no names.",
    ),
)

_OPERANDS = click.argument("operands", metavar="[FILE]...", nargs=-1)


def _with(decorators: tuple[Callable[..., Any], ...], function: Callable[..., Any]) -> Callable[..., Any]:
    for decorator in reversed(decorators):
        function = decorator(function)
    return function


# Of each set the last one given is in force.
_REPORTING = ("is_status_only", "is_quiet", "warns")
_MARKS = ("is_binary", "is_text")


def _command(ctx: click.Context, backend: str | None, progress: str | None, **given: Any) -> int:
    keys = [event.key for event in ctx.meta[EVENTS]]
    for exclusive in (_REPORTING, _MARKS):
        last = next((key for key in reversed(keys) if key in exclusive), None)
        given |= {key: key == last for key in exclusive}
    is_text = given.pop("is_text")
    options = HashOptions(
        **given, backend=backend_of(ctx.obj, backend), disabled=ctx.obj.disabled, progress=progress or "auto"
    )
    _check_combination(options, is_text)
    return run_body(ctx, lambda report: run(options, report))


def _check_combination(options: HashOptions, is_text: bool) -> None:
    """Refuse options that contradict each other, in GNU's words.

    Raises:
        UsageError: they do.
    """
    meaningful_when_checking = (
        ("ignore-missing", options.ignore_missing),
        ("status", options.is_status_only),
        ("warn", options.warns),
        ("quiet", options.is_quiet),
        ("strict", options.is_strict),
    )
    for is_wrong, message in (
        (options.is_tagged and is_text, "--tag does not support --text mode"),
        (
            options.ends_with_nul and options.is_check,
            "the --zero option is not supported when verifying checksums",
        ),
        (options.is_tagged and options.is_check, "the --tag option is meaningless when verifying checksums"),
        (
            options.is_check and (options.is_binary or is_text),
            "the --binary and --text options are meaningless when verifying checksums",
        ),
        *(
            (is_given and not options.is_check, f"the --{name} option is meaningful only when verifying checksums")
            for name, is_given in meaningful_when_checking
        ),
    ):
        if is_wrong:
            raise UsageError(message)


def _aio_hash(ctx: click.Context, algorithm: tuple[str, ...], is_all: bool, **given: Any) -> int:
    """Print the digest of each FILE (sha256 unless -a says otherwise), or check digests with -c.

    Several algorithms are computed in one pass, each from a clone of the file's descriptor.
    """
    from aiocli.engines.hash.algorithms import ALGORITHMS, COMMON_SET, find

    names = list(COMMON_SET) if is_all else []
    for name in ",".join(algorithm).split(",") if algorithm else ():
        try:
            names.append(find(name).name)
        except KeyError:
            quoted = Quoting(ctx.obj.is_utf8).quote(name)
            raise Fatal(f"unknown algorithm {quoted}; here are: {', '.join(ALGORITHMS)}") from None
    return _command(ctx, **given, algorithms=tuple(dict.fromkeys(names)))


command = click.command("hash", cls=GnuCommand, epilog="With no FILE, or when FILE is -, read standard input.")(
    _with(
        (
            click.option(
                "-a",
                "--algorithm",
                multiple=True,
                metavar="NAME[,NAME]...",
                help="Digest to compute; may be given several times. NAME is one of: "
                + ", ".join(ALGORITHM_NAMES)
                + ".",
            ),
            flag(
                "--all",
                "is_all",
                cls=OwnOption,
                help="Compute md5, sha1, sha256, sha512, blake2b and blake3.",
            ),
            *_GNU_OPTIONS,
            backend_option,
            progress_option,
            standard_options,
            _OPERANDS,
            click.pass_context,
        ),
        _aio_hash,
    )
)


def _named(name: str, algorithm: str) -> click.Command:
    """Make the command of a program that knows one algorithm."""

    def body(ctx: click.Context, **given: Any) -> int:
        return _command(ctx, **given, algorithms=(algorithm,), backend=None, progress="never")

    body.__doc__ = f"Print or check {algorithm.upper()} digests, as {name} does."
    epilog = "With no FILE, or when FILE is -, read standard input."
    return click.command(name, cls=GnuCommand, epilog=epilog)(
        _with((*_GNU_OPTIONS, standard_options, _OPERANDS, click.pass_context), body)
    )


OTHER_COMMANDS = {
    name: _named(name, algorithm)
    for name, algorithm in (
        ("md5sum", "md5"),
        ("sha1sum", "sha1"),
        ("sha224sum", "sha224"),
        ("sha256sum", "sha256"),
        ("sha384sum", "sha384"),
        ("sha512sum", "sha512"),
        ("b2sum", "blake2b"),
        ("b3sum", "blake3"),
    )
}


async def run(options: HashOptions, report: Report) -> None:
    """Print the digests of each operand, or check what the operands list."""
    if options.is_check:
        from aiocli.commands._check import check

        await check(options, report)
        return
    from aiocli.core.endpoint import Kind, directory_error
    from aiocli.core.events import Start
    from aiocli.engines.hash import ALGORITHMS, DEFAULT, HashJob, digest
    from aiocli.engines.hash.checkfile import format_line
    from aiocli.ui.operands import for_each_operand, report_closed_stdin
    from aiocli.ui.output import print_text
    from aiocli.ui.progress import ProgressBar

    algorithms = [ALGORITHMS[name] for name in options.algorithms or (DEFAULT,)]
    if len(algorithms) > 1:
        options = options._replace(is_tagged=True)

    async def print_digests(src: Endpoint) -> None:
        if src.kind is Kind.DIRECTORY:
            raise directory_error(src.name)
        total = src.size * len(algorithms) if src.is_regular else None
        with ProgressBar(report, options.progress) as progress:
            progress(Start(src.name, total))
            digests = await digest(
                HashJob(
                    src,
                    algorithms,
                    backend=options.backend,
                    disabled=options.disabled,
                    on_bytes=progress.advance,
                )
            )
        lines = (
            format_line(
                value,
                src.name,
                algorithm,
                is_tagged=options.is_tagged,
                is_binary=options.is_binary,
                ends_with_nul=options.ends_with_nul,
            )
            for value, algorithm in zip(digests, algorithms, strict=True)
        )
        print_text("".join(lines))

    quotef = report.quoting.quotef
    await for_each_operand(options.operands, report, print_digests, cannot_open=quotef, failed=quotef)
    report_closed_stdin(options.operands, report, "standard input")
