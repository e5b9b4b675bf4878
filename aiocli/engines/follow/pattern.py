"""Patterns of names and directories that take in new files. Not recursive, and compressed files are not taken in."""

from __future__ import annotations

import fnmatch
import glob
import os
import re
import stat
from functools import cached_property

from aiocli.engines.follow.names import COMPRESSED_SUFFIXES


class Pattern:
    """Which files are meant: those in a directory, or those whose names a glob pattern describes.

    As in a shell, * and ? stand for no slash and, in front, for no dot. A pattern is a directory if there is one of
    that name, or if it has no *, ? or [.

    Attributes:
        text: as given.
    """

    def __init__(self, text: str) -> None:
        self.text = text

    @cached_property
    def is_directory(self) -> bool:
        """Whether it is the name of a directory."""
        return not glob.has_magic(self.text) or os.path.isdir(self.text)

    @cached_property
    def _last(self) -> re.Pattern[str]:
        return re.compile(fnmatch.translate("*" if self.is_directory else os.path.basename(self.text)))

    @cached_property
    def _shows_hidden(self) -> bool:
        return not self.is_directory and os.path.basename(self.text).startswith(".")

    def has(self, name: str) -> bool:
        """Tell whether a name in one of the directories is meant."""
        is_hidden = name.startswith(".") and not self._shows_hidden
        is_compressed = name.endswith(COMPRESSED_SUFFIXES) and not self.text.endswith(COMPRESSED_SUFFIXES)
        return not is_hidden and not is_compressed and self._last.match(name) is not None

    def directories(self) -> list[str]:
        """Return the directories whose files may be meant, as they are now, in order of their names."""
        if self.is_directory:
            return [self.text] if os.path.isdir(self.text) else []
        head = os.path.dirname(self.text)
        if not glob.has_magic(head):
            return [head or "."]
        return sorted(path for path in glob.iglob(head) if os.path.isdir(path))

    def levels(self) -> list[str]:
        """Return the directories where a new one may turn up that is meant."""
        if self.is_directory:
            return [os.path.dirname(self.text.rstrip("/")) or "."]
        found: set[str] = set()
        head = os.path.dirname(self.text)
        while head and head != "/" and glob.has_magic(head):
            head = os.path.dirname(head)
            found |= {path for path in glob.iglob(head or ".") if os.path.isdir(path)}
        return sorted(found)

    def path_of(self, directory: str, name: str) -> str:
        """Return the path of a name as somebody would write it who wrote the pattern."""
        return name if directory == "." and not self.text.startswith("./") else os.path.join(directory, name)

    def matching(self) -> list[str]:
        """Return the paths of the regular files that are meant now, in order of their names."""
        found = []
        for directory in self.directories():
            try:
                names = os.listdir(directory)
            except OSError:
                continue
            found += [self.path_of(directory, name) for name in sorted(names) if self.has(name)]
        return [path for path in found if _is_file(path)]


def is_pattern(text: str) -> bool:
    """Tell whether a text is a directory or, where no file has that name, a glob pattern."""
    return os.path.isdir(text) or is_glob(text)


def is_glob(text: str) -> bool:
    """Tell whether a text is a glob pattern, and not the name of a file that looks like one."""
    return glob.has_magic(text) and not os.path.lexists(text)


def _is_file(path: str) -> bool:
    try:
        return stat.S_ISREG(os.stat(path).st_mode)
    except OSError:
        return False
