"""A small supersampled canvas over a part of the frame, on which outlines are drawn."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from backend.avatar.layers.compose import Pixels, over
from backend.avatar.layers.shape import IRIS_CORNERS, Drawing, Iris
from backend.avatar.layers.warp import Grid

SUPERSAMPLE = 2
_SUBPIXEL_BITS = 4
_MARGIN = 3

Fixed = NDArray[np.int32]


class Patch:
    """One drawing, ready to be laid over the frame."""

    def __init__(self, drawing: Drawing, points: Grid, edge: int, iris: Pixels) -> None:
        """Draw.

        Args:
            drawing: What to draw, from the lowest shape to the uppermost.
            points: All its points one after the other, in frame pixels.
            edge: Edge of the frame; what lies outside is cut off.
            iris: The sprite for `Iris` parts, premultiplied.
        """
        low = np.floor(points.min(0)).astype(int) - _MARGIN
        high = np.ceil(points.max(0)).astype(int) + _MARGIN
        self._x0, self._y0 = max(int(low[0]), 0), max(int(low[1]), 0)
        self._x1, self._y1 = min(int(high[0]), edge), min(int(high[1]), edge)
        if self._empty():
            return
        size = (self._y1 - self._y0, self._x1 - self._x0)
        self._canvas = np.zeros((size[0] * SUPERSAMPLE, size[1] * SUPERSAMPLE, 4), np.uint8)
        corner = np.array([self._x0 - 0.5, self._y0 - 0.5], np.float32)
        on_canvas = (points - corner) * np.float32(SUPERSAMPLE) - np.float32(0.5)
        fixed = np.rint(on_canvas * np.float32(1 << _SUBPIXEL_BITS)).astype(np.int32)
        start = 0
        for part in drawing:
            stop = start + len(part.points)
            if isinstance(part, Iris):
                middle = start + IRIS_CORNERS
                self._sprite(iris, on_canvas[start:middle], fixed[middle:stop])
            else:
                outline = fixed[start:stop]
                cv2.fillPoly(self._canvas, [outline], part.colour, cv2.LINE_AA, _SUBPIXEL_BITS)
            start = stop

    def flush(self, frame: Pixels) -> None:
        """Lay the canvas over the frame."""
        if self._empty():
            return
        size = (self._x1 - self._x0, self._y1 - self._y0)
        small = cv2.resize(self._canvas, size, interpolation=cv2.INTER_AREA)
        over(frame[self._y0 : self._y1, self._x0 : self._x1], small)

    def _empty(self) -> bool:
        return self._x1 <= self._x0 or self._y1 <= self._y0

    def _sprite(self, sprite: Pixels, corners: Grid, clip: Fixed) -> None:
        """Lay a sprite by its centre, right and bottom points, inside an outline."""
        tall, wide = self._canvas.shape[:2]
        (cx, cy), (rx, ry), (bx, by) = corners.tolist()
        reach_x, reach_y = abs(rx - cx) + abs(bx - cx) + 1, abs(ry - cy) + abs(by - cy) + 1
        x0, y0 = max(int(cx - reach_x), 0), max(int(cy - reach_y), 0)
        x1, y1 = min(int(cx + reach_x) + 1, wide), min(int(cy + reach_y) + 1, tall)
        if x1 <= x0 or y1 <= y0:
            return
        right, bottom = sprite.shape[1] - 0.5, sprite.shape[0] - 0.5
        middle = ((right - 0.5) / 2, (bottom - 0.5) / 2)
        source = np.array([middle, (right, middle[1]), (middle[0], bottom)], np.float32)
        corner = np.array([x0, y0])
        matrix = cv2.getAffineTransform(source, (corners - corner).astype(np.float32))
        piece = cv2.warpAffine(sprite, matrix, (x1 - x0, y1 - y0), flags=cv2.INTER_LINEAR)
        mask = np.zeros((y1 - y0, x1 - x0), np.uint8)
        outline = clip - (corner << _SUBPIXEL_BITS).astype(np.int32)
        cv2.fillPoly(mask, [outline], 255, cv2.LINE_AA, _SUBPIXEL_BITS)
        piece = cv2.multiply(piece, cv2.merge((mask, mask, mask, mask)), scale=1 / 255)
        over(self._canvas[y0:y1, x0:x1], piece)
