"""What the options of GNU cp mean together: folded in their order, checked in GNU's, and still without any engine."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from aiocli.commands._cp_options import ATTRIBUTES, CONTROL, REFLINK, SPARSE, UPDATE
from aiocli.ui.argmatch import argmatch
from aiocli.ui.command import Fatal, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aiocli.ui.getopt import OptionEvent
    from aiocli.ui.quoting import Quoting
    from aiocli.ui.settings import Settings

DEFAULT_SUFFIX = "~"
DEFAULT_CONTROL = "existing"
COMMON = ("mode", "ownership", "timestamps")
"""What -p keeps."""

LINKS = "links"
ALL = frozenset(ATTRIBUTES) - {"all", "context"}
"""What --preserve=all keeps. The context only where there is SELinux: `choices_of` adds it."""


class Choices(NamedTuple):
    """What was asked for, each once.

    Attributes:
        is_recursive: copy directories with all in them.
        dereference: which links of the source are followed: never, operands, always; empty for the default.
        reads_special: with is_recursive, read FIFOs and devices.
        has_data: copy data, not the attributes alone.
        makes_links: make hard links.
        makes_symbolic_links: make symbolic links.
        asking: what is there: "ask" before it is replaced, "skip" it; empty for neither.
        update: one of UPDATE.
        makes_backups: keep what is replaced; unless control says otherwise.
        control: the first of one of CONTROL; until all options are seen, as given or empty.
        suffix: of simple backups; None until all options are seen and none gave one.
        unlinks_first: remove what is there.
        unlinks_if_unopenable: remove what cannot be opened.
        stays_on_filesystem: leave other file systems out.
        keeps_directory_links: copy into what links to directories lead to.
        kept: attributes to keep.
        required: those of them that are named, and whose loss is a failure.
        is_quiet: what cannot be kept is lost in silence, unless it is required.
        is_default_mode: new files are to have the mode of any new file.
        sparse: one of SPARSE.
        reflink: one of REFLINK.
        target_directory: to copy into; None if the last operand says.
        is_file_target: the last operand is no directory to copy into.
        has_parents: copy with the directories that the operands name.
        strips_slashes: ignore slashes at the end of sources.
        is_verbose: tell each file.
        is_debug: tell how each is copied.
    """

    is_recursive: bool = False
    dereference: str = ""
    reads_special: bool = False
    has_data: bool = True
    makes_links: bool = False
    makes_symbolic_links: bool = False
    asking: str = ""
    update: str = "all"
    makes_backups: bool = False
    control: str = ""
    suffix: str | None = None
    unlinks_first: bool = False
    unlinks_if_unopenable: bool = False
    stays_on_filesystem: bool = False
    keeps_directory_links: bool = False
    kept: frozenset[str] = frozenset()
    required: frozenset[str] = frozenset()
    is_quiet: bool = False
    is_default_mode: bool = False
    sparse: str = "auto"
    reflink: str = "auto"
    target_directory: str | None = None
    is_file_target: bool = False
    has_parents: bool = False
    strips_slashes: bool = False
    is_verbose: bool = False
    is_debug: bool = False


def choices_of(
    events: Iterable[OptionEvent],
    settings: Settings,
    quoting: Quoting,
    *,
    has_selinux: bool,
    warn: Callable[[str], None],
) -> Choices:
    """Fold options into what they mean together.

    Args:
        events: as met on the command line; those of other options are passed over.
        settings: what the environment says of backups.
        quoting: for messages.
        has_selinux: the kernel gives files security contexts.
        warn: told what is passed over.

    Raises:
        Fatal: an option's value is wrong, or two options exclude each other; GNU's words.
    """
    folding = _Folding(quoting, has_selinux, warn)
    choices = Choices()
    for event in events:
        meaning = _MEANINGS.get(event.key)
        if isinstance(meaning, dict):
            choices = choices._replace(**meaning)
        elif meaning is not None:
            choices = meaning(folding, choices, event.value)
    return _settle(choices, settings, quoting, has_selinux=has_selinux)


class _Folding(NamedTuple):
    """What the meaning of an option needs beside its value."""

    quoting: Quoting
    has_selinux: bool
    warn: Callable[[str], None]

    def match(self, value: str | None, words: tuple[str, ...], option: str) -> str:
        return argmatch(value or "", [(word,) for word in words], option, self.quoting)


def _settle(choices: Choices, settings: Settings, quoting: Quoting, *, has_selinux: bool) -> Choices:
    """Fill in what the environment and other options say, and refuse what excludes each other."""
    if choices.makes_links and choices.makes_symbolic_links:
        raise UsageError("cannot make both hard and symbolic links")
    if choices.asking == "skip":
        choices = choices._replace(update="none")
    if choices.makes_backups and choices.update in ("none", "none-fail"):
        raise UsageError("--backup is mutually exclusive with -n or --update=none-fail")
    if choices.reflink == "always" and choices.sparse != "auto":
        raise UsageError("--reflink can be used only with --sparse=auto")
    control = DEFAULT_CONTROL
    if choices.control:
        control = argmatch(choices.control, CONTROL, "backup type", quoting)
    elif choices.makes_backups and settings.version_control:
        control = argmatch(settings.version_control, CONTROL, "$VERSION_CONTROL", quoting)
    suffix = settings.backup_suffix if choices.suffix is None else choices.suffix
    if not suffix or "/" in suffix:
        suffix = DEFAULT_SUFFIX
    if "context" in choices.required and not has_selinux:
        raise Fatal("cannot preserve security context without an SELinux-enabled kernel")
    return choices._replace(
        makes_backups=choices.makes_backups and control != "none",
        control=control,
        suffix=suffix,
        reads_special=choices.reads_special or not choices.is_recursive,
        dereference=choices.dereference or _default_dereference(choices),
    )


def _default_dereference(choices: Choices) -> str:
    return "never" if choices.is_recursive and not choices.makes_links else "always"


def _archive(folding: _Folding, choices: Choices, _: str | None) -> Choices:
    return choices._replace(is_recursive=True, dereference="never", kept=choices.kept | _all(folding), is_quiet=True)


def _all(folding: _Folding) -> frozenset[str]:
    return ALL | {"context"} if folding.has_selinux else ALL


def _backup(_folding: _Folding, choices: Choices, value: str | None) -> Choices:
    return choices._replace(makes_backups=True, control=value or choices.control)


def _preserve(folding: _Folding, choices: Choices, value: str | None) -> Choices:
    if value is None:
        return choices._replace(kept=choices.kept.union(COMMON))
    for text in value.split(","):
        word = folding.match(text, ATTRIBUTES, "--preserve")
        words = _all(folding) if word == "all" else {word}
        choices = choices._replace(
            kept=choices.kept | words,
            required=choices.required | ({word} & {"context", "xattr"}),
            is_default_mode=choices.is_default_mode and "mode" not in words,
        )
    return choices


def _no_preserve(folding: _Folding, choices: Choices, value: str | None) -> Choices:
    for text in (value or "").split(","):
        word = folding.match(text, ATTRIBUTES, "--no-preserve")
        words = _all(folding) if word == "all" else {word}
        choices = choices._replace(
            kept=choices.kept - words,
            required=choices.required - {word},
            is_default_mode=choices.is_default_mode or "mode" in words,
        )
    return choices


def _target_directory(_folding: _Folding, choices: Choices, value: str | None) -> Choices:
    if choices.target_directory is not None:
        raise Fatal("multiple target directories specified")
    return choices._replace(target_directory=value)


def _context(folding: _Folding, choices: Choices, value: str | None) -> Choices:
    if value is not None:
        reason = "aio sets no contexts" if folding.has_selinux else "it requires an SELinux-enabled kernel"
        folding.warn(f"warning: ignoring --context; {reason}")
    return choices


_Meaning = Callable[[_Folding, Choices, str | None], Choices]

_MEANINGS: dict[str, dict[str, Any] | _Meaning] = {
    "archive": _archive,
    "attributes_only": {"has_data": False},
    "backup": _backup,
    "context": _context,
    "copy_contents": {"reads_special": True},
    "debug": {"is_debug": True, "is_verbose": True},
    "dereference": {"dereference": "always"},
    "follow_operands": {"dereference": "operands"},
    "force": {"unlinks_if_unopenable": True},
    "interactive": {"asking": "ask"},
    "keep_directory_symlink": {"keeps_directory_links": True},
    "keep_links": lambda _, it, __: it._replace(dereference="never", kept=it.kept | {LINKS}),
    "link": {"makes_links": True},
    "no_clobber": {"asking": "skip"},
    "no_dereference": {"dereference": "never"},
    "no_preserve": _no_preserve,
    "no_target_directory": {"is_file_target": True},
    "one_file_system": {"stays_on_filesystem": True},
    "parents": {"has_parents": True},
    "preserve": _preserve,
    "recursive": {"is_recursive": True},
    "reflink": lambda folding, it, value: it._replace(
        reflink=folding.match(value, REFLINK, "--reflink") if value is not None else "always"
    ),
    "remove_destination": {"unlinks_first": True},
    "sparse": lambda folding, it, value: it._replace(sparse=folding.match(value, SPARSE, "--sparse")),
    "strip_slashes": {"strips_slashes": True},
    "suffix": lambda _, it, value: it._replace(makes_backups=True, suffix=value),
    "symbolic_link": {"makes_symbolic_links": True},
    "target_directory": _target_directory,
    "update": lambda folding, it, value: it._replace(
        update=folding.match(value, UPDATE, "--update") if value is not None else "older"
    ),
    "verbose": {"is_verbose": True},
}
"""Option -> what it sets, or a function that tells what it makes of what was set before."""
