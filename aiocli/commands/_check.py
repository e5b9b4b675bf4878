"""Checking lists of digests (aio hash -c, md5sum -c): GNU's lines, counts and plurals."""

from __future__ import annotations

import threading
from contextlib import ExitStack, aclosing
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple, Self, cast

from aiocli.commands._check_lists import Block, ListError, blocks_of, files_of, is_shared
from aiocli.commands._check_verdict import Counts, Verdict, judge
from aiocli.commands._check_watch import Watch
from aiocli.commands._hash_run import CHANGED, reason_of, rules_for, way_of
from aiocli.commands._hash_sink import flushing, open_sink
from aiocli.core.events import Failure, Note
from aiocli.core.processors import count_processors
from aiocli.engines.hash.algorithms import MissingPackage, find
from aiocli.engines.hash.files import Lines, Step, Wanted, check_files, digest_files, wants_pool
from aiocli.engines.hash.lists import Run, escape, grammar_for
from aiocli.ui.operands import for_each_operand, report_closed_stdin
from aiocli.ui.report import STDIN

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterable, Sequence
    from types import TracebackType

    from aiocli.commands._check_json import CheckEvents
    from aiocli.commands.hash import HashOptions
    from aiocli.core.endpoint import Endpoint
    from aiocli.core.events import OnBytes
    from aiocli.engines.executor import ForkPool
    from aiocli.engines.hash.files import Hashed
    from aiocli.engines.hash.lists import Listed
    from aiocli.ui.report import Report

STDIN_NAME = "standard input"

LIST_STEP = "list"
"""The step of what fails with a list."""

IMPROPER = "improper line"
"""The kind of note about a line that is none of a list."""


async def check(options: HashOptions, report: Report) -> None:
    """Check every list among the operands.

    Raises:
        OutputError: standard output is full, closed or gone.
        BackendUnavailable: the named backend does not work here.
    """
    if options.is_audit:
        from aiocli.commands._check_audit import audit

        await audit(options, report)
        return
    with Checker(options, report) as checker:
        await checker.check_lists(options.operands)


class _Begun(NamedTuple):
    """A block of a list whose files are on their way.

    Attributes:
        block: it.
        names: of the files.
        results: what becomes of them.
    """

    block: Block
    names: list[str]
    results: AsyncGenerator[Hashed | Lines]


class Checker:
    """Checks lists, one after the other, and tells; its `with` block holds what that takes.

    Attributes:
        counts: of the list that is being checked.
    """

    mismatched = "FAILED"
    """What is said of a file that is not what is listed."""

    def __init__(self, options: HashOptions, report: Report) -> None:
        self.counts = Counts()
        self.options = options
        self.report = report
        self._rules = rules_for(options)
        self.quotef = report.quoting.quotef
        self._kept_end = "" if options.is_quiet or options.is_status_only else ": OK\n"
        self._has_runs = not (options.is_json or options.explains or options.is_audit)
        self._grammar = grammar_for(options.program, options.algorithms, options.family)
        self._pool: ForkPool | None = None
        self._nworkers = options.jobs or count_processors()
        self._on_bytes: OnBytes | None = None
        self._lacking: dict[str, str] = {}
        self._json: CheckEvents | None = None
        self._has_read_stdin = False
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        self._sink = self._stack.enter_context(open_sink(None, self.report.quoting))
        self._watch = self._stack.enter_context(Watch(self.options, self.report))
        is_listening = self._watch.is_listening
        self._on_bytes = self._watch.on_bytes if is_listening else None
        self._on_event = flushing(self._sink, self._watch.on_event if is_listening else None)
        if self.options.is_json:
            from aiocli.commands._check_json import CheckEvents

            self._json = self._watch.json = CheckEvents(self._sink)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._json is not None and kind is None:
            self._json.finish()
        self._stack.__exit__(kind, error, trace)

    async def check_lists(self, operands: Sequence[str]) -> None:
        """Check lists; none is standard input, `-` too."""
        last = (operands or (STDIN,))[-1]

        async def check_list(src: Endpoint) -> None:
            await self._check_list(src, is_last=src.name == last)

        await for_each_operand(
            operands, self.report, check_list, self.quotef, self.quotef, on_failure=self._tell_list_failure
        )
        self._sink.flush()
        report_closed_stdin((STDIN,) if self._has_read_stdin else operands, self.report, STDIN_NAME)

    async def _check_list(self, src: Endpoint, *, is_last: bool) -> None:
        self.counts = Counts()
        name = STDIN_NAME if src.name == STDIN else src.name
        blocks = blocks_of(src, self._grammar, self.options.backend, has_runs=self._has_runs)
        begun: _Begun | None = None
        is_read = True
        try:
            async with aclosing(blocks):
                async for block in blocks:
                    following = self._begin(block._replace(is_last=block.is_last and is_last))
                    if begun is not None:
                        await self._check_block(begun, name)
                    begun = following
                    if not src.is_regular:  # the next lines may take their time
                        await self._check_block(begun, name)
                        begun = None
        except ListError:
            is_read = False
        if begun is not None:
            await self._check_block(begun, name)
        if is_read:
            self.tell_counts(name)
        else:
            self._fail_list(name, "read error")

    def _begin(self, block: Block) -> _Begun:
        """Have workers begin with the files of a block while the one before is told."""
        files = files_of(block.items, self._lacks)
        names = list(chain.from_iterable(promised.names for promised in files))
        results = check_files(files, self._rules, self._kept_end, self._pool_for(names), self._on_event, self._on_bytes)
        return _Begun(block, names, results)

    async def _check_block(self, begun: _Begun, name: str) -> None:
        """Check lines; those of one file that follow each other share its reading."""
        block = begun.block
        hashed: Hashed | None = None
        self._watch.expect(begun.names, is_last=block.is_last and not self.options.is_audit)
        async with aclosing(begun.results) as results:
            for item in block.items:
                if isinstance(item, Run):
                    hashed = None
                    await self._check_run(item, results)
                    continue
                number, listed, tag = item
                if listed is None:
                    self._tell_improper(name, number, tag)
                    continue
                self.counts.formatted += 1
                if lack := self._lacks(listed):
                    self.tell_unreadable(listed, Verdict.UNREADABLE, lack)
                    continue
                if hashed is None or not is_shared(hashed.wanted.name, listed):
                    hashed = cast("Hashed", await anext(results))  # lines come of runs only
                    self.count(hashed)
                    self._has_read_stdin |= listed.name == STDIN
                if others := self._others_of(listed):
                    self.tell(*await self._look_again(listed, hashed, others))
                else:
                    self.tell(listed, hashed)
        self._sink.flush()

    async def _check_run(self, run: Run, results: AsyncGenerator[Hashed | Lines]) -> None:
        """Check the lines of a run: most files are as they should be, and nothing is done for each of those."""
        nfiles = len(run.names)
        self.counts.formatted += nfiles
        index = 0
        while index < nfiles:
            result, listed = await anext(results), run.listed(index)
            if isinstance(result, Lines):
                self._tell_kept(listed, result)
                index += result.nfiles
                continue
            self.count(result)
            if others := self._others_of(listed):
                self.tell(*await self._look_again(listed, result, others))
            else:
                self.tell(listed, result)
            index += 1

    def _tell_kept(self, first: Listed, lines: Lines) -> None:
        """Tell that files are what is listed, of which the first is given."""
        self.counts.matched += lines.nfiles
        self._watch.settle(lines.nbytes, lines.nfiles)
        if self._others_of(first) and self._grammar.guess is not None:
            self._grammar.guess.settle(first.promises[0])
        if lines.text:
            self._prepare()
            self._sink.write(lines.text)

    def _others_of(self, listed: Listed) -> tuple[str, ...]:
        """Name others that a digest without a tag may be of while no file has told which the list is of."""
        guess = self._grammar.guess
        return guess.others_of(listed.promises[0]) if listed.is_guessed and guess is not None else ()

    async def _look_again(self, listed: Listed, hashed: Hashed, others: tuple[str, ...]) -> tuple[Listed, Hashed]:
        """Try other algorithms on a file that does not match."""
        guess, promise = self._grammar.guess, listed.promises[0]
        assert guess is not None
        verdict = self.judge(listed, hashed)
        if verdict is Verdict.MATCHED:
            guess.settle(promise)
        if verdict is not Verdict.MISMATCHED or listed.name == STDIN:
            return listed, hashed
        wanted = Wanted(listed.name, tuple(name for name in others if not _lack_of(name)))
        self._watch.expect_again(hashed.nbytes)
        async with aclosing(digest_files((wanted,), self._rules, on_bytes=self._on_bytes)) as results:
            again = await anext(results)
        for name, value in zip(wanted.algorithms, again.values, strict=False):  # there are none of a file that is gone
            if value == promise.value:
                kept = promise._replace(algorithm=name)
                guess.settle(kept)
                return listed._replace(promises=(kept,)), again
        guess.miss(promise)
        return listed, hashed

    def digests_in(self, trees: Sequence[str], wanted: Iterable[Wanted]) -> AsyncGenerator[Hashed]:
        """Have the engine digest files in directories, and leave alone what is no regular one.

        Raises:
            BackendUnavailable: the named backend does not work here.
        """
        pool = self._pool_for(trees)
        self._watch.expect((), is_last=False)
        rules = self._rules._replace(skips_special=True)
        return digest_files(wanted, rules, pool, self._on_event, self._on_bytes)

    def _pool_for(self, names: Sequence[str]) -> ForkPool | None:
        """Return workers, which are started as soon as there are files that are worth it, or directories."""
        if self._pool is None and self._may_fork() and wants_pool(names):
            from aiocli.engines.executor import fork_pool

            pool = fork_pool(self._nworkers)
            self._pool = pool and self._stack.enter_context(pool)
        return self._pool

    def count(self, hashed: Hashed) -> None:
        """Count a file that the engine is done with, or could not read, and explain how that went."""
        if self.options.explains and hashed.attempts:
            self.note(f"{self.quotef(hashed.wanted.name)}: {way_of(hashed, self.options)}")
        self._watch.settle(hashed.nbytes)
        if self._json is not None and hashed.step is Step.NONE:
            self._json.count(hashed.nbytes)

    def _may_fork(self) -> bool:
        """Tell whether workers may still be started, and are of use."""
        return self.options.backend is None and self._nworkers > 1 and threading.active_count() == 1

    def _lacks(self, listed: Listed) -> str:
        """Say what has to be installed to check a file; empty if nothing."""
        for algorithm, _ in listed.promises:
            if algorithm not in self._lacking:
                self._lacking[algorithm] = _lack_of(algorithm)
            if self._lacking[algorithm]:
                return self._lacking[algorithm]
        return ""

    def tell(self, listed: Listed, hashed: Hashed) -> None:
        """Tell what became of a file that is listed."""
        verdict = self.judge(listed, hashed)
        if verdict is Verdict.UNREADABLE or (verdict is Verdict.MISSING and not self.options.ignore_missing):
            self.tell_unreadable(listed, verdict, reason_of(hashed))
        elif verdict is Verdict.MATCHED:
            self.counts.matched += 1
            if not self.options.is_quiet:
                self.say(listed.name, verdict, "OK")
        elif verdict is not Verdict.MISSING:
            self.counts.mismatched += 1
            self.say(listed.name, verdict, self.mismatched if verdict is Verdict.MISMATCHED else f"FAILED ({CHANGED})")

    def judge(self, listed: Listed, hashed: Hashed) -> Verdict:
        """Judge a file that is listed; only under our own name one that changes is not to be trusted."""
        return judge(listed, hashed, trusts_changed=self.options.program != "hash")

    def tell_unreadable(self, listed: Listed, verdict: Verdict, why: str) -> None:
        """Tell that a file was not checked, and why."""
        self.counts.unreadable += 1
        self.fail(f"{self.quotef(listed.name)}: {why}")
        self.say(listed.name, verdict, "FAILED open or read")

    def _tell_improper(self, name: str, number: int, tag: str) -> None:
        self.counts.misformatted += 1
        if self._json is not None:
            self._json.print_problem(Note(IMPROPER, name), f"line {number} is improperly formatted")
        if self.options.warns:
            kind = f"{tag} " if tag else ""
            self.note(f"{self.quotef(name)}: {number}: improperly formatted {kind}checksum line")

    def _fail_list(self, name: str, what: str) -> None:
        """Tell what is wrong with a list as a whole."""
        message = f"{self.quotef(name)}: {what}"
        self.fail(message)
        if self._json is not None:
            self._json.print_problem(Failure(LIST_STEP, name, 0), message)

    def _tell_list_failure(self, name: str, error: OSError) -> None:
        """Tell as JSON what was said already: that a list cannot be opened or read."""
        if self._json is not None:
            message = f"{self.quotef(name)}: {error.strerror}"
            self._json.print_problem(Failure(LIST_STEP, name, error.errno or 0), message)

    def tell_counts(self, name: str) -> None:
        """Tell what was found in a list, and fail if that is not what it should be."""
        options, counts = self.options, self.counts
        if not counts.formatted:
            self._fail_list(name, "no properly formatted checksum lines found")
            return
        for count, one, many in (
            (counts.misformatted, "line is improperly formatted", "lines are improperly formatted"),
            (counts.unreadable, "listed file could not be read", "listed files could not be read"),
            (counts.mismatched, "computed checksum did NOT match", "computed checksums did NOT match"),
        ):
            if count and not options.is_status_only:
                self.note(f"WARNING: {count} {one if count == 1 else many}")
        if options.ignore_missing and not counts.matched and not options.is_status_only:
            self._fail_list(name, "no file was verified")
        if not counts.matched or counts.mismatched or (options.is_strict and counts.misformatted):
            self.report.fail()

    def say(self, name: str, verdict: Verdict, text: str, other: str = "") -> None:
        """Write a line about a file to standard output, unless the status alone is to tell.

        Args:
            name: of the file.
            verdict: what became of it.
            text: the same in words; ends with the other file, if there is one.
            other: the file that it is, or is a copy of, by the list; empty if there is none.

        Raises:
            OutputError: standard output is full, closed or gone.
        """
        if self.options.is_status_only:
            return
        self._prepare()
        if self._json is not None:
            self._json.print_result(name, verdict.value, other)
            return
        (mark, shown), (other_mark, other_shown) = escape(name), escape(other)
        self._sink.write(f"{mark or other_mark}{shown}: {text}{other_shown}\n")

    def _prepare(self) -> None:
        if self.report.before_print is not None:
            self.report.before_print()

    def fail(self, message: str) -> None:
        """Print a failure."""
        self._sink.flush()
        self.report.error(message)

    def note(self, message: str) -> None:
        """Print a message that is no failure."""
        self._sink.flush()
        self.report.note(message)


def _lack_of(algorithm: str) -> str:
    """Say what has to be installed for an algorithm; empty if nothing."""
    try:
        find(algorithm).new()
    except MissingPackage as missing:
        return str(missing)
    return ""
