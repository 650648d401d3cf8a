"""A thin scroll bar that is only there while there is something to scroll."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable

from frontend.colour import mix
from frontend.theme import look, on_theme_change
from frontend.widgets.plain import Canvas

THICKNESS = 10
LEAST_THUMB = 28


class ThinScrollbar(Canvas):
    """A vertical bar with Tk's protocol: `set(first, last)`, and `command("moveto", share)`.

    Args:
        parent: Beside the widget that it scrolls.
        command: That widget's `yview`, or a function like it.
        surface: Colour behind it, by its name in the palette.
    """

    def __init__(
        self, parent: tk.Misc, command: Callable[..., object], *, surface: str = "bg"
    ) -> None:
        super().__init__(parent)
        self._surface = surface
        self._command = command
        self._first, self._last = 0.0, 1.0
        self._grip: float | None = None
        self._hovered = False
        self._thumb = self.create_line(0, 0, 0, 0, capstyle="round")
        self.bind("<Configure>", lambda _event: self._draw())
        self.bind("<Enter>", lambda _event: self._hover(True))
        self.bind("<Leave>", lambda _event: self._hover(False))
        self.bind("<ButtonPress-1>", self._press)
        self.bind("<B1-Motion>", self._drag)
        self.bind("<ButtonRelease-1>", self._release)
        self._colour()
        on_theme_change(self, self._colour)

    def set(self, first: float | str, last: float | str) -> None:
        """Show that the part from `first` to `last` (0 to 1) is visible."""
        shares = (float(first), float(last))
        if shares != (self._first, self._last):
            self._first, self._last = shares
            self._draw()

    def _colour(self) -> None:
        style = look(self)
        self.configure(background=getattr(style.palette, self._surface), width=style.px(THICKNESS))
        self._draw()

    def _span(self) -> tuple[float, float]:
        """Top and bottom of the thumb, pixels."""
        height = self.winfo_height()
        length = max(look(self).px(LEAST_THUMB), (self._last - self._first) * height)
        hidden = 1.0 - (self._last - self._first)
        top = (self._first / hidden if hidden > 0 else 0.0) * (height - length)
        return top, top + length

    def _draw(self) -> None:
        style = look(self)
        if self._last - self._first >= 0.999:
            self.itemconfigure(self._thumb, state="hidden")
            return
        ground = getattr(style.palette, self._surface)
        active = self._hovered or self._grip is not None
        width = style.px(6 if active else 4)
        top, bottom = self._span()
        middle = self.winfo_width() / 2
        self.coords(self._thumb, middle, top + width, middle, bottom - width)
        self.itemconfigure(
            self._thumb, state="normal", width=width,
            fill=mix(ground, style.palette.fg, 0.42 if active else 0.22),
        )  # fmt: skip

    def _hover(self, inside: bool) -> None:
        self._hovered = inside
        self._draw()

    def _press(self, event: tk.Event[tk.Misc]) -> None:
        top, bottom = self._span()
        self._grip = event.y - top if top <= event.y <= bottom else (bottom - top) / 2
        self._drag(event)

    def _drag(self, event: tk.Event[tk.Misc]) -> None:
        if self._grip is None:
            return
        top, bottom = self._span()
        room = max(1.0, self.winfo_height() - (bottom - top))
        share = (event.y - self._grip) / room * (1.0 - (self._last - self._first))
        self._command("moveto", str(min(1.0, max(0.0, share))))

    def _release(self, _event: tk.Event[tk.Misc]) -> None:
        self._grip = None
        self._draw()
