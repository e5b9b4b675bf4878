"""What a target that is there means for a copy: GNU cp's rules, from facts alone or with the least of looking."""

from __future__ import annotations

import os
import stat
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

from aiocli.engines.copy.node import is_same_entry
from aiocli.engines.copy.rules import Dereference, Make

if TYPE_CHECKING:
    from aiocli.engines.copy.node import Node
    from aiocli.engines.copy.rules import CopyRules


class Question(NamedTuple):
    """What is asked before a target is replaced.

    Attributes:
        target: it.
        mode: its mode with the type.
        is_writable: whether the user may write to it.
        is_removed: it would be removed rather than written to.
    """

    target: Node
    mode: int
    is_writable: bool
    is_removed: bool


class Same(Enum):
    """What source and target being perhaps one file means."""

    NO = "go on"
    CLASH = "are the same file"
    DONE = "nothing to do"


def looks_at_link(facts: os.stat_result, rules: CopyRules) -> bool:
    """Tell whether a symbolic link at the target counts as itself, and not as what it points at."""
    replaces_entry = (
        rules.make in (Make.HARD_LINK, Make.SYMBOLIC_LINK) or rules.backup is not None or rules.unlinks_first
    )
    is_read = stat.S_ISREG(facts.st_mode) or (
        rules.reads_special and not stat.S_ISDIR(facts.st_mode) and not stat.S_ISLNK(facts.st_mode)
    )
    return replaces_entry or not is_read


def compare(source: Node, facts: os.stat_result, target: Node, existing: os.stat_result, rules: CopyRules) -> Same:
    """Tell whether the copy would meet its own source.

    Args:
        source: what is copied.
        facts: its facts, as far as links are followed.
        target: where to.
        existing: the facts of what is there, followed or not as the rules have it.
        rules: what is to be done.
    """
    is_same = os.path.samestat(facts, existing)
    if is_same and rules.make is Make.HARD_LINK:
        return Same.DONE
    if rules.dereference is Dereference.NEVER:
        link, target_link = facts, existing
        if stat.S_ISLNK(link.st_mode) and stat.S_ISLNK(target_link.st_mode):
            return _compare_links(source, target, rules, is_same=is_same)
    else:
        if not is_same:
            return Same.NO
        try:
            link, target_link = source.stat(), target.stat()
        except OSError:
            return Same.NO
        if stat.S_ISLNK(link.st_mode) and stat.S_ISLNK(target_link.st_mode) and rules.unlinks_first:
            return Same.NO
    return _compare_entries(source, link, target, target_link, rules)


def _compare_links(source: Node, target: Node, rules: CopyRules, *, is_same: bool) -> Same:
    """Compare two symbolic links that are both taken as such."""
    if is_same_entry(source, target):
        return Same.CLASH
    return Same.DONE if is_same and rules.backup is None else Same.NO


def _compare_entries(
    source: Node, link: os.stat_result, target: Node, target_link: os.stat_result, rules: CopyRules
) -> Same:
    """Compare the two directory entries, links not followed."""
    is_same_link = os.path.samestat(link, target_link)
    is_link, is_target_link = stat.S_ISLNK(link.st_mode), stat.S_ISLNK(target_link.st_mode)
    if rules.backup is not None:
        if is_same_link:
            return Same.CLASH if is_same_entry(source, target) else Same.NO
        # Moving the target aside would leave a source that is a link to it dangling.
        dangles = rules.dereference is not Dereference.NEVER and is_link and not is_target_link
        return Same.CLASH if dangles else Same.NO
    if rules.unlinks_first:
        if is_target_link:
            return Same.NO
        if is_same_link and target_link.st_nlink > 1 and not is_same_entry(source, target):
            return Same.NO
    if not is_link and not is_target_link:
        if not is_same_link:
            return Same.NO
        if rules.make is Make.HARD_LINK:
            return Same.DONE
    if rules.make is Make.SYMBOLIC_LINK and is_target_link:
        return Same.NO
    return _compare_referents(source, link, target, target_link, rules)


def _compare_referents(
    source: Node, link: os.stat_result, target: Node, target_link: os.stat_result, rules: CopyRules
) -> Same:
    """Compare what the entries lead to, where links are kept as links; else they are known to be one file."""
    if rules.dereference is not Dereference.NEVER:
        return Same.CLASH
    try:
        end = source.stat(follow=True) if stat.S_ISLNK(link.st_mode) else link
        target_end = target.stat(follow=True) if stat.S_ISLNK(target_link.st_mode) else target_link
    except OSError:
        return Same.NO
    if not os.path.samestat(end, target_end):
        return Same.NO
    if rules.make is Make.HARD_LINK:
        return Same.NO if stat.S_ISLNK(target_link.st_mode) else Same.DONE
    return Same.CLASH


def is_older(existing: os.stat_result, facts: os.stat_result) -> bool:
    """Tell whether the target is older than the source."""
    return existing.st_mtime_ns < facts.st_mtime_ns
