"""The live avatar: JPEG frames drawn into one picture, with a badge and a subtitle over it."""

from __future__ import annotations

import io
import tkinter as tk

from PIL import Image, ImageDraw, ImageTk

from frontend.theme import look, on_theme_change
from frontend.widgets.plain import Canvas

RADIUS = 12
BADGE = (10, 10, 66, 32)
STRIP = 14


class AvatarView(Canvas):
    """A square that shows the newest frame.

    One `PhotoImage` is reused for all frames: a new one a frame takes three times as long. What
    lies over the picture (rounded corners, badge, strip under the subtitle) is prepared once and
    pasted into each frame; only the words are canvas items.

    Args:
        parent: A card.
        edge: Logical pixels each way.
    """

    def __init__(self, parent: tk.Misc, edge: int) -> None:
        super().__init__(parent)
        self._edge = 0
        self._frame: Image.Image | None = None
        self._photo: ImageTk.PhotoImage | None = None
        self._overlay: Image.Image | None = None
        self._live = False
        self._caption = ""
        self._image = self.create_image(0, 0, anchor="nw")
        self._badge_text = self.create_text(0, 0, text="LIVE", state="hidden")
        self._caption_text = self.create_text(0, 0, text="", state="hidden")
        self.resize(edge)
        on_theme_change(self, self._prepare)

    @property
    def edge(self) -> int:
        """Pixels of the screen each way."""
        return self._edge

    def resize(self, edge: int) -> None:
        """Use another edge, in logical pixels."""
        pixels = look(self).px(edge)
        if pixels != self._edge:
            self._edge = pixels
            self.configure(width=pixels, height=pixels)
            self._photo = ImageTk.PhotoImage("RGB", (pixels, pixels), master=self)
            self.itemconfigure(self._image, image=self._photo)
            self._prepare()

    def show_jpeg(self, data: bytes) -> bool:
        """Draw a frame; False if the bytes are no picture."""
        try:
            picture = Image.open(io.BytesIO(data), formats=("JPEG",))
            # Decodes at half size where that is enough: a quarter of the work.
            picture.draft("RGB", (self._edge, self._edge))
            self._frame = picture.convert("RGB")
        except (OSError, ValueError):
            return False
        self._paint()
        return True

    def show_picture(self, picture: Image.Image) -> None:
        """Draw a still picture, RGB or RGBA."""
        background = Image.new("RGB", picture.size, look(self).palette.raised)
        background.paste(picture, mask=picture.getchannel("A") if picture.mode == "RGBA" else None)
        self._frame = background
        self._paint()

    def set_live(self, live: bool) -> None:
        """Show or hide the badge."""
        if live != self._live:
            self._live = live
            self._prepare()

    def set_caption(self, text: str) -> None:
        """Show a subtitle; empty hides it."""
        if text != self._caption:
            self._caption = text
            self._prepare()

    def _paint(self) -> None:
        if self._frame is None or self._photo is None:
            return
        size = (self._edge, self._edge)
        frame = self._frame
        if frame.size != size:
            frame = frame.resize(size, Image.Resampling.BILINEAR)
        elif frame is self._frame:
            frame = frame.copy()
        if self._overlay is not None:
            frame.paste(self._overlay, mask=self._overlay)
        self._photo.paste(frame)

    def _prepare(self) -> None:
        """Make the overlay anew and place the words."""
        style = look(self)
        colours, px, edge = style.palette, style.px, self._edge
        self.configure(background=colours.card)
        overlay = Image.new("RGBA", (edge, edge), (0, 0, 0, 0))
        draw = ImageDraw.Draw(overlay)
        if self._live:
            box = tuple(px(value) for value in BADGE)
            draw.rounded_rectangle(box, px(11), fill="#be123c")
            self.coords(self._badge_text, (box[0] + box[2]) / 2, (box[1] + box[3]) / 2)
            self.itemconfigure(
                self._badge_text, fill="#ffffff", font=(*style.fonts.small[:2], "bold")
            )
        self.itemconfigure(self._badge_text, state="normal" if self._live else "hidden")
        self._place_caption(draw)
        corners = Image.new("L", (edge * 2, edge * 2), 255)
        ImageDraw.Draw(corners).rounded_rectangle(
            (0, 0, edge * 2 - 1, edge * 2 - 1), px(RADIUS) * 2, fill=0
        )
        corners = corners.resize((edge, edge), Image.Resampling.LANCZOS)
        overlay.paste(Image.new("RGBA", (edge, edge), colours.card), mask=corners)
        self._overlay = overlay
        if self._frame is None:
            self._frame = Image.new("RGB", (edge, edge), colours.raised)
        self._paint()

    def _place_caption(self, draw: ImageDraw.ImageDraw) -> None:
        style = look(self)
        px, edge = style.px, self._edge
        shown = bool(self._caption)
        self.itemconfigure(self._caption_text, state="normal" if shown else "hidden")
        if not shown:
            return
        text = self._caption if len(self._caption) <= 110 else self._caption[:107].rstrip() + "…"
        self.itemconfigure(
            self._caption_text, text=text, fill="#ffffff", font=style.fonts.caption,
            width=edge - 4 * px(STRIP), justify="center",
        )  # fmt: skip
        self.coords(self._caption_text, edge / 2, edge / 2)
        _, top, _, bottom = self.bbox(self._caption_text)
        height = bottom - top + px(16)
        y = edge - px(STRIP) - height
        box = (px(STRIP), y, edge - px(STRIP), y + height)
        draw.rounded_rectangle(box, px(10), fill=(10, 10, 16, 205))
        self.coords(self._caption_text, edge / 2, y + height / 2)
