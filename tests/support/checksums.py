"""Runs checksum programs, GNU's and ours, in one directory of files with odd names, and compares what they say."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

import pytest

from tests.support.gnu import gnu, gnu_version
from tests.support.program import environment
from tests.support.warm import Answer, Request, WarmPrograms

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

CONTENT = b"content\n"
FILES = {
    "a": CONTENT,
    "b": b"other\n",
    "-dash": CONTENT,
    "new\nline": CONTENT,
    "back\\slash": CONTENT,
    "cr\rhere": CONTENT,
    "*star": CONTENT,
    " lead": CONTENT,
    os.fsdecode(b"caf\xe9"): CONTENT,
    "sp ace": CONTENT,
    "empty": b"",
    "large": bytes(range(256)) * 3000,
}
MISSING = ("missing", "mis sing", "no\nne")
NAMES = (*FILES, *MISSING, "folder", "-")

_IMPLEMENTATION = re.compile(rb"(?m)^cksum: using .*\n")
"""What --debug tells: true of each program, and not the same."""


class Checksums:
    """Both programs, warm; `aio` speaks for the C locale only there.

    Args:
        folder: to work in; it is filled.
    """

    def __init__(self, folder: Path) -> None:
        if gnu_version() < (9, 10):
            pytest.skip("GNU is older here than what is compared")
        for name, content in FILES.items():
            (folder / name).write_bytes(content)
        (folder / "folder").mkdir()
        self.folder = folder
        self._programs = WarmPrograms(environment())

    def __enter__(self) -> Checksums:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._programs.close()

    def same(self, *words: str, stdin: bytes = b"input\n") -> Answer:
        """Assert that a command line does the same under both programs; return what it did."""
        ours, theirs = self._run(words, None, stdin), self._run(words, gnu(words[0]), stdin)
        assert ours == theirs
        return ours

    def _run(self, words: tuple[str, ...], executable: str | None, stdin: bytes) -> Answer:
        answer = self._programs.run(Request(words, executable, os.fspath(self.folder), environment(), stdin))
        return answer._replace(stderr=_IMPLEMENTATION.sub(b"", answer.stderr))
