"""A ring gauge: a share of a whole as an arc, with its figure in the middle."""

from __future__ import annotations

import math
import tkinter as tk

from PIL import Image, ImageDraw, ImageTk

from frontend.colour import mix
from frontend.theme import look, on_theme_change
from frontend.widgets.plain import Canvas

_START, _SWEEP = 140.0, 260.0
"""Degrees, clockwise from three o'clock: the arc is open at the bottom."""
_SUPERSAMPLE = 4


class Ring(Canvas):
    """A gauge on a card.

    Args:
        parent: A widget with the card's colour.
        label: What is measured.
        size: Edge in logical pixels.
    """

    def __init__(self, parent: tk.Misc, label: str, size: int = 116) -> None:
        self._edge = look(parent).px(size)
        super().__init__(parent)
        self.configure(width=self._edge, height=self._edge)
        self._label = label
        self._shown: tuple[float | None, str, str] = (None, "–", "muted")
        self._picture: ImageTk.PhotoImage | None = None
        self._drawn: tuple[object, ...] = ()
        on_theme_change(self, self._draw)
        self._draw()

    def set(self, share: float | None, figure: str, colour: str = "info") -> None:
        """Show a value.

        Args:
            share: Of the whole, 0 to 1; None leaves the arc empty.
            figure: The text in the middle.
            colour: The arc's colour, by its name in the palette.
        """
        self._shown = (share, figure, colour)
        self._draw()

    def _draw(self) -> None:
        share, figure, colour = self._shown
        colours = look(self).palette
        step = None if share is None else round(min(1.0, max(0.0, share)) * 200)
        if self._drawn == (step, figure, colour, colours.mode):
            return
        self._drawn = (step, figure, colour, colours.mode)
        track = mix(colours.card, colours.fg, 0.12)
        picture = _arc(self._edge, colours.card, track, 0.0 if step is None else step / 200,
                       getattr(colours, colour))  # fmt: skip
        self._picture = ImageTk.PhotoImage(picture, master=self)
        self.configure(background=colours.card)
        self.delete("all")
        middle = self._edge / 2
        family = look(self).fonts.family
        size = 17 if len(figure) <= 4 else 13
        self.create_image(0, 0, image=self._picture, anchor="nw")
        self.create_text(
            middle, self._edge * 0.47, text=figure, fill=colours.fg, font=(family, size, "bold")
        )
        self.create_text(
            middle, self._edge * 0.88, text=self._label, fill=colours.muted,
            font=look(self).fonts.caption,
        )  # fmt: skip


def _arc(edge: int, ground: str, track: str, share: float, colour: str) -> Image.Image:
    """The ring as a picture of `edge` pixels, drawn larger and scaled down for smooth edges."""
    big = edge * _SUPERSAMPLE
    width = round(big * 0.085)
    picture = Image.new("RGB", (big, big), ground)
    draw = ImageDraw.Draw(picture)
    radius = big / 2 - width
    _band(draw, big / 2, radius, width, _SWEEP, track)
    if share > 0:
        _band(draw, big / 2, radius, width, _SWEEP * share, colour)
    return picture.resize((edge, edge), Image.Resampling.LANCZOS)


def _band(
    draw: ImageDraw.ImageDraw, middle: float, radius: float, width: int, sweep: float, colour: str
) -> None:
    """An arc with round ends."""
    outer = radius + width / 2
    box = (middle - outer, middle - outer, middle + outer, middle + outer)
    draw.arc(box, _START, _START + sweep, fill=colour, width=width)
    for degrees in (_START, _START + sweep):
        x = middle + radius * math.cos(math.radians(degrees))
        y = middle + radius * math.sin(math.radians(degrees))
        draw.ellipse((x - width / 2, y - width / 2, x + width / 2, y + width / 2), fill=colour)
