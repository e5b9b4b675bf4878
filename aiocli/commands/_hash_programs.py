"""md5sum, sha1sum, ... b2sum, cksum and sum: `aio hash` under other names, with the options of those and no others.

Follows GNU 9.10 in options, defaults, messages and their order.
Deviations from GNU: what `cksum --debug` tells; --help and --version have texts of their own. A device that is full is
told at once and with the reason, where GNU's cksum and sum go on after a CRC or sum, and tell it in the end without.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from aiocli.commands._hash_options import (
    GNU_OPTIONS,
    OPERANDS,
    TAGGED,
    TEXT,
    UNTAGGED,
    has_marks,
    parse_length,
    refuse,
    rules_of_lines,
    settle,
)
from aiocli.commands.hash import EXIT_STATUS, NOTES, HashOptions, run
from aiocli.ui.argmatch import argmatch
from aiocli.ui.body import run_body
from aiocli.ui.command import EVENTS, Fatal, GnuCommand, GnuOption, flag, help_options, option
from aiocli.ui.help import BACKEND_VARIABLES, Example, Manual
from aiocli.ui.options import backend_of, together
from aiocli.ui.quoting import Quoting

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from aiocli.ui.getopt import OptionEvent

ALGORITHMS = {
    "md5sum": "md5",
    "sha1sum": "sha1",
    "sha224sum": "sha224",
    "sha256sum": "sha256",
    "sha384sum": "sha384",
    "sha512sum": "sha512",
    "b2sum": "blake2b",
    "cksum": "crc",
    "sum": "bsd",
}
"""Program -> what it computes where nothing else is asked for."""

WORDS = (
    "bsd",
    "sysv",
    "crc",
    "crc32b",
    "md5",
    "sha1",
    "sha224",
    "sha256",
    "sha384",
    "sha512",
    "sha2",
    "sha3",
    "blake2b",
    "sm3",
)
"""What `cksum -a` takes, in the order of its messages."""

UNCHECKED = ("bsd", "sysv", "crc", "crc32b")
"""Those of them whose lines nobody checks."""

SIZED = {"blake2b": "BLAKE2b", "sha2": "SHA2", "sha3": "SHA3"}
"""Those that have several lengths, and what messages call them."""

SHA_BITS = (224, 256, 384, 512)
MAX_BLAKE2B_BITS = 512

_LINES_AND_CHECKS = ("binary", "check", "ignore-missing", "quiet", "status", "strict", "tag", "text", "warn", "zero")


class _Program(GnuCommand):
    """A command that looks at values as soon as it meets them, as GNU's do: in front of later mistakes and --help."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        for event in self.events_before_mistake(ctx, args):
            if event.key in ("help", "version"):
                break
            if event.key == "length":
                parse_length(event.value or "", Quoting(ctx.obj.is_utf8))
            elif event.key == "word":
                choices = [(word,) for word in WORDS]
                argmatch(event.value or "", choices, "--algorithm", Quoting(ctx.obj.is_utf8), is_exact=True)
        return super().parse_args(ctx, args)


def make(name: str) -> GnuCommand:
    """Make the command of a program.

    Raises:
        KeyError: there is none of this name.
    """
    declare = {"cksum": _cksum, "sum": _sum}.get(name, _digest_program)
    return declare(name, ALGORITHMS[name])


def _digest_program(name: str, algorithm: str) -> GnuCommand:
    """Make the command of a program that knows one digest."""

    def body(ctx: click.Context, operands: tuple[str, ...], length: str | None = None, **given: Any) -> int:
        settled = settle(given, ctx.meta[EVENTS])
        sized = _sized(ctx, algorithm, length)
        text_rule = (settled[TAGGED] and settled[TEXT], "--tag does not support --text mode")
        refuse(rules_of_lines(settled, is_marked=has_marks(ctx), text_rule=text_rule))
        return _run(ctx, settled, HashOptions(operands, (sized,), program=name, is_tagged=settled[TAGGED]))

    body.__doc__ = f"""Print or check {SIZED.get(algorithm, algorithm.upper())} digests.

        With no FILE, or when FILE is -, read standard input. `aio hash` does this, too, and more.
        """
    length_option = [_LENGTH] if algorithm in SIZED else []
    options = [*length_option, *(GNU_OPTIONS[key] for key in _LINES_AND_CHECKS)]
    examples = (
        Example(
            "Write a list of digests, and check files against it later",
            f"aio {name} notes.txt > SUMS; aio {name} -c SUMS",
            "notes.txt: OK\n",
            files=NOTES,
        ),
    )
    return _command(name, body, options, examples)


def _cksum(name: str, algorithm: str) -> GnuCommand:
    def body(
        ctx: click.Context,
        operands: tuple[str, ...],
        word: str | None,
        length: str | None,
        is_debug: bool,
        **given: Any,
    ) -> int:
        """Print or check checksums: POSIX's CRC and the size of each FILE, or digests with -a.

        With no FILE, or when FILE is -, read standard input. `aio hash` does this, too, and more.
        """
        settled = settle(given, ctx.meta[EVENTS])
        is_check, is_family = settled["is_check"], word in ("sha2", "sha3")
        if is_family and length is None and not is_check:
            raise Fatal(f"--algorithm={word} requires specifying --length 224, 256, 384, or 512")
        sized = _sized(ctx, word or algorithm, length)
        if is_check and word in UNCHECKED:
            raise Fatal("--check is not supported with --algorithm={bsd,sysv,crc,crc32b}")
        is_tagged = not settled[UNTAGGED]
        text_rule = (is_tagged and settled[TEXT], "--text mode is only supported with --untagged")
        refuse(rules_of_lines(settled, is_marked=has_marks(ctx), text_rule=text_rule))
        algorithms = () if is_check and (word is None or is_family) else (sized,)
        family = word or ""
        options = HashOptions(operands, algorithms, program=name, is_tagged=is_tagged, family=family, is_debug=is_debug)
        return _run(ctx, settled, options)

    keys = ("check", "ignore-missing", "quiet", "raw", "status", "strict", "tag", "text", "untagged", "warn", "zero")
    options = [
        _ALGORITHM,
        _LENGTH,
        *(GNU_OPTIONS[key] for key in ("base64", "binary")),
        flag("--debug", "is_debug", help="Say on standard error what computes the CRC."),
        *(GNU_OPTIONS[key] for key in keys),
    ]
    examples = (
        Example("POSIX's CRC and the size", "aio cksum notes.txt", "3015617425 6 notes.txt\n", files=NOTES),
        Example(
            "A digest, and a check of it",
            "aio cksum -a sha3 -l 256 notes.txt > SUMS; aio cksum -c SUMS",
            "notes.txt: OK\n",
            files=NOTES,
        ),
    )
    return _command(name, body, options, examples)


def _sum(name: str, algorithm: str) -> GnuCommand:
    def body(ctx: click.Context, operands: tuple[str, ...], **given: Any) -> int:
        """Print the checksum of each FILE and how many blocks it has.

        With no FILE, or when FILE is -, read standard input.
        """
        events: list[OptionEvent] = ctx.meta[EVENTS]
        last = events[-1].key if events else "is_bsd"
        return _run(ctx, settle({}, events), HashOptions(operands, (_SUMS[last],), program=name))

    options = [
        flag("-r", "is_bsd", help="Take BSD's algorithm and blocks of 1024 bytes (the default)."),
        flag("-s", "--sysv", "is_sysv", help="Take System V's algorithm and blocks of 512 bytes."),
    ]
    examples = (Example("BSD's checksum and the blocks", "aio sum notes.txt", "36979     1 notes.txt\n", files=NOTES),)
    return _command(name, body, options, examples)


_SUMS = {"is_bsd": "bsd", "is_sysv": "sysv"}

_ALGORITHM = option(
    "-a",
    "--algorithm",
    "word",
    metavar="TYPE",
    values=WORDS,
    help="Compute TYPE: " + ", ".join(WORDS[:-1]) + " or sm3; crc is the default, sha2 and sha3 need -l.",
)
_LENGTH = option(
    "-l",
    "--length",
    metavar="BITS",
    help="Make digests of BITS: a multiple of 8 up to 512 for blake2b, 0 is 512; 224, 256, 384 or 512 for sha2 and "
    "sha3.",
)


def _command(
    name: str, body: Callable[..., int], options: Sequence[Callable[..., Any]], examples: tuple[Example, ...]
) -> GnuCommand:
    manual = Manual(examples=examples, exit_status=EXIT_STATUS, environment=BACKEND_VARIABLES)
    decorators: tuple[Callable[..., Any], ...] = (*options, help_options, OPERANDS, click.pass_context)
    command = click.command(name, cls=_Program, manual=manual)(together(decorators)(body))
    spell_help(command, {"help": (), "version": ()})
    return command


def spell_help(command: GnuCommand, letters: Mapping[str, tuple[str, ...]]) -> None:
    """Give --help and --version the letters that the original has for them."""
    for param in command.params:
        if isinstance(param, GnuOption) and param.name in letters:
            param.opts[:] = [*letters[param.name], f"--{param.name}"]


def _sized(ctx: click.Context, word: str, length: str | None) -> str:
    """Name the algorithm that a word and --length mean together.

    Raises:
        Fatal: it has no such length.
    """
    if length is None:
        return word
    quoting = Quoting(ctx.obj.is_utf8)
    bits = parse_length(length, quoting)

    def refusal(why: str) -> Fatal:
        return Fatal(f"invalid length: {quoting.quote(length)}\n{ctx.command_path}: {why}")

    if word not in SIZED:
        if bits:
            raise Fatal("--length is only supported with --algorithm blake2b, sha2, or sha3")
        return word
    shown = quoting.quote(SIZED[word])
    if word != "blake2b":
        if bits not in SHA_BITS:
            raise refusal(f"digest length for {shown} must be 224, 256, 384, or 512")
        return f"sha{bits}" if word == "sha2" else f"{word}-{bits}"
    if bits > MAX_BLAKE2B_BITS:
        raise refusal(f"maximum digest length for {shown} is {MAX_BLAKE2B_BITS} bits")
    if bits % 8:
        raise refusal("length is not a multiple of 8")
    return f"{word}-{bits}" if bits not in (0, MAX_BLAKE2B_BITS) else word


def _run(ctx: click.Context, settled: Mapping[str, Any], options: HashOptions) -> int:
    """Run with what all programs have in common.

    Raises:
        Fatal: the digest of several files is asked for raw.
    """
    if settled["is_raw"] and len(options.operands) > 1:
        raise Fatal("the --raw option is not supported with multiple files")
    keys = ("is_check", "is_binary", "ends_with_nul", "ignore_missing", "is_quiet", "is_status_only", "is_strict")
    options = options._replace(
        **{key: settled[key] for key in (*keys, "warns", "is_base64", "is_raw")},
        backend=backend_of(ctx.obj, None),
        disabled=ctx.obj.disabled,
    )
    return run_body(ctx, lambda report: run(options, report))
