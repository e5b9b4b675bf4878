"""What some algorithms need and may be missing, said in one line."""

from __future__ import annotations


class MissingPackage(Exception):
    """An algorithm cannot run here; the text is one line for the user: what it needs, and how to get it."""


def missing(algorithm: str, package: str) -> MissingPackage:
    """Make the exception for an algorithm whose package is not installed."""
    return MissingPackage(f"{algorithm} needs the package {package}: pip install {package}")
