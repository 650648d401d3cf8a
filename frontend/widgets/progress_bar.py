"""A thin bar that fills from left to right."""

from __future__ import annotations

import tkinter as tk

from frontend.theme import look, on_theme_change
from frontend.widgets.plain import Canvas

_THICKNESS = 6
"""Logical pixels."""


class ProgressBar(Canvas):
    """A share of a whole, on a card.

    Args:
        parent: A card or a frame on one.
    """

    def __init__(self, parent: tk.Misc) -> None:
        super().__init__(parent)
        self._share = 0.0
        self._colour = "primary"
        self._thick = look(self).px(_THICKNESS)
        self.configure(height=self._thick + 2, width=1)
        self._rail = self.create_line(0, 0, 0, 0, capstyle="round")
        self._bar = self.create_line(0, 0, 0, 0, capstyle="round")
        self.bind("<Configure>", lambda _event: self._draw())
        on_theme_change(self, self._draw)

    def show(self, share: float, colour: str = "primary") -> None:
        """Fill it to a share, 0 to 1, in a colour of the palette."""
        share = min(1.0, max(0.0, share))
        if (share, colour) != (self._share, self._colour):
            self._share, self._colour = share, colour
            self._draw()

    def _draw(self) -> None:
        colours, half = look(self).palette, self._thick / 2 + 1
        middle, left = (self._thick + 2) / 2, half
        right = max(left, self.winfo_width() - half)
        self.configure(background=colours.card)
        self.coords(self._rail, left, middle, right, middle)
        self.itemconfigure(self._rail, fill=colours.line, width=self._thick)
        end = left + (right - left) * self._share
        self.coords(self._bar, left, middle, end, middle)
        shown = "normal" if self._share > 0 else "hidden"
        fill = getattr(colours, self._colour)
        self.itemconfigure(self._bar, fill=fill, width=self._thick, state=shown)
