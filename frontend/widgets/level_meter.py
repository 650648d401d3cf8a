"""How loud the microphone is: a bar with the peak of the last second."""

from __future__ import annotations

import tkinter as tk

from frontend.theme import look, on_theme_change
from frontend.widgets.plain import Canvas

PEAK_HOLD_S = 1.0
FALL_A_SECOND = 1.5
WARM, HOT = 0.9, 0.97
"""Levels (0 to 1) from which the bar warns: -6 and -2 dBFS."""


class LevelMeter(Canvas):
    """A bar that fills upwards, or to the right.

    Args:
        parent: Where it stands.
        length: Logical pixels.
        thickness: Logical pixels.
        upright: Whether it fills upwards.
        surface: Colour behind it, by its name in the palette.
    """

    def __init__(
        self,
        parent: tk.Misc,
        length: int,
        thickness: int = 6,
        *,
        upright: bool = False,
        surface: str = "bg",
    ) -> None:
        super().__init__(parent)
        self._upright = upright
        self._surface = surface
        self._thickness = look(self).px(thickness)
        self._level = self._peak = 0.0
        self._peak_at = self._fed_at = 0.0
        size = look(self).px(length)
        across = self._thickness + 2
        self.configure(width=across if upright else size, height=size if upright else across)
        self._rail = self.create_line(0, 0, 0, 0, capstyle="round")
        self._bar = self.create_line(0, 0, 0, 0, capstyle="round", state="hidden")
        self._tick = self.create_line(0, 0, 0, 0, width=look(self).px(2), state="hidden")
        self.bind("<Configure>", lambda _event: self._draw())
        on_theme_change(self, self._draw)
        self._draw()

    def feed(self, level: float, peak: float, now: float) -> bool:
        """Show loudness and peak, 0 to 1, at a time in seconds; False when nothing moves."""
        before = (self._level, self._peak)
        fall = FALL_A_SECOND * min(0.2, max(0.0, now - self._fed_at))
        self._fed_at = now
        self._level = max(level, self._level - fall)
        if peak >= self._peak or now - self._peak_at > PEAK_HOLD_S:
            self._peak, self._peak_at = peak, now
        if (self._level, self._peak) == before:
            return False
        self._draw()
        return True

    def _draw(self) -> None:
        colours = look(self).palette
        self.configure(background=getattr(colours, self._surface))
        loud = self._peak
        tone = colours.danger if loud > HOT else colours.warning if loud > WARM else colours.success
        self.coords(self._rail, *self._span(0.0, 1.0))
        self.itemconfigure(self._rail, fill=colours.line, width=self._thickness)
        shown = "normal" if self._level > 0.01 else "hidden"
        self.coords(self._bar, *self._span(0.0, self._level))
        self.itemconfigure(self._bar, fill=tone, width=self._thickness, state=shown)
        self.coords(self._tick, *self._span(self._peak, self._peak + 0.001, across=True))
        self.itemconfigure(self._tick, fill=tone, state="normal" if self._peak > 0.02 else "hidden")

    def _span(self, start: float, end: float, *, across: bool = False) -> tuple[float, ...]:
        """Ends of a line from one share of the length to another."""
        width, height = self.winfo_width(), self.winfo_height()
        margin = self._thickness / 2 + 1
        length = (height if self._upright else width) - 2 * margin
        middle = (width if self._upright else height) / 2
        first, last = margin + start * length, margin + end * length
        if self._upright:
            first, last = height - first, height - last
        half = self._thickness / 2
        if self._upright:
            if across:
                return (middle - half, first, middle + half, first)
            return (middle, first, middle, last)
        if across:
            return (first, middle - half, first, middle + half)
        return (first, middle, last, middle)
