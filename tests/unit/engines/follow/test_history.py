from __future__ import annotations

import pytest

from aiocli.engines.follow.history import History, Place
from aiocli.engines.follow.watching import NameStirred, What

KEY = 7


def tell(history, name, what, cookie=0, *, is_wanted=False, key=KEY):
    return history.tell(NameStirred(key, name, what, cookie), is_wanted=is_wanted)


@pytest.fixture
def history():
    return History()


def test_file_that_came_is_an_episode_if_it_is_wanted(history):
    assert tell(history, "log", What.CREATED, is_wanted=True).place == Place(KEY, "log")
    assert tell(history, "other", What.CREATED) is None


def test_episode_is_followed_from_name_to_name(history):
    episode = tell(history, "log", What.CREATED, is_wanted=True)
    tell(history, "log", What.LEFT, 1)
    assert tell(history, "log.1", What.ARRIVED, 1) is episode
    tell(history, "log.1", What.LEFT, 2)
    tell(history, "log.2", What.ARRIVED, 2, key=8)
    assert (episode.place, episode.is_lost, episode.moves) == (Place(8, "log.2"), False, 4)


def test_two_files_of_one_name_are_two_episodes(history):
    first = tell(history, "log", What.CREATED, is_wanted=True)
    tell(history, "log", What.LEFT, 1)
    second = tell(history, "log", What.CREATED, is_wanted=True)
    tell(history, "log.1", What.ARRIVED, 1)
    assert (first.place, second.place) == (Place(KEY, "log.1"), Place(KEY, "log"))


def test_file_from_elsewhere_ends_the_one_that_had_the_name(history):
    first = tell(history, "log", What.CREATED, is_wanted=True)
    second = tell(history, "log", What.ARRIVED, 9, is_wanted=True)
    assert first.is_lost
    assert not second.is_lost


def test_removed_episode_is_lost_unless_it_is_open(history):
    first = tell(history, "log", What.CREATED, is_wanted=True)
    second = tell(history, "log", What.CREATED, is_wanted=True)
    second.opened = object()
    tell(history, "log", What.REMOVED)
    assert (first.is_lost, second.is_lost) == (True, False)


def test_episode_that_left_is_lost_until_it_arrives(history):
    episode = tell(history, "log", What.CREATED, is_wanted=True)
    tell(history, "log", What.LEFT, 1)
    assert episode.is_lost
    tell(history, "log.1", What.ARRIVED, 1)
    assert not episode.is_lost


def test_change_of_permissions_changes_nothing(history):
    episode = tell(history, "log", What.CREATED, is_wanted=True)
    assert tell(history, "log", What.CHANGED) is None
    assert episode.moves == 0


def test_moved_directory_takes_its_episodes_away(history):
    here = tell(history, "log", What.CREATED, is_wanted=True)
    there = tell(history, "log", What.CREATED, is_wanted=True, key=8)
    history.leave_directory(KEY)
    assert (here.is_lost, there.is_lost) == (True, False)


def test_lost_notices_end_all_stories(history):
    here = tell(history, "log", What.CREATED, is_wanted=True)
    history.forget_all()
    assert here.is_lost


def test_what_is_told_has_no_story_any_more(history):
    episode = tell(history, "log", What.CREATED, is_wanted=True)
    history.be_told(episode.place)
    tell(history, "log", What.REMOVED)
    assert not episode.is_lost


def test_link_that_was_made_before_stands_for_a_file_that_was_replaced(history):
    episode = tell(history, "log", What.CREATED, is_wanted=True)
    episode.copies.append(tell(history, "log.1", What.CREATED, is_wanted=True))
    tell(history, "log.1", What.LEFT, 1)
    tell(history, "log.2", What.ARRIVED, 1)
    tell(history, "log", What.ARRIVED, 9, is_wanted=True)
    assert (episode.place, episode.is_lost) == (Place(KEY, "log.2"), False)
    tell(history, "log.2", What.REMOVED)
    assert episode.is_lost
