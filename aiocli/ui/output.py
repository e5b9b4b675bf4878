"""What goes to standard output as text: help, versions, listings. Data goes through Endpoint."""

from __future__ import annotations


from aiocli.core.errors import OutputError
from aiocli.ui.report import STDOUT_FD, write_fd

STDOUT_NAME = "standard output"


def print_text(text: str) -> None:
    """Write text to standard output at once.

    Raises:
        OutputError: standard output is full, closed or gone.
    """
    try:
        write_fd(STDOUT_FD, text)
    except OSError as error:
        raise OutputError(error, STDOUT_NAME) from error


