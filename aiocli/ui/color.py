"""Whether text for people is coloured: --color[=WHEN], then the environment, then what the output is.

Help is coloured, and what `aio tail` marks: matches (--highlight) and names (--prefix). Messages never are.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

AUTO, ALWAYS, NEVER = WHENS = ("auto", "always", "never")


def when_of(environ: Mapping[str, str]) -> str:
    """Tell what the environment wants: one of WHENS.

    Source: no-color.org and force-color.org (any text but the empty one counts), bixense.com/clicolors
    (CLICOLOR_FORCE, where 0 does not count). NO_COLOR goes before the two others.
    """
    if environ.get("NO_COLOR"):
        return NEVER
    if environ.get("FORCE_COLOR") or environ.get("CLICOLOR_FORCE", "0") not in ("", "0"):
        return ALWAYS
    return NEVER if environ.get("TERM") == "dumb" else AUTO


def is_wanted(when: str, fd: int) -> bool:
    """Tell whether to colour what goes to a descriptor."""
    return when == ALWAYS or (when == AUTO and os.isatty(fd))
