"""The canvas items of a virtual list: a fixed set of rows that are filled anew as the view moves.

Talking to Tk is what costs, so an item is touched only where its text or colour changed.
"""

from __future__ import annotations

import re
import tkinter as tk
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from frontend.colour import mix
from frontend.theme import look
from frontend.widgets.viewport import Cell

Cells = Callable[[int], Sequence[Cell]]


@dataclass
class _Row:
    """Items of one row, and what they show now."""

    y: int
    back: int
    texts: list[int]
    shown: list[tuple[str, str]]
    selected: bool = False


class RowPool:
    """Draws rows of cells on a canvas, in columns of a fixed-width font.

    Args:
        canvas: Where they are drawn.
        columns: Widths in characters; the last column takes what is left.
    """

    def __init__(self, canvas: tk.Canvas, columns: Sequence[int]) -> None:
        self._canvas = canvas
        self._columns = tuple(columns)
        self._rows: list[_Row] = []
        self.font = tk.font.Font(canvas, font=look(canvas).fonts.mono)
        self._char = self.font.measure("0")
        self._line = self.font.metrics("linespace")
        self._left = look(canvas).px(12)
        before = [sum(columns[:i]) + i for i in range(len(columns))]
        self._lefts = [self._left + characters * self._char for characters in before]
        self._top = look(canvas).px(2)
        self.row_height = self._line + look(canvas).px(4)
        self.clipped: set[int] = set()
        self.recolour()

    def __len__(self) -> int:
        return len(self._rows)

    def texts(self, column: int) -> list[str]:
        """What a column shows, from top to bottom."""
        return [row.shown[column][0] for row in self._rows]

    def place_at(self, y: int) -> int:
        """Index of the row at a height in the canvas; it may lie outside."""
        return (y - self._top) // self.row_height

    def resize(self, count: int) -> None:
        """Have items for this many rows."""
        canvas = self._canvas
        while len(self._rows) < count:
            y = self._top + len(self._rows) * self.row_height
            back = canvas.create_rectangle(
                0, y, 0, y + self.row_height, width=0, fill=self._selected, state="hidden"
            )
            texts = [
                canvas.create_text(x, y + self._top, anchor="nw", font=self.font)
                for x in self._lefts
            ]
            self._rows.append(_Row(y, back, texts, [("", "")] * len(texts)))
        while len(self._rows) > count:
            row = self._rows.pop()
            canvas.delete(row.back, *row.texts)

    def recolour(self) -> None:
        """Take the colours of the theme; rows take theirs when they are drawn next."""
        colours = look(self._canvas).palette
        self._hit = mix(colours.card, colours.warning, 0.38)
        self._selected = mix(colours.card, colours.primary, 0.35)
        for row in self._rows:
            self._canvas.itemconfigure(row.back, fill=self._selected)

    def draw(
        self, numbers: Sequence[int], cells: Cells, selection: tuple[int, int] | None, needle: str
    ) -> None:
        """Fill the rows.

        Args:
            numbers: Row numbers from top to bottom; rows beyond them are blank.
            cells: The columns of a row.
            selection: First and last selected number.
            needle: Text that is marked, in any case.
        """
        self._canvas.delete("hit")
        self.clipped.clear()
        low, high = selection or (1, 0)
        pattern = re.compile(re.escape(needle), re.IGNORECASE) if needle else None
        blank = [("", "")] * len(self._columns)
        for place, row in enumerate(self._rows):
            if place >= len(numbers):
                self._fill(row, blank)
                self._select(row, False)
                continue
            number = numbers[place]
            self._fill(row, self._clip(number, cells(number)))
            self._select(row, low <= number <= high)
            if pattern is not None:
                self._mark(row, pattern)

    def _fill(self, row: _Row, shown: Sequence[tuple[str, str]]) -> None:
        for column, item in enumerate(row.texts):
            text, colour = shown[column]
            old_text, old_colour = row.shown[column]
            # A blank cell keeps the colour that it had.
            colour = colour or old_colour
            if colour != old_colour:
                self._canvas.itemconfigure(item, text=text, fill=colour)
            elif text != old_text:
                self._canvas.itemconfigure(item, text=text)
            row.shown[column] = (text, colour)

    def _select(self, row: _Row, selected: bool) -> None:
        if selected:
            width = self._canvas.winfo_width()
            self._canvas.coords(row.back, 0, row.y, width, row.y + self.row_height)
        if selected != row.selected:
            row.selected = selected
            self._canvas.itemconfigure(row.back, state="normal" if selected else "hidden")

    def _clip(self, number: int, cells: Sequence[Cell]) -> list[tuple[str, str]]:
        """What of the cells fits into their columns, each on one line, and its colour."""
        colours = look(self._canvas).palette
        last = (self._canvas.winfo_width() - self._left - self._lefts[-1]) // self._char
        rooms = (*self._columns[:-1], last)
        shown = []
        for cell, room in zip(cells, rooms, strict=True):
            text = cell.text
            if "\n" in text[: room + 1]:
                text = text[: room + 1].replace("\n", " ⏎ ")
                self.clipped.add(number)
            if len(text) > room:
                text = text[: max(0, room - 1)] + "…"
                self.clipped.add(number)
            shown.append((text, getattr(colours, cell.colour)))
        return shown

    def _mark(self, row: _Row, pattern: re.Pattern[str]) -> None:
        """Put a mark behind every hit in a row."""
        for item, left, (text, _) in zip(row.texts, self._lefts, row.shown, strict=True):
            for hit in pattern.finditer(text):
                start = left + self._width(text[: hit.start()])
                end = left + self._width(text[: hit.end()])
                y = row.y + self._top
                mark = self._canvas.create_rectangle(
                    start, y, end, y + self._line, width=0, fill=self._hit, tags="hit"
                )
                self._canvas.tag_lower(mark, item)

    def _width(self, text: str) -> int:
        """Width in pixels; only text beyond ASCII has characters of other widths."""
        return len(text) * self._char if text.isascii() else self.font.measure(text)
