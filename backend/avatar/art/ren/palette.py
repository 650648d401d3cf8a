"""Ren's own colours."""

from __future__ import annotations

from backend.avatar.layers.palette import rgb

HAIR_ROOT = rgb("686c84")
HAIR_MID = rgb("9599b2")
HAIR_TIP = rgb("c3c8d8")
HAIR_TIP_LIGHT = rgb("e3e7f1")
HAIR_SHADE_ROOT = rgb("474a62")
HAIR_SHADE_MID = rgb("6e7390")
HAIR_SHADE_TIP = rgb("9aa1bd")
HAIR_LINE = rgb("2b2c40")
HAIR_LINE_TIP = rgb("4b4e68")
HAIR_LIGHT = rgb("e4e9f5")
HAIR_GLINT = rgb("bcc3d8")
HAIR_SHINE = rgb("f3f6ff")
HAIR_RIM = rgb("ffd9b8")
HAIR_BACK_ROOT = rgb("3f4158")
HAIR_BACK_TIP = rgb("747a98")
HAIR_CAST = rgb("b0637c")

KNIT = rgb("24252f")
KNIT_LIGHT = rgb("434658")
KNIT_DEEP = rgb("15161d")
KNIT_LINE = rgb("0f1016")
KNIT_RIM = rgb("8f8fb8")
RIM_WARM = rgb("ffc79a")

STEEL = rgb("d6dbe8")
STEEL_SHADE = rgb("8a91a8")
STEEL_DEEP = rgb("4d536b")
SHELL = rgb("3b3f57")
SHELL_DEEP = rgb("20222f")
GLOW = rgb("8fb4ff")
GLOW_LIGHT = rgb("e4eeff")

SKY_TOP = rgb("2f3f86")
SKY_HIGH = rgb("5867b4")
SKY_MID = rgb("a08cc8")
SKY_LOW = rgb("f3b29c")
SKY_GLOW = rgb("ffd9b0")
STAR = rgb("f4f1ff")
