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
from backend.avatar.layers.style import EyeStyle

IRIS_MARGIN = 1.1

_SAMPLES = 6
_WIDEN = 0.42
_CLOSED_AT = 0.93
# Shares of the open eye's height.
_TILT = 0.31
_SQUINT = 0.22
_SPIKE = np.array([(-2.5, -1.0), (-4.8, 6.0), (1.5, 1.0)])


@dataclass(frozen=True, slots=True)
class _Lids:
    height: float
    upper: Points
    lower: Points
    blink: Points
    smile: Points
    t: Profile
    lash: Profile
    raise_by: Profile


def _lids(style: EyeStyle) -> _Lids:
    curves = (style.upper, style.lower, style.blink, style.smile)
    upper, lower, blink, smile = (spline(curve, _SAMPLES) for curve in curves)
    t = np.linspace(0, 1, len(upper))
    height = float(lower[:, 1].max() - upper[:, 1].min())
    return _Lids(height, upper, lower, blink, smile, t, profile(t, style.lash), np.sin(t * np.pi))


class EyeArt:
    """Draws one eye from its outer corner, at the left, to the inner one."""

    def __init__(self, style: EyeStyle) -> None:
        self._style = style
        self._lids = _lids(style)
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
        iris = np.concatenate([_iris(self._style, shut, gaze), opening])
        return [*under, Iris(iris), *over]

    def _draw_lids(
        self, shut: float, squint: float, tilt: float
    ) -> tuple[Points, Drawing, Drawing]:
        lids = self._lids
        closed = lids.blink + (lids.smile - lids.blink) * squint
        amount = shut if shut >= 0 else shut * _WIDEN
        opened = lids.upper.copy()
        droop = np.where(tilt < 0, lids.t, 1 - lids.t) * lids.raise_by
        opened[:, 1] += _TILT * lids.height * (-tilt if tilt < 0 else 0.5 * tilt) * droop
        upper = opened + (closed - opened) * amount
        lower = lids.lower + 0.0
        lower[:, 1] -= (_SQUINT * lids.height * squint - 4 * amount) * lids.raise_by
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
        line = Shape(ribbon(fold, pen), ink.bgra(self._style.warm, 190))
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
        dark, warm = ink.bgra(self._style.line), ink.bgra(self._style.warm)
        shapes: Drawing = []
        if amount < _CLOSED_AT:
            under = lower[5:-9]
            pen = 3.6 * taper(np.linspace(0, 1, len(under)), 0.3, 0.7)
            shapes.append(Shape(ribbon(under, pen), warm))
        shapes.append(Shape(np.concatenate([upper, top[::-1]]), dark))
        glow = upper[14:31]
        pen = 3.4 * taper(np.linspace(0, 1, len(glow)), 0.5, 0.5)
        shapes.append(Shape(ribbon(glow - (0, 2.2), pen), ink.bgra(self._style.glow)))
        lift = -0.5 + 0.85 * max(amount, 0.0)
        for start, stop, length, turn in self._style.wings:
            shapes.append(Shape(_wing(upper, top, start, stop, length, lift + turn), dark))
        if amount < 0.8:
            for k in self._style.lower_lashes:
                shapes.append(Shape(lower[k] + _SPIKE, warm))
        return shapes


def _iris(style: EyeStyle, shut: float, gaze: tuple[float, float]) -> Points:
    size = 1 + 0.3 * min(shut, 0.0)
    x = min(max(gaze[0], -1.0), 1.0) * style.reach[0] + 1.0
    y = min(max(gaze[1], -1.0), 1.0) * style.reach[1] - 1.0
    rx = style.iris[0] * IRIS_MARGIN * size
    ry = style.iris[1] * IRIS_MARGIN * size
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
