"""A live part of the face: outlines, drawn when they change and laid over every frame.

Outlines are drawn unbent on a supersampled canvas, which is kept while they rest; a frame then
takes one small affine warp, that of the skin around the part.
"""

from __future__ import annotations

from collections.abc import Hashable

import cv2
import numpy as np
from numpy.typing import NDArray

from backend.avatar.layers.compose import Pixels, over
from backend.avatar.layers.rig import Point
from backend.avatar.layers.shape import IRIS_CORNERS, Drawing, Iris
from backend.avatar.layers.warp import Grid

SUPERSAMPLE = 2
_SUBPIXEL_BITS = 4
_MARGIN = 2.0

Fixed = NDArray[np.int32]


class Patch:
    """One part: the mouth, an eye or a brow."""

    def __init__(self, unit: float, centre: Point, iris: Pixels, mirrored: bool = False) -> None:
        """An empty part.

        Args:
            unit: Frame pixels per art unit.
            centre: The middle of the part, in art units.
            mirrored: Draw it the other way round, as on the right side of the picture.
            iris: The sprite for `Iris` parts, premultiplied BGRA.
        """
        self._scale = np.array([-unit if mirrored else unit, unit])
        self._centre = np.array(centre) * unit
        self._iris = iris
        self._key: Hashable = None
        self._canvas: Pixels = np.zeros((2, 2, 4), np.uint8)
        self.anchors: Grid = np.zeros((4, 2), np.float32)

    def is_drawn(self, key: Hashable) -> bool:
        """Whether the canvas already shows what `key` names."""
        return self._key == key

    def draw(self, drawing: Drawing, key: Hashable) -> None:
        """Draw from the lowest shape to the uppermost.

        `anchors` becomes the middles of the canvas's left, right, top and bottom edges, (4, 2)
        layer pixels: where they go in the frame is what `lay` wants to know.
        """
        self._key = key
        points = np.concatenate([part.points for part in drawing]) * self._scale + self._centre
        low = np.floor(points.min(0) - _MARGIN)
        wide, tall = (np.ceil(points.max(0) + _MARGIN) - low).astype(int).tolist()
        self._canvas = np.zeros((tall * SUPERSAMPLE, wide * SUPERSAMPLE, 4), np.uint8)
        left, top = low.tolist()
        right, bottom = left + wide, top + tall
        x, y = (left + right) / 2, (top + bottom) / 2
        edges = [(left, y), (right, y), (x, top), (x, bottom)]
        self.anchors = np.array(edges, np.float32) - np.float32(0.5)
        on_canvas = (points - low) * SUPERSAMPLE - 0.5
        fixed = np.rint(on_canvas * (1 << _SUBPIXEL_BITS)).astype(np.int32)
        start = 0
        for part in drawing:
            stop = start + len(part.points)
            if isinstance(part, Iris):
                middle = start + IRIS_CORNERS
                self._sprite(on_canvas[start:middle], fixed[middle:stop])
            else:
                outline = fixed[start:stop]
                cv2.fillPoly(self._canvas, [outline], part.colour, cv2.LINE_AA, _SUBPIXEL_BITS)
            start = stop

    def lay(self, frame: Pixels, anchors: Grid) -> None:
        """Lay the part over the frame.

        Args:
            frame: Premultiplied BGRA, changed in place.
            anchors: Where `self.anchors` are in the frame, (4, 2).
        """
        (lx, ly), (rx, ry), (tx, ty), (bx, by) = anchors.tolist()
        tall, wide = self._canvas.shape[:2]
        xx, xy, yx, yy = (rx - lx) / wide, (ry - ly) / wide, (bx - tx) / tall, (by - ty) / tall
        mx, my = (lx + rx + tx + bx) / 4, (ly + ry + ty + by) / 4
        reach_x = (abs(rx - lx) + abs(bx - tx)) / 2 + 1
        reach_y = (abs(ry - ly) + abs(by - ty)) / 2 + 1
        edge = frame.shape[0]
        x0, y0 = max(int(mx - reach_x), 0), max(int(my - reach_y), 0)
        x1, y1 = min(int(mx + reach_x) + 2, edge), min(int(my + reach_y) + 2, edge)
        if x1 <= x0 or y1 <= y0:
            return
        u, v = (wide - 1) / 2, (tall - 1) / 2
        matrix = np.array(
            [
                (xx, yx, mx - x0 - xx * u - yx * v),
                (xy, yy, my - y0 - xy * u - yy * v),
            ]
        )
        piece = cv2.warpAffine(self._canvas, matrix, (x1 - x0, y1 - y0), flags=cv2.INTER_LINEAR)
        over(frame[y0:y1, x0:x1], piece)

    def _sprite(self, corners: NDArray[np.float64], clip: Fixed) -> None:
        """Lay the iris by its centre and the ends of its radii, inside an outline."""
        tall, wide = self._canvas.shape[:2]
        (cx, cy), (right, _), (_, bottom) = corners.tolist()
        half_x, half_y = abs(right - cx), bottom - cy
        x0, y0 = max(int(cx - half_x), 0), max(int(cy - half_y), 0)
        x1, y1 = min(int(cx + half_x) + 1, wide), min(int(cy + half_y) + 1, tall)
        if x1 <= x0 or y1 <= y0:
            return
        high, long = self._iris.shape[:2]
        sx, sy = 2 * half_x / long, 2 * half_y / high
        matrix = np.array(
            [
                (sx, 0.0, cx - x0 - sx * (long - 1) / 2),
                (0.0, sy, cy - y0 - sy * (high - 1) / 2),
            ]
        )
        piece = cv2.warpAffine(self._iris, matrix, (x1 - x0, y1 - y0), flags=cv2.INTER_LINEAR)
        mask = np.zeros((y1 - y0, x1 - x0), np.uint8)
        outline = clip - np.array([x0, y0], np.int32) * (1 << _SUBPIXEL_BITS)
        cv2.fillPoly(mask, [outline], 255, cv2.LINE_AA, _SUBPIXEL_BITS)
        piece = cv2.multiply(piece, cv2.merge((mask, mask, mask, mask)), scale=1 / 255)
        over(self._canvas[y0:y1, x0:x1], piece)
