"""For any path: what Path computes is what pathlib.PurePosixPath computes."""

from __future__ import annotations

import os
import pathlib
import pickle

from hypothesis import given
from hypothesis import strategies as st

from aiocli.library.path import Path

# Mostly what paths give a meaning to, so that parents, suffixes and matches are met.
words = st.one_of(
    st.sampled_from(
        ["", ".", "..", "...", "a", "b", "a.b", ".a", "a.", "a.b.c", "*", "~", " ", "/", "//", "ä", "\udcff"]
    ),
    st.text(st.characters(exclude_characters="\0"), max_size=4),
)
texts = st.lists(words, max_size=6).map("/".join)
Pure = pathlib.PurePosixPath


def outcome(function, *args):
    """The result with our class taken for theirs, or the error."""
    try:
        result = function(*args)
    except (ValueError, TypeError) as error:
        return type(error)
    return as_pure(result)


def as_pure(result):
    if isinstance(result, pathlib.PurePath):
        return Pure(result)
    return [as_pure(item) for item in result] if isinstance(result, (list, tuple)) else result


def both(call, text, *args):
    ours, theirs = outcome(call, Path(text), *args), outcome(call, Pure(text), *args)
    assert ours == theirs
    return ours


@given(texts)
def test_parts_of_a_path(text):
    for name in ("parts", "drive", "root", "anchor", "name", "suffix", "suffixes", "stem", "parent"):
        both(lambda path, name=name: getattr(path, name), text)
    both(lambda path: list(path.parents), text)


@given(texts)
def test_forms_of_a_path(text):
    for form in (str, bytes, os.fspath, hash, Pure.as_posix, Pure.is_absolute, Pure.as_uri):
        both(form, text)
    assert repr(Path(text)) == repr(Pure(text)).replace("PurePosixPath", "Path", 1)
    assert pickle.loads(pickle.dumps(Path(text))) == Path(text) == Pure(text)


@given(texts, texts)
def test_two_paths(text, other):
    for name in ("joinpath", "relative_to", "is_relative_to", "match", "with_name", "with_stem", "with_suffix"):
        both(lambda path, name=name: getattr(path, name)(other), text)
    both(lambda path: path / other, text)
    both(lambda path: other / path, text)
    for compare in ("__eq__", "__lt__", "__le__", "__gt__", "__ge__"):
        assert getattr(Path(text), compare)(Path(other)) == getattr(Pure(text), compare)(Pure(other))


@given(texts, texts)
def test_results_are_of_our_class(text, other):
    path = Path(text)
    for result in (
        path / other,
        other / path,
        path.parent,
        path.joinpath(other, "x"),
        Path(path, other),
        *path.parents,
    ):
        assert type(result) is Path


@given(st.lists(texts, max_size=4))
def test_several_segments(segments):
    assert Path(*segments) == Pure(*segments)
    assert Path(*map(Path, segments)) == Pure(*segments)
    assert pathlib.Path(*map(Path, segments)) == pathlib.Path(*segments)
