"""Kotone's colours, as (red, green, blue) 0 to 255: the one place where they are chosen."""

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

HAIR_ROOT = rgb("35318a")
HAIR_MID = rgb("4753b8")
HAIR_TIP = rgb("35c6cc")
HAIR_TIP_LIGHT = rgb("8ef0e4")
HAIR_SHADE = rgb("231f5c")
HAIR_LINE = rgb("1b1848")
HAIR_LIGHT = rgb("8f9bf2")
HAIR_SHINE = rgb("d8e0ff")
HAIR_RIM = rgb("c9b8ff")
HAIR_BACK_ROOT = rgb("24215f")
HAIR_BACK_TIP = rgb("1f8fa6")

EYE_LINE = rgb("2a1a3e")
EYE_LINE_WARM = rgb("7c3a4c")
LASH_GLOW = rgb("6a2c52")
EYE_WHITE = rgb("fffdfb")
EYE_WHITE_SHADE = rgb("cdbfda")
IRIS_RIM = rgb("5a1f24")
IRIS_DARK = rgb("9a3a12")
IRIS_MID = rgb("f08a12")
IRIS_GLOW = rgb("ffd95a")
PUPIL = rgb("3a1226")
BROW = rgb("2c2a74")

MOUTH_LINE = rgb("8e3848")
MOUTH_DARK = rgb("6a1f36")
MOUTH_INSIDE = rgb("9c3048")
TONGUE = rgb("f0808a")
TONGUE_LIGHT = rgb("ffa6a6")
TEETH = rgb("fffaf6")
TEETH_SHADE = rgb("e3cfd8")
LIP = rgb("f09a97")

CORAL = rgb("ff6b81")
CORAL_SHADE = rgb("d8436a")
CREAM = rgb("fdf8ff")
CREAM_SHADE = rgb("cfc6e8")
CREAM_DEEP = rgb("a79bcb")
NAVY = rgb("2b2a63")
NAVY_LIGHT = rgb("4a4c9a")
NAVY_DEEP = rgb("1a1942")
CLOTH_LINE = rgb("332b5c")
GLOW = rgb("4df3e2")
GLOW_LIGHT = rgb("dcfffa")

SKY_TOP = rgb("cfd3ff")
SKY_MID = rgb("f3dcf6")
SKY_LOW = rgb("ffe6dc")
