"""A chip: a small rounded switch with a word and a count, for filters."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from functools import lru_cache

from PIL import Image, ImageDraw, ImageTk

from frontend.colour import mix
from frontend.theme import look, on_theme_change
from frontend.widgets.plain import Canvas

_SUPERSAMPLE = 4
_HEIGHT = 30


class Chip(Canvas):
    """A switch that shows its colour while it is on.

    Args:
        parent: A widget with the page's colour.
        text: The word on it.
        colour: By its name in the palette.
        on_toggle: Called on a click, Return or space.
        on_isolate: Called on a double click: "only this".
    """

    def __init__(
        self,
        parent: tk.Misc,
        text: str,
        colour: str,
        *,
        on_toggle: Callable[[], None],
        on_isolate: Callable[[], None] = lambda: None,
    ) -> None:
        super().__init__(parent, takefocus=True, cursor="hand2")
        self._text = text
        self._colour = colour
        self._count = ""
        self._on = True
        self._picture: ImageTk.PhotoImage | None = None
        self._shape: tuple[int, int, str, str, str] | None = None
        self.bind("<Button-1>", lambda event: on_toggle())
        self.bind("<Double-Button-1>", lambda event: on_isolate())
        for keys in ("<space>", "<Return>"):
            self.bind(keys, lambda event: on_toggle())
        for change in ("<FocusIn>", "<FocusOut>"):
            self.bind(change, lambda event: self._draw())
        on_theme_change(self, self._draw)
        self._draw()

    def set(self, *, on: bool | None = None, count: int | None = None) -> None:
        """Switch it, and change its count."""
        shown = self._count if count is None else compact(count)
        switched = self._on if on is None else on
        if (shown, switched) != (self._count, self._on):
            self._count, self._on = shown, switched
            self._draw()

    def _draw(self) -> None:
        style = look(self)
        colours, px = style.palette, style.px
        strong = getattr(colours, self._colour)
        fill = mix(colours.bg, strong, 0.16) if self._on else colours.bg
        edge = mix(colours.bg, strong, 0.55) if self._on else colours.line
        if self.focus_get() is self:
            edge = colours.accent
        word = tk.font.Font(self, font=style.fonts.strong)
        number = tk.font.Font(self, font=style.fonts.caption)
        step = px(8)
        room = number.measure(self._count)
        room = -(-room // step) * step
        width = px(12) + word.measure(self._text) + (px(7) + room if room else 0) + px(12)
        self.configure(width=width, height=px(_HEIGHT), background=colours.bg)
        shape = (width, px(_HEIGHT), fill, edge, colours.bg)
        if shape != self._shape:
            self._shape = shape
            self._picture = ImageTk.PhotoImage(_pill(*shape), master=self)
        self.delete("all")
        self.create_image(0, 0, image=self._picture, anchor="nw")
        middle = px(_HEIGHT) / 2
        self.create_text(
            px(12), middle, text=self._text, anchor="w", font=word,
            fill=strong if self._on else colours.muted,
        )  # fmt: skip
        self.create_text(
            width - px(12), middle, text=self._count, anchor="e", font=number,
            fill=colours.fg if self._on else colours.muted,
        )  # fmt: skip


def compact(count: int) -> str:
    """A count in at most five characters: 950, 9.5k, 95k, 1.2M."""
    for limit, unit in ((1_000_000, "M"), (1_000, "k")):
        if count >= limit:
            value = count / limit
            return f"{value:.1f}{unit}" if value < 9.95 else f"{value:.0f}{unit}"
    return str(count)


@lru_cache(64)
def _pill(width: int, height: int, fill: str, edge: str, ground: str) -> Image.Image:
    """A rounded shape with an edge of one pixel."""
    picture = Image.new("RGB", (width * _SUPERSAMPLE, height * _SUPERSAMPLE), ground)
    ImageDraw.Draw(picture).rounded_rectangle(
        (0, 0, width * _SUPERSAMPLE - 1, height * _SUPERSAMPLE - 1),
        radius=height * _SUPERSAMPLE / 2, fill=fill, outline=edge, width=_SUPERSAMPLE,
    )  # fmt: skip
    return picture.resize((width, height), Image.Resampling.LANCZOS)
