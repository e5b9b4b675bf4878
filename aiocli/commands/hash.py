"""aio hash: print or check digests, several in one read.

Under the names md5sum, sha1sum, sha224sum, sha256sum, sha384sum, sha512sum, b2sum, cksum and sum it follows GNU 9.10
(`_hash_programs`), under b3sum BLAKE3's own program (`_hash_b3sum`).
Deviations from GNU: the default of `aio hash` is sha256. Several algorithms imply --tag, and so do those whose lines
without a tag nobody could check: CRCs, sums, xxh, sm3 and more. A file that changes while it is read is a
failure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import click

from aiocli.commands._hash_options import (
    CHECKING,
    OPERANDS,
    algorithms_of,
    gnu_options,
    has_marks,
    refuse,
    refuse_own,
    rules_of_lines,
    settle,
)
from aiocli.commands._hash_targets import TargetOptions, target_options, targets_of
from aiocli.ui.body import run_body
from aiocli.ui.command import EVENTS, GnuCommand, OwnOption, flag, option, standard_options
from aiocli.ui.help import BACKEND_VARIABLES, OWN_OPTIONS, Example, Manual
from aiocli.ui.options import (
    backend_of,
    backend_option,
    chunk_size_option,
    explain_option,
    jobs_option,
    json_option,
    no_cache_option,
    progress_option,
)
from aiocli.ui.quoting import Quoting

if TYPE_CHECKING:
    from aiocli.ui.report import Report


class HashOptions(NamedTuple):
    """What was asked for.

    Attributes:
        operands: files; none is standard input, `-` too.
        algorithms: names as the engine has them; empty means its default, and any when checking.
        is_check: operands are lists of digests to check.
        is_tagged: write `TAG (file) = hexdigest`.
        is_untagged: write untagged lines even of several algorithms.
        is_binary: mark untagged lines with `*`.
        is_base64: write digests in base64.
        is_raw: write the bytes of the digest alone.
        ends_with_nul: end lines with NUL, escape nothing.
        ignore_missing: checking passes over files that are not there.
        is_quiet: checking prints no OK.
        is_status_only: checking prints nothing but errors.
        is_strict: a line that is no checksum line fails the check.
        warns: say which lines are no checksum lines.
        is_audit: compare lists with what is there, beyond what they name.
        backend: named backend; None is auto.
        disabled: names of fast paths to leave out.
        jobs: most files, or parts of one, at a time; None is as many as there are processors.
        chunk_size: bytes of one read; None leaves it to the engine.
        no_cache: the page cache is to keep what it held, and nothing else.
        progress: when to show a bar.
        explains: one line a file says how its bytes went.
        is_json: tell what happens as JSON.
        is_plain: lines for programs on a terminal, too.
        output: file to write the lines to; None is standard output.
        program: whose place this takes: "hash" is aio's own.
        family: the word that cksum's -a gave: "sha2", "blake2b", "md5"; empty if none.
        is_debug: say what computes a CRC.
        has_names: lines tell the names of files.
        targets: which files are meant by the operands.
    """

    operands: tuple[str, ...] = ()
    algorithms: tuple[str, ...] = ()
    is_check: bool = False
    is_tagged: bool = False
    is_untagged: bool = False
    is_binary: bool = False
    is_base64: bool = False
    is_raw: bool = False
    ends_with_nul: bool = False
    ignore_missing: bool = False
    is_quiet: bool = False
    is_status_only: bool = False
    is_strict: bool = False
    warns: bool = False
    is_audit: bool = False
    backend: str | None = None
    disabled: frozenset[str] = frozenset()
    jobs: int | None = None
    chunk_size: int | None = None
    no_cache: bool = False
    progress: str = "never"
    explains: bool = False
    is_json: bool = False
    is_plain: bool = False
    output: str | None = None
    program: str = "hash"
    family: str = ""
    is_debug: bool = False
    has_names: bool = True
    targets: TargetOptions = TargetOptions()


NOTES = (("notes.txt", "hello\n"),)
EXIT_STATUS = (
    ("0", "Everything was read; with -c, everything matched."),
    ("1", "A file could not be read, a digest did not match, or the command line was wrong."),
)

# The engine's table, spelled out for --help, which must not import it; a test compares.
ALGORITHM_NAMES = (
    "md5",
    "sha1",
    "sha224",
    "sha256",
    "sha384",
    "sha512",
    "sha512-224",
    "sha512-256",
    "sha3-224",
    "sha3-256",
    "sha3-384",
    "sha3-512",
    "shake128",
    "shake256",
    "blake2b",
    "blake2s",
    "blake3",
    "ripemd160",
    "sm3",
    "xxh32",
    "xxh64",
    "xxh3-64",
    "xxh3-128",
    "crc",
    "crc32b",
    "crc32c",
    "crc64-nvme",
    "adler32",
    "bsd",
    "sysv",
)

MANUAL = Manual(
    examples=(
        Example(
            "Two digests, from one read",
            "aio hash -a md5,sha1 notes.txt",
            "MD5 (notes.txt) = b1946ac92492d2347c6235b4d2611184\n"
            "SHA1 (notes.txt) = f572d396fae9206628714fb2ce00f72e94f2258f\n",
            files=NOTES,
        ),
        Example(
            "Write a list of digests, and check files against it later",
            "aio hash --all notes.txt -o SUMS; aio hash -c --quiet SUMS && echo same",
            "same\n",
            files=NOTES,
        ),
        Example(
            "A digest of the length that somebody else has published",
            "aio hash -a blake2b -l 128 --tag notes.txt",
            "BLAKE2b-128 (notes.txt) = ea41b4de6c03f13a95758b28dd75693e\n",
            files=NOTES,
        ),
        Example(
            "For programs",
            "aio hash --json notes.txt",
            '{"v": 1, "event": "start", ...}\n'
            '{"v": 1, "event": "file", "path": "notes.txt", "size": 6, "digests": {"sha256": ...}}\n'
            '{"v": 1, "event": "summary", ...}\n',
            files=NOTES,
        ),
    ),
    exit_status=EXIT_STATUS,
    environment=BACKEND_VARIABLES,
)


@click.command("hash", cls=GnuCommand, manual=MANUAL)
@option(
    "-a",
    "--algorithm",
    "algorithms",
    multiple=True,
    metavar="NAME[,NAME]...",
    values=ALGORITHM_NAMES,
    is_list=True,
    help=f"Compute NAME, sha256 by default; may be given several times: {', '.join(ALGORITHM_NAMES)}. Other spellings "
    "are understood, and lengths behind names: SHA-256, crc32, blake2b-256.",
)
@flag("--all", "is_all", cls=OwnOption, help="Compute md5, sha1, sha256, sha512, blake2b and blake3.")
@option(
    "-l",
    "--length",
    metavar="BITS",
    help="Make digests of so many bits, a multiple of 8, where the algorithm lets one choose; 0 is its own length.",
)
@flag("--list", "is_list", cls=OwnOption, help="List the algorithms, and how fast each is here.")
@gnu_options
@target_options
@flag(
    "--audit",
    "is_audit",
    cls=OwnOption,
    group=CHECKING,
    help="Tell, too, which files are not in the lists, and which have moved: in FILEs that are directories, or else in "
    "those where the listed files lie.",
)
@option(
    "-o",
    "--output",
    metavar="FILE",
    group=OWN_OPTIONS,
    help="Write to FILE instead of standard output: it is replaced when all is done, and left alone if that fails.",
)
@json_option
@flag("--plain", "is_plain", cls=OwnOption, help="Write on a terminal what goes to pipes: one line a digest.")
@jobs_option
@chunk_size_option
@no_cache_option
@explain_option
@progress_option
@backend_option
@standard_options
@OPERANDS
@click.pass_context
def command(
    ctx: click.Context,
    /,
    operands: tuple[str, ...],
    algorithms: tuple[str, ...],
    length: str | None,
    is_all: bool,
    is_list: bool,
    backend: str | None,
    progress: str | None,
    **given: Any,
) -> int:
    """Print the digest of each FILE (sha256 unless -a says otherwise), or check digests with -c.

    With no FILE, or when FILE is -, read standard input. Each FILE is read once for all its digests, or at once by
    several readers where that is faster.

    Several algorithms imply --tag, and so do those that cannot be checked without: CRCs, sums, xxh, sm3 and more. On
    a terminal several are shown as a table.
    """
    settings, quoting = ctx.obj, Quoting(ctx.obj.is_utf8)
    settled = settle(given, ctx.meta[EVENTS])
    targets = targets_of(settled, ctx.meta[EVENTS], operands, quoting)
    names = algorithms_of(algorithms, length, quoting, is_all=is_all)
    text_rule = (settled.pop("is_text") and settled["is_tagged"], "--tag does not support --text mode")
    refuse(rules_of_lines(settled, is_marked=has_marks(ctx), text_rule=text_rule))
    options = HashOptions(
        operands,
        names,
        **settled,
        backend=backend_of(settings, backend),
        disabled=settings.disabled,
        progress=progress or "auto",
        targets=targets,
    )
    refuse_own(options)
    if is_list:
        return run_body(ctx, lambda report: show_list(options, report))
    return run_body(ctx, lambda report: run(options, report))


def other_command(name: str) -> GnuCommand:
    """Make the command of a program whose place this takes.

    Raises:
        KeyError: there is none of this name.
    """
    if name == "b3sum":
        from aiocli.commands._hash_b3sum import command as b3sum

        return b3sum
    from aiocli.commands._hash_programs import make

    return make(name)


async def show_list(options: HashOptions, report: Report) -> None:
    """List the algorithms."""
    from aiocli.commands._hash_list import print_list

    print_list(report, options.is_plain, options.is_json)


async def run(options: HashOptions, report: Report) -> None:
    """Print the digests of each operand, or check what the operands list."""
    if options.is_check:
        from aiocli.commands._check import check

        await check(options, report)
        return
    from aiocli.commands._hash_run import print_digests

    await print_digests(options, report)
