"""The forms of lines that `aio hash -c` takes: a function each, which reads a line or says that it is none of its own.

They are tried in order, so that a list may mix them.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any

from aiocli.engines.hash.algorithms import Form
from aiocli.engines.hash.lists.entry import Line, Listed, Promise, from_base64, from_hex, name_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from aiocli.engines.hash.lists.anything import Anything
    from aiocli.engines.hash.lists.guessing import Guess

_LONG_BYTES = 16
"""Digests from this length on are told from words and numbers; shorter ones only where the form leaves no doubt."""


def _json(text: bytes, _reading: Anything) -> Listed | Line | None:
    """`{"v": 1, "event": "file", "path": ..., "digests": {...}, "size": ...}`; other events are passed over."""
    if not text.startswith(b"{"):
        return None
    import json

    try:
        told = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if told.get("event") != "file" and isinstance(told.get("v"), int):
        return Line.PASSED
    name, digests = _json_name(told), told.get("digests")
    if name is None or not isinstance(digests, dict) or told.get("has_changed"):
        return None
    pairs = [(tag, str(value).encode(errors="replace")) for tag, value in digests.items()]
    size = told.get("size", told.get("bytes"))
    return _listed(name, _promises(pairs, _reading.guess), size if type(size) is int and size >= 0 else None)


def _json_name(told: dict[str, Any]) -> str | None:
    path, encoded = told.get("path"), told.get("path_b64")
    if isinstance(encoded, str):
        data = from_base64(encoded.encode(errors="replace"))
        return os.fsdecode(data) if data else None
    try:
        return os.fsdecode(os.fsencode(path)) if isinstance(path, str) else None
    except UnicodeEncodeError:  # half of a surrogate pair: no file can have that name
        return None


def _hashdeep(text: bytes, reading: Anything) -> Listed | Line | None:
    """`size,md5,sha256,name`, as a header says: `%%%% size,md5,sha256,filename`."""
    if text.startswith(b"%%%% "):
        *columns, last = os.fsdecode(text[5:]).split(",")
        if last == "filename":
            reading.columns = tuple(columns)
        return Line.PASSED
    *fields, name = text.split(b",", len(reading.columns))
    if not reading.columns or len(fields) != len(reading.columns):
        return None
    told = dict(zip(reading.columns, fields, strict=True))
    size = told.pop("size", b"")
    promises = _promises(told.items(), reading.guess)
    return _listed(os.fsdecode(name), promises, int(size) if re.fullmatch(rb"[0-9]{1,20}", size) else None)


_TAG = re.compile(rb"[ \t]*(\\?)([A-Za-z0-9][A-Za-z0-9/._-]*)[ \t]*\(")
_VALUE = re.compile(rb"[ \t]*=[ \t]*(\S+)[ \t]*")


def _tagged(text: bytes, reading: Anything) -> Listed | Line | None:
    """`SHA256 (name) = digest`, with blanks or without, as BSD, GNU, OpenSSL and rhash have it."""
    end = text.rfind(b")")  # one expression for all would take quadratic time for hostile lines
    head = _TAG.match(text) if end >= 0 else None
    tail = _VALUE.fullmatch(text, end + 1) if head is not None else None
    if head is None or tail is None or head.end() > end:
        return None
    (mark, tag), name, digest = head.groups(), text[head.end() : end], tail[1]
    for value in (from_hex(digest), from_base64(digest)):
        algorithm = reading.guess.of_tag(tag.decode(), value)
        if algorithm and value:
            return _listed(name_of(name, is_escaped=bool(mark)), [Promise(algorithm, value)]) or Line.IMPROPER
    return Line.IMPROPER  # whatever it is, the tag says that it is nothing else


_INTEGRITY = re.compile(rb"(sha256|sha384|sha512)-([A-Za-z0-9+/]+={0,2})(?:\?[!-~]*)?")
_INTEGRITIES = re.compile(rb"[ \t]*(%b(?:[ \t]%b)*)(?:(?: [ *])(.+)|[ \t]*)" % (2 * (_INTEGRITY.pattern,)), re.DOTALL)


def _integrity(text: bytes, reading: Anything) -> Listed | None:
    """`sha384-base64  name`, as Subresource Integrity has it: of the strongest algorithm any digest may be right."""
    match = _INTEGRITIES.fullmatch(text)
    name = match and (match.groups()[-1] or os.fsencode(reading.sidecar))
    if match is None or not name:
        return None
    told: list[tuple[bytes, bytes]] = _INTEGRITY.findall(match[1])
    strongest, _ = max(told)
    values = [from_base64(digest) for tag, digest in told if tag == strongest]
    found = [(reading.guess.of_tag(strongest.decode(), value), value) for value in values]
    promises = [Promise(algorithm, value) for algorithm, value in found if algorithm and value]
    listed = _listed(os.fsdecode(name), promises)
    return listed and listed._replace(is_one_enough=True)


_UNTAGGED = re.compile(rb"[ \t]*(\\?)([0-9A-Za-z+/]+={0,2})[ \t](.+)", re.DOTALL)


def _untagged(text: bytes, reading: Anything) -> Listed | None:
    """`digest  name` and `digest *name` as GNU has it, in base64 too, and `digest name`."""
    match = _UNTAGGED.fullmatch(text)
    if match is None:
        return None
    mark, digest, rest = match.groups()
    promise = _guessed(digest, reading.guess)
    is_clear = promise and (len(promise.value) >= _LONG_BYTES or rest[:1] in (b" ", b"*"))
    name = reading.names.read(rest) if is_clear else None
    if promise is None or name is None:
        return None
    return _listed(name_of(name, is_escaped=bool(mark)), [promise], is_guessed=True)


_NUMBERS = re.compile(rb"([0-9]{1,10}) ( *)([0-9]{1,19}) (.+)", re.DOTALL)
_BSD_WIDTH = 5
"""Of both numbers of a BSD sum, by which it is told from a CRC."""


def _numbers(text: bytes, reading: Anything) -> Listed | None:
    """`decimal octets name` of GNU cksum, `checksum blocks name` of sum."""
    match = _NUMBERS.fullmatch(text)
    if match is None:
        return None
    number, blanks, count, name = match.groups()
    is_bsd = len(number) == _BSD_WIDTH <= len(blanks + count)
    algorithm = reading.guess.of_number("bsd" if is_bsd else "crc")
    if algorithm is None or int(number) >> (8 * algorithm.digest_size):
        return None
    value = int(number).to_bytes(algorithm.digest_size, "big")
    size = int(count) if algorithm.form is Form.CRC else None
    return _listed(os.fsdecode(name), [Promise(algorithm.name, value)], size)


_MOST_DIGESTS = 64  # of one line: more than anybody computes
_LAST = re.compile(rb"(.*[^ \t])([ \t]+)([0-9A-Fa-f]{8,})[ \t]*", re.DOTALL)


def _name_first(text: bytes, reading: Anything) -> Listed | None:
    """`name crc32` of SFV, and `name  digest  digest` of rhash, whose SFV has single blanks and shorter ones first."""
    promises: list[Promise] = []
    name, gap = text, b""
    while len(promises) < _MOST_DIGESTS and (match := _LAST.fullmatch(name)) is not None:
        promise = _guessed(match[3], reading.guess)
        if promise is None:
            break
        nbytes = len(promise.value)
        if promises:
            is_another = len(gap) > 1 or (reading.is_sfv and nbytes < len(promises[-1].value))
        else:
            is_another = reading.is_sfv or nbytes >= _LONG_BYTES
        if not is_another:
            break
        name, gap = match[1], match[2]
        promises.append(promise)
    return _listed(os.fsdecode(name), promises[::-1], is_guessed=True)


def _alone(text: bytes, reading: Anything) -> Listed | None:
    """`digest` and nothing else in the whole list, which has its name from the file."""
    promise = _guessed(text.strip(b" \t"), reading.guess)
    return _listed(reading.sidecar, [promise] if promise else [], is_guessed=True)


FORMS: tuple[Callable[[bytes, Anything], Listed | Line | None], ...] = (
    _json,
    _hashdeep,
    _tagged,
    _integrity,
    _untagged,
    _numbers,
    _name_first,
    _alone,
)
"""In the order in which they are tried: the first that knows a line has it."""


def _guessed(digest: bytes, guess: Guess) -> Promise | None:
    """Read a digest without a tag: in hexadecimal, or a long one in base64."""
    value = from_hex(digest)
    algorithm = guess.of_value(value)
    if algorithm is None:
        value = from_base64(digest)
        algorithm = guess.of_value(value) if value and len(value) >= _LONG_BYTES else None
    return Promise(algorithm, value) if algorithm and value else None


def _promises(pairs: Iterable[tuple[str, bytes]], guess: Guess) -> list[Promise]:
    """Read the hexdigests of those algorithms that are known; one that is wrong makes all worth nothing."""
    promises = []
    for tag, digits in pairs:
        if guess.is_of_use(tag):
            value = from_hex(digits)
            algorithm = guess.of_tag(tag, value)
            if algorithm is None or value is None:
                return []
            promises.append(Promise(algorithm, value))
    return promises


def _listed(
    name: str | None, promises: list[Promise], size: int | None = None, *, is_guessed: bool = False
) -> Listed | None:
    """Make an entry of what was read, if it is all there and can be a file's name.

    Args:
        name: of the file.
        promises: its digests.
        size: of it.
        is_guessed: no tag tells the algorithms; of several digests of a file the lengths tell enough.
    """
    if not name or not promises or "\0" in name:
        return None
    return Listed(name, tuple(promises), size, is_guessed=is_guessed and len(promises) == 1)
