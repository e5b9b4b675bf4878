"""Follows files as they grow, are renamed, replaced or cut off: events, in order, without a gap."""

from aiocli.engines.follow.events import Followed, FollowEvent, FollowRules
from aiocli.engines.follow.following import follow_files

__all__ = ["FollowEvent", "FollowRules", "Followed", "follow_files"]
