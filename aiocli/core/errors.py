"""The exceptions that are ours; everything else travels as plain OSError with errno and file name."""

from __future__ import annotations

import errno


class OutputError(OSError):
    """The destination failed, not the source: nothing more can be delivered.

    An OSError with errno, text and the destination's name. It is a class of its own because an operand's
    failure is reported and the rest goes on, whereas a failing output stops the work.
    """

    def __init__(self, error: OSError, name: str) -> None:
        super().__init__(error.errno, error.strerror, name)


class BackendUnavailable(OSError):
    """The named backend does not work here; the message says why, and which backends do.

    Not raised for auto, which falls back by itself.
    """


class Unsupported(Exception):
    """A strategy cannot do this job and has moved nothing: the next one in the table is asked.

    Never raised after the first byte, and only for errnos that the strategy lists.
    """


class NoThreads(BlockingIOError, RuntimeError):
    """There are not so many threads to be had (RLIMIT_NPROC, memory); nothing has begun.

    What pthread_create(3) says, an OSError with EAGAIN; and a RuntimeError, as Python makes of it.
    """

    def __init__(self, number: int = errno.EAGAIN, text: str = "no thread can be had", *names: object) -> None:
        super().__init__(number, text, *names)
