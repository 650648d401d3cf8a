"""Ren's measurements and the look of his features: every drawing of him starts from these."""

from __future__ import annotations

from backend.avatar.art.eyes import IrisInk
from backend.avatar.art.face import FaceShape
from backend.avatar.layers.palette import rgb
from backend.avatar.layers.rig import FaceRig
from backend.avatar.layers.style import BrowStyle, EyeStyle, FaceStyle

RIG = FaceRig(
    eye_l=(414.0, 560.0),
    eye_r=(610.0, 560.0),
    eye_half_width=60.0,
    brow_l=(412.0, 492.0),
    brow_r=(612.0, 492.0),
    mouth=(512.0, 676.0),
    mouth_half_width=34.0,
    nose=(512.0, 626.0),
    chin=(512.0, 756.0),
    head=(512.0, 476.0),
    head_radius=250.0,
    pivot=(512.0, 810.0),
    cheek_l=(384.0, 640.0),
    cheek_r=(640.0, 640.0),
)

SHAPE = FaceShape(
    RIG,
    (
        (512, 758), (488, 758), (468, 753), (446, 734),
        (406, 702), (360, 662), (339, 590),
        (330, 540), (326, 490), (328, 440),
    ),
    rouge=0.05,
)  # fmt: skip

STYLE = FaceStyle(
    eye=EyeStyle(
        upper=((-62, -7), (-52, -22), (-28, -30), (4, -29), (32, -21), (50, -6), (60, 16)),
        lower=((-62, -7), (-50, 11), (-28, 26), (4, 31), (32, 30), (50, 24), (60, 16)),
        blink=((-64, 6), (-50, 16), (-24, 24), (4, 27), (32, 26), (50, 22), (60, 17)),
        smile=((-62, 14), (-50, 1), (-24, -8), (4, -9), (32, -3), (50, 8), (60, 20)),
        lash=((0, 4), (0.12, 9.5), (0.4, 10.5), (0.8, 7.5), (1, 2)),
        wings=((0, 5, 16, -0.2),),
        lower_lashes=(),
        iris=(33, 38),
        reach=(17, 7),
        line=rgb("1f1e30"),
        warm=rgb("6a4658"),
        glow=rgb("4d4a72"),
    ),
    brow=BrowStyle(
        curve=((-58, 2), (-32, -8), (4, -6), (46, 7)),
        width=((0, 0.5), (0.4, 9.5), (0.8, 13), (1, 6)),
        colour=rgb("494c62"),
    ),
    lip=rgb("e0958f"),
    lip_line=rgb("84404a"),
)

IRIS = IrisInk(
    rim=rgb("1f2a4c"), top=rgb("232c56"), dark=rgb("34508c"), mid=rgb("6f97cf"),
    glow=rgb("bfe0f4"), light=rgb("e4f4ff"), shade=rgb("1b1d44"), pupil=rgb("141733"),
    pupil_glow=rgb("4a5fa8"),
)  # fmt: skip
