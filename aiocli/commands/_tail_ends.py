"""The ends of the operands of `aio tail`: printed one after the other, and kept open where they are followed."""

from __future__ import annotations

import errno
import os
import time
from contextlib import aclosing
from typing import TYPE_CHECKING, NamedTuple

from aiocli.commands._tail_options import Amount
from aiocli.commands._tail_output import name_shown
from aiocli.core.endpoint import Endpoint, Kind, directory_error
from aiocli.core.errors import BackendUnavailable, OutputError
from aiocli.engines.tail import TailJob, copy_end, read_end
from aiocli.ui.output import stdout_endpoint, was_closed
from aiocli.ui.report import STDIN, STDIN_FD

if TYPE_CHECKING:
    from aiocli.commands._tail_events import Printer
    from aiocli.commands._tail_options import TailOptions
    from aiocli.engines.follow.beside import Beside
    from aiocli.engines.follow.mark import Mark

_EVERYTHING = Amount(1, is_bytes=True, from_start=True)

_NOT_FOLLOWABLE = -1
"""Instead of an errno, as the engine has it."""


class Kept(NamedTuple):
    """An operand whose end was printed, or could not be; the fields are those of the engine's Followed."""

    path: str
    src: Endpoint | None
    offset: int = 0
    error: int = 0
    tail: bytes | None = None
    landmark: Mark | None = None


class Ends:
    """The operands' ends.

    Args:
        options: what was asked for.
        printer: takes what is printed.
        may_block: nothing else is to be waited for than the operand that is opened, a writer of a FIFO for example.

    Attributes:
        kept: what was printed and what failed, in order.
        is_stdin_closed: standard input was an operand, and closed.
    """

    def __init__(self, options: TailOptions, printer: Printer, *, may_block: bool) -> None:
        self.kept: list[Kept] = []
        self.is_stdin_closed = False
        self._options = options
        self._printer = printer
        self._output, self._memory, self._report = printer.output, printer.memory, printer.report
        self._may_block = may_block

    def close(self) -> None:
        """Close what was kept open and nobody has taken."""
        for kept in self.kept:
            if kept.src is not None and self._options.is_following and kept.path != STDIN:
                os.close(kept.src.fd)

    async def print_end(self, operand: str) -> None:
        """Print one operand's end and keep it open for following; what fails is reported."""
        quoteaf = self._report.quoting.quoteaf
        before = self._memory.look(operand) if self._memory is not None else None
        try:
            fd = self._open(operand)
        except OSError as error:
            self._report.failure(f"cannot open {quoteaf(operand)} for reading", error)
            await self._print_missed(operand, None, before)
            self.kept.append(Kept(operand, None, error=error.errno or errno.EIO))
            return
        is_kept = False
        try:
            is_closed = operand == STDIN and was_closed(fd)
            # Before the header: what is written once that shows is new.
            src = None if is_closed else Endpoint.of(fd, operand)
            self._output.begin(operand)
            if src is None:
                self._report.error(f"cannot fstat {quoteaf(name_shown(STDIN))}: {os.strerror(errno.EBADF)}")
                self.is_stdin_closed = True
                self.kept.append(Kept(operand, None, error=errno.EBADF))
                return
            landmark = self._mark(src, src.size)
            offset = await self._print_of(src, before)
            place = self._mark(src, offset)
            tail = place.tail if place is not None else None
            self.kept.append(Kept(operand, src, offset, tail=tail, landmark=_gone(landmark, fd)))
            is_kept = self._options.is_following
        except (OutputError, BackendUnavailable):
            raise
        except OSError as error:
            self._report.failure(f"error reading {quoteaf(name_shown(operand))}", error)
            self.kept.append(Kept(operand, None, error=error.errno or errno.EIO))
            if isinstance(error, IsADirectoryError) and self._options.is_following:
                self._refuse_to_follow(operand)
        finally:
            if not is_kept and fd != STDIN_FD:
                os.close(fd)

    def _mark(self, src: Endpoint, offset: int) -> Mark | None:
        """Mark at once what the follower wants to know of a place, for the file may be cut off before it begins."""
        if not self._options.is_following or not src.is_regular:
            return None
        from aiocli.engines.follow.mark import mark_at

        try:
            return mark_at(src.fd, offset)
        except OSError:  # the next read will say
            return None

    def _refuse_to_follow(self, operand: str) -> None:
        rest = "" if self._options.retries else "; giving up on this name"
        self._report.error(f"{self._report.quoting.quotef(operand)}: cannot follow end of this type of file{rest}")
        self.kept[-1] = Kept(operand, None, error=_NOT_FOLLOWABLE)

    def _open(self, operand: str) -> int:
        if operand == STDIN:
            return STDIN_FD
        nonblocking = 0 if self._may_block else os.O_NONBLOCK
        return os.open(operand, os.O_RDONLY | os.O_CLOEXEC | os.O_NOCTTY | nonblocking)

    async def _print_of(self, src: Endpoint, before: Beside | None) -> int:
        """Print a file's end, or what is new in it; return the offset behind it, 0 for what has none."""
        if src.kind is Kind.DIRECTORY:
            raise directory_error(src.name)
        if self._memory is None or not src.is_regular or src.name == STDIN:
            return await self._copy_end(src, self._options.amount)
        known = self._memory.offset(src.name, src.fd)
        if known is not None:
            await self._print_missed(src.name, src.fd, before)
            src = src.at(known)
        # What a pattern has taken in since the last run is new from its beginning on.
        is_new = known is not None or (src.name not in self._options.operands and not self._memory.is_first)
        offset = await self._copy_end(src, _EVERYTHING if is_new else self._options.amount)
        self._memory.note_offset(src.name, src.fd, offset - self._output.held(src.name))
        return offset

    async def _print_missed(self, operand: str, fd: int | None, before: Beside | None) -> None:
        """Print what is remembered of a name and not printed yet, and has other names now."""
        if self._memory is None:
            return
        async with aclosing(self._memory.missed(operand, fd, before)) as events:
            async for event in events:
                self._printer.take(event)

    async def _copy_end(self, src: Endpoint, amount: Amount) -> int:
        """Print a file's end; return the offset behind it, 0 for what has none."""
        options = self._options
        self._printer.meet(src.name, (src.device, src.inode))
        job = TailJob(
            src,
            stdout_endpoint(),
            *amount,
            delimiter=options.delimiter,
            is_stream=options.presumes_pipe,
            backend=options.backend,
            disabled=options.disabled,
            attempts=[],
        )
        started = time.monotonic()
        if self._output.lines is None:
            nbytes = await copy_end(job)
        else:
            nbytes = await self._show_end(job)
        if options.own.explains:
            self._explain(job, nbytes, time.monotonic() - started)
        return os.lseek(src.fd, 0, os.SEEK_CUR) if src.is_regular else 0

    async def _show_end(self, job: TailJob) -> int:
        nbytes = 0
        async with aclosing(read_end(job)) as blocks:
            async for block in blocks:
                nbytes += len(block)
                self._output.write(job.src.name, block)
                if self._output.ended_by:
                    return nbytes
        if not self._options.is_following and self._memory is None:
            self._output.finish(job.src.name)
        return nbytes

    def _explain(self, job: TailJob, nbytes: int, seconds: float) -> None:
        from aiocli.ui.explain import explain

        attempts = [(name, refusal) for name, refusal, *_ in job.attempts or ()] or [("read in blocks", "")]
        said = explain(attempts, nbytes, seconds, backend=self._options.backend)
        self._report.note(f"{self._report.quoting.quotef(name_shown(job.src.name))}: {said}")


def _gone(mark: Mark | None, fd: int) -> Mark | None:
    """Return a mark if its place is in the file no more, for that was cut off while it was printed."""
    if mark is None or not mark.is_whole:
        return None
    try:
        return None if mark.fits(fd) else mark
    except OSError:  # the next read will say
        return None
