"""Lines of lists that are read together: they are what they are one by one."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiocli.engines.hash.lists import Line, Listed, Promise, Run, grammar_for, read_lines
from aiocli.engines.hash.lists.runs import LEAST_LINES
from tests.support.checklists import lines as odd_lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

DIGESTS = {name: hashlib.new(name, b"").hexdigest() for name in ("md5", "sha1", "sha256", "sha384", "blake2b")}
MD5, SHA256 = DIGESTS["md5"], DIGESTS["sha256"]

GRAMMARS: dict[str, tuple[str, tuple[str, ...], str]] = {
    "aio hash": ("hash", (), ""),
    "aio hash -a sha256": ("hash", ("sha256",), ""),
    "md5sum": ("md5sum", ("md5",), ""),
    "sha256sum": ("sha256sum", ("sha256",), ""),
    "b2sum": ("b2sum", ("blake2b",), ""),
    **{f"cksum -a {family}".rstrip("a- "): ("cksum", (), family) for family in ("", "md5", "sha2", "sha3", "blake2b")},
}

FORMS = (
    *(f"{digest}  {{}}" for digest in (*DIGESTS.values(), MD5.upper(), "00", "0" * 8, "0" * 16)),
    *(f"{digest} *{{}}" for digest in DIGESTS.values()),
    *(f"{tag} ({{}}) = {digest}" for tag in ("MD5", "SHA256", "SHA2") for digest in (MD5, SHA256)),
    *(f"BLAKE2b ({{}}) = {DIGESTS['blake2b']}", f"BLAKE2b-128 ({{}}) = {MD5}", f"{MD5} {{}}", f"\\{MD5}  {{}}"),
    *("CRC32 ({}) = 00000000", f"{MD5}  {{}} ({SHA256}) = {SHA256}", f"SHA1({{}})= {DIGESTS['sha1']}"),
)
NAMES = (
    *(
        "name {}",
        "name {}",
        "name {}",
        "folder/{}",
        "same",
        "-",
        "({}) = 0",
        "{})",
        "{} (1).jpg",
        " lead {}",
        "*star {}",
    ),
    *(
        "back\\slash {}",
        "new\\nline {}",
        "cr\r{}",
        "end\r",
        "nul\0{}",
        "caf\udce9 {}",
        "1,2,{},3",
        "{}  " + MD5,
        "{} =",
    ),
)
HEADERS = (b"%%%% HASHDEEP-1.0\n%%%% size,md5,filename\n", b"; SFV\n", b"# comment\n", f"1,{MD5},a\n".encode())


def stretches() -> st.SearchStrategy[bytes]:
    """Draw lines that look alike."""

    def written(form: str, name: str, count: int, end: str) -> bytes:
        lines = (form.format(name.format(number // 2 if name == "{} =" else number)) + end for number in range(count))
        return "".join(lines).encode(errors="surrogateescape")

    counts = st.sampled_from([1, 2, LEAST_LINES, LEAST_LINES + 1, LEAST_LINES + 7])
    ends = st.sampled_from(["\n", "\n", "\n", "\r\n", " \n"])
    return st.builds(written, st.sampled_from(FORMS), st.sampled_from(NAMES), counts, ends)


def expanded(found: Iterable[Listed | Line | Run]) -> Iterator[Listed | Line]:
    for item in found:
        if isinstance(item, Run):
            yield from (item.listed(index) for index in range(len(item.names)))
        else:
            yield item


@given(
    grammar=st.sampled_from(sorted(GRAMMARS)),
    pieces=st.lists(st.lists(stretches() | odd_lines | st.sampled_from(HEADERS), max_size=5).map(b"".join), max_size=3),
)
def test_lines_of_runs_are_what_they_are_one_by_one(grammar: str, pieces: list[bytes]) -> None:
    together, alone = (grammar_for(*GRAMMARS[grammar]) for _ in range(2))
    for each in (together, alone):
        each.begin("list", b"".join(pieces), is_whole=False)
    for piece in pieces:
        expected = [alone.parse(line) for line in piece.removesuffix(b"\n").split(b"\n")] if piece else []
        assert [*expanded(read_lines(piece, together, has_runs=True))] == expected
        assert together.tag == alone.tag


@pytest.mark.parametrize(
    ("grammar", "form"),
    [
        ("aio hash", f"{SHA256}  {{}}\n"),
        ("aio hash", f"{MD5} *{{}}\n"),
        ("aio hash", f"SHA256 ({{}}) = {SHA256}\n"),
        ("sha256sum", f"{SHA256}  {{}}\n"),
        ("md5sum", f"MD5 ({{}}) = {MD5}\n"),
        ("b2sum", f"{DIGESTS['blake2b']}  {{}}\n"),
        ("cksum", f"BLAKE2b-128 ({{}}) = {MD5}\n"),
        ("cksum -a sha2", f"{SHA256}  {{}}\n"),
    ],
)
def test_plain_lists_are_runs_between_two_lines(grammar: str, form: str) -> None:
    lines = [form.format(f"a name {number}").encode() for number in range(1000)]
    reading = grammar_for(*GRAMMARS[grammar])
    reading.begin("list", lines[0], is_whole=False)
    first, run, last = read_lines(b"".join(lines), reading, has_runs=True)
    assert isinstance(run, Run)
    assert run.names == [f"a name {number}" for number in range(1, 999)]
    assert [type(first), type(last)] == [Listed, Listed]
    assert not any(isinstance(found, Run) for found in read_lines(b"".join(lines), reading, has_runs=False))


def test_a_file_that_is_listed_twice_in_a_row_is_in_no_run() -> None:
    names = [str(number) for number in range(40)] + ["twice", "twice"] + [str(number) for number in range(40)]
    data = "".join(f"{MD5}  {name}\n" for name in names).encode()
    found = [*read_lines(data, grammar_for("md5sum", ("md5",)), has_runs=True)]
    assert not any("twice" in item.names for item in found if isinstance(item, Run))
    assert [item.name for item in expanded(found) if isinstance(item, Listed)] == names


def test_names_that_are_not_text_keep_their_bytes() -> None:
    data = b"".join(b"%b  caf\xe9 %d\n" % (MD5.encode(), number) for number in range(40))
    _, run, _ = read_lines(data, grammar_for("md5sum", ("md5",)), has_runs=True)
    assert isinstance(run, Run)
    assert run.listed(0) == Listed("caf\udce9 1", (Promise("md5", bytes.fromhex(MD5)),))
