"""The mouth as outlines, drawn anew for every frame from its six parameters and the smile.

Both lips are curves over t, -1 at the left corner to 1 at the right. Teeth and tongue are bands
between them, so they can never leave the mouth.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from backend.avatar.layers import palette as ink
from backend.avatar.layers.geometry import Points, Profile, ribbon, spline, taper
from backend.avatar.layers.shape import Drawing, Shape
from backend.avatar.layers.style import FaceStyle
from backend.avatar.pose import Mouth

_T: Profile = np.sin(np.linspace(-np.pi / 2, np.pi / 2, 33))
_T2: Profile = _T * _T
_PEN: Profile = taper(np.linspace(0, 1, 33), 0.3, 0.3)
_SHORT_PEN: Profile = taper(np.linspace(0, 1, 17), 0.5, 0.5)
_GAP = 60.0
_SEALED_AT = 0.9
_PARTED = 0.6


def _unit(value: float, low: float = 0.0) -> float:
    return min(max(float(value), low), 1.0)


def _step(value: float) -> float:
    u = _unit(value)
    return u * u * (3 - 2 * u)


@dataclass(frozen=True, slots=True)
class Lips:
    """The lips' edges in art units from the middle of the closed mouth.

    Attributes:
        x: Where along the mouth, (33,).
        upper: Lower edge of the upper lip.
        lower: Upper edge of the lower lip; never above `upper`.
        gap: Largest distance between the two.
    """

    x: Profile
    upper: Profile
    lower: Profile
    gap: float


def lips(mouth: Mouth, smile: float, half_width: float) -> Lips:
    """The edges of the lips. The gap grows with `open`; `press` of 0.9 or more closes it."""
    jaw, press, tuck = _unit(mouth.open), _unit(mouth.press), _unit(mouth.tuck)
    wide, rounded, grin = _unit(mouth.width, -1), _unit(mouth.round), _unit(smile, -1)
    sealed = 1 - _step(press / _SEALED_AT)
    jaw *= sealed
    gap = _GAP * jaw**0.88 * (1 + 0.12 * rounded)
    gap = gap * (1 - 0.75 * tuck) + 9 * tuck * sealed
    reach = half_width * (1 + 0.36 * wide - 0.5 * rounded + 0.14 * jaw + 0.12 * max(grin, 0.0))
    reach *= 1 - 0.10 * press
    bend = (5 + 10 * grin) * (1 - 0.8 * rounded) - 3 * press
    line = -bend * (_T2 - 0.35)
    line = line - 1.8 * np.exp(-((_T / 0.22) ** 2)) * (1 - min(1.0, gap / 16))
    roundness = 0.5 + 0.12 * (1 - rounded) * max(grin, 0.0)
    body = np.power(np.maximum(1 - np.power(np.abs(_T), 2 + 0.9 * max(wide, 0.0)), 0), roundness)
    lift = 0.20 + 0.24 * rounded - 0.10 * max(grin, 0.0)
    upper = line - gap * lift * body
    lower = line + gap * (1 - lift) * body
    return Lips(_T * reach, upper, lower, gap)


def draw_mouth(mouth: Mouth, smile: float, half_width: float, style: FaceStyle) -> Drawing:
    """The mouth in drawing order, in art units from the middle of the closed lips."""
    edges = lips(mouth, smile, half_width)
    shapes: Drawing = []
    if edges.gap > _PARTED:
        shapes.extend(_ring(edges, mouth, style))
        shapes.append(_band(edges.x, edges.upper, edges.lower, ink.MOUTH_DARK))
        shapes.extend(_inside(edges, mouth))
    shapes.extend(_lines(edges, mouth, style))
    shapes.extend(_tongue_tip(edges, mouth, style))
    return shapes


def _band(x: Profile, top: Profile, bottom: Profile, colour: ink.Rgb, alpha: int = 255) -> Shape:
    n = len(x)
    outline = np.empty((2 * n, 2))
    outline[:n, 0], outline[n:, 0] = x, x[::-1]
    outline[:n, 1], outline[n:, 1] = top, bottom[::-1]
    return Shape(outline, ink.bgra(colour, alpha))


def _curve(x: Profile, y: Profile) -> Points:
    curve = np.empty((len(x), 2))
    curve[:, 0], curve[:, 1] = x, y
    return curve


def _inside(edges: Lips, mouth: Mouth) -> Drawing:
    x, upper, lower, gap = edges.x, edges.upper, edges.lower, edges.gap
    rounded, wide = _unit(mouth.round), _unit(mouth.width, -1)
    tuck = _unit(mouth.tuck)
    depth = np.maximum(1 - (_T / 0.86) ** 2, 0)
    shapes: Drawing = []
    rise = gap * (0.36 + 0.1 * rounded) * depth
    shapes.append(_band(x, np.maximum(upper, lower - rise), lower, ink.TONGUE))
    shine = np.maximum(upper, lower - rise * 0.62)
    if gap > 22:
        shapes.append(_band(x[9:-9], shine[9:-9], (lower - rise * 0.28)[9:-9], ink.TONGUE_LIGHT))
    clench = _unit(1.25 - gap / 26) * _unit(wide * 2.6)
    tall = (3.5 + 0.15 * gap + 2.5 * max(wide, 0.0)) * (1 - 0.85 * rounded) + 6 * tuck
    tall = tall * (1 - clench) + gap * 0.53 * clench
    teeth = np.minimum(upper + tall * np.power(np.maximum(1 - _T2, 0), 0.3), lower)
    if tall > 0.8:
        shapes.append(_band(x, upper, teeth, ink.TEETH))
        shaded = np.minimum(upper + 2.6, teeth)
        shapes.append(_band(x, upper, shaded, ink.TEETH_SHADE))
    if clench > 0.05:
        edge = np.maximum(lower - gap * 0.36 * clench * np.sqrt(depth), teeth + 1.5)
        shapes.append(_band(x, np.minimum(edge, lower), lower, ink.TEETH))
    return shapes


def _tongue_tip(edges: Lips, mouth: Mouth, style: FaceStyle) -> Drawing:
    """The tongue behind the teeth (l, n), or farther out, between them and over the lip (th)."""
    tip = _unit(mouth.tongue)
    if tip < 0.05 or edges.gap <= _PARTED:
        return []
    near = slice(6, -6)
    x, upper, lower, gap = edges.x[near], edges.upper[near], edges.lower[near], edges.gap
    out = _step((tip - 0.55) / 0.35)
    blob = np.sqrt(np.maximum(1 - (_T[near] / 0.72) ** 2, 0))
    top = np.maximum(lower - gap * (0.25 + 0.4 * tip) * blob, upper + 1)
    bottom = lower + (9.0 * out - 1.0) * blob
    shapes: Drawing = []
    if out > 0.05:
        shapes.append(_band(x * 1.06, top, bottom + 1.8 * out * blob, style.lip_line))
    shapes.append(_band(x, top, bottom, ink.TONGUE))
    inner = slice(4, -4)
    light = top + (bottom - top) * 0.5
    shapes.append(_band(x[inner], top[inner] + 1.5, light[inner] + 0.5, ink.TONGUE_LIGHT))
    return shapes


def _lines(edges: Lips, mouth: Mouth, style: FaceStyle) -> Drawing:
    x, upper, lower = edges.x, edges.upper, edges.lower
    press, tuck = _unit(mouth.press), _unit(mouth.tuck)
    dark = ink.bgra(style.lip_line)
    apart = min(edges.gap / 10, 1.0)
    shapes: Drawing = []
    near = slice(8, -8)
    below = _curve(x[near] * 0.85, lower[near] + 11 - 4 * tuck + 2 * apart)
    shapes.append(
        Shape(ribbon(below, (4.2 + 2.4 * press) * _SHORT_PEN + 0.2), ink.bgra(style.lip, 150))
    )
    if tuck > 0.05:
        lip = _curve(x[5:-5] * 0.94, lower[5:-5] + 2.0)
        shapes.append(Shape(ribbon(lip, 9 * tuck * _PEN[5:-5]), ink.bgra(style.lip)))
    under = _curve(x, lower)
    over = _curve(x * (1.08 - 0.08 * apart), upper)
    if edges.gap > _PARTED:
        shapes.append(Shape(ribbon(under, (1.4 + 1.8 * _PEN) * apart + 0.2), dark))
    shapes.append(Shape(ribbon(over, (3.6 + 1.2 * press) * _PEN + 0.9 * apart + 0.3), dark))
    if press > 0.2:
        shapes.extend(_dimples(edges, press, style))
    return shapes


def _ring(edges: Lips, mouth: Mouth, style: FaceStyle) -> Drawing:
    """The lips themselves, seen when they are pushed forward."""
    rounded = _unit(mouth.round) * min(edges.gap / 8, 1.0)
    if rounded < 0.05:
        return []
    outline = np.stack(
        [
            np.concatenate([edges.x, edges.x[-2:0:-1]]),
            np.concatenate([edges.upper, edges.lower[-2:0:-1]]),
        ],
        axis=1,
    )
    middle = (outline.min(0) + outline.max(0)) / 2
    half = np.maximum((outline.max(0) - outline.min(0)) / 2, 1.0)
    return [
        Shape(middle + (outline - middle) * (1 + 6.0 * rounded / half), ink.bgra(style.lip, 190))
    ]


def _dimples(edges: Lips, press: float, style: FaceStyle) -> Drawing:
    """Short strokes where pressed lips dent the cheeks."""
    shapes: Drawing = []
    for end, side in ((0, -1.0), (-1, 1.0)):
        x, y = float(edges.x[end]) + side * 4, float(edges.upper[end])
        dent = spline([(x, y - 6.5), (x + side * 2.5, y), (x, y + 5)], 5)
        pen = 3.2 * press * taper(np.linspace(0, 1, len(dent)), 0.5, 0.5)
        shapes.append(Shape(ribbon(dent, pen), ink.bgra(style.lip_line)))
    return shapes
