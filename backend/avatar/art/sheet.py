"""A transparent sheet and the brushes that draw on it: fills, gradients, soft shades, strokes.

Everything is given in art units (a 1024 square) and drawn at any scale, antialiased by 4x
supersampling. Used only to make the exported layers, so it prefers quality to speed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from backend.avatar.layers.geometry import Points, normals, progress, taper
from backend.avatar.layers.palette import Rgb

UNITS = 1024
_SUPERSAMPLE = 4
_SUBPIXEL_BITS = 4

Field = NDArray[Any]
Paint = Callable[[Field, Field], Field]


def flat(colour: Rgb) -> Paint:
    """One colour everywhere."""
    value = np.array(colour, np.float32) / 255
    return lambda x, y: np.broadcast_to(value, (*x.shape, 3)).astype(np.float32)


def ramp(
    start: tuple[float, float], end: tuple[float, float], stops: Sequence[tuple[float, Rgb]]
) -> Paint:
    """A linear gradient between two points, through (position 0 to 1, colour) stops."""
    (x0, y0), (x1, y1) = start, end
    dx, dy = x1 - x0, y1 - y0
    norm = dx * dx + dy * dy

    def paint(x: Field, y: Field) -> Field:
        return _through(((x - x0) * dx + (y - y0) * dy) / norm, stops)

    return paint


def radial(
    centre: tuple[float, float], radii: tuple[float, float], stops: Sequence[tuple[float, Rgb]]
) -> Paint:
    """A gradient by distance from a centre, in radii."""

    def paint(x: Field, y: Field) -> Field:
        return _through(np.hypot((x - centre[0]) / radii[0], (y - centre[1]) / radii[1]), stops)

    return paint


def _through(t: Field, stops: Sequence[tuple[float, Rgb]]) -> Field:
    where = [s[0] for s in stops]
    channels = [np.interp(t, where, [s[1][c] / 255 for s in stops]) for c in range(3)]
    return np.stack(channels, axis=-1).astype(np.float32)


@dataclass
class Sheet:
    """A premultiplied float32 RGBA picture of UNITS * scale pixels a side."""

    scale: float
    pixels: NDArray[np.float32]

    @classmethod
    def blank(cls, scale: float) -> Sheet:
        """An empty sheet; `scale` is pixels per art unit."""
        edge = round(UNITS * scale)
        return cls(scale, np.zeros((edge, edge, 4), np.float32))

    def fill(
        self,
        shape: Points,
        paint: Paint | Rgb,
        *,
        opacity: float = 1.0,
        soft: float = 0.0,
        clip: Points | None = None,
        atop: bool = False,
        fade: Callable[[Field, Field], Field] | None = None,
    ) -> None:
        """Fill a closed outline.

        Args:
            shape: The outline, (n, 2).
            paint: A colour, or a function of position.
            opacity: 0 to 1.
            soft: Blur of the edge, in art units (a Gaussian's sigma).
            clip: Draw only inside this outline too.
            atop: Draw only where the sheet is already painted.
            fade: Further opacity as a function of position.
        """
        self.fill_many([shape], paint, opacity=opacity, soft=soft, clip=clip, atop=atop, fade=fade)

    def fill_many(
        self,
        shapes: Sequence[Points],
        paint: Paint | Rgb,
        *,
        opacity: float = 1.0,
        soft: float = 0.0,
        clip: Points | None = None,
        atop: bool = False,
        fade: Callable[[Field, Field], Field] | None = None,
    ) -> None:
        """Fill the union of several outlines: see `fill`."""
        box = self._box(np.concatenate(shapes), 3 * soft)
        if box is None:
            return
        x0, y0, x1, y1 = box
        cover = self._cover(shapes, box)
        if soft:
            cover = cv2.GaussianBlur(cover, (0, 0), soft * self.scale)
        if clip is not None:
            cover = cover * self._cover([clip], box)
        here = self.pixels[y0:y1, x0:x1]
        ys, xs = np.mgrid[y0:y1, x0:x1].astype(np.float32)
        xs, ys = (xs + 0.5) / self.scale, (ys + 0.5) / self.scale
        if fade is not None:
            cover = cover * np.clip(fade(xs, ys), 0, 1)
        alpha = (cover * opacity)[..., None]
        colour = (paint if callable(paint) else flat(paint))(xs, ys)
        added = alpha * here[..., 3:] if atop else alpha
        here *= 1 - alpha
        here[..., :3] += colour * added
        here[..., 3:] += added

    def stroke(
        self,
        curve: Points,
        width: float | NDArray[np.float64],
        paint: Paint | Rgb,
        *,
        start: float = 0.35,
        end: float = 0.35,
        opacity: float = 1.0,
        soft: float = 0.0,
        clip: Points | None = None,
        atop: bool = False,
    ) -> None:
        """Draw a line with the pressure of a pen; `start`, `end`: see `geometry.taper`."""
        pressure = width * taper(progress(curve), start, end)
        self.fill_many(
            _beads(curve, pressure), paint, opacity=opacity, soft=soft, clip=clip, atop=atop
        )

    def put(self, other: Sheet, opacity: float = 1.0) -> None:
        """Lay another sheet of the same scale over this one."""
        self.pixels *= 1 - other.pixels[..., 3:] * opacity
        self.pixels += other.pixels * opacity

    def cut(self, shape: Points, soft: float = 0.0) -> None:
        """Erase inside an outline."""
        edge = self.pixels.shape[0]
        cover = self._cover([shape], (0, 0, edge, edge))
        if soft:
            cover = cv2.GaussianBlur(cover, (0, 0), soft * self.scale)
        self.pixels *= 1 - cover[..., None]

    def _box(self, shape: Points, margin: float) -> tuple[int, int, int, int] | None:
        edge = self.pixels.shape[0]
        low = np.floor((shape.min(0) - margin) * self.scale - 1).astype(int).clip(0, edge)
        high = np.ceil((shape.max(0) + margin) * self.scale + 1).astype(int).clip(0, edge)
        if (high <= low).any():
            return None
        return int(low[0]), int(low[1]), int(high[0]), int(high[1])

    def _cover(self, shapes: Sequence[Points], box: tuple[int, int, int, int]) -> Field:
        x0, y0, x1, y1 = box
        big = np.zeros(((y1 - y0) * _SUPERSAMPLE, (x1 - x0) * _SUPERSAMPLE), np.uint8)
        for shape in shapes:
            points = (shape * self.scale - (x0, y0)) * _SUPERSAMPLE - 0.5
            fixed = np.round(points * (1 << _SUBPIXEL_BITS)).astype(np.int32)
            cv2.fillPoly(big, [fixed], 255, shift=_SUBPIXEL_BITS)
        small = cv2.resize(big, (x1 - x0, y1 - y0), interpolation=cv2.INTER_AREA)
        return small.astype(np.float32) / 255


def _beads(curve: Points, width: NDArray[np.float64]) -> list[Points]:
    """A stroke as overlapping quads, so that tight bends leave no holes."""
    side = normals(curve) * (width / 2)[:, None]
    left, right = curve + side, curve - side
    return [np.stack([left[k], left[k + 1], right[k + 1], right[k]]) for k in range(len(curve) - 1)]


def to_straight(sheet: Sheet) -> NDArray[np.uint8]:
    """The sheet as straight-alpha BGRA, (edge, edge, 4) uint8, as PNG files hold it."""
    alpha = sheet.pixels[..., 3:]
    colour = np.where(alpha > 1e-4, sheet.pixels[..., :3] / np.maximum(alpha, 1e-4), 0)
    joined = np.concatenate([colour[..., ::-1], alpha], axis=-1)
    return np.asarray(np.round(np.clip(joined, 0, 1) * 255), np.uint8)
