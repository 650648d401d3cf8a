"""Kotone's measurements and the look of her features: every drawing of her starts from these."""

from __future__ import annotations

from backend.avatar.art.eyes import IrisInk
from backend.avatar.art.face import FaceShape
from backend.avatar.layers.palette import rgb
from backend.avatar.layers.rig import FaceRig
from backend.avatar.layers.style import BrowStyle, EyeStyle, FaceStyle

RIG = FaceRig(
    eye_l=(412.0, 550.0),
    eye_r=(612.0, 550.0),
    eye_half_width=62.0,
    brow_l=(412.0, 446.0),
    brow_r=(612.0, 446.0),
    mouth=(512.0, 653.0),
    mouth_half_width=33.0,
    nose=(512.0, 612.0),
    chin=(512.0, 728.0),
    head=(512.0, 470.0),
    head_radius=270.0,
    pivot=(512.0, 800.0),
    cheek_l=(382.0, 630.0),
    cheek_r=(642.0, 630.0),
)

SHAPE = FaceShape(
    RIG,
    (
        (512, 728), (492, 728), (470, 718), (448, 702),
        (404, 672), (356, 636), (338, 572),
        (328, 532), (324, 490), (326, 440),
    ),
    rouge=0.4,
)  # fmt: skip

STYLE = FaceStyle(
    eye=EyeStyle(
        upper=((-62, 10), (-55, -20), (-32, -47), (2, -55), (32, -46), (52, -20), (60, 12)),
        lower=((-62, 10), (-53, 33), (-31, 49), (2, 54), (32, 49), (51, 33), (60, 12)),
        blink=((-66, 18), (-50, 34), (-24, 44), (4, 46), (32, 41), (50, 31), (60, 20)),
        smile=((-64, 28), (-50, 4), (-24, -13), (4, -16), (32, -6), (50, 12), (60, 28)),
        lash=((0, 5), (0.14, 12), (0.45, 11), (0.82, 6), (1, 1.5)),
        wings=((0, 5, 21, 0.0), (3, 9, 15, -0.35)),
        lower_lashes=(6, 9),
        iris=(45, 57),
        reach=(17, 12),
        line=rgb("2a1a3e"),
        warm=rgb("7c3a4c"),
        glow=rgb("6a2c52"),
    ),
    brow=BrowStyle(
        curve=((-50, 12), (-26, -6), (8, -11), (46, 0)),
        width=((0, 0.5), (0.45, 7.5), (0.85, 9.5), (1, 3)),
        colour=rgb("2c2a74"),
    ),
    lip=rgb("f09a97"),
    lip_line=rgb("8e3848"),
)

IRIS = IrisInk(
    rim=rgb("5a1f24"), top=rgb("58202a"), dark=rgb("9a3a12"), mid=rgb("f08a12"),
    glow=rgb("ffd95a"), light=rgb("ffeca0"), shade=rgb("4a1630"), pupil=rgb("3a1226"),
    pupil_glow=rgb("a2431c"),
)  # fmt: skip
