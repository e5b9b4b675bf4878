"""Puts the figures of a work into words: lines that fit a terminal, and one line for logs. Pure functions."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING, NamedTuple

from aiocli.ui.sizes import format_size

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from aiocli.ui.progress_view import View
    from aiocli.ui.quoting import Quoting

    Cells = Callable[[str], int]
    """Tells how many columns of a terminal a text takes."""

NAME, BAR, REST, FIGURE, NOTE = ("name", "bar", "rest", "figure", "note")
"""What pieces of a line are, for whoever colours them."""

Line = list[tuple[str, str]]
"""Pieces of text and their roles."""

LARGE_UNWRITTEN_BYTES = 64 * 1024 * 1024
"""Less than this is on any device within a second or two."""

WAITING_S = 1.0
IDLE_S = 5.0
"""From when on it is said that nothing moves: at the end of the data, and in their middle."""

_GAP = "  "
_LEAST_NAME, _LEAST_BAR, _MOST_BAR = 8, 8, 40
_SIZE_COLUMNS = 8  # of format_size: 1023 KiB, 1.23 GiB


class _Glyphs(NamedTuple):
    """What bars and cut names are drawn with."""

    bar: str
    rest: str
    cut: str


_FINE, _ASCII = _Glyphs("━", "─", "…"), _Glyphs("=", "-", "...")


class _Field(NamedTuple):
    """Something to say, and how much it matters: 1 is said last of all to go."""

    text: str
    rank: int
    role: str = FIGURE


def screen_lines(view: View, columns: int, quoting: Quoting, cells: Cells) -> list[Line]:
    """Lay a work out for a terminal: a line for all of it, and one more if there is more to say.

    Args:
        view: the work.
        columns: of the terminal; no line takes more.
        quoting: names hold nothing that a terminal would obey.
        cells: measures text.
    """
    layout = _Layout(columns, _FINE if quoting.is_utf8 else _ASCII, cells)
    lines = [layout.line(quoting.quotef(view.name), view.percent, _figures(view))]
    note = [_Field(text, rank, NOTE) for rank, text in enumerate(_notes(view), 2)]
    file = view.in_flight
    if file is not None:
        percent = file.nbytes * 100 // file.size
        bytes_of = _Field(f"{format_size(file.nbytes):>{_SIZE_COLUMNS}} of {format_size(file.size)}", 4)
        lines.append(layout.line(quoting.quotef(file.path), percent, [bytes_of, *note], indent=_GAP))
    elif note:
        lines.append(layout.line("", None, note, indent=_GAP))
    return lines


def plain_line(view: View, quoting: Quoting, *, is_last: bool = False) -> str:
    """Say all in one line, without the program's name and the newline.

    Args:
        view: the work.
        quoting: for its name.
        is_last: the work is over.
    """
    of_bytes = f" of {format_size(view.total_bytes)}" if view.total_bytes else ""
    said = [f"{format_size(view.nbytes)}{of_bytes}"]
    if view.percent is not None and view.total_bytes:
        said.append(f"{view.percent}%")
    if _has_files(view):
        said.append(_files(view))
    if view.is_counting:
        said.append("counting")
    said.append(f"{format_size(round(view.nbytes / view.seconds if is_last and view.seconds else view.rate))}/s")
    if is_last:
        said.append(f"in {format_duration(view.seconds)}")
    elif view.seconds_left is not None:
        said.append(f"{format_duration(ceil(view.seconds_left))} left")
    return f"{quoting.quotef(view.name)}: {', '.join([*said, *_notes(view, is_last=is_last)])}"


def format_duration(seconds: float) -> str:
    """Show a time: `0:07`, `12:00`, `1:00:05`."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def elide(text: str, columns: int, cells: Cells, cut: str = _FINE.cut) -> str:
    """Leave out the middle of a text that is too long: names tell most at both ends.

    Args:
        text: printable.
        columns: that there are.
        cells: measures text.
        cut: stands for what is left out.
    """
    if cells(text) <= columns:
        return text
    room = columns - cells(cut)
    if room < 2:
        return cut[: max(0, columns)]
    head = _begin(text, room // 2, cells)
    tail = _begin(text[::-1], room - cells(head), cells)[::-1]
    return f"{head}{cut}{tail}"


def _begin(text: Iterable[str], columns: int, cells: Cells) -> str:
    """Return as much of the beginning as fits."""
    taken, used = "", 0
    for character in text:
        used += cells(character)
        if used > columns:
            break
        taken += character
    return taken


def _figures(view: View) -> list[_Field]:
    nbytes = format_size(view.nbytes)
    if view.total_bytes:
        nbytes = f"{nbytes:>{_SIZE_COLUMNS}} of {format_size(view.total_bytes)}"
    fields = [_Field(nbytes, 2)]
    if _has_files(view):
        fields.append(_Field(_files(view), 5))
    if view.is_counting:
        fields.append(_Field("counting", 6))
    if view.is_all_moved and view.idle_s >= WAITING_S:
        return fields
    fields.append(_Field(f"{format_size(round(view.rate)):>{_SIZE_COLUMNS}}/s", 4))
    if view.seconds_left is not None:
        fields.append(_Field(f"{format_duration(ceil(view.seconds_left)):>5} left", 3))
    return fields


def _has_files(view: View) -> bool:
    """Tell whether files are worth counting: not where there is one only."""
    return max(view.files, view.total_files or 0) > 1


def _files(view: View) -> str:
    return f"{view.files} of {view.total_files} files" if view.total_files is not None else f"{view.files} files"


def _notes(view: View, *, is_last: bool = False) -> list[str]:
    """Say what keeps the work waiting or is behind, and how much of what seems to be done is not on any device yet."""
    notes = []
    is_file_moved = view.in_flight is not None and view.in_flight.nbytes == view.in_flight.size
    if not is_last:
        if view.idle_s >= WAITING_S and (view.is_all_moved or is_file_moved):
            notes.append("waiting for the device")
        elif view.idle_s >= IDLE_S:
            notes.append(f"nothing moves for {format_duration(view.idle_s)}")
        if view.lagging is not None:
            notes.append("{} at {}%".format(*view.lagging))
    if view.unwritten >= LARGE_UNWRITTEN_BYTES:
        notes.append(f"up to {format_size(view.unwritten)} not on disk yet")
    return notes


class _Layout:
    """Lays out one line after the other for the same terminal."""

    def __init__(self, columns: int, glyphs: _Glyphs, cells: Cells) -> None:
        self.columns = columns
        self.glyphs = glyphs
        self.cells = cells

    def line(self, name: str, percent: int | None, fields: list[_Field], indent: str = "") -> Line:
        """Lay out a name, a bar if a share is known, and what else there is, the least important first to go."""
        indent = indent[: self.columns]
        share = f"{_GAP}{percent:3d}%" if percent is not None else ""
        shown_name = min(self.cells(name), _LEAST_NAME)
        least = len(indent) + shown_name + (len(_GAP) + _LEAST_BAR + len(share) if share else 0)
        if share and least > self.columns:
            return self.line("", None, [_Field(share.strip(), 1), *fields], indent)
        fields = self._fitting(fields, self.columns - least)
        room = self.columns - len(indent) - sum(len(_GAP) + self.cells(field.text) for field in fields)
        pieces: Line = [(indent, REST)]
        if share:
            name_columns = min(self.cells(name), max(_LEAST_NAME, room // 2))
            bar_columns = min(_MOST_BAR, room - name_columns - len(_GAP) - len(share))
            filled = bar_columns * (percent or 0) // 100
            pieces += [
                (elide(name, room - bar_columns - len(_GAP) - len(share), self.cells, self.glyphs.cut), NAME),
                (f"{_GAP}{self.glyphs.bar * filled}", BAR),
                (self.glyphs.rest * (bar_columns - filled), REST),
                (share, FIGURE),
            ]
        elif name:
            pieces.append((elide(name, room, self.cells, self.glyphs.cut), NAME))
        pieces += [(f"{_GAP}{field.text}", field.role) for field in fields]
        if not name and fields:  # nothing that the first one is to be set off from
            pieces[1] = (fields[0].text, fields[0].role)
        return [piece for piece in pieces if piece[0]]

    def _fitting(self, fields: list[_Field], room: int) -> list[_Field]:
        """Leave out the least important fields until the others fit."""
        fields = list(fields)
        while fields and sum(len(_GAP) + self.cells(field.text) for field in fields) > room:
            fields.remove(max(fields, key=lambda field: field.rank))
        return fields
