"""Several digests of files as people like to read them on a terminal."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING

from aiocli.ui.sizes import format_size

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from aiocli.commands._hash_sink import Sink
    from aiocli.engines.hash.algorithms import Algorithm
    from aiocli.engines.hash.files import Hashed
    from aiocli.ui.quoting import Quoting

INDENT = "  "
GAP = "  "
LEAST_COLUMNS = 16
"""Of a piece of a digest, however narrow the terminal is."""


class Table:
    """A heading for each file, below it a row for each digest; long ones go on in the next line.

    Args:
        algorithms: whose digests come.
        sink: where it goes.
        columns: width of the terminal.
        quoting: how names are shown, so that they cannot steer the terminal.
        is_base64: show digests in base64.
    """

    def __init__(
        self, algorithms: Sequence[Algorithm], sink: Sink, columns: int, quoting: Quoting, *, is_base64: bool = False
    ) -> None:
        self._names = [algorithm.name for algorithm in algorithms]
        self._indent = len(INDENT) + max(map(len, self._names)) + len(GAP)
        self._width = max(columns - self._indent, LEAST_COLUMNS)
        self._sink = sink
        self._quoting = quoting
        self._is_base64 = is_base64

    def __call__(self, hashed: Hashed) -> None:
        """Write the part of a file."""
        rows = self._rows(hashed)
        heading = f"{self._quoting.quotef(hashed.wanted.name)}{GAP}{format_size(hashed.nbytes)}"
        self._sink.write("".join(f"{line}\n" for line in (heading, *rows)))

    def _rows(self, hashed: Hashed) -> Iterator[str]:
        for name, value in zip(self._names, hashed.values, strict=True):
            text = b64encode(value).decode() if self._is_base64 else value.hex()
            first, *more = [text[start : start + self._width] for start in range(0, len(text), self._width)]
            yield f"{INDENT}{name}".ljust(self._indent) + first
            yield from (" " * self._indent + piece for piece in more)
