"""A lock of hair: gradient, shaded side, strands, light and pen line along a spine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from backend.avatar.art.sheet import Paint, Sheet, ramp
from backend.avatar.layers import palette as ink
from backend.avatar.layers.geometry import Points, mirror, normals, profile, progress, spline

_LOCK = [(0.0, 0.5), (0.45, 1.0), (0.74, 0.78), (1.0, 0.0)]
_LOCK = [(0.0, 0.5), (0.35, 1.0), (0.7, 0.82), (1.0, 0.0)]

FRONT: Paint = ramp((512, 170), (512, 800), [
    (0.0, ink.HAIR_ROOT), (0.28, ink.HAIR_MID), (0.55, ink.rgb("4a7ad0")),
    (0.82, ink.HAIR_TIP), (1.0, ink.HAIR_TIP_LIGHT),
])  # fmt: skip
SHADED: Paint = ramp((512, 170), (512, 820), [
    (0.0, ink.rgb("221f5e")), (0.35, ink.rgb("343a94")), (0.7, ink.rgb("2a7fb4")),
    (1.0, ink.rgb("2cb4bf")),
])  # fmt: skip
LINE: Paint = ramp((512, 300), (512, 860), [(0, ink.HAIR_LINE), (1, ink.rgb("17507a"))])


@dataclass(frozen=True)
class Lock:
    """A lock of hair along a spine, with its widest width in art units."""

    spine: Sequence[tuple[float, float]]
    width: float
    widths: Sequence[tuple[float, float]] = tuple(_LOCK)
    line: float = 4.2
    shade: float = 1.0
    root: float = 0.22
    paint: Paint = FRONT
    dark: Paint = SHADED

    def curve(self) -> Points:
        """The spine, smooth."""
        return spline(self.spine, 20)

    def edges(self) -> tuple[Points, Points]:
        """Both sides, root to tip."""
        curve = self.curve()
        half = normals(curve) * (profile(progress(curve), self.widths) * self.width / 2)[:, None]
        return curve + half, curve - half

    def outline(self) -> Points:
        """The lock as a closed shape."""
        left, right = self.edges()
        return np.concatenate([left, right[::-1]])


def draw_lock(sheet: Sheet, lock: Lock) -> None:
    """Paint one lock over what is there."""
    shape = lock.outline()
    left, right = lock.edges()
    curve = lock.curve()
    sheet.fill(shape, lock.paint)
    dark = np.concatenate([right, (curve + (right - curve) * 0.28)[::-1]])
    sheet.fill(dark, lock.dark, opacity=0.8 * lock.shade, clip=shape)
    softer = np.concatenate([right, (curve - (right - curve) * 0.15)[::-1]])
    sheet.fill(softer, lock.dark, opacity=0.4 * lock.shade, soft=lock.width * 0.06, clip=shape)
    t = progress(curve)
    inner = (t > 0.12) & (t < 0.86)
    for part, weight in ((0.42, 0.75), (-0.5, 0.5)):
        strand = (curve + (left - curve) * part)[inner]
        sheet.stroke(strand, 2.2, LINE, opacity=weight * 0.55, clip=shape)
    light = (curve + (left - curve) * 0.68)[(t > 0.2) & (t < 0.8)]
    sheet.stroke(light, lock.width * 0.09, ink.HAIR_LIGHT, opacity=0.5, clip=shape)
    for edge, weight in ((left, 0.8), (right, 1.0)):
        visible = edge[t >= lock.root]
        sheet.stroke(visible, lock.line * weight, LINE, start=0.4, end=0.12)


def draw_locks(sheet: Sheet, locks: Sequence[Lock]) -> None:
    """Paint locks from the farthest to the nearest."""
    for lock in locks:
        draw_lock(sheet, lock)


def both(lock: Lock) -> tuple[Lock, Lock]:
    """The lock and its mirror image."""
    other = [(float(x), float(y)) for x, y in mirror(lock.spine)]
    return lock, replace(lock, spine=other)
