"""An eye as outlines: lids that really close, lashes with wings, the place of the iris.

Lids are curves from the outer corner to the inner one. Closing moves the upper curve to the
closed one, a shallow bowl for a blink or an arch for a smile, so the lash line keeps its weight.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from backend.avatar.layers import palette as ink
from backend.avatar.layers.geometry import Points, Profile, profile, ribbon, shifted, spline, taper
from backend.avatar.layers.shape import Drawing, Iris, Shape

IRIS_RADII = (45.0, 57.0)
IRIS_MARGIN = 1.1
GAZE_REACH = (17.0, 12.0)

_UPPER = [(-62, 10), (-55, -20), (-32, -47), (2, -55), (32, -46), (52, -20), (60, 12)]
_LOWER = [(-62, 10), (-53, 33), (-31, 49), (2, 54), (32, 49), (51, 33), (60, 12)]
_BLINK = [(-66, 18), (-50, 34), (-24, 44), (4, 46), (32, 41), (50, 31), (60, 20)]
_SMILE = [(-64, 28), (-50, 4), (-24, -13), (4, -16), (32, -6), (50, 12), (60, 28)]
_SAMPLES = 6
_WIDEN = 0.42
_CLOSED_AT = 0.93
_TILT = 34.0


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
    lash = profile(t, [(0, 5), (0.14, 12), (0.45, 11), (0.82, 6), (1, 1.5)])
    return _Lids(
        upper, spline(_LOWER, _SAMPLES), spline(_BLINK, _SAMPLES), spline(_SMILE, _SAMPLES),
        t, lash, np.sin(t * np.pi),
    )  # fmt: skip


class EyeArt:
    """Draws one eye from its outer corner, at the left, to the inner one."""

    def __init__(self) -> None:
        self._lids = _lids()
        self._kept: tuple[float, float, float] | None = None
        self._kept_lids: tuple[Points, Drawing, Drawing] = (self._lids.upper, [], [])

    def draw(
        self, closure: float, squint: float, tilt: float, gaze: tuple[float, float]
    ) -> Drawing:
        """The eye in drawing order; the lids are kept while only the gaze moves.

        Args:
            closure: -0.3 (wide) to 1 (shut).
            squint: Lower lid raised, 0 to 1.
            tilt: The upper lid, -1 (down inwards: angry) to 1 (down outwards: sad).
            gaze: Inwards and downwards, -1 to 1.
        """
        shut = min(max(closure, -0.3), 1.0)
        lids = (shut, min(max(squint, 0.0), 1.0), min(max(tilt, -1.0), 1.0))
        if self._kept != lids:
            self._kept = lids
            self._kept_lids = self._draw_lids(*lids)
        opening, under, over = self._kept_lids
        if not under:
            return over
        iris = np.concatenate([_iris(shut, gaze), opening])
        return [*under, Iris(iris), *over]

    def _draw_lids(
        self, shut: float, squint: float, tilt: float
    ) -> tuple[Points, Drawing, Drawing]:
        lids = self._lids
        closed = lids.blink + (lids.smile - lids.blink) * squint
        amount = shut if shut >= 0 else shut * _WIDEN
        opened = lids.upper.copy()
        droop = np.where(tilt < 0, lids.t, 1 - lids.t) * lids.raise_by
        opened[:, 1] += _TILT * (-tilt if tilt < 0 else 0.5 * tilt) * droop
        upper = opened + (closed - opened) * amount
        lower = lids.lower + 0.0
        lower[:, 1] -= (24 * squint - 4 * amount) * lids.raise_by
        lower += (closed - lower) * max(amount, 0.0) ** 3
        lower[:, 1] = np.maximum(lower[:, 1], upper[:, 1])
        opening = np.concatenate([upper, lower[::-1]])
        under: Drawing = _white(upper, lower) if shut < _CLOSED_AT else []
        over: Drawing = [*self._fold(upper, amount), *self._lash(upper, lower, amount)]
        return opening, under, over

    def _fold(self, upper: Points, amount: float) -> Drawing:
        lids = self._lids
        fold = lids.upper[6:-7].copy()
        fold[:, 1] += -19 + 16 * amount
        pen = 3.4 * taper(np.linspace(0, 1, len(fold)), 0.5, 0.5)
        line = Shape(ribbon(fold, pen), ink.bgra(ink.EYE_LINE_WARM, 190))
        if amount <= 0.05:
            return [line]
        lid = np.concatenate([upper[2:-2], (lids.upper[2:-2] - (0, 8 - 20 * amount))[::-1]])
        tint = Shape(lid, ink.bgra(ink.SKIN_SHADE, int(46 * min(amount, 1.0))))
        return [tint, line]

    def _lash(self, upper: Points, lower: Points, amount: float) -> Drawing:
        lids = self._lids
        weight = lids.lash * (1 - 0.12 * max(amount, 0.0))
        top = upper.copy()
        top[:, 1] -= weight
        top[:, 0] -= weight * 0.25 * (1 - lids.t)
        dark, warm = ink.bgra(ink.EYE_LINE), ink.bgra(ink.EYE_LINE_WARM)
        shapes: Drawing = []
        if amount < _CLOSED_AT:
            under = lower[5:-9]
            pen = 3.6 * taper(np.linspace(0, 1, len(under)), 0.3, 0.7)
            shapes.append(Shape(ribbon(under, pen), ink.bgra(ink.EYE_LINE_WARM)))
        shapes.append(Shape(np.concatenate([upper, top[::-1]]), dark))
        glow = upper[14:31]
        pen = 3.4 * taper(np.linspace(0, 1, len(glow)), 0.5, 0.5)
        shapes.append(Shape(ribbon(glow - (0, 2.2), pen), ink.bgra(ink.LASH_GLOW)))
        lift = -0.5 + 0.85 * max(amount, 0.0)
        for start, stop, length, turn in ((0, 5, 21, 0.0), (3, 9, 15, -0.35)):
            shapes.append(Shape(_wing(upper, top, start, stop, length, lift + turn), dark))
        if amount < 0.8:
            for k, length in ((6, 8), (9, 8)):
                root = lower[k]
                tip = root + np.array([-0.6, 0.75]) * length
                shapes.append(
                    Shape(
                        np.array([root - np.array([2.5, 1]), tip, root + np.array([1.5, 1])]), warm
                    )
                )
        return shapes


def _iris(shut: float, gaze: tuple[float, float]) -> Points:
    size = 1 + 0.3 * min(shut, 0.0)
    x = min(max(gaze[0], -1.0), 1.0) * GAZE_REACH[0] + 1.0
    y = min(max(gaze[1], -1.0), 1.0) * GAZE_REACH[1] - 1.0
    rx = IRIS_RADII[0] * IRIS_MARGIN * size
    ry = IRIS_RADII[1] * IRIS_MARGIN * size
    return np.array([(x, y), (x + rx, y), (x, y + ry)])


def _white(upper: Points, lower: Points) -> Drawing:
    shadow = shifted(upper, 0, 14.0)
    shadow[:, 1] = np.minimum(shadow[:, 1], lower[:, 1])
    return [
        Shape(np.concatenate([upper, lower[::-1]]), ink.bgra(ink.EYE_WHITE)),
        Shape(np.concatenate([upper, shadow[::-1]]), ink.bgra(ink.EYE_WHITE_SHADE)),
    ]


def _wing(upper: Points, top: Points, start: int, stop: int, length: float, lift: float) -> Points:
    """One spike of the lashes, curved upwards, from a piece of the lash line."""
    root, far = upper[start], top[stop]
    tip = top[start] + np.array([-1.0, lift]) * length
    below = spline([root, (root + tip) / 2 + (-1, 4), tip], 5)
    above = spline([tip, (far + tip) / 2 + (2, 4), far], 5)
    return np.concatenate([below, above[1:], upper[stop][None], upper[start + 1][None]])
