"""What rotation has put beside a file, as far as its directory shows: for times of which no notice tells.

Two looks are compared. Who was there in the second one and not in the first, with a name like the file's and a number
or date behind it, has had the file's name in between, or is a copy of what it held.

    File systems use numbers again, at once: a file that is known, was written to and is no longer than it was, is
    taken for a new one. One that was written to and is longer, for the old one, to which somebody writes still.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from aiocli.engines.follow.directory import names_in, regular_files
from aiocli.engines.follow.names import is_numbered, is_of_copy
from aiocli.engines.follow.opened import Opened

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable

    from aiocli.engines.follow.opened import Identity

_ATTEMPTS = 8  # until two looks see the same files, while somebody renames them


class Beside(NamedTuple):
    """One look.

    Attributes:
        own: who had the name; None was nobody.
        own_ns: when that was written to last; 0 is never.
        files: those of the names that rotation gives, in no order.
    """

    own: Identity | None
    own_ns: int
    files: dict[Identity, tuple[str, os.stat_result]]

    def since(self, earlier: Beside) -> dict[Identity, str]:
        """Return who has come there since an earlier look and their paths, in the order of age, the oldest first.

        Not who had the name itself, at either time.
        """
        found = [
            (facts.st_mtime_ns, facts.st_ctime_ns, path, identity)
            for identity, (path, facts) in self.files.items()
            if identity not in (self.own, earlier.own)
            and facts.st_mtime_ns >= earlier.own_ns
            and (identity not in earlier.files or _is_another(facts, earlier.files[identity][1]))
        ]
        # What is renamed now has a new ctime, and older files are moved out of its way first.
        return {identity: path for *_, path, identity in sorted(found)}


def look_beside(path: str) -> Beside:
    """Look now; links on the way are followed."""
    directory, name = os.path.split(os.path.realpath(path))
    own, files = _facts_of(path), _files_in(directory, name)
    for _ in range(_ATTEMPTS):
        before, own, files = (own, files), _facts_of(path), _files_in(directory, name)
        if _identity(own) == _identity(before[0]) and files.keys() == before[1].keys():
            break
    return Beside(_identity(own), 0 if own is None else own.st_mtime_ns, files)


def beside_opened(opened: Opened) -> Beside:
    """Make do without a look: what was written to after an open file counts as new."""
    return Beside(opened.identity, os.fstat(opened.src.fd).st_mtime_ns + 1, {})


def open_all(found: dict[Identity, str], told: Iterable[Opened | None]) -> Generator[Opened]:
    """Open who has come, but for those that are open already, and copies of these.

    Args:
        found: in order.
        told: open files, as far as there are any.
    """
    known = [opened for opened in told if opened is not None]
    for identity, path in found.items():
        if any(opened.identity == identity for opened in known):
            continue
        try:
            opened = Opened.at(path, follow_symlinks=False)
        except OSError:
            continue
        is_copy = any(other.offset > 0 and other.may_go_on_in(opened) for other in known)
        if opened.identity != identity or is_copy:
            opened.close()
        else:
            yield opened


def _is_another(facts: os.stat_result, known: os.stat_result) -> bool:
    return facts.st_mtime_ns > known.st_mtime_ns and facts.st_size <= known.st_size


def _identity(facts: os.stat_result | None) -> Identity | None:
    return None if facts is None else (facts.st_dev, facts.st_ino)


def _files_in(directory: str, name: str) -> dict[Identity, tuple[str, os.stat_result]]:
    rotated = (found for found in names_in(directory) if is_of_copy(found, name) and is_numbered(found))
    return {(facts.st_dev, facts.st_ino): (path, facts) for path, facts in regular_files(directory, rotated)}


def _facts_of(path: str) -> os.stat_result | None:
    try:
        return os.stat(path)
    except OSError:
        return None
