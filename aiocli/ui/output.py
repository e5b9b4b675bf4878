"""What goes to standard output as text: help, versions, listings. Data goes through Endpoint."""

from __future__ import annotations

import errno
import os
import select
import stat
from typing import TYPE_CHECKING

from aiocli.core.errors import OutputError
from aiocli.ui.report import STDIN_FD, STDOUT_FD, write_fd

if TYPE_CHECKING:
    from aiocli.core.endpoint import Endpoint

STDOUT_NAME = "standard output"
_NULL_DEVICE = os.makedev(1, 3)  # Linux's numbers, which hold where there is no /dev


def print_text(text: str) -> None:
    """Write text to standard output at once.

    Raises:
        OutputError: standard output is full, closed or gone.
    """
    try:
        write_fd(STDOUT_FD, text)
    except OSError as error:
        raise OutputError(error, STDOUT_NAME) from error


def stdout_endpoint() -> Endpoint:
    """Read the facts of standard output, as they are now.

    Raises:
        OutputError: standard output is closed.
    """
    from aiocli.core.endpoint import Endpoint  # not for --help and --version, which come here too

    if was_closed(STDOUT_FD):
        raise OutputError(OSError(errno.EBADF, os.strerror(errno.EBADF)), STDOUT_NAME)
    return Endpoint.of(STDOUT_FD, STDOUT_NAME)


def was_closed(fd: int) -> bool:
    """Tell whether a standard descriptor was closed at first: cli has opened the null device the wrong way round."""
    import fcntl

    wrong_mode = os.O_WRONLY if fd == STDIN_FD else os.O_RDONLY
    facts = os.fstat(fd)
    is_null = stat.S_ISCHR(facts.st_mode) and facts.st_rdev == _NULL_DEVICE
    return is_null and fcntl.fcntl(fd, fcntl.F_GETFL) & os.O_ACCMODE == wrong_mode


def is_stdout_open() -> bool:
    """Tell whether somebody can still read what is written to standard output."""
    poll = select.poll()
    poll.register(STDOUT_FD, 0)
    return not any(events & (select.POLLERR | select.POLLNVAL) for _, events in poll.poll(0))
