"""Digests of open files: one engine for one or many algorithms, files or pipes.

All choices sit in SOURCES, best first; the last entry always applies.
"""

from aiocli.engines.hash.algorithms import ALGORITHMS, COMMON_SET, DEFAULT, Algorithm, find, of_length
from aiocli.engines.hash.digest import FAST_PATHS, SOURCES, digest
from aiocli.engines.hash.job import Digests, HashJob

__all__ = [
    "ALGORITHMS",
    "COMMON_SET",
    "DEFAULT",
    "FAST_PATHS",
    "SOURCES",
    "Algorithm",
    "Digests",
    "HashJob",
    "digest",
    "find",
    "of_length",
]
