"""Follows the operands of `aio tail`: names are watched before their ends are printed: nothing is lost."""

from __future__ import annotations

import errno
import os
from contextlib import aclosing
from typing import TYPE_CHECKING

from aiocli.commands._tail_options import Follow
from aiocli.core.endpoint import Endpoint, Kind
from aiocli.core.errors import OutputError
from aiocli.core.loop import wait_for_loop
from aiocli.ui import status
from aiocli.ui.output import STDOUT_NAME, is_stdout_open
from aiocli.ui.report import STDIN, STDIN_FD, STDOUT_FD

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aiocli.commands._tail_ends import Kept
    from aiocli.commands._tail_events import Printer
    from aiocli.commands._tail_options import TailOptions
    from aiocli.engines.follow.events import FollowEvent, FollowRules, Using
    from aiocli.engines.follow.follower import Follower


class Following:
    """What goes on after the ends are printed.

    Args:
        options: what was asked for.
        patterns: operands that take in files.

    Raises:
        BackendUnavailable: the named backend does not work.
    """

    def __init__(self, options: TailOptions, patterns: tuple[str, ...]) -> None:
        self._options = options
        self._patterns = patterns
        # An open file is the same one, whatever becomes of its name: then there is nothing to be watched yet.
        self._follower = self._make_follower() if options.follow is Follow.NAME else None

    def expect(self, operand: str) -> None:
        """Watch a name from before its file is opened."""
        if self._follower is not None:
            self._follower.expect(operand)

    def close(self) -> None:
        """Give back what was held to begin with."""
        if self._follower is not None:
            self._follower.close()

    async def run(self, kept: list[Kept], operands: tuple[str, ...], printer: Printer) -> None:
        """Print what comes until nothing can come any more, or nobody wants it.

        Args:
            kept: what to follow; it is emptied when the files are the follower's.
            operands: all, as they were printed.
            printer: takes what comes.

        Raises:
            OutputError: standard output failed, or its reader is gone.
            BackendUnavailable: the named backend does not work.
        """
        viable = [file for file in kept if not _is_piped_stdin(file)]
        if not viable and not self._patterns:
            return
        # Here, and not within the generator: what is closed while it waits there could not be closed in order.
        await wait_for_loop()
        from aiocli.engines.follow import follow_files
        from aiocli.engines.follow.events import Ended, Followed, NothingLeft, Using

        options, output, report = self._options, printer.output, printer.report
        is_forgiving = options.follow is Follow.NAME and options.uses_inotify and _gnu_has_notifications(viable)
        # As in GNU: the last operand, be it printed or not; it is another one than the first of the same name.
        *others, last = operands or (None,)
        output.last = None if last in others else last
        events = follow_files(
            [Followed(*file) for file in viable],
            self._rules(),
            is_wanted=is_stdout_open,
            output_fd=STDOUT_FD,
            follower=self._follower,
        )
        kept.clear()
        self._follower = None
        event: FollowEvent | None = None
        is_read_out = False
        async with aclosing(events):
            async for event in events:
                if isinstance(event, Using):
                    if options.is_debug:
                        report.note(f"using {self._mode(event, operands)} mode")
                    continue
                if not (isinstance(event, NothingLeft) and is_read_out):  # else nothing has gone wrong
                    printer.take(event)
                is_read_out = isinstance(event, Ended)
                if output.ended_by:
                    return
        if not is_stdout_open():
            raise OutputError(OSError(errno.EPIPE, os.strerror(errno.EPIPE)), STDOUT_NAME)
        if options.pids and is_forgiving and not isinstance(event, NothingLeft):
            # GNU's notifications know no earlier failures when the processes have ended.
            report.status = status.OK

    def _make_follower(self) -> Follower:
        from aiocli.engines.follow.follower import Follower

        return Follower(self._rules())

    def _rules(self) -> FollowRules:
        from aiocli.engines.follow.events import FollowRules

        options = self._options
        return FollowRules(
            by_name=options.follow is Follow.NAME,
            retries=options.retries,
            interval_s=options.interval_s,
            uses_inotify=options.uses_inotify,
            max_unchanged_stats=options.max_unchanged_stats,
            patterns=self._patterns,
            backend=options.backend,
            pids=() if 0 in options.pids else options.pids,  # 0 is this process's group, which does not end before it
        )

    def _mode(self, event: Using, operands: tuple[str, ...]) -> str:
        """Name the way of following as GNU does."""
        options = self._options
        is_blocking = operands == (STDIN,) and options.follow is Follow.DESCRIPTOR and not options.pids
        if is_blocking and not Endpoint.of(STDIN_FD, STDIN).is_regular:
            return "blocking"
        return "notification" if event.has_notifications else "polling"


def _is_piped_stdin(file: Kept) -> bool:
    """Tell whether it is what POSIX has nobody follow: standard input that is a pipe."""
    return file.path == STDIN and file.src is not None and file.src.kind in (Kind.PIPE, Kind.SOCKET)


def _gnu_has_notifications(files: Iterable[Kept]) -> bool:
    """Tell whether GNU tail would use notifications: not for links or devices, nor where no file could be opened."""
    kinds = [file.src.kind for file in files if file.src is not None]
    is_usual = all(kind in (Kind.REGULAR, Kind.PIPE) for kind in kinds)
    return bool(kinds) and is_usual and not any(os.path.islink(file.path) for file in files)
