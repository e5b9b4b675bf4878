"""Follows open files as they grow: says which one has changed and how; reading is the caller's.

Not for names: a file that is renamed or replaced is followed through its descriptor.
"""

from aiocli.engines.follow.polling import Change, Followed, follow

__all__ = ["Change", "Followed", "follow"]
