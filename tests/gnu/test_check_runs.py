"""Long lists, whose lines are read and judged many at a time: every word is GNU's all the same."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest

from tests.support.checksums import CONTENT

if TYPE_CHECKING:
    from tests.support.checksums import Checksums

TOOLS = {
    "md5sum": ("MD5", hashlib.md5),
    "sha256sum": ("SHA256", hashlib.sha256),
    "b2sum": ("BLAKE2b", hashlib.blake2b),
    "cksum": ("SHA256", hashlib.sha256),
}
ODD = ("missing", "a", "a", "folder", "-", " lead", "*star", "\\new\\nline", "cr\r", "x) = y", "bad\\q", "")
"""Names that come in between."""


def a_list(form: str, hexdigest: str) -> bytes:
    """Write a list of plain lines, with odd ones, files that changed and others that are not there among them."""
    lines = []
    for number in range(400):
        name = f"plain {number % 60}"
        lines.append(form.format(name=name, digest=hexdigest))
        if number % 45 == 44:
            odd = ODD[number // 45 % len(ODD)]
            escaped, name = ("\\", odd[1:]) if odd.startswith("\\") else ("", odd)
            lines.append(escaped + form.format(name=name, digest=hexdigest))
        if number in (100, 250):
            lines += ["no line of a list", "# a comment", ""]
        if number in (150, 350):
            lines.append(form.format(name="b", digest=hexdigest))
    return "".join(f"{line}\n" for line in lines).encode()


@pytest.fixture(scope="module", autouse=True)
def plain_files(checksums: Checksums) -> None:
    for number in range(60):
        if number not in (13, 31):
            (checksums.folder / f"plain {number}").write_bytes(b"changed" if number == 40 else CONTENT)


@pytest.mark.parametrize("options", [["-w"], ["--quiet"], ["--status"], ["--ignore-missing", "--strict"]], ids=str)
@pytest.mark.parametrize("form", ["{digest}  {name}", "{digest} *{name}", "{tag} ({name}) = {digest}"])
@pytest.mark.parametrize("tool", TOOLS)
def test_long_lists_are_checked_as_gnu_does(checksums: Checksums, tool: str, form: str, options: list[str]) -> None:
    tag, new = TOOLS[tool]
    form = form.replace("{tag}", tag)
    (checksums.folder / "long list").write_bytes(a_list(form, new(CONTENT).hexdigest()))
    arguments = ["-a", "sha2"] if tool == "cksum" and "(" not in form else []
    checksums.same(tool, *arguments, "-c", *options, "long list", stdin=CONTENT)
