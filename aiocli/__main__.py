"""The program's first steps, also as `python -m aiocli`: what has to happen before anything else is imported."""

from __future__ import annotations

import gc
import signal
from typing import NoReturn


def main() -> NoReturn:
    """Run `aio`."""
    # Start-up makes many objects and no garbage: collecting would cost 2 ms of it. cli.run turns it on again.
    gc.disable()
    # Ctrl-C during the imports kills in silence, instead of a traceback out of the middle of Click.
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from aiocli.cli import main

    main()


if __name__ == "__main__":
    main()
