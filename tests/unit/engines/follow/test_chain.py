from __future__ import annotations

import pytest

from aiocli.engines.follow.chain import Chain, chain_of


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "log").touch()
    (tmp_path / "link").symlink_to("a/b")
    (tmp_path / "a" / "round").symlink_to("round")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("path", "names", "places"),
    [
        ("new", [(".", "new")], []),
        ("a/b/log", [("a/b", "log")], ["a"]),
        ("./a//b/log", [("a/b", "log")], ["a"]),
        ("link/log", [(".", "link"), ("a/b", "log")], ["a"]),
        ("a/missing/log", [("a", "missing")], []),
        ("a/b/log/more", [("a/b", "log")], ["a"]),
        ("a/../link", [("a/..", "link"), ("a/../a", "b")], ["a", "a/.."]),
        ("a/b/", [("a", "b")], []),
        (".", [(".", "")], []),
        ("/", [("/", "")], []),
    ],
)
def test_names_and_directories_on_the_way_are_found(path, names, places):
    assert chain_of(path) == Chain(tuple(names), tuple(places))


def test_absolute_link_leads_through_the_root(place):
    (place / "far").symlink_to(place / "a" / "b" / "log")
    chain = chain_of("far")
    assert chain.names == ((".", "far"), (str(place / "a" / "b"), "log"))
    assert "/" not in chain.places
    assert str(place) in chain.places


def test_links_that_lead_round_end():
    assert chain_of("a/round").directory == "a"
