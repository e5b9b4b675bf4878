"""Lines of checksum files: written and read as GNU does, names escaped where they must be."""

from __future__ import annotations

import re
from typing import NamedTuple

from aiocli.engines.hash.algorithms import Algorithm, find, of_length

_ESCAPES = {"\\": "\\\\", "\n": "\\n", "\r": "\\r"}
_UNESCAPES = {text: char for char, text in _ESCAPES.items()}


class Listed(NamedTuple):
    """What one line promises.

    Attributes:
        name: the file, unescaped.
        hexdigest: lower case.
        algorithm: what the digest is of.
    """

    name: str
    hexdigest: str
    algorithm: Algorithm


def escape(name: str) -> tuple[str, str]:
    """Return the mark in front of a line and the name as it stands in the line."""
    escaped = re.sub(r"[\\\n\r]", lambda match: _ESCAPES[match[0]], name)
    return ("\\" if escaped != name else ""), escaped


def format_line(
    digest: bytes, name: str, algorithm: Algorithm, *, is_tagged: bool, is_binary: bool, ends_with_nul: bool
) -> str:
    """Write one line with its end; with NUL at the end nothing is escaped."""
    mark, shown = ("", name) if ends_with_nul else escape(name)
    end = "\0" if ends_with_nul else "\n"
    if is_tagged:
        return f"{mark}{algorithm.tag} ({shown}) = {digest.hex()}{end}"
    return f"{mark}{digest.hex()} {'*' if is_binary else ' '}{shown}{end}"


_TAGGED = re.compile(r"([A-Za-z0-9/-]+) ?\((.*)\) ?= ?([0-9a-fA-F]+)", re.DOTALL)
_UNTAGGED = re.compile(r"([0-9a-fA-F]+)(?: [ *]|[ \t])(.+)", re.DOTALL)


def parse_line(line: str, algorithm: Algorithm | None = None) -> Listed | None:
    """Read one line, without its end; None if it is no checksum line.

    Args:
        line: GNU's `hexdigest  name`, or `TAG (name) = hexdigest`, perhaps with a backslash in front.
        algorithm: the only one to accept; None takes the tag's, or the most used of the digest's length.
    """
    text = line.partition("\0")[0].lstrip(" \t")  # GNU's lines end at a NUL
    is_escaped = text.startswith("\\")
    text = text[is_escaped:]
    if match := _TAGGED.fullmatch(text):
        tag, name, hexdigest = match.groups()
        try:
            found = find(tag)
        except KeyError:
            return None
        if algorithm is not None and tag != algorithm.tag:
            return None
    elif match := _UNTAGGED.fullmatch(text):
        hexdigest, name = match.groups()
        guess = algorithm or of_length(len(hexdigest))
        if guess is None:
            return None
        found = guess
    else:
        return None
    if len(hexdigest) != found.digest_size * 2:
        return None
    if is_escaped:
        unescaped = _unescape(name)
        if unescaped is None:
            return None
        name = unescaped
    return Listed(name, hexdigest.lower(), found)


def _unescape(name: str) -> str | None:
    parts = re.split(r"(\\.|\\\Z)", name, flags=re.DOTALL)
    if any(part.startswith("\\") and part not in _UNESCAPES for part in parts):
        return None
    return "".join(_UNESCAPES.get(part, part) for part in parts)
