"""Kotone's own colours."""

from __future__ import annotations

from backend.avatar.layers.palette import rgb

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
