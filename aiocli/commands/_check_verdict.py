"""What becomes of files that are listed."""

from __future__ import annotations

import errno
from enum import Enum
from typing import TYPE_CHECKING

from aiocli.engines.hash.files import Step

if TYPE_CHECKING:
    from aiocli.engines.hash.files import Hashed
    from aiocli.engines.hash.lists import Listed


class Verdict(Enum):
    """What became of a file that is listed."""

    MATCHED = "matched"
    MISMATCHED = "changed"
    UNSTABLE = "unstable"
    """It changed while it was read."""
    MISSING = "missing"
    UNREADABLE = "unreadable"
    NEW = "new"
    """It is not listed, in an audit."""
    MOVED = "moved"
    """It is listed under another name."""


class Counts:
    """What was found in one list."""

    def __init__(self) -> None:
        self.formatted = self.misformatted = self.unreadable = self.mismatched = self.matched = 0


def judge(listed: Listed, hashed: Hashed, *, trusts_changed: bool) -> Verdict:
    """Judge a file that is listed.

    Args:
        listed: what is promised.
        hashed: what was found; all that is promised was computed.
        trusts_changed: digests of a file that changed while it was read count.
    """
    if hashed.step is not Step.NONE:
        is_missing = hashed.step is Step.OPEN and hashed.error is not None and hashed.error.errno == errno.ENOENT
        return Verdict.MISSING if is_missing else Verdict.UNREADABLE
    if hashed.has_changed and not trusts_changed:
        return Verdict.UNSTABLE
    values = dict(zip(hashed.wanted.algorithms, hashed.values, strict=True))
    return Verdict.MATCHED if listed.is_kept(values, hashed.nbytes) else Verdict.MISMATCHED
