"""Putting premultiplied uint8 layers together, each bent by a field."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from backend.avatar.layers.warp import CELL, PAD, Grid, sample

# uint8; what cv2 returns has no narrower type.
Pixels = NDArray[Any]
Run = tuple[int, int, int, int]
Region = tuple[slice, slice]

_BAND = 16
TILE = _BAND * CELL
_MERGE_GAP = 4
_MARGIN = CELL * PAD


def over(frame: Pixels, layer: Pixels) -> None:
    """Lay a premultiplied BGRA picture over another of the same shape, in place."""
    clear = cv2.bitwise_not(cv2.extractChannel(layer, 3))
    cv2.multiply(frame, cv2.merge((clear, clear, clear, clear)), dst=frame, scale=1 / 255)
    cv2.add(frame, layer, dst=frame)


class Scratch:
    """Buffers that every layer borrows in turn: fresh memory would cost more than the drawing."""

    def __init__(self, edge: int) -> None:
        """Buffers for frames of this edge, in pixels."""
        self._gray: Pixels = np.empty(edge * edge, np.uint8)
        self._colour: Pixels = np.empty(edge * edge * 4, np.uint8)
        self._map: Grid = np.empty((edge + 2 * _MARGIN) ** 2 * 2, np.float32)

    def map(self, wide: int, tall: int) -> Grid:
        """A place for a map: (tall, wide, 2) float32."""
        return self._map[: tall * wide * 2].reshape(tall, wide, 2)

    def over(self, frame: Pixels, layer: Pixels) -> None:
        """As `compose.over`."""
        tall, wide = layer.shape[:2]
        gray = self._gray[: tall * wide].reshape(tall, wide)
        clear = self._colour[: tall * wide * 4].reshape(tall, wide, 4)
        cv2.extractChannel(layer, 3, dst=gray)
        cv2.bitwise_not(gray, dst=gray)
        cv2.merge((gray, gray, gray, gray), dst=clear)
        cv2.multiply(frame, clear, dst=frame, scale=1 / 255)
        cv2.add(frame, layer, dst=frame)


class WarpedLayer:
    """A layer that bends with the pose. It keeps its last bending and uses it while it rests."""

    def __init__(self, pixels: Pixels, stack: Grid, still: float) -> None:
        """Find the cells that are painted.

        Args:
            pixels: The layer, premultiplied BGRA, as large as the frame: a multiple of TILE.
            stack: Its basis on the lattice: see `warp.Lattice.stack`.
            still: Movement, in pixels, that is too small to be seen in this layer.
        """
        cells = pixels.shape[0] // CELL
        alpha = pixels[..., 3].reshape(cells, CELL, cells, CELL).max((1, 3))
        self.pixels = pixels
        self.stack = stack
        self._still = still
        self._occupied = np.where(alpha > 0, 255, 0).astype(np.uint8)
        self._store: Pixels = np.empty(pixels.size, np.uint8)
        self._bent: list[tuple[Region, Pixels]] = []
        self._bent_by: Grid | None = None

    def repaint(self, pixels: Pixels) -> None:
        """Change the picture; it must be painted where it was before."""
        self.pixels = pixels
        self._bent_by = None

    def bend(self, field: Grid, scratch: Scratch) -> bool:
        """Bend the layer by a field of its stack; whether that changed anything."""
        last = self._bent_by
        if last is not None and float(cv2.norm(field, last, cv2.NORM_INF)) <= self._still:
            return False
        self._bent_by = field
        self._bent = []
        used = 0
        for x0, y0, x1, y1 in self._runs(field):
            nodes = field[y0 : y1 + 2 * PAD, x0 : x1 + 2 * PAD]
            wide, tall = (x1 - x0) * CELL, (y1 - y0) * CELL
            where = scratch.map(wide + 2 * _MARGIN, tall + 2 * _MARGIN)
            cv2.resize(nodes, (where.shape[1], where.shape[0]), dst=where)
            where = where[_MARGIN:-_MARGIN, _MARGIN:-_MARGIN]
            size = wide * tall * 4
            piece = self._store[used : used + size].reshape(tall, wide, 4)
            used += size
            sample(self.pixels, where, dst=piece)
            x, y = x0 * CELL, y0 * CELL
            self._bent.append(((slice(y, y + tall), slice(x, x + wide)), piece))
        return True

    def lay(self, frame: Pixels, scratch: Scratch) -> None:
        """Lay the bent layer over the frame, in place."""
        for region, piece in self._bent:
            scratch.over(frame[region], piece)

    def _runs(self, field: Grid) -> list[Run]:
        """Rectangles of cells (x0, y0, x1, y1) in the frame that may show this layer."""
        cells = self._occupied.shape[0]
        half = np.float32(0.5 / CELL - 0.5)
        where = field[PAD:-PAD, PAD:-PAD] * np.float32(1 / CELL) + half
        shown = sample(self._occupied, where)
        bands = shown.reshape(-1, _BAND, cells).max(1)
        runs: list[Run] = []
        for band, row in enumerate(bands):
            y0, y1 = band * _BAND, (band + 1) * _BAND
            runs.extend((x0, y0, x1, y1) for x0, x1 in _stretches(row.nonzero()[0].tolist()))
        return runs


def _stretches(columns: list[int]) -> list[tuple[int, int]]:
    """Ascending numbers as (first, last + 1) stretches; small gaps are bridged."""
    stretches: list[tuple[int, int]] = []
    for column in columns:
        if stretches and column - stretches[-1][1] < _MERGE_GAP:
            stretches[-1] = (stretches[-1][0], column + 1)
        else:
            stretches.append((column, column + 1))
    return stretches
