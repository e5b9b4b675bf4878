"""Runs scripts of steps under GNU's programs and under ours, in equal directories, and compares what can be seen."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.gnu import gnu, gnu_version
from tests.support.privileges import unprivileged
from tests.support.program import environment
from tests.support.warm import Answer, Request, WarmPrograms
from tests.support.workplace import Job, ScriptOutcome, run_steps

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from types import TracebackType

_OFFLOAD_LINE = re.compile(rb"(?m)^copy offload: .*\n")
"""What --debug tells of the way of the data: true of each program, and not the same."""


class Duel:
    """Both programs, warm.

    Args:
        folder: to work in; everybody may look into it.
    """

    def __init__(self, folder: Path) -> None:
        folder.chmod(0o755)
        self._folder = folder
        self._programs = WarmPrograms(environment())

    def __enter__(self) -> Duel:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._programs.close()

    def fight(
        self,
        script: str,
        *,
        since: tuple[int, int] = (9, 10),
        folder: Path | None = None,
        look: Callable[[Path], Any] | None = None,
    ) -> tuple[ScriptOutcome, ScriptOutcome]:
        """Assert that a script does the same under both.

        Args:
            script: steps of a Workplace.
            since: version of GNU that first behaves so; with an older one the test is skipped.
            folder: where to work, if not where all do; everybody may look into it.
            look: looks at the directory when the script has ended; what it sees need not be the same.

        Returns:
            What ours did, and GNU's.
        """
        if gnu_version() < since:
            pytest.skip("GNU is older here than what is compared")
        if "su nobody" in script:
            unprivileged()
        place = (folder or self._folder) / "w"
        theirs = run_steps(script, place, self._run_gnu, look)
        ours = run_steps(script, place, self._run_ours, look)
        if differences := [*_differences(ours, theirs)]:
            text = "\n".join([script, *differences])
            # Reports travel between processes as UTF-8, which has no surrogates.
            pytest.fail(text.encode(errors="backslashreplace").decode(), pytrace=False)
        return ours, theirs

    def _run_gnu(self, job: Job) -> Answer:
        return self._run(job, gnu(job.words[0]))

    def _run_ours(self, job: Job) -> Answer:
        return self._run(job, None)

    def _run(self, job: Job, executable: str | None) -> Answer:
        env = environment(**job.env)
        answer = self._programs.run(Request(job.words, executable, job.cwd, env, job.stdin, job.umask, job.user))
        return answer._replace(stdout=_OFFLOAD_LINE.sub(b"", answer.stdout))


def _differences(ours: ScriptOutcome, theirs: ScriptOutcome) -> Iterator[str]:
    pairs: list[tuple[str, object, object]] = []
    for (line, mine), (_, gnus) in zip(ours.answers, theirs.answers, strict=True):
        pairs += [(f"{line}: {field}", getattr(mine, field), getattr(gnus, field)) for field in Answer._fields]
    pairs += [(name, ours.tree.get(name), theirs.tree.get(name)) for name in sorted({*ours.tree, *theirs.tree})]
    for name, mine, gnus in pairs:
        if mine != gnus:
            yield f"--- {name}\naio: {mine!r}\nGNU: {gnus!r}"


def lines_of(table: str) -> list[str]:
    """List the lines of a text without the room around them, as parameters of a test."""
    return [line.strip() for line in table.strip().splitlines()]
