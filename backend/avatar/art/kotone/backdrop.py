"""The studio behind her: a soft gradient, out-of-focus lights and a quiet sound wave."""

from __future__ import annotations

import numpy as np

from backend.avatar.art.kotone import palette as own
from backend.avatar.art.sheet import Sheet, ramp
from backend.avatar.layers.geometry import ellipse, ribbon, spline


def draw(scale: float) -> Sheet:
    """An opaque sheet."""
    sheet = Sheet.blank(scale)
    whole = np.array([(-9, -9), (1033, -9), (1033, 1033), (-9, 1033)], np.float64)
    sheet.fill(
        whole,
        ramp((300, 0), (720, 1024), [(0, own.SKY_TOP), (0.55, own.SKY_MID), (1, own.SKY_LOW)]),
    )
    sheet.fill(ellipse((512, 470), (330, 340)), (255, 255, 255), opacity=0.55, soft=70)
    for k in range(25):
        x = 32 + k * 40.0
        height = 60 + 190 * abs(np.sin(k * 1.7)) * (0.35 + 0.65 * abs(x - 512) / 512)
        bar = spline([(x, 600 - height), (x, 600 + height)])
        sheet.fill(ribbon(bar, 15.0), (255, 255, 255), opacity=0.2, soft=1.5)
    rng = np.random.default_rng(3)
    for _ in range(16):
        x, y, r = rng.uniform(0, 1024), rng.uniform(0, 900), rng.uniform(14, 58)
        colour = (own.GLOW_LIGHT, (255, 226, 234), (255, 255, 255))[int(rng.integers(3))]
        sheet.fill(ellipse((x, y), (r, r)), colour, opacity=0.26, soft=r * 0.08)
    return sheet
