"""Colours the cheeks of a portrait: a blush."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from backend.avatar.rig import PortraitRig
from backend.avatar.warps.geometry import Axes, Region

_PINK = (118.0, 104.0, 246.0)
_MOST = 0.42


class CheekTint:
    """The cheeks of one portrait.

    Args:
        size: Edge of the square picture, pixels.
        rig: Its points.
    """

    def __init__(self, size: int, rig: PortraitRig) -> None:
        axes = Axes.of(rig)
        apart = rig.eye_distance
        self._patches: list[tuple[Region, NDArray[np.float32]]] = []
        for eye, outward in zip(rig.eyes, (-1.0, 1.0), strict=True):
            _, mouth = axes.to_local(rig.mouth_x - eye.x, rig.mouth_y - eye.y)
            down = max(0.6 * mouth, eye.bottom + 0.1 * apart)
            x, y = axes.to_picture(outward * 0.1 * apart, down)
            reach = 0.42 * apart
            region = Region.around(size, eye.x + x, eye.y + y, (reach, reach, reach, reach))
            u, v = axes.grid(region, eye.x + x, eye.y + y)
            spot = np.exp(-((u / (0.2 * apart)) ** 2) - (v / (0.11 * apart)) ** 2)
            tint = np.asarray(_MOST * spot * region.feather(), np.float32)
            self._patches.append((region, tint[..., None]))
        self._color = np.array(_PINK, np.float32)

    def apply(self, blush: float, out: NDArray[np.uint8]) -> None:
        """Tint the cheeks of `out` (size, size, 3) by `blush`, 0 to 1."""
        blush = min(max(blush, 0.0), 1.0)
        if blush < 0.01:
            return
        for region, spot in self._patches:
            patch = out[region.slices]
            # Multiplying keeps dark skin dark and lets lines show through.
            tinted = patch * (1 - spot * blush * (1 - self._color / 255.0))
            out[region.slices] = tinted.astype(np.uint8)
