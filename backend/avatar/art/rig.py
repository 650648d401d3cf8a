"""Kotone's measurements: every drawing of her starts from these numbers."""

from __future__ import annotations

from backend.avatar.layers.rig import FaceRig

KOTONE = FaceRig(
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
