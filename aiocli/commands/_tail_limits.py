"""The time that `aio tail` has, in all and without anything new: it ends whatever goes on then, a blocked call, too."""

from __future__ import annotations

import signal
import time
from typing import TYPE_CHECKING

from aiocli.core.interruption import raise_from_handler

if TYPE_CHECKING:
    from types import FrameType, TracebackType

TIMED_OUT_STATUS = 3
IDLE_STATUS = 4

_SOON_S = 0.000_001  # a timer of 0 would be none
_AGAIN_S = 0.1  # an alarm that comes just before a call that blocks does not end it; the next one does
_LATE_S = 1e8  # no timer runs for much longer; what is later is looked at again then


class TimeIsUp(KeyboardInterrupt):
    """Time is up. As an interruption from the keyboard it passes through event loops.

    Attributes:
        status: exit status.
        message: what to say.
    """

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


class Limits:
    """Raises TimeIsUp in the main thread when time is up, while it is entered.

    Args:
        timeout_s: seconds in all; None is no limit.
        idle_timeout_s: seconds without anything new; None is no limit.
    """

    def __init__(self, timeout_s: float | None, idle_timeout_s: float | None) -> None:
        self._timeout_s = timeout_s
        self._idle_timeout_s = idle_timeout_s
        self._end = 0.0
        self._idle_end = 0.0

    def __enter__(self) -> Limits:
        if self._timeout_s is not None or self._idle_timeout_s is not None:
            signal.signal(signal.SIGALRM, self._ring)
            self._end = time.monotonic() + (self._timeout_s or 0)
            self.touch()
            self._arm()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._timeout_s is not None or self._idle_timeout_s is not None:
            signal.setitimer(signal.ITIMER_REAL, 0)

    def touch(self) -> None:
        """Count the time without anything new from here on."""
        if self._idle_timeout_s is not None:
            self._idle_end = time.monotonic() + self._idle_timeout_s

    def _arm(self) -> None:
        ends = [self._end] if self._timeout_s is not None else []
        ends += [self._idle_end] if self._idle_timeout_s is not None else []
        in_s = min(max(_SOON_S, min(ends) - time.monotonic()), _LATE_S)
        signal.setitimer(signal.ITIMER_REAL, in_s, _AGAIN_S)

    def _ring(self, _signum: int, frame: FrameType | None) -> None:
        now = time.monotonic()
        if self._timeout_s is not None and now >= self._end:
            raise_from_handler(TimeIsUp(TIMED_OUT_STATUS, f"timed out after {self._timeout_s:g} s"), frame)
        elif self._idle_timeout_s is not None and now >= self._idle_end:
            raise_from_handler(TimeIsUp(IDLE_STATUS, f"nothing new for {self._idle_timeout_s:g} s"), frame)
        else:
            self._arm()  # something new came meanwhile
