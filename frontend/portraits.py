"""Pictures of characters, fetched once and cut to size."""

from __future__ import annotations

import io
import logging
import tkinter as tk
from collections.abc import Callable

from PIL import Image, ImageDraw, ImageTk

from frontend.api import Api
from frontend.theme import PORTRAIT_GROUND

EDGE = 512
log = logging.getLogger(__name__)


class Portraits:
    """The characters' portraits, by character number.

    Args:
        api: Where they are fetched.
        root: The window that owns the Tk images.
    """

    def __init__(self, api: Api, root: tk.Misc) -> None:
        self._api = api
        self._root = root
        self._pictures: dict[int, Image.Image] = {}
        self._circles: dict[tuple[int, int], ImageTk.PhotoImage] = {}

    def fetch(self, number: int, then: Callable[[Image.Image], None]) -> None:
        """Give a character's portrait, RGBA and at most `EDGE` pixels each way."""
        if number in self._pictures:
            then(self._pictures[number])
            return

        def take(data: bytes) -> None:
            try:
                self._pictures[number] = portrait(data)
            except (OSError, ValueError, Image.DecompressionBombError) as error:
                log.warning("the portrait of character %d cannot be shown: %s", number, error)
                return
            then(self._pictures[number])

        # Without a portrait her name stands alone: nothing to tell the user.
        self._api.get(f"/api/characters/{number}/avatar", take, lambda _error: None)

    def forget(self, number: int) -> None:
        """Fetch this portrait again next time."""
        self._pictures.pop(number, None)
        for key in [key for key in self._circles if key[0] == number]:
            del self._circles[key]

    def circle(self, number: int, diameter: int) -> str:
        """A fetched portrait as a round Tk image of so many pixels; empty if not fetched."""
        if number not in self._pictures:
            return ""
        key = (number, diameter)
        if key not in self._circles:
            self._circles[key] = ImageTk.PhotoImage(
                round_picture(self._pictures[number], diameter), master=self._root
            )
        return str(self._circles[key])


def portrait(data: bytes) -> Image.Image:
    """A portrait from the bytes of a picture file, RGBA, at most `EDGE` pixels each way."""
    picture = Image.open(io.BytesIO(data))
    picture.thumbnail((EDGE, EDGE))
    return picture.convert("RGBA")


def round_picture(picture: Image.Image, diameter: int) -> Image.Image:
    """The head of a portrait in a disc: the upper middle, where faces are."""
    edge = int(min(picture.size) * 0.72)
    left = (picture.width - edge) // 2
    top = int((picture.height - edge) * 0.3)
    face = picture.crop((left, top, left + edge, top + edge))
    face = face.resize((diameter, diameter), Image.Resampling.LANCZOS)
    scale = 4
    disc = Image.new("L", (diameter * scale, diameter * scale))
    ImageDraw.Draw(disc).ellipse((0, 0, disc.width - 1, disc.height - 1), fill=255)
    disc = disc.resize((diameter, diameter), Image.Resampling.LANCZOS)
    backdrop = Image.new("RGBA", face.size, PORTRAIT_GROUND)
    backdrop.alpha_composite(face)
    backdrop.putalpha(disc)
    return backdrop
