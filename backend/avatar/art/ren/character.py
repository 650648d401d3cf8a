"""Ren as a whole."""

from __future__ import annotations

from backend.avatar.art.character import Character
from backend.avatar.art.ren import backdrop, body, hair
from backend.avatar.art.ren.rig import IRIS, SHAPE, STYLE
from backend.avatar.pose import Mouth, Pose

REN = Character(
    SHAPE, STYLE, IRIS, backdrop.draw, hair.draw_back, body.draw, hair.draw_front,
    portrait=Pose(
        Mouth(open=0.1, width=0.15), smile=0.55, brow_l=0.15, roll=-0.3, yaw=-0.15, gaze_x=0.05,
    ),
)  # fmt: skip
