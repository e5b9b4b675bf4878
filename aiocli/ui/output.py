"""What goes to standard output as text: help, versions, listings. Data goes through Endpoint."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiocli.core.errors import OutputError
from aiocli.ui.report import STDOUT_FD, write_fd

if TYPE_CHECKING:
    from aiocli.core.endpoint import Endpoint

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


def stdout_endpoint() -> Endpoint:
    """Read the facts of standard output, as they are now.

    Raises:
        OSError: standard output is closed.
    """
    from aiocli.core.endpoint import Endpoint  # not for --help and --version, which come here too

    return Endpoint.of(STDOUT_FD, STDOUT_NAME)
