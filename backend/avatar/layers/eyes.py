"""An eye as outlines: lids that really close, lashes with wings, the place of the iris.

Lids are curves from the outer corner to the inner one. Closing moves the upper curve to the
closed one, a shallow bowl for a blink or an arch for a smile, so the lash line keeps its weight.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from backend.avatar.layers import palette as ink
from backend.avatar.layers.geometry import Points, Profile, profile, ribbon, spline, taper
from backend.avatar.layers.shape import EyeDrawing, Shape

IRIS_RADII = (42.0, 56.0)
IRIS_MARGIN = 1.1
GAZE_REACH = (19.0, 14.0)

_UPPER = [(-63, 4), (-54, -30), (-28, -58), (6, -65), (36, -50), (55, -16), (59, 12)]
_LOWER = [(-63, 4), (-54, 32), (-30, 52), (2, 58), (32, 50), (52, 32), (59, 12)]
_BLINK = [(-66, 16), (-50, 33), (-24, 44), (4, 47), (32, 42), (50, 31), (59, 20)]
_SMILE = [(-64, 26), (-50, 2), (-24, -15), (4, -18), (32, -8), (50, 12), (59, 28)]
_SAMPLES = 6
_WIDEN = 0.42
_CLOSED_AT = 0.93


@dataclass(frozen=True, slots=True)
class _Lids:
    upper: Points
    lower: Points
    blink: Points
    smile: Points
    t: Profile
    lash: Profile
    raise_by: Profile


def _lids() -> _Lids:
    upper = spline(_UPPER, _SAMPLES)
    t = np.linspace(0, 1, len(upper))
    lash = profile(t, [(0, 8), (0.14, 15), (0.5, 13), (0.82, 7), (1, 2)])
    return _Lids(
        upper, spline(_LOWER, _SAMPLES), spline(_BLINK, _SAMPLES), spline(_SMILE, _SAMPLES),
        t, lash, np.sin(t * np.pi),
    )  # fmt: skip


class EyeArt:
    """Draws one eye; `side` is 1 for the eye on the left of the picture, -1 for the other."""

    def __init__(self, centre: tuple[float, float], side: int) -> None:
        self._centre = np.array(centre)
        self._flip = np.array([float(side), 1.0])
        self._lids = _lids()

    def draw(self, closure: float, squint: float, gaze: tuple[float, float]) -> EyeDrawing:
        """The eye at a closure (-0.3 to 1), a raised lower lid (0 to 1) and a gaze (-1 to 1)."""
        lids = self._lids
        shut = min(max(closure, -0.3), 1.0)
        squint = min(max(squint, 0.0), 1.0)
        closed = lids.blink + (lids.smile - lids.blink) * squint
        amount = shut if shut >= 0 else shut * _WIDEN
        upper = lids.upper + (closed - lids.upper) * amount
        lower = lids.lower + 0.0
        lower[:, 1] -= (26 * squint - 4 * amount) * lids.raise_by
        lower += (closed - lower) * max(amount, 0.0) ** 3
        lower[:, 1] = np.maximum(lower[:, 1], upper[:, 1])
        opening = np.concatenate([upper, lower[::-1]])
        drawing = EyeDrawing([], opening, self._iris(shut, gaze), [])
        if shut < _CLOSED_AT:
            drawing.under = _white(upper, lower)
        drawing.over = [*self._fold(upper, amount), *self._lash(upper, lower, amount)]
        return self._place(drawing)

    def _iris(self, shut: float, gaze: tuple[float, float]) -> Points:
        size = 1 + 0.3 * min(shut, 0.0)
        x = min(max(gaze[0], -1.0), 1.0) * GAZE_REACH[0] * float(self._flip[0])
        y = min(max(gaze[1], -1.0), 1.0) * GAZE_REACH[1] - 2
        rx = IRIS_RADII[0] * IRIS_MARGIN * size * float(self._flip[0])
        ry = IRIS_RADII[1] * IRIS_MARGIN * size
        return np.array([(x, y), (x + rx, y), (x, y + ry)])

    def _fold(self, upper: Points, amount: float) -> list[Shape]:
        lids = self._lids
        fold = lids.upper[6:-7].copy()
        fold[:, 1] += -19 + 16 * amount
        pen = 3.4 * taper(np.linspace(0, 1, len(fold)), 0.5, 0.5)
        line = Shape(ribbon(fold, pen), ink.bgra(ink.EYE_LINE_WARM, 190))
        if amount <= 0.05:
            return [line]
        lid = np.concatenate([upper[2:-2], (lids.upper[2:-2] - (0, 8 - 20 * amount))[::-1]])
        tint = Shape(lid, ink.bgra(ink.SKIN_SHADE, int(80 * min(amount, 1.0))))
        return [tint, line]

    def _lash(self, upper: Points, lower: Points, amount: float) -> list[Shape]:
        lids = self._lids
        weight = lids.lash * (1 - 0.35 * max(amount, 0.0))
        top = upper.copy()
        top[:, 1] -= weight
        top[:, 0] -= weight * 0.25 * (1 - lids.t)
        dark = ink.bgra(ink.EYE_LINE)
        shapes = []
        if amount < _CLOSED_AT:
            under = lower[5:-9]
            pen = 3.6 * taper(np.linspace(0, 1, len(under)), 0.3, 0.7)
            shapes.append(Shape(ribbon(under, pen), ink.bgra(ink.EYE_LINE_WARM)))
        shapes.append(Shape(np.concatenate([upper, top[::-1]]), dark))
        warm = np.concatenate([upper[20:34], (upper[20:34] - (0, 4.0))[::-1]])
        shapes.append(Shape(warm, ink.bgra(ink.EYE_LINE_WARM)))
        lift = -0.55 + 0.75 * max(amount, 0.0)
        for start, stop, length, turn in ((0, 4, 25, 0.0), (3, 8, 20, -0.3), (7, 12, 15, -0.55)):
            shapes.append(Shape(_wing(upper, top, start, stop, length, lift + turn), dark))
        if amount < 0.8:
            for k, length in ((5, 9), (8, 8)):
                root = lower[k]
                tip = root + np.array([-0.75, 0.65]) * length
                shapes.append(Shape(np.array([root - (3, 0), tip, root + (1.5, 1)]), dark))
        return shapes

    def _place(self, drawing: EyeDrawing) -> EyeDrawing:
        for shape in [*drawing.under, *drawing.over]:
            shape.points = shape.points * self._flip + self._centre
        drawing.opening = drawing.opening * self._flip + self._centre
        drawing.iris = drawing.iris * self._flip + self._centre
        return drawing


def _white(upper: Points, lower: Points) -> list[Shape]:
    shadow = upper + (0, 17.0)
    shadow[:, 1] = np.minimum(shadow[:, 1], lower[:, 1])
    return [
        Shape(np.concatenate([upper, lower[::-1]]), ink.bgra(ink.EYE_WHITE)),
        Shape(np.concatenate([upper, shadow[::-1]]), ink.bgra(ink.EYE_WHITE_SHADE)),
    ]


def _wing(
    upper: Points, top: Points, start: int, stop: int, length: float, lift: float
) -> Points:
    """One spike of the lashes, curved upwards, from a piece of the lash line."""
    root, far = upper[start], top[stop]
    tip = top[start] + np.array([-1.0, lift]) * length
    below = (root + tip) / 2 + (2, 4)
    above = (far + tip) / 2 + (3, 1.5)
    return np.stack([root, below, tip, above, far, (upper[start] + upper[stop]) / 2])
