"""The ten minutes after sunset: a dusk sky, first stars, lights of a town and a quiet wave."""

from __future__ import annotations

import numpy as np

from backend.avatar.art.ren import palette as own
from backend.avatar.art.sheet import Sheet, ramp
from backend.avatar.layers.geometry import ellipse, ribbon, spline


def draw(scale: float) -> Sheet:
    """An opaque sheet."""
    sheet = Sheet.blank(scale)
    whole = np.array([(-9, -9), (1033, -9), (1033, 1033), (-9, 1033)], np.float64)
    sky = ramp((480, 0), (560, 1024), [
        (0, own.SKY_TOP), (0.32, own.SKY_HIGH), (0.62, own.SKY_MID), (0.9, own.SKY_LOW),
        (1, own.SKY_GLOW),
    ])  # fmt: skip
    sheet.fill(whole, sky)
    sheet.fill(ellipse((512, 560), (330, 330)), own.SKY_LOW, opacity=0.4, soft=80)
    for k in range(25):
        x = 32 + k * 40.0
        height = 50 + 170 * abs(np.sin(k * 1.3 + 0.6)) * (0.3 + 0.7 * abs(x - 512) / 512)
        bar = spline([(x, 620 - height), (x, 620 + height)])
        sheet.fill(ribbon(bar, 15.0), own.GLOW_LIGHT, opacity=0.13, soft=1.5)
    rng = np.random.default_rng(11)
    for _ in range(46):
        x, y, r = rng.uniform(0, 1024), rng.uniform(0, 430), rng.uniform(1.2, 3.2)
        sheet.fill(ellipse((x, y), (r, r)), own.STAR, opacity=rng.uniform(0.35, 0.9), soft=0.5)
    for _ in range(14):
        x, y, r = rng.uniform(0, 1024), rng.uniform(640, 1000), rng.uniform(14, 50)
        colour = (own.SKY_GLOW, own.RIM_WARM, own.GLOW_LIGHT)[int(rng.integers(3))]
        sheet.fill(ellipse((x, y), (r, r)), colour, opacity=0.24, soft=r * 0.08)
    return sheet
