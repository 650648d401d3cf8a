"""Moves the lips of a portrait and opens its mouth.

The picture shows a closed mouth. Opening parts it along the line between the lips: what lies
above moves up a little, what lies below moves down with the jaw, and `interior` paints the gap.
All lengths are pixels of the puppet's picture; `u` is across the mouth in half widths of it and
`v` is down from its middle.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from backend.avatar.pose import Mouth
from backend.avatar.rig import PortraitRig
from backend.avatar.warps.geometry import Axes, Plane, Region, ramp, sample
from backend.avatar.warps.interior import Interior

_STEP = 2
"""Warps are computed at every second pixel and interpolated: lips are smooth, and it is faster."""

_QUANTA = 96
"""Poses that differ by less than one part of this look the same; the last picture is kept."""


@dataclass(frozen=True, slots=True)
class LipShape:
    """The lips of one pose, in the mouth's own units.

    Attributes:
        drop: How far the lower lip's middle is below the closed line, pixels.
        lift: How far the upper lip's middle is above it, pixels.
        stretch: Width of the mouth relative to the picture's.
        roundness: 0 (almond) to 1 (circle).
        smile: Corners raised, -1 to 1.
        press: Lips pressed thin, 0 to 1.
        tuck: Lower lip drawn in under the teeth, 0 to 1.
        tongue: Tongue tip raised, 0 to 1.
    """

    drop: float
    lift: float
    stretch: float
    roundness: float
    smile: float
    press: float
    tuck: float
    tongue: float

    @property
    def parted(self) -> bool:
        """Whether there is a gap worth painting."""
        return self.drop + self.lift > 0.6


class MouthWarp:
    """The mouth of one portrait.

    Args:
        picture: (size, size, 3) uint8 BGR with a closed mouth.
        rig: Its points.
    """

    def __init__(self, picture: NDArray[np.uint8], rig: PortraitRig) -> None:
        self._picture = picture
        self._axes = Axes.of(rig)
        self._x, self._y = rig.mouth_x, rig.mouth_y
        self._half = rig.mouth_half_width
        self._drawn = rig.style == "anime"
        middle_x = (rig.eyes[0].x + rig.eyes[1].x) / 2
        middle_y = (rig.eyes[0].y + rig.eyes[1].y) / 2
        face = math.hypot(self._x - middle_x, self._y - middle_y)
        # On an average face the nose ends 0.42 and the chin 0.62 of the way from eyes to mouth off.
        self._nose, self._chin = 0.42 * face, 0.62 * face
        self._jaw = 0.0 if self._drawn else 1.0
        # A drawn lip is one thin line: rolled in, nothing would be left of it.
        self._roll_in = 0.0 if self._drawn else 1.0
        # The drop may not fold the chin over: its slope, 1.5 drop / fall, stays below 1. A photo's
        # chin drops with the jaw; a drawn one keeps its outline.
        if self._drawn:
            self._most_drop = min(1.15 * self._half, 0.36 * self._chin)
            self._fall = 0.92 * self._chin - self._most_drop
        else:
            self._most_drop = min(0.8 * self._half, 0.8 * self._chin)
            self._fall = 1.75 * self._chin
        self._region = Region.around(
            picture.shape[0],
            self._x,
            self._y,
            (2.1 * self._half, 1.15 * self._nose, 2.1 * self._half, 2.0 * self._chin),
        )
        self._lay_grids(picture)
        self._interior = Interior(picture, rig)
        self._key: tuple[int, ...] | None = None
        self._kept: NDArray[np.uint8] = picture[self._region.slices]

    def apply(self, mouth: Mouth, smile: float, out: NDArray[np.uint8]) -> None:
        """Paint the mouth of a pose into `out`, a copy of the picture."""
        values = (mouth.open, mouth.width, mouth.round, mouth.tuck, mouth.press, mouth.tongue)
        key = tuple(round(value * _QUANTA) for value in (*values, smile))
        if not any(key):
            return
        if key != self._key:
            self._kept = self._render(self._shape(mouth, smile))
            self._key = key
        out[self._region.slices] = self._kept

    def _lay_grids(self, picture: NDArray[np.uint8]) -> None:
        u, v = self._axes.grid(self._region, self._x, self._y)
        u /= self._half
        every = slice(None, None, _STEP)
        self._u = np.ascontiguousarray(u[every, every])
        self._v = np.ascontiguousarray(v[every, every])
        self._soft = np.ascontiguousarray(self._region.feather()[every, every])
        radius = (self._u / 1.55) ** 2 + (self._v / (1.25 * self._half)) ** 2
        self._near = np.exp(-radius * radius).astype(np.float32)
        self._bend = _lip_bend(picture, self._axes, (self._x, self._y), self._half)
        wide = (np.abs(u) < 1.28) & (v > -0.6 * self._half)
        wide &= v < self._most_drop + 0.5 * self._half
        rows, columns = np.nonzero(wide.any(axis=1))[0], np.nonzero(wide.any(axis=0))[0]
        self._gap = (slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1))
        self._gap_u, self._gap_v = u[self._gap].copy(), v[self._gap].copy()
        self._gap_lowest, self._gap_highest = self._gap_v.max(axis=1), self._gap_v.min(axis=1)
        gap_radius = (self._gap_u / 1.55) ** 2 + (self._gap_v / (1.25 * self._half)) ** 2
        self._gap_near = np.exp(-gap_radius * gap_radius).astype(np.float32)

    def _shape(self, mouth: Mouth, smile: float) -> LipShape:
        """The lips that a pose asks for; a press of 0.9 leaves no gap whatever else is asked."""
        press = min(max(mouth.press, 0.0), 1.0)
        tuck = min(max(mouth.tuck, 0.0), 1.0)
        rounding = min(max(mouth.round, 0.0), 1.0)
        apart = min(max(mouth.open, 0.0), 1.0) * (
            1.0 - float(ramp(np.float64((press - 0.4) / 0.5)))
        )
        free = 1.0 - float(ramp(np.float64((press - 0.4) / 0.5)))
        drop = self._most_drop * apart * (1.0 + 0.15 * rounding) * (1.0 - 0.7 * tuck)
        lift = 0.2 * self._half * (apart * min(1.0, 4.0 * apart) + 0.55 * tuck * free)
        return LipShape(
            drop=drop,
            lift=lift,
            stretch=1.0 + 0.2 * min(max(mouth.width, -1.0), 1.0) - 0.32 * rounding,
            roundness=rounding,
            smile=min(max(smile, -1.0), 1.0),
            press=press,
            tuck=tuck,
            tongue=min(max(mouth.tongue, 0.0), 1.0),
        )

    def _edges(self, shape: LipShape, u: Plane, near: Plane) -> tuple[Plane, Plane, Plane, Plane]:
        """Where the lips part: u in the picture, the lips' profile, their line and its lift.

        Returns:
            Planes: source `u`; profile (1 in the middle, 0 at the corners); the closed line's `v`
            in the picture; how far the smile moves it (negative is up).
        """
        source_u = u / (1.0 + (shape.stretch - 1.0) * near)
        square = np.minimum(source_u * source_u, 1.0)
        profile = np.sqrt(1.0 - square)
        if shape.roundness > 0.05:
            profile = np.sqrt(
                np.maximum(1.0 - square * (1 + 0.4 * shape.roundness * (square - 1)), 0)
            )
            profile = np.where(square < 1.0, profile, 0.0).astype(np.float32)
        line = self._bend[0] + self._bend[1] * np.minimum(source_u * source_u, 1.3)
        beyond = np.clip(np.abs(source_u) - 1.0, 0.0, None)
        lifted = (-0.2 * self._half * shape.smile) * square * np.exp(-4.0 * beyond * beyond) * near
        return source_u, profile, line, lifted

    def _render(self, shape: LipShape) -> NDArray[np.uint8]:
        source_u, source_v = self._source(shape)
        x, y = self._axes.to_picture(source_u * self._half, source_v)
        roi = sample(
            self._picture, self._full(x + np.float32(self._x)), self._full(y + np.float32(self._y))
        )
        if shape.parted:
            self._paint_gap(shape, roi[self._gap])
        return roi

    def _full(self, coarse: Plane) -> Plane:
        """A plane at every `_STEP`th pixel, interpolated to all of them.

        `resize` would shift it by half a step; this keeps sample i at pixel i times `_STEP`.
        """
        height = self._region.bottom - self._region.top
        width = self._region.right - self._region.left
        scale = np.array([[1 / _STEP, 0, 0], [0, 1 / _STEP, 0]], np.float32)
        return np.asarray(
            cv2.warpAffine(
                coarse,
                scale,
                (width, height),
                flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
                borderMode=cv2.BORDER_REPLICATE,
            ),
            np.float32,
        )

    def _paint_gap(self, shape: LipShape, out: NDArray[np.uint8]) -> None:
        """Paint the interior into the rows of `out` that this shape can part."""
        margin = 0.4 * self._half
        first = int(np.searchsorted(self._gap_lowest, -shape.lift - margin))
        last = int(np.searchsorted(self._gap_highest, shape.drop + margin))
        rows = slice(first, max(last, first + 1))
        v = self._gap_v[rows]
        u, profile, line, lifted = self._edges(shape, self._gap_u[rows], self._gap_near[rows])
        middle = line + lifted
        self._interior.paint(
            out[rows],
            u=u,
            below_upper=v - (middle - shape.lift * profile),
            above_lower=(middle + shape.drop * profile) - v,
            shape_open=(shape.drop + shape.lift) / self._most_drop,
            tongue=shape.tongue,
            half=self._half,
        )

    def _source(self, shape: LipShape) -> tuple[Plane, Plane]:
        """For every sample, the (u, v) of the picture that is shown there."""
        v = self._v
        source_u, profile, line, lifted = self._edges(shape, self._u, self._near)
        middle = line + lifted
        above = (middle - shape.lift * profile) - v
        below = v - (middle + shape.drop * profile)
        fade = 1.0 - ramp(np.where(above > 0, above / (0.85 * self._nose), below / self._fall))
        lower = -shape.drop * profile
        if shape.drop > 0:
            # Beside the lips the cheeks follow the jaw, less the farther they are.
            beside = 0.55 * self._jaw * (1 - profile) * np.clip(1 - 0.6 * np.abs(source_u), 0, 1)
            lower = lower - shape.drop * beside * np.clip(below * (2.0 / self._chin), 0, 1)
        moved = np.where(above > 0, shape.lift * profile, lower) * fade - lifted * fade
        # All of the gap shows the closed line: a map without a jump has no ragged edge.
        moved = np.where((above <= 0) & (below <= 0), line - v, moved)
        if shape.press > 0 or shape.tuck > 0:
            moved += self._thinning(shape, v - middle, profile)
        source_u = source_u + (self._u - source_u) * (1 - self._soft)
        return source_u, np.asarray(v + moved * self._soft, np.float32)

    def _thinning(self, shape: LipShape, from_line: Plane, profile: Plane) -> Plane:
        """Lips rolled in: what is shown near the line comes from farther away from it."""
        lower = 0.1 * shape.press + 0.16 * shape.tuck
        amount = np.where(from_line > 0, lower, 0.06 * shape.press) * (self._half * self._roll_in)
        near = np.exp(-((from_line / (0.3 * self._half)) ** 2))
        start = np.clip(np.abs(from_line) / (0.05 * self._half), 0, 1)
        thinning: Plane = np.sign(from_line) * amount * near * start * profile
        return thinning


def _lip_bend(
    picture: NDArray[np.uint8], axes: Axes, center: tuple[float, float], half: float
) -> tuple[float, float]:
    """Fit the line between the lips: v = a + b u², through the darkest points of each column.

    Returns:
        a and b, in pixels; limited to what lips do.
    """
    u = np.linspace(-0.9, 0.9, 31, dtype=np.float32)
    v = np.linspace(-0.35, 0.35, 29, dtype=np.float32) * half
    across, down = np.meshgrid(u * half, v)
    x, y = axes.to_picture(across, down)
    gray = cv2.cvtColor(sample(picture, x + center[0], y + center[1]), cv2.COLOR_BGR2GRAY)
    smooth = cv2.GaussianBlur(gray.astype(np.float32), (0, 0), 1.0)
    dark = smooth.max(axis=0) - smooth + 1e-3
    weights = dark**4 * np.exp(-((v[:, None] / (0.25 * half)) ** 2))
    path = (weights * v[:, None]).sum(axis=0) / weights.sum(axis=0)
    trust = dark.max(axis=0)
    a, b = np.linalg.lstsq(np.stack([trust, trust * u * u], axis=1), trust * path, rcond=None)[0]
    return float(np.clip(a, -0.2 * half, 0.2 * half)), float(np.clip(b, -0.35 * half, 0.35 * half))
