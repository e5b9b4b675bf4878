"""Prints what the follower of `aio tail` tells: data, and words for the rest; and has it remembered."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aiocli.commands._tail_limits import Limits
    from aiocli.commands._tail_memory import Memory
    from aiocli.commands._tail_output import Output
    from aiocli.engines.follow.events import FollowEvent
    from aiocli.ui.report import Report


class Printer:
    """Standard output, and what is remembered of it.

    Attributes:
        output: where data go.
        memory: what is printed is noted there; None is nowhere.
        report: takes the messages.
    """

    def __init__(self, output: Output, memory: Memory | None, report: Report, limits: Limits) -> None:
        self.output = output
        self.memory = memory
        self.report = report
        self._limits = limits
        self._identities: dict[str, tuple[int, int]] = {}

    def meet(self, path: str, identity: tuple[int, int]) -> None:
        """Print what waits for the end of a line where another file of the same name begins."""
        if self._identities.setdefault(path, identity) != identity:
            self._identities[path] = identity
            self.output.finish(path)

    def take(self, event: FollowEvent) -> None:
        """Print an event.

        Raises:
            OutputError: standard output failed.
        """
        from aiocli.commands._tail_messages import tell
        from aiocli.engines.follow.events import Data, Ended, Replaced, Truncated

        if isinstance(event, Data):
            self._limits.touch()
            self.meet(event.path, (event.device, event.inode))
            if self.memory is None:
                self.output.write(event.path, event.data)
            else:
                with self.memory.undisturbed(len(event.data)):
                    self.output.write(event.path, event.data)
                    self.memory.note(event, self.output.held(event.path))
            return
        # With a memory it waits for what comes next: until then, nothing would remember that it was printed.
        if isinstance(event, (Ended, Truncated)) or (isinstance(event, Replaced) and self.memory is None):
            self.output.finish(event.path)
        self._note_turn(event)
        tell(event, self.report)

    def _note_turn(self, event: FollowEvent) -> None:
        from aiocli.engines.follow.events import Accessible, Appeared, Replaced, Truncated

        if self.memory is None or not isinstance(event, (Accessible, Appeared, Replaced, Truncated)):
            return
        if not self.output.held(event.path):  # else something of the file before is to be printed yet
            self.memory.note_turn(event)
