"""A brow as one tapered stroke: its height and its inner end carry most of an expression."""

from __future__ import annotations

import numpy as np

from backend.avatar.layers import palette as ink
from backend.avatar.layers.geometry import profile, ribbon, spline
from backend.avatar.layers.shape import Shape

_CURVE = spline([(-50, 12), (-26, -6), (8, -11), (46, 0)], 8)
_T = np.linspace(0, 1, len(_CURVE))
_WIDTH = profile(_T, [(0, 0.5), (0.45, 7.5), (0.85, 9.5), (1, 3)])
_HEIGHT = 17.0
_INNER = 27.0


def draw_brow(height: float, inner: float) -> Shape:
    """A brow at a height and an inner angle, both -1 to 1; from its outer to its inner end."""
    height = min(max(height, -1.0), 1.0)
    inner = min(max(inner, -1.0), 1.0)
    curve = _CURVE.copy()
    curve[:, 1] -= height * _HEIGHT + inner * _INNER * (_T - 0.3)
    curve[:, 0] += -min(inner, 0.0) * 9 * _T
    return Shape(ribbon(curve, _WIDTH), ink.bgra(ink.BROW))
