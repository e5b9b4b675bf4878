"""The names on which it depends what a path leads to: its own, those of links on the way, those of its directories."""

from __future__ import annotations

import os
import stat
from typing import NamedTuple

_MAX_LINKS = 40  # path_resolution(7)


class Chain(NamedTuple):
    """What to watch to know that a path leads elsewhere.

    Attributes:
        names: (directory, name) of each link on the way and, last, of what the path leads to, or of the first name
            that is missing.
        places: directories that are passed on the way: whether they are moved or removed is all that matters.
    """

    names: tuple[tuple[str, str], ...]
    places: tuple[str, ...]

    @property
    def directory(self) -> str:
        """Where the file that the path leads to has its own name."""
        return self.names[-1][0]

    @property
    def name(self) -> str:
        """That name."""
        return self.names[-1][1]


def chain_of(path: str) -> Chain:
    """Walk along a path as far as it leads; a path that ends with a slash as if it did not."""
    here = "/" if path.startswith("/") else "."
    rest = [part for part in reversed(path.split("/")) if part not in ("", ".")]
    names: list[tuple[str, str]] = []
    places: list[str] = []
    links = 0
    while rest:
        name = rest.pop()
        there = name if here == "." else os.path.join(here, name)
        try:
            mode = os.lstat(there).st_mode
        except OSError:
            names.append((here, name))
            break
        if stat.S_ISLNK(mode) and links < _MAX_LINKS:
            names.append((here, name))
            links += 1
            target = _target_of(there)
            rest += [part for part in reversed(target.split("/")) if part not in ("", ".")]
            here = "/" if target.startswith("/") else here
        elif not rest or not stat.S_ISDIR(mode):
            names.append((here, name))
            break
        else:
            here = there
            places.append(here)
    names = names or [(here, "")]
    return Chain(tuple(names), tuple(place for place in places if place != names[-1][0]))


def _target_of(link: str) -> str:
    try:
        return os.readlink(link)
    except OSError:
        return ""
