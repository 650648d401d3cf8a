"""The rows of a long list, where it is scrolled to and what is selected: all but the widget.

Rows are known by ascending numbers that never change, so that rows that come, leave or are
filtered out move neither the picture nor the selection.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from typing import NamedTuple, Protocol


class Cell(NamedTuple):
    """Text of one column, and the name of the palette's colour that it is drawn in."""

    text: str
    colour: str = "fg"


class RowSource(Protocol):
    """Where a list's rows come from."""

    @property
    def rows(self) -> Sequence[int]:
        """Numbers of the rows to show, ascending; a row keeps its number."""

    def cells(self, number: int) -> Sequence[Cell]:
        """The columns of a row."""

    def text(self, number: int) -> str:
        """A row in full; empty when it is no longer there."""

    def texts(self, first: int, last: int) -> str:
        """The shown rows from number `first` to `last`, one a line."""


class Viewport:
    """A window of `height` rows onto a list of row numbers.

    Attributes:
        rows: Row numbers, ascending.
        height: Rows that fit.
        following: Whether the view stays at the end as rows come.
        anchor: Row where the selection began, or None.
        head: Row where the selection ends, or None.
    """

    def __init__(self) -> None:
        self.rows: Sequence[int] = ()
        self.height = 1
        self.following = True
        self.anchor: int | None = None
        self.head: int | None = None
        self._top = 0
        self._seen = -1

    @property
    def last_top(self) -> int:
        """Index of the first row in view when the view is at the end."""
        return max(0, len(self.rows) - self.height)

    @property
    def top(self) -> int:
        """Index of the first row in view."""
        if self.following:
            return self.last_top
        return min(bisect_left(self.rows, self._top), self.last_top)

    @property
    def unseen(self) -> int:
        """Rows that came after the view left the end."""
        if self.following or not self.rows:
            return 0
        return len(self.rows) - bisect_left(self.rows, self._seen + 1)

    @property
    def fractions(self) -> tuple[float, float]:
        """Begin and end of the view as shares of the list, for a scrollbar."""
        count = max(1, len(self.rows))
        return self.top / count, min(1.0, (self.top + self.height) / count)

    @property
    def selection(self) -> tuple[int, int] | None:
        """First and last selected row number, or None."""
        if self.anchor is None or self.head is None:
            return None
        return min(self.anchor, self.head), max(self.anchor, self.head)

    def visible(self) -> Sequence[int]:
        """The row numbers in view, from top to bottom."""
        top = self.top
        return self.rows[top : top + self.height]

    def scroll_to(self, index: int) -> None:
        """Put the row at this index at the top; at the end the view begins to follow."""
        was_following = self.following
        index = max(0, min(index, self.last_top))
        self.following = index >= self.last_top
        if self.rows:
            self._top = self.rows[index]
            if was_following and not self.following:
                self._seen = self.rows[-1]

    def scroll(self, count: int) -> None:
        """Move by rows, down with positive numbers."""
        self.scroll_to(self.top + count)

    def select(self, number: int, *, extend: bool = False) -> None:
        """Select one row, or reach from where the selection began to this row."""
        if not extend or self.anchor is None:
            self.anchor = number
        self.head = number

    def select_all(self) -> None:
        """Select every row."""
        if self.rows:
            self.anchor, self.head = self.rows[0], self.rows[-1]

    def move(self, count: int, *, extend: bool = False) -> None:
        """Move the selection by rows and keep it in view."""
        if not self.rows:
            return
        if self.head is None:
            index = self.top if count > 0 else min(self.top + self.height, len(self.rows)) - 1
        else:
            index = bisect_left(self.rows, self.head) + count
        index = max(0, min(index, len(self.rows) - 1))
        self.select(self.rows[index], extend=extend)
        if index < self.top:
            self.scroll_to(index)
        elif index >= self.top + self.height:
            self.scroll_to(index - self.height + 1)
