"""Coordinates on a face: the axes of a tilted face, boxes in a picture, soft edges."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from backend.avatar.rig import PortraitRig

Plane = NDArray[np.float32]
"""A value for every pixel: (height, width) float32."""


@dataclass(frozen=True, slots=True)
class Region:
    """A rectangle of a picture: pixels `left` to `right` - 1 and `top` to `bottom` - 1."""

    left: int
    top: int
    right: int
    bottom: int

    @classmethod
    def around(
        cls, size: int, x: float, y: float, reach: tuple[float, float, float, float]
    ) -> Region:
        """What lies left, up, right and down of (x, y) by `reach`, cut to a square picture."""
        left, up, right, down = reach
        return cls(
            max(0, int(x - left)),
            max(0, int(y - up)),
            min(size, max(int(x + right), 0) + 1),
            min(size, max(int(y + down), 0) + 1),
        )

    @property
    def slices(self) -> tuple[slice, slice]:
        """The rectangle as an index of a picture."""
        return slice(self.top, self.bottom), slice(self.left, self.right)

    def feather(self, share: float = 0.12) -> Plane:
        """1 inside and 0 at the edge, over `share` of the shorter side."""
        height, width = self.bottom - self.top, self.right - self.left
        depth = max(2.0, share * min(height, width))
        rows = np.minimum(np.arange(height), np.arange(height)[::-1]) / depth
        columns = np.minimum(np.arange(width), np.arange(width)[::-1]) / depth
        soft: Plane = (ramp(rows)[:, None] * ramp(columns)[None, :]).astype(np.float32)
        return soft


@dataclass(frozen=True, slots=True)
class Axes:
    """The axes of a face that is tilted by `angle` radians: `u` runs across, `v` down."""

    cos: float
    sin: float

    @classmethod
    def of(cls, rig: PortraitRig) -> Axes:
        """The axes of a rig's face."""
        angle = math.radians(rig.roll_degrees)
        return cls(math.cos(angle), math.sin(angle))

    def to_local(self, x: Any, y: Any) -> tuple[Any, Any]:
        """Turn an offset in the picture into (u, v)."""
        return x * self.cos + y * self.sin, y * self.cos - x * self.sin

    def to_picture(self, u: Any, v: Any) -> tuple[Any, Any]:
        """Turn (u, v) into an offset in the picture."""
        return u * self.cos - v * self.sin, u * self.sin + v * self.cos

    def grid(self, region: Region, x: float, y: float) -> tuple[Plane, Plane]:
        """(u, v) of every pixel of a region, measured from the point (x, y)."""
        rows, columns = np.mgrid[region.top : region.bottom, region.left : region.right]
        u, v = self.to_local(columns.astype(np.float32) - x, rows.astype(np.float32) - y)
        return np.asarray(u, np.float32), np.asarray(v, np.float32)


def ramp(x: NDArray[Any]) -> NDArray[Any]:
    """Smoothstep: 0 below 0, 1 above 1, with flat ends."""
    x = np.clip(x, 0.0, 1.0)
    smooth: NDArray[Any] = x * x * (3.0 - 2.0 * x)
    return smooth


def sample(image: NDArray[np.uint8], x: NDArray[Any], y: NDArray[Any]) -> NDArray[np.uint8]:
    """The picture at the points (x, y), between pixels bilinear, beyond its edge repeated."""
    return np.asarray(
        cv2.remap(
            image,
            np.asarray(x, np.float32),
            np.asarray(y, np.float32),
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REPLICATE,
        ),
        np.uint8,
    )
