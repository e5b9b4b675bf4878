"""Which files of a tree are meant: patterns as in .gitignore, the last that matches decides.

A pattern without a slash in the middle matches at any depth, one with a slash from the top of the tree; one that
ends in a slash matches directories only. A directory that is left out is not looked into.

pathspec translates patterns, one at a time. What they say together is decided here, by git's rule: a pattern speaks of
the entry that it matches, and of nothing below. GitIgnoreSpec is made for whole paths and would leave out directories
that hold something meant: with `*`, `!*/`, `!*.c` all of them, with `abc/**`, `!abc/keep` abc.
"""

from __future__ import annotations

import os
import re
import warnings
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    Search = Callable[[str], re.Match[str] | None]

IGNORE_FILE = ".gitignore"
"""Holds patterns for the directory that it is in."""

GIT_FOLDER = ".git"
"""What git never looks at."""

_UTF8_MARK = b"\xef\xbb\xbf"

_NOWHERE = "(?!)"

_NEWLINE = "\0"
"""Stands for newlines, which a dot of a regular expression does not match, and a dollar stops in front of; no name
holds it."""


_CLASSES = {
    "alnum": "0-9A-Za-z",
    "alpha": "A-Za-z",
    "blank": " \t",
    "cntrl": "\0-\x1f\x7f",
    "digit": "0-9",
    "graph": '"-~!',  # none begins with what has a meaning there
    "lower": "a-z",
    "print": " -~",
    "punct": ":-@[-`{-~!-.",  # no name holds a slash
    "space": " \0\t\r",
    "upper": "A-Z",
    "xdigit": "0-9A-Fa-f",
}
"""What POSIX's classes in brackets stand for, as git has them: ASCII only."""

_BRACKETS = re.compile(r"\\.|\[[!^]?\]?(?:\[:\w*:\]|\\.|[^]\\])*\]", re.DOTALL)


class Pattern(NamedTuple):
    """One --exclude or --include.

    Attributes:
        text: the pattern.
        is_include: what it matches is meant after all.
    """

    text: str
    is_include: bool = False


class _Rule(NamedTuple):
    """A pattern, ready to match.

    Attributes:
        regex: finds it.
        is_include: what it matches is meant.
        is_for_directories: it matches nothing else.
        is_of_names: it is about the last part of a path alone.
    """

    regex: re.Pattern[str]
    is_include: bool
    is_for_directories: bool
    is_of_names: bool


class _Rules(NamedTuple):
    """Patterns that speak about the same entries.

    Attributes:
        rules: the last one given comes first.
        in_name: finds in the last part of a path what any of them may be about; most files are done with that.
        in_path: the same in a path.
    """

    rules: tuple[_Rule, ...]
    in_name: Search
    in_path: Search


class Ignored(NamedTuple):
    """What the .gitignore files on the way to a directory say: about bytes, as in git, for which é is two `?`.

    Attributes:
        rules: of the innermost file.
        nbelow: bytes of the way from the top to where it lies, with a slash at the end; 0 for the top.
        outer: what the files further out say; None if there are none.
    """

    rules: _Rules
    nbelow: int
    outer: Ignored | None


def is_meant(patterns: tuple[Pattern, ...], path: str, *, is_directory: bool, ignored: Ignored | None = None) -> bool:
    """Tell whether a file is meant; so must be the directories that it is in.

    Args:
        patterns: in the order in which they were given; without any, all files are meant.
        path: from the top of the tree, without a slash in front.
        is_directory: whether it is one.
        ignored: what .gitignore files say, where the patterns say nothing; None if those do not count.
    """
    verdict = _verdict(_compiled(patterns), path, is_directory) if patterns else None
    if verdict is None and ignored is not None and path.rpartition("/")[2] == GIT_FOLDER:
        return False
    if verdict is None and ignored is not None and not path.isascii():
        path = os.fsencode(path).decode("latin-1")
    while verdict is None and ignored is not None:
        verdict = _verdict(ignored.rules, path[ignored.nbelow :], is_directory)
        ignored = ignored.outer
    return verdict is not False


def ignored_by(data: bytes, below: str, outer: Ignored | None) -> Ignored:
    """Add what a .gitignore file says; lines that are no patterns say nothing, as in git.

    Args:
        data: the file.
        below: the way from the top to its directory, with a slash at the end; empty for the top.
        outer: what the files further out say; None if there are none.
    """
    lines = data.removeprefix(_UTF8_MARK).decode("latin-1").split("\n")
    return Ignored(_rules_of(_rule_of_line(line.removesuffix("\r")) for line in lines), len(os.fsencode(below)), outer)


def check(pattern: str) -> None:
    """Refuse what is no pattern.

    Raises:
        ValueError: it is none, such as one that ends in a backslash.
    """
    _compiled((Pattern(pattern),))


def _verdict(rules: _Rules, path: str, is_directory: bool) -> bool | None:
    """Tell whether an entry is meant; None if no rule matches."""
    path = path.replace("\n", _NEWLINE)
    name = path[path.rfind("/") + 1 :]
    if rules.in_name(name) is None and rules.in_path(path) is None:
        return None
    for rule in rules.rules:
        if rule.is_for_directories and not is_directory:
            continue
        found = rule.regex.search(name if rule.is_of_names else path)
        # A group of pathspec's expressions matches the slash behind a directory that the path goes through.
        if found is not None and found.lastindex is None:
            return rule.is_include
    return None


@lru_cache(maxsize=8)
def _compiled(patterns: tuple[Pattern, ...]) -> _Rules:
    """Make rules of patterns.

    Raises:
        ValueError: one is none.
    """
    return _rules_of(_rule(pattern.text, is_include=pattern.is_include) for pattern in patterns)


def _rules_of(rules: Iterable[_Rule | None]) -> _Rules:
    last_first = tuple(reversed([rule for rule in rules if rule is not None]))
    in_name = _any_of(rule.regex for rule in last_first if rule.is_of_names)
    in_path = _any_of(rule.regex for rule in last_first if not rule.is_of_names)
    return _Rules(last_first, in_name, in_path)


def _any_of(regexes: Iterable[re.Pattern[str]]) -> Search:
    """Return what finds any of several expressions: in less than half the time that asking each takes."""
    sources = [f"(?:{regex.pattern})" for regex in regexes]
    unnamed = re.sub(r"\(\?P<\w+>", "(?:", "|".join(sources))  # a name can be given to one group only
    return _compile(unnamed or _NOWHERE).search


def _rule_of_line(line: str) -> _Rule | None:
    """Make a rule of a line of .gitignore; None if it says nothing."""
    if line.startswith("#"):
        return None
    text = line.rstrip(" ")
    if len(text) < len(line) and _is_escaped(text):
        text += " "
    is_include = text.startswith("!")
    try:
        return _rule(text.removeprefix("!"), is_include=is_include)
    except ValueError:
        return None


def _rule(text: str, *, is_include: bool) -> _Rule | None:
    """Make a rule of a pattern; None if it can match nothing.

    Raises:
        ValueError: it is none.
    """
    from pathspec.patterns.gitignore.spec import GitIgnoreSpecPattern

    bare = text.removesuffix("/")
    if not bare:
        return None
    source, _ = GitIgnoreSpecPattern.pattern_to_regex(_whole(_BRACKETS.sub(_without_classes, bare)))
    return _Rule(_compile(source), is_include, bare != text, "/" not in bare) if source is not None else None


def _compile(source: str) -> re.Pattern[str]:
    """Compile a regular expression.

    Raises:
        ValueError: it is none.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # about what brackets in brackets may mean one day
        try:
            return re.compile(source)
        except re.error as error:
            raise ValueError(str(error)) from None


def _without_classes(brackets: re.Match[str]) -> str:
    """Write out POSIX's classes, which pathspec does not know.

    Raises:
        ValueError: there is none of that name.
    """
    if not brackets[0].startswith("["):
        return brackets[0]
    try:
        return "[" + re.sub(r"\[:(\w*):\]", lambda found: _CLASSES[found[1]], brackets[0][1:])
    except KeyError as error:
        raise ValueError(f"unknown class of characters {error}") from None


def _whole(text: str) -> str:
    """Write a pattern so that pathspec takes all of it for one: a first `!` or `#`, blanks at its end, newlines."""
    text = text.replace("\n", _NEWLINE)
    if text.startswith(("!", "#")):
        text = f"\\{text}"
    if text[-1].isspace():
        text = f"{text[: -2 if _is_escaped(text[:-1]) else -1]}[{text[-1]}]"
    return text


def _is_escaped(before: str) -> bool:
    """Tell whether the character behind a text is escaped by a backslash at its end."""
    return (len(before) - len(before.rstrip("\\"))) % 2 == 1
