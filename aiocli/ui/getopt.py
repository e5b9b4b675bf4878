"""GNU's getopt_long as a pure function: rules and messages of glibc.

What is parsed here is only which options and operands there are and in which order; what they mean, and
the conversion of values, is the caller's.
"""

from __future__ import annotations

import os
from enum import Enum, auto
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence


class Argument(Enum):
    """Whether an option has a value."""

    NONE = auto()
    REQUIRED = auto()
    OPTIONAL = auto()


class OptionSpec(NamedTuple):
    """One option with its spellings.

    Where the short form and the long one differ in their argument (GNU's `-b` and `--backup[=CONTROL]`),
    two specs share the key. The order of specs and longs is the order of possibilities in messages.

    Attributes:
        key: what events carry; spellings of one key and argument never make each other ambiguous.
        shorts: letters.
        longs: names without the two dashes.
        argument: whether there is a value; an optional one only attached (`-nX`, `--name=X`).
        is_exact: long names must be spelled out and never make an abbreviation ambiguous.
    """

    key: str
    shorts: str
    longs: tuple[str, ...]
    argument: Argument
    is_exact: bool = False


class OptionEvent(NamedTuple):
    """One option as met on the command line.

    Attributes:
        key: the spec's.
        value: None where none was given.
        spelled: "-n", or the full long name, "--number", also where it was abbreviated.
    """

    key: str
    value: str | None
    spelled: str


class OptionError(ValueError):
    """A mistake in the options; the text is getopt's, without the program's name in front."""


class UnknownOption(OptionError):
    """There is no long option of this name.

    Attributes:
        name: as given, without dashes and value.
    """

    def __init__(self, text: str) -> None:
        super().__init__(f"unrecognized option '--{text}'")
        self.name = text.partition("=")[0]


def parse(
    args: Sequence[str], specs: Sequence[OptionSpec], *, posixly_correct: bool = False
) -> tuple[list[OptionEvent], list[str]]:
    """Split arguments into options, in their order, and operands.

    Args:
        args: arguments without the program's name; bytes that are no text as surrogates (os.fsdecode).
        specs: the options; of two with the same spelling the first counts.
        posixly_correct: the first operand ends the options.

    Raises:
        OptionError: for the first mistake. Non-ASCII letters are named by their first byte, as glibc
            does, so the text needs os.fsencode.
    """
    shorts: dict[str, OptionSpec] = {}
    longs: dict[str, OptionSpec] = {}
    for spec in specs:
        for letter in spec.shorts:
            shorts.setdefault(letter, spec)
        for name in spec.longs:
            longs.setdefault(name, spec)

    events: list[OptionEvent] = []
    operands: list[str] = []
    rest = iter(args)
    for arg in rest:
        if arg == "--":
            operands.extend(rest)
        elif arg.startswith("--"):
            events.append(_parse_long(arg[2:], longs, rest))
        elif arg.startswith("-") and arg != "-":
            events.extend(_parse_cluster(arg[1:], shorts, rest))
        else:
            operands.append(arg)
            if posixly_correct:
                operands.extend(rest)
    return events, operands


def _parse_long(text: str, longs: Mapping[str, OptionSpec], rest: Iterator[str]) -> OptionEvent:
    given, has_value, attached = text.partition("=")
    name = _full_name(given, text, longs)
    spec = longs[name]
    value = attached if has_value else None
    if spec.argument is Argument.NONE and has_value:
        raise OptionError(f"option '--{name}' doesn't allow an argument")
    if spec.argument is Argument.REQUIRED and not has_value:
        value = next(rest, None)
        if value is None:
            raise OptionError(f"option '--{name}' requires an argument")
    return OptionEvent(spec.key, value, f"--{name}")


def _full_name(given: str, text: str, longs: Mapping[str, OptionSpec]) -> str:
    if given in longs:
        return given
    names = [name for name, spec in longs.items() if name.startswith(given) and not spec.is_exact]
    if not names:
        raise UnknownOption(text)
    # glibc compares with the first candidate only: others that mean the same as it are not listed.
    first = longs[names[0]]
    rivals = [name for name in names if (longs[name].key, longs[name].argument) != (first.key, first.argument)]
    if rivals:
        possibilities = " ".join(f"'--{name}'" for name in (names[0], *rivals))
        raise OptionError(f"option '--{text}' is ambiguous; possibilities: {possibilities}")
    return names[0]


def _parse_cluster(cluster: str, shorts: Mapping[str, OptionSpec], rest: Iterator[str]) -> Iterator[OptionEvent]:
    for index, letter in enumerate(cluster, start=1):
        spec = shorts.get(letter)
        if spec is None:
            raise OptionError(f"invalid option -- '{_first_byte(letter)}'")
        if spec.argument is Argument.NONE:
            yield OptionEvent(spec.key, None, f"-{letter}")
            continue
        value = cluster[index:] or None
        if value is None and spec.argument is Argument.REQUIRED:
            value = next(rest, None)
            if value is None:
                raise OptionError(f"option requires an argument -- '{letter}'")
        yield OptionEvent(spec.key, value, f"-{letter}")
        return


def _first_byte(letter: str) -> str:
    try:
        encoded = os.fsencode(letter)
    except UnicodeEncodeError:  # a surrogate that stands for no byte: never from a command line
        return letter
    return os.fsdecode(encoded[:1])
