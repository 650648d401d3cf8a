"""Colours that all characters share, as (red, green, blue) 0 to 255."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

Rgb = tuple[int, int, int]


def rgb(code: str) -> Rgb:
    """A colour from its `rrggbb` code."""
    return int(code[0:2], 16), int(code[2:4], 16), int(code[4:6], 16)


@lru_cache(maxsize=256)
def bgra(colour: Rgb, alpha: int = 255) -> Sequence[float]:
    """The colour in the channel order of the frames, premultiplied by `alpha` (0 to 255)."""
    red, green, blue = (c * alpha / 255 for c in colour)
    return blue, green, red, float(alpha)


SKIN = rgb("ffeadf")
SKIN_WARM = rgb("ffd3c4")
SKIN_SHADE = rgb("f4b9ac")
SKIN_DEEP = rgb("dd8f8c")
SKIN_LINE = rgb("8a4650")
BLUSH = rgb("ff7f86")

EYE_WHITE = rgb("fffdfb")
EYE_WHITE_SHADE = rgb("cdbfda")

MOUTH_DARK = rgb("6a1f36")
TONGUE = rgb("f0808a")
TONGUE_LIGHT = rgb("ffa6a6")
TEETH = rgb("fffaf6")
TEETH_SHADE = rgb("e3cfd8")
