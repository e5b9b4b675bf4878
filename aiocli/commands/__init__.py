"""The table of contents: every command, in the order of `aio --help`, and every name it also goes by."""

from __future__ import annotations

COMMANDS = {
    "cat": "Concatenate files to standard output.",
    "cp": "Copy files and directories.",
    "hash": "Print or check digests, several in one read.",
    "tail": "Print the last part of files, and follow them.",
    "doctor": "Show what works here, and why the rest does not.",
}
"""Command name -> summary; the module in this package has the command's name, its click object is `command`."""

OTHER_NAMES = {
    "cat": "cat",
    "cp": "cp",
    "tail": "tail",
    "md5sum": "hash",
    "sha1sum": "hash",
    "sha224sum": "hash",
    "sha256sum": "hash",
    "sha384sum": "hash",
    "sha512sum": "hash",
    "b2sum": "hash",
    "b3sum": "hash",
}
"""Names of links under which the program is that command: name -> module, which has it in OTHER_COMMANDS."""
