"""The live avatar: JPEG frames drawn into one picture, with a badge and a subtitle over it."""

from __future__ import annotations

import io
import tkinter as tk

from PIL import Image, ImageChops, ImageDraw, ImageTk

from frontend.theme import look, on_theme_change
from frontend.widgets.plain import Canvas

RADIUS = 12
BADGE = (10, 10, 66, 32)
STRIP = 14
CAPTION_SHARE = 0.34
"""Characters of a subtitle for each logical pixel of width: three lines at most."""
OVERSAMPLE = 4


class AvatarView(Canvas):
    """A square that shows the newest frame.

    One `PhotoImage` is reused for all frames: a new one a frame takes three times as long. What
    lies over the picture (rounded corners, badge, strip under the subtitle) is prepared once and
    pasted into each frame; only the words are canvas items.

    Args:
        parent: A card.
        edge: About how many logical pixels each way.
        sent: Pixels each way of the frames that will come.
    """

    def __init__(self, parent: tk.Misc, edge: int, sent: int) -> None:
        super().__init__(parent)
        self._sent = sent
        self._edge = 0
        self._shown: bytes | Image.Image | None = None
        self._photo: ImageTk.PhotoImage | None = None
        self._patches: list[tuple[Image.Image, tuple[int, int]]] = []
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
        """Use another edge, about so many logical pixels."""
        pixels = easy_edge(look(self).px(edge), self._sent)
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
            picture.load()
        except (OSError, ValueError):
            return False
        self._shown = data
        self._paint(picture if picture.mode == "RGB" else picture.convert("RGB"))
        return True

    def show_picture(self, picture: Image.Image) -> None:
        """Draw a still picture, RGB or RGBA."""
        self._shown = picture
        still = Image.new("RGB", picture.size, look(self).palette.raised)
        still.paste(picture, mask=picture.getchannel("A") if picture.mode == "RGBA" else None)
        self._paint(still)

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

    def _paint(self, picture: Image.Image) -> None:
        """Put a picture on the screen; the patches are pasted into it."""
        assert self._photo is not None
        size = (self._edge, self._edge)
        if picture.size != size:
            picture = picture.resize(size, Image.Resampling.BILINEAR)
        for patch, place in self._patches:
            picture.paste(patch, place, patch)
        self._photo.paste(picture)

    def _prepare(self) -> None:
        """Make the overlay anew and place the words."""
        style = look(self)
        colours, px, edge = style.palette, style.px, self._edge
        self.configure(background=colours.card)
        self._patches = self._corners()
        if self._live:
            x0, y0, x1, y1 = (px(value) for value in BADGE)
            self._patches.append((_pill(x1 - x0, y1 - y0, px(11), colours.badge), (x0, y0)))
            self.coords(self._badge_text, (x0 + x1) / 2, (y0 + y1) / 2)
            self.itemconfigure(
                self._badge_text, fill=colours.on_primary, font=(*style.fonts.small[:2], "bold")
            )
        self.itemconfigure(self._badge_text, state="normal" if self._live else "hidden")
        self._place_caption()
        if isinstance(self._shown, bytes):
            self.show_jpeg(self._shown)
        else:
            self.show_picture(self._shown or Image.new("RGB", (edge, edge), colours.raised))

    def _corners(self) -> list[tuple[Image.Image, tuple[int, int]]]:
        """What rounds the corners off: the card's colour outside of a quarter of a disc."""
        style, edge = look(self), self._edge
        radius = style.px(RADIUS)
        disc = _disc(2 * radius)
        patches = []
        for x in (0, 1):
            for y in (0, 1):
                box = (x * radius, y * radius, (x + 1) * radius, (y + 1) * radius)
                patch = Image.new("RGBA", (radius, radius), style.palette.card)
                patch.putalpha(ImageChops.invert(disc.crop(box)))
                patches.append((patch, (x * (edge - radius), y * (edge - radius))))
        return patches

    def _place_caption(self) -> None:
        style = look(self)
        px, edge = style.px, self._edge
        shown = bool(self._caption)
        self.itemconfigure(self._caption_text, state="normal" if shown else "hidden")
        if not shown:
            return
        most = int(edge / px(1) * CAPTION_SHARE)
        text = self._caption if len(self._caption) <= most else self._caption[:most].rstrip() + "…"
        self.itemconfigure(
            self._caption_text, text=text, fill=style.palette.on_primary, font=style.fonts.caption,
            width=edge - 4 * px(STRIP), justify="center",
        )  # fmt: skip
        self.coords(self._caption_text, edge / 2, edge / 2)
        _, top, _, bottom = self.bbox(self._caption_text)
        height = bottom - top + px(16)
        y = edge - px(STRIP) - height
        strip = _pill(edge - 2 * px(STRIP), height, px(10), style.palette.shade)
        self._patches.append((strip, (px(STRIP), y)))
        self.coords(self._caption_text, edge / 2, y + height / 2)


def easy_edge(wanted: int, sent: int) -> int:
    """The edge near the wanted one to which a JPEG of `sent` pixels is decoded without resizing.

    A decoder halves a JPEG for nothing, while resizing takes longer than all the rest together.
    Where no half, quarter … lies within a seventh of the wanted edge, that one is used.
    """
    halves = [sent >> power for power in range(4)]
    best = min(halves, key=lambda edge: abs(edge - wanted))
    return best if abs(best - wanted) * 7 <= wanted else wanted


def _disc(diameter: int) -> Image.Image:
    """A smooth disc as a mask."""
    big = Image.new("L", (diameter * OVERSAMPLE, diameter * OVERSAMPLE))
    ImageDraw.Draw(big).ellipse((0, 0, big.width - 1, big.height - 1), fill=255)
    return big.resize((diameter, diameter), Image.Resampling.LANCZOS)


def _pill(width: int, height: int, radius: int, colour: str) -> Image.Image:
    """A smooth rounded rectangle, RGBA; the colour may have an alpha, `#rrggbbaa`."""
    size = (width * OVERSAMPLE, height * OVERSAMPLE)
    big = Image.new("RGBA", size, colour[:7] + "00")
    ImageDraw.Draw(big).rounded_rectangle(
        (0, 0, size[0] - 1, size[1] - 1), radius * OVERSAMPLE, fill=colour
    )
    return big.resize((width, height), Image.Resampling.BOX)
