"""The program's name and its mark."""

from __future__ import annotations

import tkinter as tk

from PIL import Image, ImageDraw, ImageTk

from frontend.theme import DARK

NAME = "Kotodama"
_BARS = (0.22, 0.46, 0.78, 0.52, 0.9, 0.6, 0.34)


def mark(size: int) -> Image.Image:
    """The mark, a voice in a rounded square, RGBA, `size` pixels each way."""
    scale = 4
    edge = size * scale
    picture = Image.new("RGBA", (edge, edge), (0, 0, 0, 0))
    draw = ImageDraw.Draw(picture)
    draw.rounded_rectangle((0, 0, edge - 1, edge - 1), edge * 0.24, fill=DARK.primary)
    step = edge * 0.72 / len(_BARS)
    for index, height in enumerate(_BARS):
        x = edge * 0.14 + step * (index + 0.5)
        half = edge * 0.34 * height
        box = (x - step * 0.28, edge / 2 - half, x + step * 0.28, edge / 2 + half)
        draw.rounded_rectangle(box, step * 0.28, fill=DARK.on_primary)
    return picture.resize((size, size), Image.Resampling.LANCZOS)


def icon_picture(root: tk.Misc) -> ImageTk.PhotoImage:
    """The mark as the window's icon."""
    return ImageTk.PhotoImage(mark(64), master=root)
