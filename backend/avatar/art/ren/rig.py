"""Ren's measurements and the look of his features: every drawing of him starts from these."""

from __future__ import annotations

from backend.avatar.art.eyes import IrisInk
from backend.avatar.art.face import FaceShape
from backend.avatar.layers.palette import rgb
from backend.avatar.layers.rig import FaceRig
from backend.avatar.layers.style import BrowStyle, EyeStyle, FaceStyle

RIG = FaceRig(
    eye_l=(414.0, 554.0),
    eye_r=(610.0, 554.0),
    eye_half_width=60.0,
    brow_l=(412.0, 482.0),
    brow_r=(612.0, 482.0),
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
        (512, 756), (486, 756), (466, 746), (444, 726),
        (406, 692), (360, 650), (344, 582),
        (334, 536), (328, 490), (330, 440),
    ),
    rouge=0.16,
)  # fmt: skip

STYLE = FaceStyle(
    eye=EyeStyle(
        upper=((-64, -4), (-54, -22), (-30, -36), (2, -39), (32, -31), (52, -11), (61, 16)),
        lower=((-64, -4), (-52, 17), (-29, 32), (4, 37), (33, 35), (52, 27), (61, 16)),
        blink=((-66, 8), (-50, 20), (-24, 29), (4, 32), (32, 30), (50, 25), (61, 18)),
        smile=((-64, 14), (-50, 0), (-24, -10), (4, -11), (32, -4), (50, 8), (61, 22)),
        lash=((0, 3), (0.1, 8.5), (0.4, 9), (0.82, 6), (1, 2)),
        wings=((0, 5, 17, -0.1),),
        lower_lashes=(),
        iris=(37, 43),
        reach=(17, 8),
        line=rgb("1f1e30"),
        warm=rgb("6a4658"),
        glow=rgb("4d4a72"),
    ),
    brow=BrowStyle(
        curve=((-56, 4), (-30, -9), (6, -10), (46, 5)),
        width=((0, 0.5), (0.4, 8.5), (0.8, 11.5), (1, 4)),
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
