"""Generated lists of digests, checked by both programs; AIO_EXAMPLES=2000 in the environment is a long run."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.checklists import CONTENT, arguments, good_list, lines, mutated
from tests.support.scripts import long_or_short

if TYPE_CHECKING:
    from tests.support.checksums import Checksums

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]


def check_same(checksums: Checksums, words: list[str], lists: list[bytes]) -> None:
    """Check lists by both programs, each from a file and the last one from standard input."""
    names = []
    for number, data in enumerate(lists[:-1]):
        names.append(f"list {number}")
        (checksums.folder / names[-1]).write_bytes(data)
    checksums.same(*words, *names, "-", stdin=lists[-1])


@long_or_short(150)
@given(words=arguments(), lists=st.lists(st.lists(lines, max_size=6).map(b"".join), min_size=1, max_size=2))
def test_generated_lists_are_checked_as_gnu_does(checksums: Checksums, words: list[str], lists: list[bytes]) -> None:
    check_same(checksums, words, lists)


@long_or_short(100)
@given(words=arguments(), data=st.binary(max_size=200))
def test_any_bytes_are_checked_as_gnu_does(checksums: Checksums, words: list[str], data: bytes) -> None:
    check_same(checksums, words, [data])


TOOLS = {
    "md5sum": ("MD5", hashlib.md5),
    "sha256sum": ("SHA256", hashlib.sha256),
    "b2sum": ("BLAKE2b", hashlib.blake2b),
}


@pytest.mark.parametrize("tool", TOOLS)
@long_or_short(50)
@given(data=st.data())
def test_lists_that_were_good_are_checked_as_gnu_does(checksums: Checksums, tool: str, data: st.DataObject) -> None:
    tag, new = TOOLS[tool]
    drawn = data.draw(mutated(good_list(tag, new(CONTENT).hexdigest())))
    word = {"MD5": "md5", "SHA256": "sha2"}.get(tag, "blake2b")
    words = data.draw(st.sampled_from([[tool], ["cksum"], ["cksum", "-a", word]]))
    check_same(checksums, [*words, "-cw"], [drawn])
