"""Draws lines of progress on a terminal and takes them off again. The only module of progress that knows rich."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from aiocli.ui.progress_text import BAR, NAME, NOTE, REST, screen_lines

if TYPE_CHECKING:
    from aiocli.ui.progress_view import View
    from aiocli.ui.quoting import Quoting

_FREE_COLUMNS = 3
"""For the `^C` that a terminal shows, and one more, as some go to the next line when the last one is taken."""

_STYLES = {NAME: "bold", BAR: "green", REST: "dim", NOTE: "yellow"}


class Screen:
    """Lines at the end of a terminal's output, on standard error.

    Args:
        quoting: for names.
    """

    def __init__(self, quoting: Quoting) -> None:
        self._quoting = quoting
        self._console = Console(stderr=True, highlight=False)
        self._live: Live | None = None

    @property
    def can_draw(self) -> bool:
        """Whether the terminal can take lines back; what calls itself dumb cannot."""
        return self._console.is_terminal and not self._console.is_dumb_terminal

    def draw(self, view: View) -> None:
        """Draw a work in place of what was drawn before.

        Raises:
            OSError: the terminal is gone.
        """
        if self._live is None:
            self._live = Live(
                console=self._console,
                auto_refresh=False,
                transient=True,
                redirect_stdout=False,
                redirect_stderr=False,
            )
            self._live.start()
        columns = max(1, self._console.width - _FREE_COLUMNS)
        lines = screen_lines(view, columns, self._quoting, cell_len)
        texts = [
            Text.assemble(*((text, _STYLES.get(role, "")) for text, role in line), no_wrap=True, overflow="crop")
            for line in lines
        ]
        self._live.update(Group(*texts), refresh=True)

    def clear(self) -> None:
        """Take all off that was drawn; the cursor is where it began.

        Raises:
            OSError: the terminal is gone.
        """
        live, self._live = self._live, None
        if live is not None:
            live.stop()
