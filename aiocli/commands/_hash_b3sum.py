"""b3sum: `aio hash -a blake3` with the options of BLAKE3's own program.

Deviations from it: a wrong command line ends with status 1, in the words of GNU's programs, and so do failures.
Digests have at most 1 MiB. A list without any line of a list is a failure. Nothing is ever mapped to memory, so
--no-mmap says what is so anyway.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from aiocli.commands._hash_options import GNU_OPTIONS, OPERANDS, has_marks, refuse, rules_of_lines, settle
from aiocli.commands._hash_programs import spell_help
from aiocli.commands.hash import EXIT_STATUS, NOTES, HashOptions, run
from aiocli.ui.body import run_body
from aiocli.ui.command import EVENTS, Fatal, GnuCommand, flag, help_options, option
from aiocli.ui.help import BACKEND_VARIABLES, Example, Manual
from aiocli.ui.options import MAX_JOBS, backend_of, together
from aiocli.ui.quoting import Quoting
from aiocli.ui.report import STDIN, STDIN_FD
from aiocli.ui.sizes import parse_size

if TYPE_CHECKING:
    from collections.abc import Callable

    from aiocli.core.endpoint import Endpoint
    from aiocli.engines.hash.algorithms import Hasher
    from aiocli.ui.report import Report

NAME = "b3sum"
DIGEST_BYTES = 32
KEY_BYTES = 32
MAX_DIGEST_BYTES = 1024 * 1024
MAX_SEEK = 2**64 - 1 - MAX_DIGEST_BYTES


class Mode(NamedTuple):
    """What of BLAKE3 is asked for beside its digest.

    Attributes:
        key: of KEY_BYTES, for the keyed mode; None is another.
        context: for the mode that derives keys; None is another.
        length: bytes of output.
        seek: bytes of output to leave out in front.
    """

    key: bytes | None = None
    context: str | None = None
    length: int = DIGEST_BYTES
    seek: int = 0

    @property
    def is_plain(self) -> bool:
        """Whether an algorithm of the engine's table does it."""
        return self.key is None and self.context is None and not self.seek and self.length > 0

    def new(self) -> Hasher:
        """Make a hasher."""
        from blake3 import blake3

        settings: dict[str, Any] = {"key": self.key, "derive_key_context": self.context}
        given = {name: value for name, value in settings.items() if value is not None}
        return _Hasher(blake3(**given), self)


class _Hasher:
    def __init__(self, hasher: Any, mode: Mode) -> None:
        self.update: Callable[[bytes | bytearray | memoryview], object] = hasher.update
        self._hasher = hasher
        self._mode = mode

    def digest(self) -> bytes:
        output: bytes = self._hasher.digest(self._mode.length, seek=self._mode.seek)
        return output


_OPTIONS = (
    GNU_OPTIONS["check"],
    option("--derive-key", "context", metavar="CONTEXT", help="Derive keys in CONTEXT, a text, instead of hashing."),
    flag("--keyed", "is_keyed", help="Use the key of 32 bytes that standard input holds."),
    option("-l", "--length", metavar="LEN", help="Make digests of LEN bytes instead of 32."),
    flag("--no-mmap", "ignored", help="Ignored: files are never mapped to memory."),
    flag("--no-names", "is_nameless", help="Write digests without the names of files."),
    option(
        "--num-threads", "jobs", metavar="NUM", help="Use at most NUM threads; 0 is as many as there are processors."
    ),
    GNU_OPTIONS["quiet"],
    GNU_OPTIONS["raw"],
    option("--seek", metavar="SEEK", help="Leave out the first SEEK bytes of the output."),
    GNU_OPTIONS["tag"],
)

MANUAL = Manual(
    examples=(
        Example(
            "Write a list of digests, and check files against it later",
            "aio b3sum notes.txt > SUMS; aio b3sum -c SUMS",
            "notes.txt: OK\n",
            files=NOTES,
        ),
    ),
    exit_status=EXIT_STATUS,
    environment=BACKEND_VARIABLES,
)


def _body(
    ctx: click.Context,
    /,
    operands: tuple[str, ...],
    context: str | None,
    is_keyed: bool,
    length: str | None,
    is_nameless: bool,
    jobs: str | None,
    seek: str | None,
    **given: Any,
) -> int:
    """Print or check BLAKE3 digests.

    With no FILE, or when FILE is -, read standard input. `aio hash -a blake3` does this, too, and more.
    """
    quoting = Quoting(ctx.obj.is_utf8)
    settled = settle(given, ctx.meta[EVENTS])
    refuse(rules_of_lines(settled, is_marked=has_marks(ctx), text_rule=(False, "")))
    nbytes = _number("length", length, MAX_DIGEST_BYTES, quoting, DIGEST_BYTES)
    mode = Mode(context=context, length=nbytes, seek=_number("seek", seek, MAX_SEEK, quoting, 0))
    has_mode = is_keyed or context is not None or length is not None or seek is not None
    for is_wrong, message in (
        (is_keyed and context is not None, "cannot combine --keyed and --derive-key"),
        (
            settled["is_check"] and (has_mode or is_nameless or settled["is_raw"]),
            "cannot combine --check and --keyed, --derive-key, --length, --seek, --no-names or --raw",
        ),
        (settled["is_raw"] and len(operands) > 1, "the --raw option is not supported with multiple files"),
        (is_keyed and (not operands or STDIN in operands), "standard input holds the key, and cannot be hashed"),
    ):
        if is_wrong:
            raise Fatal(message)
    if is_keyed:
        mode = mode._replace(key=_read_key())
    options = HashOptions(
        operands,
        ("blake3" if nbytes == DIGEST_BYTES else f"blake3-{nbytes * 8}",),
        is_check=settled["is_check"],
        is_quiet=settled["is_quiet"],
        is_strict=settled["is_check"],
        is_tagged=settled["is_tagged"],
        is_raw=settled["is_raw"],
        has_names=not is_nameless,
        jobs=_number("number of threads", jobs, MAX_JOBS, quoting, 0) or None,
        backend=backend_of(ctx.obj, None),
        disabled=ctx.obj.disabled,
        program=NAME,
    )
    if mode.is_plain:
        return run_body(ctx, lambda report: run(options, report))
    return run_body(ctx, lambda report: _print_outputs(options, mode, report))


def _number(what: str, text: str | None, greatest: int, quoting: Quoting, default: int) -> int:
    if text is None:
        return default
    try:
        number = parse_size(text, suffixes="")
    except ValueError:
        number = -1
    if not 0 <= number <= greatest:
        raise Fatal(f"invalid {what}: {quoting.quote(text)} (0 to {greatest})")
    return number


def _read_key() -> bytes:
    """Read the key from standard input: all there is, which must be as long as a key.

    Raises:
        Fatal: it cannot be read, or is no key.
    """
    key = b""
    try:
        while len(key) <= KEY_BYTES and (more := os.read(STDIN_FD, KEY_BYTES + 1 - len(key))):
            key += more
    except OSError as error:
        raise Fatal(f"standard input: {error.strerror}") from None
    if len(key) != KEY_BYTES:
        found = f"more than {KEY_BYTES}" if len(key) > KEY_BYTES else str(len(key))
        raise Fatal(f"standard input holds {found} bytes where a key has {KEY_BYTES}")
    return key


async def _print_outputs(options: HashOptions, mode: Mode, report: Report) -> None:
    """Write what the engine's table has no name for."""
    from aiocli.commands._hash_output import writer_for
    from aiocli.commands._hash_sink import open_sink
    from aiocli.core.endpoint import Kind, directory_error
    from aiocli.engines.hash import HashJob, digest, find
    from aiocli.engines.hash.files import Hashed, Wanted
    from aiocli.ui.operands import for_each_operand, report_closed_stdin

    algorithm = find("blake3")._replace(digest_size=mode.length, new=mode.new)
    quotef = report.quoting.quotef
    with open_sink(None, report.quoting) as sink:
        write = writer_for(options, [algorithm], sink, report.quoting)

        async def print_output(src: Endpoint) -> None:
            if src.kind is Kind.DIRECTORY:
                raise directory_error(src.name)
            job = HashJob(src, [algorithm], backend=options.backend, disabled=options.disabled, jobs=options.jobs)
            digests = await digest(job)
            write(Hashed(Wanted(src.name, (algorithm.name,)), digests.values, digests.nbytes))
            sink.flush()

        await for_each_operand(options.operands, report, print_output, cannot_open=quotef, failed=quotef)
    report_closed_stdin(options.operands, report, "standard input")


command: GnuCommand = click.command(NAME, cls=GnuCommand, manual=MANUAL)(
    together([*_OPTIONS, help_options, OPERANDS, click.pass_context])(_body)
)
spell_help(command, {"help": ("-h",), "version": ("-V",)})
