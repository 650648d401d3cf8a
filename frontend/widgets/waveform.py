"""A strip of bars that shows how loud the voice was in the last seconds."""

from __future__ import annotations

import tkinter as tk
from collections import deque

from frontend.colour import mix
from frontend.theme import look, on_theme_change
from frontend.widgets.plain import Canvas

BARS = 48
STEP_S = 0.04


class Waveform(Canvas):
    """Bars that move from right to left while there is sound, and rest otherwise.

    Args:
        parent: A card.
        height: Logical pixels.
    """

    def __init__(self, parent: tk.Misc, height: int = 48) -> None:
        super().__init__(parent)
        self._levels: deque[float] = deque([0.0] * BARS, maxlen=BARS)
        self._lines: list[int] = []
        self._next = 0.0
        self._still = True
        self.configure(height=look(self).px(height), width=look(self).px(120))
        self.bind("<Configure>", lambda _event: self._build())
        on_theme_change(self, self._build)

    def feed(self, level: float, now: float) -> bool:
        """Show a level of 0 to 1 at a time in seconds; False when nothing moves any more."""
        if now < self._next:
            return not self._still
        self._next = now + STEP_S
        if self._still and level <= 0.0:
            return False
        self._levels.append(level)
        self._still = not any(self._levels)
        self._draw()
        return not self._still

    def _build(self) -> None:
        colours = look(self).palette
        self.configure(background=colours.card)
        self.delete("all")
        thickness = max(2, int(self.winfo_width() / BARS * 0.5))
        self._lines = [
            self.create_line(
                0, 0, 0, 1, width=thickness, capstyle="round",
                fill=mix(colours.accent, colours.info, index / BARS),
            )
            for index in range(BARS)
        ]  # fmt: skip
        self._draw()

    def _draw(self) -> None:
        if not self._lines:
            # Not laid out yet.
            return
        middle, step = self.winfo_height() / 2, self.winfo_width() / BARS
        for index, (line, level) in enumerate(zip(self._lines, self._levels, strict=True)):
            x, half = step * (index + 0.5), 1 + level * (middle - 4)
            self.coords(line, x, middle - half, x, middle + half)
