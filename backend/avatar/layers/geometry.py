"""Curves: smooth lines through points, tapered strokes and blades, as polygons in art units.

The art is drawn on a square of 1024 units; x to the right, y down. Points are float64 (n, 2).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

# float64; numpy's arithmetic has no narrower type.
Points = NDArray[Any]
Profile = NDArray[Any]


def bezier(points: ArrayLike, samples: int = 24) -> Points:
    """A chain of cubic Beziers: 3k+1 control points to (k * samples + 1, 2) points."""
    control = np.asarray(points, np.float64)
    t = np.linspace(0.0, 1.0, samples + 1)[:, None]
    pieces = [control[:1]]
    for k in range(0, len(control) - 1, 3):
        a, b, c, d = control[k : k + 4]
        curve = (1 - t) ** 3 * a + 3 * (1 - t) ** 2 * t * b + 3 * (1 - t) * t**2 * c + t**3 * d
        pieces.append(curve[1:])
    return np.concatenate(pieces)


def spline(points: ArrayLike, samples: int = 16, closed: bool = False) -> Points:
    """A centripetal-like Catmull-Rom curve through every point."""
    knots = np.asarray(points, np.float64)
    if len(knots) == 2 and not closed:
        return np.asarray(
            knots[0] + (knots[1] - knots[0]) * np.linspace(0, 1, samples + 1)[:, None]
        )
    if closed:
        knots = np.concatenate([knots[-1:], knots, knots[:2]])
    else:
        knots = np.concatenate([2 * knots[:1] - knots[1:2], knots, 2 * knots[-1:] - knots[-2:-1]])
    t = np.linspace(0.0, 1.0, samples, endpoint=False)[:, None]
    pieces = []
    for p0, p1, p2, p3 in zip(knots, knots[1:], knots[2:], knots[3:], strict=False):
        shape = (2 * p0 - 5 * p1 + 4 * p2 - p3) * t**2 + (3 * (p1 - p2) + p3 - p0) * t**3
        pieces.append(p1 + 0.5 * ((p2 - p0) * t + shape))
    if not closed:
        pieces.append(knots[-2:-1])
    return np.concatenate(pieces)


def normals(curve: Points) -> Points:
    """Unit normals of a polyline, to the right of its direction as drawn (y down)."""
    # As complex numbers a vector is one value, and a quarter turn one multiplication.
    along = np.ascontiguousarray(curve, np.float64).view(np.complex128)[:, 0]
    side = np.empty_like(along)
    np.subtract(along[2:], along[:-2], out=side[1:-1])
    side[0], side[-1] = along[1] - along[0], along[-1] - along[-2]
    side *= 1j / np.maximum(np.abs(side), 1e-9)
    return side.view(np.float64).reshape(-1, 2)


def progress(curve: Points) -> Profile:
    """Arc length along a polyline, 0 to 1."""
    steps = np.hypot(*np.diff(curve, axis=0).T)
    length = np.concatenate([[0.0], np.cumsum(steps)])
    return length / max(float(length[-1]), 1e-9)


def profile(t: Profile, stops: Sequence[tuple[float, float]]) -> Profile:
    """A width along a line: straight between (position, width) stops, smoothed at each."""
    where, values = np.array(stops, np.float64).T
    index = np.clip(np.searchsorted(where, t, side="right") - 1, 0, len(where) - 2)
    u = (t - where[index]) / np.maximum(where[index + 1] - where[index], 1e-9)
    u = np.clip(u, 0, 1)
    u = u * u * (3 - 2 * u)
    return np.asarray(values[index] + (values[index + 1] - values[index]) * u)


def taper(t: Profile, start: float = 0.35, end: float = 0.35) -> Profile:
    """A pen's pressure: rises over `start`, falls over `end`, both parts of the length."""
    rise = np.clip(t / max(start, 1e-9), 0, 1) if start else np.ones_like(t)
    fall = np.clip((1 - t) / max(end, 1e-9), 0, 1) if end else np.ones_like(t)
    return np.asarray(np.sin(rise * np.pi / 2) * np.sin(fall * np.pi / 2))


def ribbon(curve: Points, width: Profile | float) -> Points:
    """The outline of a stroke with a width at every point."""
    half = (width / 2)[:, None] if isinstance(width, np.ndarray) else width / 2
    side = normals(curve) * half
    return np.concatenate([curve + side, (curve - side)[::-1]])


def mirror(points: ArrayLike, axis: float = 512.0) -> Points:
    """The same points on the other side of a vertical axis."""
    result = np.array(points, np.float64)
    result[..., 0] = 2 * axis - result[..., 0]
    return result


def shifted(curve: Points, dx: float, dy: float) -> Points:
    """The same curve elsewhere."""
    return np.asarray(curve + np.array([dx, dy]))


def ellipse(centre: tuple[float, float], radii: tuple[float, float], samples: int = 64) -> Points:
    """A closed ellipse."""
    angle = np.linspace(0, 2 * np.pi, samples, endpoint=False)
    unit = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return np.asarray(unit * radii + np.asarray(centre))
