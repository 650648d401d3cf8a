"""Kotone as a whole."""

from __future__ import annotations

from backend.avatar.art.character import Character
from backend.avatar.art.kotone import backdrop, body, hair, headset
from backend.avatar.art.kotone.rig import IRIS, SHAPE, STYLE
from backend.avatar.art.sheet import Sheet
from backend.avatar.pose import Mouth, Pose


def _front(scale: float) -> Sheet:
    sheet = hair.draw_front(scale)
    sheet.put(headset.draw(scale))
    return sheet


KOTONE = Character(
    SHAPE, STYLE, IRIS, backdrop.draw, hair.draw_back, body.draw, _front,
    portrait=Pose(
        Mouth(open=0.34, width=0.25), smile=1.0, squint=0.12, brow_l=0.3, brow_r=0.3,
        roll=0.4, yaw=0.2, gaze_x=-0.1, blush=0.15,
    ),
)  # fmt: skip
