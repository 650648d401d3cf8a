"""How one chat bubble is measured and drawn on a canvas.

A bubble is a rounded rectangle made of four corner pictures and two rectangles, so that it grows
without a picture of its own size being drawn for every new word.
"""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from PIL import Image, ImageDraw, ImageTk

from frontend.colour import mix
from frontend.theme import Font, look
from frontend.widgets.markup import Block, blocks
from frontend.widgets.plain import Canvas

Tone = Literal["user", "character", "error"]
RADIUS = 14
PAD_X = 15
PAD_Y = 10
GAP = 14
META = 22
EDGE = 22
PICTURE = 34
WIDEST = 640
SHARE = 0.78


@dataclass(frozen=True)
class Bubble:
    """What one bubble shows.

    Attributes:
        key: Names it.
        tone: Whose it is: users stand on the right, the others on the left.
        text: Markdown-light; empty with `pending` shows three dots.
        meta: The small line below.
        marked: The line below is drawn in the warning colour.
        details: The line below can be clicked.
        action: Label of a button below; empty for none.
        pending: The answer has not begun.
        tentative: The words may still change: drawn dimmed and in italics.
    """

    key: str
    tone: Tone
    text: str
    meta: str = ""
    marked: bool = False
    details: bool = False
    action: str = ""
    pending: bool = False
    tentative: bool = False


@dataclass(frozen=True)
class Box:
    """Measures of a bubble at one canvas width, pixels."""

    width: int
    height: int
    parts: tuple[tuple[Block, int, int], ...]
    """Each block with its y inside the bubble and its height."""


class BubblePainter:
    """Measures and draws bubbles on a canvas.

    Args:
        canvas: Where.
        on_action: The button of a bubble was pressed; gets its key.
        on_details: The line below a bubble was clicked; gets its key and the place on the screen.
    """

    def __init__(
        self,
        canvas: Canvas,
        on_action: Callable[[str], None],
        on_details: Callable[[str, int, int], None],
    ) -> None:
        self.canvas = canvas
        self._on_action, self._on_details = on_action, on_details
        self._serial = 0
        self._corners: dict[tuple[str, int], tuple[ImageTk.PhotoImage, ...]] = {}
        self._ruler = canvas.create_text(0, -10_000, anchor="nw", text="")

    def measure(self, bubble: Bubble, width: int) -> Box:
        """Measure a bubble for a canvas so many pixels wide."""
        style = look(self.canvas)
        px = style.px
        most = max(px(160), min(px(WIDEST), int((width or px(600)) * SHARE) - px(PICTURE)))
        if bubble.pending and not bubble.text:
            return Box(px(66), px(20) + 2 * px(PAD_Y), ())
        parts, y, widest = [], px(PAD_Y), px(24)
        for block in blocks(bubble.text):
            self.canvas.itemconfigure(
                self._ruler, text=block.text, width=most, font=self._font(bubble, block)
            )
            x0, y0, x1, y1 = self.canvas.bbox(self._ruler)
            parts.append((block, y, y1 - y0))
            y += y1 - y0 + px(6)
            widest = max(widest, x1 - x0)
        self.canvas.itemconfigure(self._ruler, text="")
        return Box(widest + 2 * px(PAD_X), y - px(6) + px(PAD_Y), tuple(parts))

    def _font(self, bubble: Bubble, block: Block) -> Font:
        fonts = look(self.canvas).fonts
        if bubble.tentative:
            return (*fonts.body[:2], "italic")
        return {"text": fonts.body, "heading": fonts.heading, "code": fonts.mono}[block.kind]

    def draw(self, bubble: Bubble, box: Box, y: int, width: int, picture: str) -> str:
        """Draw a bubble and give the tag of its items.

        Args:
            bubble: What it shows.
            box: Its measures at this width.
            y: Its top on the canvas.
            width: Of the canvas.
            picture: Tk image beside a character's bubble; empty for none.
        """
        self._serial += 1
        tag = f"bubble{self._serial}"
        style = look(self.canvas)
        px, colours = style.px, style.palette
        fill, ink = {
            "user": (colours.primary, colours.on_primary),
            "character": (colours.card, colours.fg),
            "error": (mix(colours.bg, colours.danger, 0.16), colours.fg),
        }[bubble.tone]
        if bubble.tentative:
            fill, ink = mix(colours.bg, colours.primary, 0.22), colours.muted
        right = bubble.tone == "user"
        x = width - px(EDGE) - box.width if right else px(EDGE + PICTURE + 10)
        if bubble.tone == "character" and picture:
            self.canvas.create_image(px(EDGE), y, image=picture, anchor="nw", tags=tag)
        elif bubble.tone == "error":
            icon = style.icon("exclamation-triangle-fill", 20, colours.danger)
            self.canvas.create_image(px(EDGE) + px(PICTURE) // 2, y + px(18), image=icon, tags=tag)
        self._draw_shape(x, y, box, fill, tag)
        for block, offset, _height in box.parts:
            self.canvas.create_text(
                x + px(PAD_X), y + offset, text=block.text, anchor="nw", fill=ink,
                width=box.width - 2 * px(PAD_X) + 1, font=self._font(bubble, block),
                tags=(tag, "text"),
            )  # fmt: skip
        if not box.parts:
            self._draw_dots(x, y + box.height // 2, tag)
        self._draw_below(bubble, x, y + box.height, box.width, tag)
        return tag

    def _draw_shape(self, x: int, y: int, box: Box, fill: str, tag: str) -> None:
        radius = min(look(self.canvas).px(RADIUS), box.height // 2, box.width // 2)
        right, bottom = x + box.width, y + box.height
        for first, second in (
            ((x + radius, y), (right - radius, bottom)),
            ((x, y + radius), (right, bottom - radius)),
        ):
            self.canvas.create_rectangle(*first, *second, fill=fill, width=0, tags=tag)
        places = ((x, y), (right - radius, y), (x, bottom - radius),
                  (right - radius, bottom - radius))  # fmt: skip
        for place, corner in zip(places, self._corners_of(fill, radius), strict=True):
            self.canvas.create_image(*place, image=corner, anchor="nw", tags=tag)

    def _draw_dots(self, x: int, y: int, tag: str) -> None:
        style = look(self.canvas)
        px = style.px
        for index in range(3):
            left = x + px(PAD_X + 2) + index * px(12)
            self.canvas.create_oval(
                left, y - px(3), left + px(7), y + px(4), width=0,
                fill=style.palette.muted, tags=(tag, f"dot{index}"),
            )  # fmt: skip

    def _draw_below(self, bubble: Bubble, x: int, y: int, width: int, tag: str) -> None:
        style = look(self.canvas)
        px, colours = style.px, style.palette
        right = bubble.tone == "user"
        at = x + width - px(4) if right else x + px(4)
        if bubble.meta:
            item = self.canvas.create_text(
                at, y + px(6), text=bubble.meta, anchor="ne" if right else "nw",
                fill=colours.warning if bubble.marked else colours.muted,
                font=style.fonts.small, tags=tag,
            )  # fmt: skip
            self._shorten(item, bubble.meta)
            if bubble.details:
                self._clickable(item, lambda event: self._on_details(
                    bubble.key, event.x_root, event.y_root))  # fmt: skip
            at = self.canvas.bbox(item)[2] + px(12)
        if bubble.action:
            item = self.canvas.create_text(
                at, y + px(6), text=f"↻ {bubble.action}", anchor="nw", fill=colours.accent,
                font=(*style.fonts.small[:2], "bold"), tags=(tag, "action"),
            )  # fmt: skip
            self._clickable(item, lambda _event: self._on_action(bubble.key))

    def _shorten(self, item: int, text: str) -> None:
        """Leave out the last parts of a line that is wider than the canvas."""
        room = self.canvas.winfo_width() - look(self.canvas).px(8)
        parts = text.split(" · ")
        while len(parts) > 1 and self.canvas.bbox(item)[2] > room > 1:
            parts.pop()
            self.canvas.itemconfigure(item, text=" · ".join(parts))

    def _clickable(self, item: int, act: Callable[[tk.Event[tk.Misc]], None]) -> None:
        canvas = self.canvas
        canvas.tag_bind(item, "<Button-1>", act)
        canvas.tag_bind(item, "<Enter>", lambda _e: canvas.configure(cursor="hand2"))
        canvas.tag_bind(item, "<Leave>", lambda _e: canvas.configure(cursor=""))

    def _corners_of(self, colour: str, radius: int) -> tuple[ImageTk.PhotoImage, ...]:
        key = (colour, radius)
        if key not in self._corners:
            self._corners[key] = _make_corners(self.canvas, colour, radius)
        return self._corners[key]


def _make_corners(canvas: Canvas, colour: str, radius: int) -> tuple[ImageTk.PhotoImage, ...]:
    """The four corners of a rounded rectangle: nw, ne, sw, se."""
    scale = 4
    disc = Image.new("L", (2 * radius * scale, 2 * radius * scale))
    ImageDraw.Draw(disc).ellipse((0, 0, disc.width - 1, disc.height - 1), fill=255)
    disc = disc.resize((2 * radius, 2 * radius), Image.Resampling.LANCZOS)
    quarters = []
    for x, y in ((0, 0), (radius, 0), (0, radius), (radius, radius)):
        picture = Image.new("RGBA", (radius, radius), colour)
        picture.putalpha(disc.crop((x, y, x + radius, y + radius)))
        quarters.append(ImageTk.PhotoImage(picture, master=canvas))
    return tuple(quarters)
