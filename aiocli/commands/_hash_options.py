"""Options of `aio hash` and of the programs whose place it takes: how they are declared, and which contradict."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from aiocli.ui.command import EVENTS, Fatal, UsageError, flag
from aiocli.ui.options import together
from aiocli.ui.sizes import parse_size

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from aiocli.commands.hash import HashOptions
    from aiocli.ui.getopt import OptionEvent
    from aiocli.ui.quoting import Quoting

    Declaration = Callable[..., Any]
    Rule = tuple[bool, str]

CHECKING = "Checking digests, with -c"

# In the order of GNU's own tables: an ambiguous abbreviation lists the possibilities in this order.
GNU_OPTIONS: dict[str, Declaration] = {
    "base64": flag("--base64", "is_base64", help="Write digests in base64 instead of hexadecimal."),
    "binary": flag("-b", "--binary", "is_binary", help="Mark the file names with *; the data is read the same way."),
    "check": flag("-c", "--check", "is_check", help="Read digests from the FILEs and check them."),
    "ignore-missing": flag("--ignore-missing", group=CHECKING, help="Pass over files that are not there."),
    "quiet": flag("--quiet", "is_quiet", group=CHECKING, help="Print no OK for each file that matches."),
    "raw": flag("--raw", "is_raw", help="Write the bytes of the digest and nothing else; for one FILE only."),
    "status": flag("--status", "is_status_only", group=CHECKING, help="Print nothing; the exit status tells."),
    "strict": flag("--strict", "is_strict", group=CHECKING, help="Fail on lines that are no checksum lines."),
    "tag": flag("--tag", "is_tagged", help="Write lines of the form TAG (FILE) = DIGEST."),
    "text": flag("-t", "--text", "is_text", help="Mark the file names with a space (the default)."),
    "untagged": flag("--untagged", "is_untagged", help="Write lines of the form DIGEST, two blanks, FILE."),
    "warn": flag("-w", "--warn", "warns", group=CHECKING, help="Tell which lines are no checksum lines."),
    "zero": flag(
        "-z", "--zero", "ends_with_nul", help="End each line with NUL instead of newline, and escape no names."
    ),
}
"""Long name -> declaration."""

OPERANDS = click.argument("operands", metavar="[FILE]...", nargs=-1)

BINARY, TEXT, TAGGED, UNTAGGED = "is_binary", "is_text", "is_tagged", "is_untagged"
_EXCLUSIVE = (("is_status_only", "is_quiet", "warns"), (BINARY, TEXT), (TAGGED, UNTAGGED))
"""Of each set the last one given is in force."""


gnu_options = together([*GNU_OPTIONS.values()])
"""Adds the options that GNU's programs have."""


def settle(given: dict[str, Any], events: Sequence[OptionEvent]) -> dict[str, Any]:
    """Return values of options, with those that others override taken back, and False for what is not declared."""
    settled = dict.fromkeys((key for keys in _EXCLUSIVE for key in keys), False)
    settled |= {"is_base64": False, "is_raw": False, "is_check": False, "ignore_missing": False, "is_strict": False}
    settled |= {"ends_with_nul": False, **given}
    for keys in _EXCLUSIVE:
        last = next((event.key for event in reversed(events) if event.key in keys), None)
        settled |= {key: key == last for key in keys}
    return settled


def has_marks(ctx: click.Context) -> bool:
    """Tell whether -b or -t is given."""
    return any(event.key in (BINARY, TEXT) for event in ctx.meta[EVENTS])


def rules_of_lines(settled: dict[str, Any], *, is_marked: bool, text_rule: Rule) -> list[Rule]:
    """List what contradicts among the options that all programs have, in the order in which GNU looks.

    Args:
        settled: values of options, as `settle` returns them.
        is_marked: whether -b or -t is given.
        text_rule: whether -t stands where it must not, and what to say then.

    Returns:
        Whether each rule is broken, and GNU's words for that.
    """
    is_check = settled["is_check"]
    return [
        (settled["is_base64"] and settled["is_raw"], "--base64 and --raw are mutually exclusive"),
        (settled["ends_with_nul"] and is_check, "the --zero option is not supported when verifying checksums"),
        (settled[TAGGED] and is_check, "the --tag option is meaningless when verifying checksums"),
        (is_check and is_marked, "the --binary and --text options are meaningless when verifying checksums"),
        *(
            (settled[key] and not is_check, f"the --{name} option is meaningful only when verifying checksums")
            for name, key in (
                ("ignore-missing", "ignore_missing"),
                ("status", "is_status_only"),
                ("warn", "warns"),
                ("quiet", "is_quiet"),
                ("strict", "is_strict"),
            )
        ),
        text_rule,
    ]


def refuse(rules: Iterable[Rule]) -> None:
    """Raise for the first rule that is broken.

    Raises:
        UsageError: with its words.
    """
    for is_broken, message in rules:
        if is_broken:
            raise UsageError(message)


def refuse_own(options: HashOptions) -> None:
    """Refuse combinations with options that GNU does not have.

    Raises:
        Fatal: there is such a combination.
    """
    is_check, several = options.is_check, len(options.algorithms) > 1
    may_be_many = len(options.operands) > 1 or options.targets.may_be_many
    for is_wrong, message in (
        (options.is_audit and not is_check, "the --audit option is meaningful only when verifying checksums"),
        (options.output is not None and is_check, "the --output option is meaningless when verifying checksums"),
        (
            options.targets.list_file is not None and is_check,
            "the --files-from and --files0-from options are meaningless when verifying checksums",
        ),
        (options.is_raw and may_be_many, "the --raw option is not supported with multiple files"),
        (options.is_raw and several, "the --raw option is not supported with multiple algorithms"),
        (options.is_raw and options.is_json, "cannot combine --raw and --json"),
        (
            options.no_cache and options.backend is not None,
            f"cannot combine --no-cache and --backend={options.backend}",
        ),
    ):
        if is_wrong:
            raise Fatal(message)


def algorithms_of(given: Sequence[str], length: str | None, quoting: Quoting, *, is_all: bool) -> tuple[str, ...]:
    """Name the algorithms that are asked for, as the engine has them; none if nothing is said.

    Args:
        given: values of -a, each a name or several with commas.
        length: the value of --length.
        quoting: for messages.
        is_all: whether the common ones are asked for.

    Raises:
        Fatal: there is no such algorithm, or none of this length.
    """
    if not given and not is_all and length is None:
        return ()
    from aiocli.engines.hash.algorithms import ALGORITHMS, COMMON_SET, DEFAULT, LengthError, find

    bits = parse_length(length, quoting) if length is not None else 0
    spelled = [*(COMMON_SET if is_all else ()), *(",".join(given).split(",") if given else ())]
    names: dict[str, None] = {}
    for name in spelled or (DEFAULT,):
        try:
            names[find(name, bits or None).name] = None
        except LengthError as error:
            raise Fatal(f"invalid length: {error}") from None
        except KeyError:
            raise Fatal(f"unknown algorithm {quoting.quote(name)}; here are: {', '.join(ALGORITHMS)}") from None
    return tuple(names)


def parse_length(text: str, quoting: Quoting) -> int:
    """Parse the value of --length, in bits.

    Raises:
        Fatal: it is no number.
    """
    try:
        return parse_size(text, suffixes="")
    except ValueError:
        raise Fatal(f"invalid length: {quoting.quote(text)}") from None
