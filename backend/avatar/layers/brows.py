"""A brow as one tapered stroke: its height and its inner end carry most of an expression."""

from __future__ import annotations

import numpy as np

from backend.avatar.layers import palette as ink
from backend.avatar.layers.geometry import profile, ribbon, spline
from backend.avatar.layers.shape import Shape
from backend.avatar.layers.style import BrowStyle

_SAMPLES = 8
_HEIGHT = 17.0
_INNER = 27.0


class BrowArt:
    """Draws brows of one style."""

    def __init__(self, style: BrowStyle) -> None:
        self._curve = spline(style.curve, _SAMPLES)
        self._t = np.linspace(0, 1, len(self._curve))
        self._width = profile(self._t, style.width)
        self._colour = ink.bgra(style.colour)

    def draw(self, height: float, inner: float) -> Shape:
        """A brow at a height and an inner angle, both -1 to 1; from its outer to its inner end."""
        height = min(max(height, -1.0), 1.0)
        inner = min(max(inner, -1.0), 1.0)
        curve = self._curve.copy()
        curve[:, 1] -= height * _HEIGHT + inner * _INNER * (self._t - 0.3)
        curve[:, 0] += -min(inner, 0.0) * 9 * self._t
        return Shape(ribbon(curve, self._width), self._colour)
