"""A lock of hair: gradient, shaded side, strands, light and pen line along a spine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from backend.avatar.art.sheet import Paint, Sheet
from backend.avatar.layers.geometry import Points, mirror, normals, profile, progress, spline
from backend.avatar.layers.palette import Rgb

_LOCK = [(0.0, 0.5), (0.35, 1.0), (0.7, 0.82), (1.0, 0.0)]


@dataclass(frozen=True)
class HairInk:
    """The paints of one head of hair: lit side, shaded side, pen lines, light on the strands."""

    paint: Paint
    dark: Paint
    line: Paint
    light: Rgb


@dataclass(frozen=True)
class Lock:
    """A lock of hair along a spine, with its widest width in art units."""

    spine: Sequence[tuple[float, float]]
    width: float
    widths: Sequence[tuple[float, float]] = tuple(_LOCK)
    line: float = 4.2
    shade: float = 1.0
    root: float = 0.22
    paint: Paint | None = None
    dark: Paint | None = None

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


def draw_lock(sheet: Sheet, lock: Lock, ink: HairInk) -> None:
    """Paint one lock over what is there; its own paints go before the ink."""
    dark = lock.dark or ink.dark
    shape = lock.outline()
    left, right = lock.edges()
    curve = lock.curve()
    sheet.fill(shape, lock.paint or ink.paint)
    side = np.concatenate([right, (curve + (right - curve) * 0.28)[::-1]])
    sheet.fill(side, dark, opacity=0.8 * lock.shade, clip=shape)
    softer = np.concatenate([right, (curve - (right - curve) * 0.15)[::-1]])
    sheet.fill(softer, dark, opacity=0.4 * lock.shade, soft=lock.width * 0.06, clip=shape)
    t = progress(curve)
    inner = (t > 0.12) & (t < 0.86)
    for part, weight in ((0.42, 0.75), (-0.5, 0.5)):
        strand = (curve + (left - curve) * part)[inner]
        sheet.stroke(strand, 2.2, ink.line, opacity=weight * 0.55, clip=shape)
    light = (curve + (left - curve) * 0.68)[(t > 0.2) & (t < 0.8)]
    sheet.stroke(light, lock.width * 0.09, ink.light, opacity=0.5, clip=shape)
    for edge, weight in ((left, 0.8), (right, 1.0)):
        visible = edge[t >= lock.root]
        sheet.stroke(visible, lock.line * weight, ink.line, start=0.4, end=0.12)


def draw_locks(sheet: Sheet, locks: Sequence[Lock], ink: HairInk) -> None:
    """Paint locks from the farthest to the nearest."""
    for lock in locks:
        draw_lock(sheet, lock, ink)


def both(lock: Lock) -> tuple[Lock, Lock]:
    """The lock and its mirror image."""
    other = [(float(x), float(y)) for x, y in mirror(lock.spine)]
    return lock, replace(lock, spine=other)
