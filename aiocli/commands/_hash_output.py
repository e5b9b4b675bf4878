"""How digests are written: lines for programs, raw bytes, JSON, or a table for people on a terminal."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Protocol

from aiocli.engines.hash.algorithms import Form
from aiocli.engines.hash.lists import LineForm, lines_writer
from aiocli.engines.hash.lists.guessing import is_told_by_length
from aiocli.ui.report import STDOUT_FD

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aiocli.commands._hash_sink import Sink
    from aiocli.commands.hash import HashOptions
    from aiocli.engines.hash.algorithms import Algorithm
    from aiocli.engines.hash.files import Hashed
    from aiocli.ui.quoting import Quoting


class Writer(Protocol):
    """Writes what became of a file that was read."""

    def __call__(self, hashed: Hashed) -> None:
        """Write its digests.

        Raises:
            OutputError: standard output is full, closed or gone.
            Fatal: the same of a file.
        """


class Lines:
    """One line a digest, in GNU's forms.

    Args:
        options: what was asked for.
        algorithms: whose digests come.
        sink: where the lines go.

    Attributes:
        forms: of the lines, for whoever else writes some.
    """

    def __init__(self, options: HashOptions, algorithms: Sequence[Algorithm], sink: Sink) -> None:
        is_nameless = not options.operands and options.program != "hash"
        self.forms = tuple(
            LineForm(
                algorithm.name,
                is_tagged=_is_tagged(options, algorithms, algorithm),
                is_binary=options.is_binary,
                ends_with_nul=options.ends_with_nul,
                is_base64=options.is_base64,
                # GNU writes no name of standard input that no operand names.
                has_name=options.has_names and not (is_nameless and algorithm.form is not Form.DIGEST),
            )
            for algorithm in algorithms
        )
        self._write = lines_writer(self.forms)
        self._sink = sink

    def __call__(self, hashed: Hashed) -> None:
        """Write the lines of a file."""
        self._sink.write(self._write(hashed.values, hashed.wanted.name, hashed.nbytes))


class Raw:
    """The bytes of the digest."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink

    def __call__(self, hashed: Hashed) -> None:
        """Write them."""
        self._sink.write(os.fsdecode(b"".join(hashed.values)))


def writer_for(options: HashOptions, algorithms: Sequence[Algorithm], sink: Sink, quoting: Quoting) -> Writer:
    """Choose how to write; JSON is not chosen here, as it tells of more than digests."""
    if options.is_raw:
        return Raw(sink)
    if _wants_table(options, algorithms):
        from aiocli.commands._hash_table import Table

        columns = os.get_terminal_size(STDOUT_FD).columns
        return Table(algorithms, sink, columns, quoting, is_base64=options.is_base64)
    return Lines(options, algorithms, sink)


def _wants_table(options: HashOptions, algorithms: Sequence[Algorithm]) -> bool:
    """Tell whether people look: at several digests, on a terminal, and nobody has asked for a form of lines."""
    has_form = options.is_plain or options.is_tagged or options.is_untagged or options.is_binary
    is_aio = options.program == "hash" and options.output is None
    return is_aio and len(algorithms) > 1 and not (has_form or options.ends_with_nul) and os.isatty(STDOUT_FD)


def _is_tagged(options: HashOptions, algorithms: Sequence[Algorithm], algorithm: Algorithm) -> bool:
    """Tell whether an algorithm's lines have its tag: GNU's never where they show numbers."""
    if options.program != "hash":
        return options.is_tagged and algorithm.form is Form.DIGEST
    if options.is_tagged or options.is_untagged:
        return options.is_tagged
    return len(algorithms) > 1 or not is_told_by_length(algorithm)
