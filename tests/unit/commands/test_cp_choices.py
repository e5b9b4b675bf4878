"""What options of cp mean together, as choices and as the engine's rules."""

from __future__ import annotations

import shlex

import pytest

from aiocli.commands._cp_choices import Choices, choices_of
from aiocli.commands._cp_rules import rules_of
from aiocli.commands.cp import OwnOptions, command
from aiocli.engines.copy.rules import (
    BackupMethod,
    Clone,
    CopyRules,
    Dereference,
    Existing,
    Make,
    Preserve,
    Sparse,
)
from aiocli.ui.command import Fatal, GnuOption, UsageError, specs_of
from aiocli.ui.getopt import parse
from aiocli.ui.quoting import Quoting
from aiocli.ui.settings import Settings

SPECS = [spec for param in command.params if isinstance(param, GnuOption) for spec in specs_of(param)]
EVERYTHING = Preserve(mode=True, ownership=True, timestamps=True, links=True, xattr=True)
COMMON = Preserve(mode=True, ownership=True, timestamps=True)


def choose(
    line: str, *, settings: Settings | None = None, has_selinux: bool = False, told: list[str] | None = None
) -> Choices:
    events, _ = parse(shlex.split(line), SPECS)
    warn = told.append if told is not None else pytest.fail
    return choices_of(events, settings or Settings(), Quoting(is_utf8=False), has_selinux=has_selinux, warn=warn)


def rules(line: str, *, has_selinux: bool = False) -> CopyRules:
    made = rules_of(choose(line, has_selinux=has_selinux), OwnOptions(), follows_dangling=False)
    return made._replace(umask=CopyRules().umask, has_chown_privilege=True)


def test_nothing_asked_for_is_the_engines_default() -> None:
    assert rules("") == CopyRules()


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("-r", {"is_recursive": True, "dereference": Dereference.NEVER, "reads_special": False}),
        ("-rl", {"is_recursive": True, "reads_special": False, "make": Make.HARD_LINK}),
        ("-r --copy-contents", {"is_recursive": True, "dereference": Dereference.NEVER, "reads_special": True}),
        ("-H", {"dereference": Dereference.OPERANDS}),
        ("-P", {"dereference": Dereference.NEVER}),
        ("-PL", {"dereference": Dereference.ALWAYS}),
        ("-LP", {"dereference": Dereference.NEVER}),
        ("-d", {"dereference": Dereference.NEVER, "preserve": Preserve(links=True)}),
        ("-dH", {"dereference": Dereference.OPERANDS, "preserve": Preserve(links=True)}),
        ("-s", {"make": Make.SYMBOLIC_LINK}),
        ("--attributes-only", {"make": Make.ATTRIBUTES}),
        ("--attributes-only -l", {"make": Make.HARD_LINK}),
        ("-f", {"unlinks_if_unopenable": True}),
        ("--remove-destination", {"unlinks_first": True}),
        ("-x", {"stays_on_filesystem": True}),
        ("--keep-directory-symlink", {"keeps_directory_links": True}),
        ("-p", {"preserve": COMMON}),
        ("--preserve", {"preserve": COMMON}),
        ("--preserve=mode,own", {"preserve": Preserve(mode=True, ownership=True)}),
        ("--preserve=all", {"preserve": EVERYTHING}),
        ("--preserve=xattr", {"preserve": Preserve(xattr=True, requires_xattr=True)}),
        ("--preserve=all --no-preserve=all", {"preserve": Preserve(is_default_mode=True)}),
        ("-p --no-preserve=mode,time", {"preserve": Preserve(ownership=True, is_default_mode=True)}),
        ("--no-preserve=mode -p", {"preserve": COMMON}),
        ("--no-preserve=mode --preserve=mode", {"preserve": Preserve(mode=True)}),
        ("--preserve=xattr --no-preserve=xattr", {}),
        ("--sparse=always", {"sparse": Sparse.ALWAYS}),
        ("--sparse=n", {"sparse": Sparse.NEVER}),
        ("--reflink", {"clone": Clone.ALWAYS}),
        ("--reflink=never", {"clone": Clone.NEVER}),
        ("-i", {"existing": Existing.ASK}),
        ("-n", {"existing": Existing.SKIP}),
        ("-in", {"existing": Existing.SKIP}),
        ("-ni", {"existing": Existing.ASK}),
        ("-nf", {"existing": Existing.SKIP, "unlinks_if_unopenable": True}),
        ("-u", {"only_newer": True}),
        ("--update", {"only_newer": True}),
        ("--update=none", {"existing": Existing.SKIP}),
        ("--update=none-fail", {"existing": Existing.REFUSE}),
        ("--update=none-fail -u", {"only_newer": True}),
        ("-u --update=all", {}),
        ("-n --update=all", {"existing": Existing.SKIP}),
        ("--update=none-fail -n", {"existing": Existing.SKIP}),
        ("--update=none -i", {"existing": Existing.SKIP}),
        ("-iu", {"existing": Existing.ASK, "only_newer": True}),
        ("-b", {"backup": BackupMethod.EXISTING}),
        ("--backup=t", {"backup": BackupMethod.NUMBERED}),
        ("--backup=simple -b", {"backup": BackupMethod.SIMPLE}),
        ("--backup=off", {}),
        ("-S .old", {"backup": BackupMethod.EXISTING, "suffix": ".old"}),
        ("-S a/b", {"backup": BackupMethod.EXISTING}),
        ("-S ''", {"backup": BackupMethod.EXISTING}),
    ],
)
def test_options_become_rules(line: str, expected: dict[str, object]) -> None:
    assert rules(line) == CopyRules()._replace(**expected)  # type: ignore[arg-type]


def test_archive_keeps_everything_and_is_quiet_about_what_it_cannot() -> None:
    expected = CopyRules(
        is_recursive=True,
        dereference=Dereference.NEVER,
        reads_special=False,
        preserve=EVERYTHING._replace(is_quiet=True),
    )
    assert rules("-a") == expected
    assert rules("-dR --preserve=all") == expected._replace(preserve=EVERYTHING)


def test_contexts_are_kept_where_there_are_any() -> None:
    assert rules("-a", has_selinux=True).preserve == EVERYTHING._replace(is_quiet=True, context=True)
    required = rules("--preserve=context", has_selinux=True).preserve
    assert required == Preserve(context=True, requires_context=True)
    with pytest.raises(Fatal, match="without an SELinux-enabled kernel"):
        choose("--preserve=context")


def test_context_to_be_set_is_passed_over_with_a_warning() -> None:
    told: list[str] = []
    choose("-Z --context --context=x", told=told)
    assert told == ["warning: ignoring --context; it requires an SELinux-enabled kernel"]


def test_environment_says_what_options_do_not() -> None:
    settings = Settings(version_control="numbered", backup_suffix=".bak")
    assert choose("", settings=settings).makes_backups is False
    for line, control, suffix in [
        ("-b", "numbered", ".bak"),
        ("--backup=simple", "simple", ".bak"),
        ("-S .old", "numbered", ".old"),
        ("-S ''", "numbered", "~"),
    ]:
        choices = choose(line, settings=settings)
        assert (choices.makes_backups, choices.control, choices.suffix) == (True, control, suffix)
    assert choose("-b", settings=Settings(version_control="off")).makes_backups is False


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("-ls", "cannot make both hard and symbolic links"),
        ("-bn", "--backup is mutually exclusive with -n or --update=none-fail"),
        ("-S x --update=none", "--backup is mutually exclusive with -n or --update=none-fail"),
        ("--reflink --sparse=never", "--reflink can be used only with --sparse=auto"),
        ("-t a -t b", "multiple target directories specified"),
    ],
)
def test_options_that_exclude_each_other_are_refused(line: str, message: str) -> None:
    with pytest.raises(Fatal) as caught:
        choose(line)
    assert caught.value.message == message


@pytest.mark.parametrize(
    ("line", "first_line"),
    [
        ("--sparse=x", "invalid argument 'x' for '--sparse'"),
        ("--sparse=a", "ambiguous argument 'a' for '--sparse'"),
        ("--reflink=", "ambiguous argument '' for '--reflink'"),
        ("--preserve=mode,q", "invalid argument 'q' for '--preserve'"),
        ("--no-preserve=mode,", "ambiguous argument '' for '--no-preserve'"),
        ("--update=no", "ambiguous argument 'no' for '--update'"),
        ("--backup=n", "ambiguous argument 'n' for 'backup type'"),
    ],
)
def test_words_that_are_wrong_are_told_with_those_that_are_right(line: str, first_line: str) -> None:
    with pytest.raises(UsageError) as caught:
        choose(line)
    first, second, *listed = caught.value.message.splitlines()
    assert (first, second) == (first_line, "Valid arguments are:")
    assert all(words.startswith("  - '") for words in listed)
