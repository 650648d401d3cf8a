"""Putting premultiplied uint8 layers together: warped by a field, or drawn as outlines."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from backend.avatar.layers.shape import Shape
from backend.avatar.layers.warp import CELL, PAD, Grid

Pixels = NDArray[np.uint8]

BAND = 8
_SUBPIXEL_BITS = 4


def over(frame: Pixels, layer: Pixels) -> None:
    """Lay a premultiplied BGRA picture over another of the same shape, in place."""
    clear = cv2.bitwise_not(cv2.extractChannel(layer, 3))
    cv2.multiply(frame, cv2.merge((clear, clear, clear, clear)), dst=frame, scale=1 / 255)
    cv2.add(frame, layer, dst=frame)


@dataclass
class WarpedLayer:
    """A layer that bends with the pose.

    Attributes:
        pixels: The layer, premultiplied BGRA, as large as the frame.
        stack: Its basis on the lattice: see `warp.Lattice.stack`.
        occupied: Which cells hold any paint or are next to one, (cells, cells) uint8.
    """

    pixels: Pixels
    stack: Grid
    occupied: Pixels

    @classmethod
    def build(cls, pixels: Pixels, stack: Grid) -> WarpedLayer:
        """Find the cells that are painted."""
        cells = pixels.shape[0] // CELL
        alpha = pixels[..., 3].reshape(cells, CELL, cells, CELL).max((1, 3))
        kernel = np.ones((3, 3), np.uint8)
        return cls(pixels, stack, cv2.dilate((alpha > 0).astype(np.uint8), kernel))

    def runs(self, field: Grid) -> list[tuple[int, int, int, int]]:
        """Rectangles of cells (x0, y0, x1, y1) in the frame that may show this layer."""
        cells = self.occupied.shape[0]
        index = np.arange(cells, dtype=np.float32)
        where = field[PAD:-PAD, PAD:-PAD] * np.float32(1 / CELL)
        where[..., 0] += index
        where[..., 1] += index[:, None]
        shown = cv2.remap(self.occupied, where, None, cv2.INTER_NEAREST)
        found = []
        for y0 in range(0, cells, BAND):
            y1 = min(y0 + BAND, cells)
            row = np.flatnonzero(shown[y0:y1].any(0))
            if len(row):
                breaks = np.flatnonzero(np.diff(row) > 3)
                starts = [int(row[0]), *row[breaks + 1].tolist()]
                stops = [*(row[breaks] + 1).tolist(), int(row[-1]) + 1]
                found.extend((x0, y0, x1, y1) for x0, x1 in zip(starts, stops, strict=True))
        return found


class Compositor:
    """Lays warped layers on a frame; holds the identity map that all of them share."""

    def __init__(self, edge: int) -> None:
        axis = np.arange(edge, dtype=np.float32)
        self._identity = np.stack(np.meshgrid(axis, axis), axis=-1)

    def lay(self, frame: Pixels, layer: WarpedLayer, field: Grid) -> None:
        """Draw a layer over the frame, bent by its field, in place."""
        for x0, y0, x1, y1 in layer.runs(field):
            nodes = field[y0 : y1 + 2 * PAD, x0 : x1 + 2 * PAD]
            wide, tall = (x1 - x0) * CELL, (y1 - y0) * CELL
            offsets = cv2.resize(nodes, (wide + 2 * CELL, tall + 2 * CELL))
            x, y = x0 * CELL, y0 * CELL
            where = cv2.add(
                offsets[CELL : CELL + tall, CELL : CELL + wide],
                self._identity[y : y + tall, x : x + wide],
            )
            piece = cv2.remap(layer.pixels, where, None, cv2.INTER_LINEAR)
            over(frame[y : y + tall, x : x + wide], piece)


class Patch:
    """A small supersampled canvas over a part of the frame, for outlines."""

    def __init__(self, points: Grid, edge: int, supersample: int, margin: int = 3) -> None:
        low = np.floor(points.min(0)).astype(int) - margin
        high = np.ceil(points.max(0)).astype(int) + margin
        self._x0, self._y0 = max(int(low[0]), 0), max(int(low[1]), 0)
        self._x1, self._y1 = min(int(high[0]), edge), min(int(high[1]), edge)
        self._scale = supersample
        self.visible = self._x1 > self._x0 and self._y1 > self._y0
        wide, tall = max(self._x1 - self._x0, 1), max(self._y1 - self._y0, 1)
        self.canvas = np.zeros((tall * supersample, wide * supersample, 4), np.uint8)

    def to_canvas(self, points: Grid) -> Grid:
        """Frame pixels to canvas pixels."""
        corner = np.array([self._x0 - 0.5, self._y0 - 0.5], np.float32)
        return np.asarray((points - corner) * np.float32(self._scale) - np.float32(0.5))

    def fill(self, shape: Shape, points: Grid) -> None:
        """Draw a shape whose outline, in frame pixels, is `points`."""
        fixed = np.rint(self.to_canvas(points) * (1 << _SUBPIXEL_BITS)).astype(np.int32)
        cv2.fillPoly(self.canvas, [fixed], shape.colour, cv2.LINE_AA, _SUBPIXEL_BITS)

    def sprite(self, sprite: Pixels, corners: Grid, clip: Grid) -> None:
        """Lay a sprite by its centre, right and bottom points, inside an outline."""
        centre, right, bottom = self.to_canvas(corners)
        high, long = sprite.shape[0] - 0.5, sprite.shape[1] - 0.5
        mid_x, mid_y = (long - 0.5) / 2, (high - 0.5) / 2
        source = np.array([(mid_x, mid_y), (long, mid_y), (mid_x, high)], np.float32)
        matrix = cv2.getAffineTransform(source, np.stack([centre, right, bottom]).astype(np.float32))
        tall, wide = self.canvas.shape[:2]
        piece = cv2.warpAffine(sprite, matrix, (wide, tall), flags=cv2.INTER_LINEAR)
        mask = np.zeros((tall, wide), np.uint8)
        fixed = np.rint(self.to_canvas(clip) * (1 << _SUBPIXEL_BITS)).astype(np.int32)
        cv2.fillPoly(mask, [fixed], 255, cv2.LINE_AA, _SUBPIXEL_BITS)
        piece = cv2.multiply(piece, cv2.merge((mask, mask, mask, mask)), scale=1 / 255)
        over(self.canvas, piece)

    def flush(self, frame: Pixels) -> None:
        """Lay the canvas over the frame."""
        if self.visible:
            size = (self._x1 - self._x0, self._y1 - self._y0)
            small = cv2.resize(self.canvas, size, interpolation=cv2.INTER_AREA)
            over(frame[self._y0 : self._y1, self._x0 : self._x1], small)
