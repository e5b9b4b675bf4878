"""Finds what was meant by a name that does not exist."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

SHORTEST_START = 2
"""Letters that a name must have to be taken for the beginning of a longer one."""


def closest(name: str, candidates: Iterable[str]) -> str | None:
    """Find the candidate that is most probably meant: one slip in three letters, or a longer name's beginning.

    Case does not count. None if there is none; the first of several that are equally near.
    """
    lowered = name.lower()
    ranked = []
    for candidate in candidates:
        distance = edit_distance(lowered, candidate.lower())
        is_start = len(name) >= SHORTEST_START and candidate.lower().startswith(lowered)
        if is_start or distance <= min(len(name), len(candidate)) // 3 or (distance == 1 and len(name) > 1):
            ranked.append((not is_start, distance, candidate))
    return min(ranked, key=lambda entry: entry[:2])[2] if ranked else None


def edit_distance(left: str, right: str) -> int:
    """Count the letters to insert, drop, replace or swap with their neighbour to turn one text into the other."""
    before: list[int] = []
    row = list(range(len(right) + 1))
    for i, letter in enumerate(left, 1):
        before, above, row = row, before, [i]
        for j, other in enumerate(right, 1):
            cost = min(before[j] + 1, row[-1] + 1, before[j - 1] + (letter != other))
            if i > 1 and j > 1 and letter == right[j - 2] and left[i - 2] == other:
                cost = min(cost, above[j - 2] + 1)
            row.append(cost)
    return row[-1]
