"""From what was asked of `aio cp` to the engine's rules. Imported only when there is something to copy."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

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

if TYPE_CHECKING:
    from aiocli.commands._cp_choices import Choices
    from aiocli.commands.cp import OwnOptions

_EXISTING = {"none": Existing.SKIP, "none-fail": Existing.REFUSE}
_ATTRIBUTES = ("mode", "ownership", "timestamps", "links", "xattr", "context")


def rules_of(choices: Choices, own: OwnOptions, *, follows_dangling: bool) -> CopyRules:
    """Make the rules that hold for all operands.

    Args:
        choices: what GNU's options say.
        own: what aio's say.
        follows_dangling: POSIX is wanted to the letter.
    """
    return CopyRules(
        is_recursive=choices.is_recursive,
        dereference=Dereference(choices.dereference),
        reads_special=choices.reads_special,
        make=_make(choices),
        existing=_EXISTING.get(choices.update, Existing.ASK if choices.asking == "ask" else Existing.REPLACE),
        only_newer=choices.update == "older",
        backup=BackupMethod(choices.control) if choices.makes_backups else None,
        suffix=choices.suffix or "",
        unlinks_first=choices.unlinks_first,
        unlinks_if_unopenable=choices.unlinks_if_unopenable,
        stays_on_filesystem=choices.stays_on_filesystem,
        keeps_directory_links=choices.keeps_directory_links,
        follows_dangling=follows_dangling,
        preserve=_preserve(choices),
        sparse=Sparse(choices.sparse),
        clone=Clone(choices.reflink),
        backend=own.backend,
        chunk_size=own.chunk_size,
        depth=own.depth,
        jobs=own.jobs,
        disabled=own.disabled,
        tells_details=choices.is_debug,
        umask=_umask(),
        has_chown_privilege=os.geteuid() == 0,
    )


def _make(choices: Choices) -> Make:
    if choices.makes_links:
        return Make.HARD_LINK
    if choices.makes_symbolic_links:
        return Make.SYMBOLIC_LINK
    return Make.COPY if choices.has_data else Make.ATTRIBUTES


def _preserve(choices: Choices) -> Preserve:
    return Preserve(
        **{name: name in choices.kept for name in _ATTRIBUTES},
        is_quiet=choices.is_quiet,
        is_default_mode=choices.is_default_mode and "mode" not in choices.kept,
        requires_xattr="xattr" in choices.required,
        requires_context="context" in choices.required,
    )


def _umask() -> int:
    """Tell the process's umask, which can only be seen by setting it; there are no threads yet."""
    umask = os.umask(0)
    os.umask(umask)
    return umask
