"""The body of `aio tail`: the end of each operand, then what comes."""

from __future__ import annotations

import errno
import os
from contextlib import suppress
from typing import TYPE_CHECKING

from aiocli.commands._tail_ends import Ends
from aiocli.commands._tail_events import Printer
from aiocli.commands._tail_operands import expanded, patterns_of
from aiocli.commands._tail_output import Output
from aiocli.core.loop import wait_for_loop
from aiocli.ui import status
from aiocli.ui.report import STDIN

if TYPE_CHECKING:
    from aiocli.commands._tail_follow import Following
    from aiocli.commands._tail_limits import Limits
    from aiocli.commands._tail_memory import Memory
    from aiocli.commands._tail_options import TailOptions
    from aiocli.ui.report import Report

FAILED_ON_STATUS = 5

_SPARE_FDS = 24
"""What following needs besides the files: a loop, notifications, modules that are loaded."""


class Tail:
    """One command line.

    Args:
        options: what was asked for.
        report: takes the messages.
        limits: is told of everything new.
        is_colored: standard output takes colours.
    """

    def __init__(self, options: TailOptions, report: Report, limits: Limits, *, is_colored: bool) -> None:
        self._options = options
        self._report = report
        self._limits = limits
        self._is_colored = is_colored
        self._spare: list[int] = []

    async def run(self) -> None:
        """Print the ends, then follow.

        Raises:
            OutputError: standard output failed.
            BackendUnavailable: the named backend does not work; nothing was done.
        """
        memory = self._make_memory()
        if self._options.backend is not None:
            await wait_for_loop()
        patterns = patterns_of(self._options)
        following = self._make_following(patterns)
        try:
            # Now, for what patterns mean is watched: no file can come and go unseen behind this look.
            operands = expanded(self._options.operands, patterns)
            output = self._make_output(has_several=len(operands) > 1 or bool(patterns))
            await self._print(operands, patterns, following, Printer(output, memory, self._report, self._limits))
        finally:
            if following is not None:
                following.close()
            self._release()
            if memory is not None:
                memory.save()
        self._conclude(output)

    async def _print(
        self, operands: tuple[str, ...], patterns: tuple[str, ...], following: Following | None, printer: Printer
    ) -> None:
        output = printer.output
        # With --pid or other files nothing may be waited for, not even a writer at the other end of a FIFO.
        has_more = bool(self._options.pids or patterns) or len(operands) > 1
        ends = Ends(self._options, printer, may_block=following is None or not has_more)
        if following is not None and len(operands) != 1:
            self._reserve()
        try:
            for operand in operands:
                if following is not None:
                    following.expect(operand)
                await ends.print_end(operand)
                if output.ended_by:
                    break
            else:
                if following is not None:
                    self._release()
                    await following.run(ends.kept, operands, printer)
                elif ends.is_stdin_closed:  # as GNU finds out when it closes it at the end
                    self._report.error(f"{STDIN}: {os.strerror(errno.EBADF)}")
            if not output.ended_by and printer.memory is None:  # else beginnings of lines wait for the next run
                output.finish_all()
        finally:
            ends.close()

    def _reserve(self) -> None:
        """Take all descriptors that the user may have, and keep some back, however many files there are to open."""
        import resource

        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
        with suppress(OSError):  # there are so few: then files do without
            while len(self._spare) < _SPARE_FDS:
                self._spare.append(os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC))

    def _release(self) -> None:
        while self._spare:
            os.close(self._spare.pop())

    def _make_following(self, patterns: tuple[str, ...]) -> Following | None:
        if not self._options.is_following:
            return None
        from aiocli.commands._tail_follow import Following

        return Following(self._options, patterns)

    def _make_output(self, *, has_several: bool) -> Output:
        options, own = self._options, self._options.own
        lines = None
        if options.has_line_work(is_colored=self._is_colored):
            from aiocli.commands._tail_lines import Lines

            lines = Lines(own, options.delimiter, self._report, is_colored=self._is_colored)
        has_headers = has_several if options.has_headers is None else options.has_headers
        return Output(
            has_headers=has_headers and own.prefix is None,
            has_prefixes=own.prefix is not None,
            lines=lines,
            end=options.delimiter,
        )

    def _make_memory(self) -> Memory | None:
        if self._options.own.state is None:
            return None
        from aiocli.commands._tail_memory import Memory

        return Memory(self._options.own.state, self._report)

    def _conclude(self, output: Output) -> None:
        """Let the exit status say how it ended, where lines decide that."""
        if output.ended_by:
            self._report.status = _STATUSES[output.ended_by]
        elif self._options.own.until:
            self._report.fail()


_STATUSES = {"until": status.OK, "fail_on": FAILED_ON_STATUS}
"""Option by which a line was the last -> exit status."""
