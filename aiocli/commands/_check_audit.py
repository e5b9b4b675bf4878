"""Audits (aio hash -c --audit): lists of digests against all that is there, not only what they name."""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from contextlib import aclosing, suppress
from typing import TYPE_CHECKING

from aiocli.commands._check import Checker
from aiocli.commands._check_verdict import Verdict
from aiocli.commands._hash_run import reason_of
from aiocli.commands._hash_targets import names as names_of
from aiocli.engines.hash.algorithms import DEFAULT
from aiocli.engines.hash.files import Step, Wanted
from aiocli.ui.report import STDIN

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from aiocli.commands.hash import HashOptions
    from aiocli.engines.hash.files import Hashed
    from aiocli.engines.hash.lists import Listed
    from aiocli.ui.report import Report


async def audit(options: HashOptions, report: Report) -> None:
    """Check lists, and tell what is new, has moved or is missing.

    Operands that are directories are the trees to look through, the others lists. Without a directory the trees are
    those that the listed names lie in.

    Raises:
        OutputError: standard output is full, closed or gone.
        BackendUnavailable: the named backend does not work here.
    """
    trees = [operand for operand in options.operands if operand != STDIN and os.path.isdir(operand)]
    lists = [operand for operand in options.operands if operand not in trees]
    with _Auditor(options, report) as auditor:
        await auditor.check_lists(lists)
        await auditor.check_trees(trees, lists)
        auditor.tell_rest()


class _Auditor(Checker):
    """Remembers what the lists say of each file: unlike a check, an audit takes memory for them."""

    mismatched = "changed"

    def __init__(self, options: HashOptions, report: Report) -> None:
        super().__init__(options, report)
        self._verdicts: dict[str, Verdict] = {}
        self._paths: set[str] = set()
        self._folders: set[str] = set()
        self._algorithms: dict[str, None] = {}
        # By digest: which names its file should have that are not there or are another's, and which it has.
        self._absent: defaultdict[bytes, list[str]] = defaultdict(list)
        self._present: dict[bytes, str] = {}
        self._moved: set[str] = set()
        self._nnew = 0
        self._has_dots = False

    def tell(self, listed: Listed, hashed: Hashed) -> None:
        """Take in what became of a file that is listed; what is missing is told when it has been looked for."""
        verdict, name = self.judge(listed, hashed), listed.name
        algorithm, value = listed.promises[0]
        self._algorithms[algorithm] = None
        if verdict is Verdict.MATCHED:
            self._present.setdefault(value, name)
        elif verdict in (Verdict.MISSING, Verdict.MISMATCHED):
            self._absent[value].append(name)
        self._has_dots = self._has_dots or name.startswith("./")
        self._remember(name, verdict)
        if verdict is not Verdict.MISSING:
            super().tell(listed, hashed)

    def tell_unreadable(self, listed: Listed, verdict: Verdict, why: str) -> None:
        """Tell that a file was not checked: it is listed all the same."""
        self._remember(listed.name, verdict)
        super().tell_unreadable(listed, verdict, why)

    def _remember(self, name: str, verdict: Verdict) -> None:
        if self._verdicts.get(name, Verdict.MATCHED) is Verdict.MATCHED:  # of several lines the worst counts
            self._verdicts[name] = verdict
            self._paths.add(os.path.abspath(name))
            self._folders.add(os.path.dirname(os.path.normpath(name)))

    async def check_trees(self, trees: Sequence[str], lists: Sequence[str]) -> None:
        """Look for files that are not listed; without a tree in those that the listed names lie in."""
        for names in self._absent.values():
            names.reverse()  # they are taken from the end
        algorithms = tuple(self._algorithms) or (DEFAULT,)
        wanted = (Wanted(name, algorithms) for name in self._unlisted(trees, lists))
        results = self.digests_in(trees or (os.curdir,), wanted)
        async with aclosing(results):
            async for hashed in results:
                self.count(hashed)
                self._tell_unlisted(hashed)

    def _unlisted(self, trees: Sequence[str], lists: Sequence[str]) -> Iterator[str]:
        """Yield the names of the files that are not listed; the lists themselves are passed over."""
        folders = trees or _outermost(self._folders)
        folders = [folder for folder in folders if os.path.isdir(folder or os.curdir)]
        targets = self.options.targets._replace(is_recursive=True)
        are_lists = {identity for name in lists if (identity := _identity_of(name))}
        for folder in folders:
            for name in names_of([folder or os.curdir], targets, self.report):
                if os.path.abspath(name) not in self._paths and _identity_of(name) not in are_lists:
                    yield name if folder or self._has_dots else name.removeprefix("./")

    def _tell_unlisted(self, hashed: Hashed) -> None:
        name = hashed.wanted.name
        if hashed.step is Step.SPECIAL:
            return
        if hashed.step is not Step.NONE:
            self.fail(f"{self.quotef(name)}: {reason_of(hashed)}")
            return
        source = next((source for value in hashed.values if (source := self._take(value))), "")
        twin = next((self._present[value] for value in hashed.values if value in self._present), "")
        if source:
            self.say(name, Verdict.MOVED, "moved from ", source)
            return
        self._nnew += 1
        self.say(name, Verdict.NEW, "new, the same as " if twin else "new", twin)

    def _take(self, value: bytes) -> str | None:
        """Name a file that was listed with this digest and is not there; each is named once."""
        names = self._absent.get(value)
        while names:
            if (name := names.pop()) not in self._moved:
                self._moved.add(name)
                return name
        return None

    def tell_rest(self) -> None:
        """Tell what is missing, how many files of each kind there are, and fail if not all are as listed."""
        is_missed = not self.options.ignore_missing
        missing = [name for name, verdict in self._verdicts.items() if verdict is Verdict.MISSING and is_missed]
        missing = [name for name in missing if name not in self._moved]
        for name in missing:
            self.say(name, Verdict.MISSING, "missing")
        kinds = Counter(self._verdicts.values())
        counts = {
            "matched": kinds[Verdict.MATCHED],
            "changed": kinds[Verdict.MISMATCHED] + kinds[Verdict.UNSTABLE],
            "moved": len(self._moved),
            "new": self._nnew,
            "missing": len(missing),
        }
        if not self.options.is_status_only:
            self.note("audit: " + ", ".join(f"{count} {kind}" for kind, count in counts.items()))
        if any(count for kind, count in counts.items() if kind != "matched"):
            self.report.fail()


def _outermost(folders: set[str]) -> list[str]:
    """Leave out folders that lie in others; the empty name is the current directory's."""

    def lies_in_another(folder: str) -> bool:
        inner = folder
        while inner not in ("", "/"):
            inner = os.path.dirname(inner)
            if inner in folders and not (inner == "" and folder.startswith("..")):
                return True
        return False

    return sorted(folder for folder in folders if not lies_in_another(folder))


def _identity_of(name: str) -> tuple[int, int] | None:
    with suppress(OSError, ValueError):
        facts = os.stat(name)
        return facts.st_dev, facts.st_ino
    return None
