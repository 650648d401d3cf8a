"""Light on hair."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from backend.avatar.art.lock import Lock
from backend.avatar.art.sheet import Sheet
from backend.avatar.layers.geometry import Points, progress
from backend.avatar.layers.palette import Rgb


def shine(
    sheet: Sheet, locks: Sequence[Lock], height: float, light: Rgb, core: Rgb, opacity: float = 0.75
) -> None:
    """The angel ring: a glint across every lock, toothed like light on strands.

    Args:
        locks: The locks that catch the light.
        height: Where, as a part of their length from the root.
        light: The colour of the glint.
        core: The colour of its middle.
        opacity: 0 to 1.
    """
    rng = np.random.default_rng(5)
    for lock in locks:
        curve = lock.curve()
        left, right = lock.edges()
        t = progress(curve)
        across = np.linspace(-0.86, 0.72, 13)
        teeth = 0.035 + 0.03 * rng.random(13)
        teeth[::2] += 0.05
        level = height + 0.03 * across**2
        top = [
            _on_lock(curve, left, right, t, u, v)
            for u, v in zip(across, level - teeth * 0.5, strict=True)
        ]
        low = [
            _on_lock(curve, left, right, t, u, v)
            for u, v in zip(across, level + teeth, strict=True)
        ]
        glint = np.array(top + low[::-1])
        sheet.fill(glint, light, opacity=opacity, atop=True)
        middle = (glint - glint.mean(0)) * (0.74, 0.62) + glint.mean(0)
        sheet.fill(middle, core, opacity=0.8 * opacity, soft=1.5, atop=True)


def _on_lock(
    curve: Points, left: Points, right: Points, t: NDArray[np.float64], across: float, along: float
) -> Points:
    """A point of a lock by its place across (-1 right, 1 left edge) and along (0 to 1)."""
    edge = left if across >= 0 else right
    k = int(np.searchsorted(t, along))
    return np.asarray(curve[k] + (edge[k] - curve[k]) * abs(across))
