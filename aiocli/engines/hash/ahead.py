"""Looks ahead in a list of files, so that all processors have work while results come out in order.

Small files go in batches to a pool's processes, or are hashed on the spot; of large ones as many as there are
processors are hashed by threads, side by side; what is left over, such as pipes, is handed back when its turn comes.
"""

from __future__ import annotations

import os
import stat
from collections import deque
from functools import partial
from itertools import islice
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

from aiocli.core.events import Progress, Waiting
from aiocli.core.processors import count_processors
from aiocli.engines.hash import unit
from aiocli.engines.hash.check_unit import Check, check_unit
from aiocli.engines.hash.digest import Clones
from aiocli.engines.hash.job import TELL_S
from aiocli.engines.hash.opened import NotOpened, OpenFile
from aiocli.engines.hash.unit import SMALL_BYTES, Unit, hash_unit
from aiocli.engines.hash.wanted import STDIN, Hashed, HashRules, Lines, Wanted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from concurrent.futures import Executor, Future

    from aiocli.core.events import OnBytes, OnEvent
    from aiocli.engines.hash.lists.writing import LineForm
    from aiocli.engines.hash.threads import Crew, Task
    from aiocli.engines.hash.unit import Answer

WAITING_FILES = 16_384
"""Files that may wait for one before them: 10 MiB of names and results."""

BEGUN_FILES = 4096
"""Files that are begun before anybody waits for their digests: 60 ms of two workers."""

UNIT_FILES = 512
"""Files of one unit, 7 ms of a worker: who hands out the next one may have to wait 5 ms for Python's lock."""

OWN_FILES = 64
"""The same without a pool: 1 ms, in which nothing is printed."""

_LEAST_FILES = 4
_GROWTH = 8
"""The first units are small, so that few files are shared out, too; then each has so many parts of all before."""

_SHARES = 32
"""If it is known how many files there are, the first units are this part of all, if that is more: a unit of a few files
costs more than they do. A list of 40 000 files, which come by thousands, takes 6 % less processor time."""

_BATCH = ((unit.NAME, ""),)


class _Batch:
    """Files that were asked for one after the other.

    Attributes:
        names: of them.
        algorithms: of each.
        promised: of each, as a Check has it; none if nothing is compared.
        nanswered: how many of them there are answers to.
        results: what has not been yielded yet of those.
        future: of the answers that come next.
    """

    __slots__ = ("algorithms", "future", "names", "nanswered", "promised", "results")

    def __init__(self, names: list[str], algorithms: list[tuple[str, ...]], promised: list[str]) -> None:
        self.names = names
        self.algorithms = algorithms
        self.promised = promised
        self.nanswered = 0
        self.results: deque[Hashed | Lines | _Single] = deque()
        self.future: Future[list[Answer]] | None = None


class _Single:
    """A file that is not simple.

    Attributes:
        want: it.
        is_large: threads may hash it.
        opened: set while they do.
        hashed: what became of it.
    """

    __slots__ = ("hashed", "is_large", "opened", "want")

    def __init__(self, want: Wanted, *, is_large: bool) -> None:
        self.want = want
        self.is_large = is_large
        self.opened: OpenFile | None = None
        self.hashed: Hashed | None = None


class Ahead:
    """Works on what is asked for; `close` it.

    Args:
        names: of the files, taken from step by step.
        algorithms: of each, of which there may be more.
        rules: how to read; without a named backend.
        pool: for small files; None has this process read them.
        on_event: told of files that are done.
        on_bytes: told of bytes that were taken in.
        forms: of lines that are to come instead of small files' digests; nothing makes digests come.
        promised: what small files are compared with, as a Check has it: of those that are so, lines come.
        kept_end: of those lines, as there.
    """

    def __init__(
        self,
        names: Iterable[str],
        algorithms: Iterable[tuple[str, ...]],
        rules: HashRules,
        pool: Executor | None,
        on_event: OnEvent | None,
        on_bytes: OnBytes | None,
        forms: tuple[LineForm, ...] = (),
        promised: Iterable[str] = (),
        kept_end: str = "",
    ) -> None:
        self._forms = forms
        self._promised = iter(promised)
        self._kept_end = kept_end
        self._names = iter(names)
        self._algorithms = iter(algorithms)
        self._rules = rules
        self._pool = pool
        self._on_event = on_event
        self._on_bytes = on_bytes
        self._nthreads = rules.jobs or count_processors()
        self._has_batches = unit.NAME not in rules.disabled
        self._has_threads = Clones.name not in rules.disabled and not rules.no_cache and self._nthreads > 1
        self._most_bytes = min(SMALL_BYTES, rules.chunk_size or SMALL_BYTES)
        self._least_files, self._most_files = (1, OWN_FILES) if pool is None else (_LEAST_FILES, UNIT_FILES)
        self._is_exhausted = False
        self._ntaken = self._nwaiting = 0
        self._batches: deque[_Batch] = deque()
        self._large: deque[_Single] = deque()
        self._running: dict[Task, _Single] = {}
        self._news: SimpleQueue[_Batch | Task] = SimpleQueue()
        self._crew: Crew | None = None

    def begin(self, nfiles: int) -> None:
        """Have the pool begin; without one, nothing begins before somebody waits for `results`.

        Args:
            nfiles: how many there are, all told: of thousands the first units need not be small.
        """
        if self._pool is None:
            return
        self._least_files = max(self._least_files, min(self._most_files, nfiles // _SHARES))
        while not self._is_exhausted and self._nwaiting < BEGUN_FILES:
            self._take()

    def results(self) -> Iterator[Hashed | Lines | Wanted]:
        """Yield what became of each file, in order; the file itself where its turn has come and nobody has begun."""
        while True:
            has_room = not self._is_exhausted and self._nwaiting < WAITING_FILES
            if has_room:
                self._take()
            while not self._news.empty():
                self._hear(self._news.get())
            if self._is_exhausted or not has_room:
                self._begin_large()
            yield from self._ready()
            if self._is_exhausted and not self._batches:
                return
            if not has_room and self._batches:
                self._wait()

    def close(self) -> None:
        """Stop whatever is under way."""
        for batch in self._batches:
            if batch.future is not None:
                batch.future.cancel()
        if self._crew is not None:
            self._crew.stop()
        for single in self._running.values():
            if single.opened is not None:
                single.opened.close()

    def _take(self) -> None:
        """Take the next files, as many as make a unit, and have them hashed."""
        nfiles = min(self._most_files, self._least_files + self._ntaken // _GROWTH)
        names = list(islice(self._names, nfiles))
        self._is_exhausted = len(names) < nfiles
        if names:
            self._ntaken += len(names)
            self._nwaiting += len(names)
            algorithms = list(islice(self._algorithms, len(names)))
            batch = _Batch(names, algorithms, list(islice(self._promised, len(names))))
            self._batches.append(batch)
            self._begin_large()
            self._ask(batch)

    def _ask(self, batch: _Batch) -> None:
        """Have a batch's files hashed, as far as there are no answers yet: by a worker, or here and now."""
        while batch.future is None and batch.nanswered < len(batch.names):
            self._ask_once(batch)

    def _ask_once(self, batch: _Batch) -> None:
        """Have so many of a batch's next files hashed as a unit has time for."""
        names = batch.names[batch.nanswered :]
        if not self._has_batches:
            self._answer(batch, [None] * len(names))
            return
        asked = Unit(
            names,
            batch.algorithms[batch.nanswered :],
            self._most_bytes,
            is_listed=self._rules.skips_special,
            leaves_cache=self._rules.no_cache,
            forms=self._forms,
        )
        promised = batch.promised[batch.nanswered :]
        if any(promised) and not self._rules.no_cache:
            work = partial(check_unit, Check(asked, promised, self._kept_end))
        else:
            work = partial(hash_unit, asked)
        if self._pool is None:
            self._answer(batch, work())
            return
        try:
            batch.future = self._pool.submit(work)
        except RuntimeError:  # all workers were killed
            self._pool = None
            self._answer(batch, work())
            return
        batch.future.add_done_callback(lambda _: self._news.put(batch))

    def _hear(self, news: _Batch | Task) -> None:
        """Take in what a worker or a thread has done."""
        if isinstance(news, _Batch):
            from concurrent.futures import BrokenExecutor

            future, news.future = news.future, None  # which knows the batch: a circle would keep both in memory
            assert future is not None
            try:
                answers = future.result()
            except BrokenExecutor:  # a worker was killed; nothing is lost, as nothing was changed
                answers = [None] * (len(news.names) - news.nanswered)
            self._answer(news, answers)
            self._ask(news)
            return
        single = self._running.pop(news)
        assert single.opened is not None
        try:
            news.job.tell(news.taken)
            single.hashed = single.opened.finish()
        finally:
            single.opened.close()
        self._tell(0, 1)
        self._begin_large()

    def _answer(self, batch: _Batch, answers: list[Answer]) -> None:
        """Take in the answers to the next files of a batch."""
        nbytes_done = nfiles_done = 0
        for answer in answers:
            want = Wanted(batch.names[batch.nanswered], batch.algorithms[batch.nanswered])
            if answer is None:
                single = _Single(want, is_large=self._has_threads and _is_large(want.name))
                batch.results.append(single)
                batch.nanswered += 1
                if single.is_large:
                    self._large.append(single)
                continue
            nfiles, nbytes, values = answer
            if isinstance(values, str):
                batch.results.append(Lines(values, nfiles, nbytes))
            else:
                batch.results.append(Hashed(want, values, nbytes, attempts=_BATCH))
            batch.nanswered += nfiles
            nfiles_done += nfiles
            nbytes_done += nbytes
        self._tell(nbytes_done, nfiles_done)

    def _tell(self, nbytes: int, nfiles: int) -> None:
        if self._on_bytes is not None and nbytes:
            self._on_bytes(nbytes)
        if self._on_event is not None and nfiles:
            self._on_event(Progress(0, nfiles))

    def _ready(self) -> Iterator[Hashed | Lines | Wanted]:
        """Yield what is done, or has to be done by the caller, up to what has to be waited for."""
        while self._batches:
            batch = self._batches[0]
            while batch.results:
                result = batch.results[0]
                if isinstance(result, _Single):
                    if result.hashed is None and result.is_large:
                        if not self._is_alone():
                            return
                        self._large.clear()
                    yield result.hashed or result.want
                else:
                    yield result
                batch.results.popleft()
            if batch.nanswered < len(batch.names):
                return
            self._batches.popleft()
            self._nwaiting -= len(batch.names)

    def _is_alone(self) -> bool:
        """Tell whether the only large file that is left is all there is for threads to do."""
        return self._is_exhausted and not self._running and len(self._large) == 1

    def _begin_large(self) -> None:
        """Give threads as many large files as they can work on."""
        while self._large and len(self._running) < self._nthreads and not self._is_alone():
            self._begin(self._large.popleft())

    def _begin(self, single: _Single) -> None:
        """Give a file to the threads, if they are the best for it; else its turn will come."""
        from aiocli.engines.hash.storage import one_reader_reason

        try:
            opened = OpenFile(single.want, self._rules, self._on_event, self._on_bytes)
        except NotOpened as failure:
            single.hashed = failure.hashed
            return
        task = None
        try:
            if opened.job.src.is_regular and one_reader_reason(opened.job.src) is None:
                task = opened.begin()
        except OSError:  # too many descriptors
            pass
        finally:
            single.is_large = task is not None
            if task is None:
                opened.close()
        if task is not None:
            single.opened = opened
            self._running[task] = single
            self._give(task)

    def _give(self, task: Task) -> None:
        if self._crew is None:
            from aiocli.engines.hash.threads import Crew

            self._crew = Crew(self._nthreads, self._news.put, self._rules.chunk_size)
            self._crew.start()
        self._crew.add(task)

    def _wait(self) -> None:
        """Wait until something is done, telling meanwhile how far it is."""
        if self._on_event is not None:
            self._on_event(Waiting())
        try:
            self._hear(self._news.get(timeout=TELL_S if self._running else None))
        except Empty:
            for task in self._running:
                task.job.tell(task.taken)


def _is_large(name: str) -> bool:
    """Tell whether a file is for threads."""
    if name == STDIN:
        return False
    try:
        facts = os.stat(name)
    except (OSError, ValueError):
        return False
    return stat.S_ISREG(facts.st_mode) and facts.st_size > SMALL_BYTES
