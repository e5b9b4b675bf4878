"""What lies in a directory at this moment; who cannot look, or comes too late, sees nothing."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


def names_in(directory: str) -> list[str]:
    """List the names; none if the directory cannot be read."""
    try:
        return os.listdir(directory)
    except OSError:
        return []


def regular_files(directory: str, names: Iterable[str]) -> Iterator[tuple[str, os.stat_result]]:
    """Yield the paths and facts of those names that are of regular files, and of no links to such."""
    for name in names:
        path = os.path.join(directory, name)
        try:
            facts = os.lstat(path)
        except OSError:
            continue
        if stat.S_ISREG(facts.st_mode):
            yield path, facts
