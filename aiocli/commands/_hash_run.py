"""`aio hash` at work: files go to the engine, digests come back in order, and each is written as it comes."""

from __future__ import annotations

import os
from contextlib import aclosing, nullcontext
from typing import TYPE_CHECKING

from aiocli.commands._hash_output import writer_for
from aiocli.commands._hash_progress import listeners_for
from aiocli.commands._hash_sink import flushing, open_sink
from aiocli.commands._hash_targets import PASSED, names
from aiocli.core.processors import count_processors
from aiocli.engines.hash.algorithms import DEFAULT, Form, MissingPackage, find
from aiocli.engines.hash.files import HashRules, Lines, Step, digest_lines, wants_pool
from aiocli.ui.command import Fatal
from aiocli.ui.operands import report_closed_stdin

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from aiocli.commands._hash_json import HashEvents
    from aiocli.commands._hash_output import Writer
    from aiocli.commands._hash_sink import Sink
    from aiocli.commands.hash import HashOptions
    from aiocli.core.events import Failure, Note
    from aiocli.engines.executor import ForkPool
    from aiocli.engines.hash.algorithms import Algorithm
    from aiocli.engines.hash.files import Hashed
    from aiocli.ui.report import Report

CHANGED = "changed while it was read"
"""What is said of a file whose digests may be of nothing that was ever there."""


async def print_digests(options: HashOptions, report: Report) -> None:
    """Write the digests of all that is asked for.

    Raises:
        OutputError: standard output is full, closed or gone.
        Fatal: the same of a file, or an algorithm needs a package.
    """
    algorithms = _algorithms(options)
    rules = rules_for(options)._replace(skips_special=options.targets.is_recursive)
    computed = tuple(algorithm.name for algorithm in algorithms)
    with (
        _pool_for(options) as pool,
        open_sink(options.output, report.quoting) as sink,
        listeners_for(options, report, sink) as listeners,
    ):
        write = writer_for(options, algorithms, sink, report.quoting)
        teller = _Teller(options, report, sink, write, listeners.json)
        files = names(options.operands, options.targets, report, output=options.output, on_problem=teller.tell_problem)
        has_own_lines = listeners.json is not None or options.explains or options.is_debug
        forms = () if has_own_lines else getattr(write, "forms", ())
        on_event = flushing(sink, listeners.on_event)
        results = digest_lines(files, computed, rules, forms, pool, on_event, listeners.on_bytes)
        async with aclosing(results):
            async for result in results:
                if isinstance(result, Lines):
                    teller.write(result.text)
                else:
                    teller.tell(result)
    if not (options.targets.is_recursive or options.targets.list_file is not None):  # who reads those has told it
        report_closed_stdin(options.operands, report, "standard input")


def rules_for(options: HashOptions) -> HashRules:
    """Say how files are read."""
    return HashRules(
        backend=options.backend,
        disabled=options.disabled,
        jobs=options.jobs,
        chunk_size=options.chunk_size,
        no_cache=options.no_cache,
    )


def reason_of(hashed: Hashed) -> str:
    """Say why a file was not read."""
    error = hashed.error
    return os.strerror(error.errno) if error is not None and error.errno else str(error)


def way_of(hashed: Hashed, options: HashOptions) -> str:
    """Say how a file's data went."""
    from aiocli.ui.explain import explain

    return explain(hashed.attempts, hashed.nbytes, hashed.seconds, backend=options.backend)


def _algorithms(options: HashOptions) -> list[Algorithm]:
    """Find the algorithms, and what computes them, before any process is forked.

    Raises:
        Fatal: one needs a package that is not here.
    """
    algorithms = [find(name) for name in options.algorithms or (DEFAULT,)]
    for algorithm in algorithms:
        try:
            algorithm.new()
        except MissingPackage as missing:
            raise Fatal(str(missing)) from None
    return algorithms


class _Teller:
    """Tells what became of files.

    Args:
        options: what was asked for.
        report: takes messages.
        sink: where lines go; it is flushed in front of messages, so that both keep their order.
        write: writes digests.
        json: tells the same as JSON; None does not.
    """

    def __init__(
        self, options: HashOptions, report: Report, sink: Sink, write: Writer, json: HashEvents | None = None
    ) -> None:
        self._options = options
        self._report = report
        self._sink = sink
        self._write = write
        self._json = json
        self._is_debug_due = options.is_debug

    def tell(self, hashed: Hashed) -> None:
        """Write the digests, or report why there are none.

        Raises:
            OutputError: standard output is full, closed or gone.
            Fatal: the same of a file.
        """
        if self._is_debug_due and hashed.step is not Step.OPEN and _is_crc(hashed):
            self._is_debug_due = False
            self._report.note("using zlib")
        if hashed.step is Step.SPECIAL:
            self._note(hashed, PASSED["special"])
        elif hashed.step is not Step.NONE:
            self._fail(hashed, reason_of(hashed))
        else:
            self._tell_digests(hashed)
        if self._options.explains and hashed.attempts:
            self._explain(hashed)

    def tell_problem(self, event: Failure | Note, message: str) -> None:
        """Tell as JSON what was said already: that something was passed over, or cannot be looked at.

        Raises:
            OutputError, Fatal: as `tell`.
        """
        if self._json is not None:
            self._json.print_problem(event, message)

    def write(self, text: str) -> None:
        """Write lines.

        Raises:
            OutputError, Fatal: as `tell`.
        """
        self._prepare()
        self._sink.write(text)

    def _prepare(self) -> None:
        if self._report.before_print is not None:
            self._report.before_print()

    def _tell_digests(self, hashed: Hashed) -> None:
        self._prepare()
        if self._json is not None:
            self._json.print_digests(hashed)
        else:
            self._write(hashed)
        if hashed.has_changed and self._options.program == "hash":
            self._fail(hashed, CHANGED)

    def _fail(self, hashed: Hashed, why: str) -> None:
        self._sink.flush()
        message = f"{self._report.quoting.quotef(hashed.wanted.name)}: {why}"
        self._report.error(message)
        if self._json is not None:
            self._json.print_failure(hashed, message)

    def _note(self, hashed: Hashed, what: str) -> None:
        self._sink.flush()
        self._report.note(f"{self._report.quoting.quotef(hashed.wanted.name)}: {what}")

    def _explain(self, hashed: Hashed) -> None:
        self._note(hashed, way_of(hashed, self._options))


def _is_crc(hashed: Hashed) -> bool:
    return any(find(name).form is Form.CRC for name in hashed.wanted.algorithms)


def _pool_for(options: HashOptions) -> AbstractContextManager[ForkPool | None]:
    """Start workers where there are many files, before any thread or loop exists."""
    nworkers = options.jobs or count_processors()
    is_worth_it = options.targets.may_be_many or wants_pool(options.operands)
    if options.backend is not None or nworkers < 2 or not is_worth_it:
        return nullcontext()
    from aiocli.engines.executor import fork_pool

    return fork_pool(nworkers) or nullcontext()
