"""Putting premultiplied uint8 layers together, each bent by a field."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from backend.avatar.layers.warp import CELL, PAD, Grid, sample

# uint8; what cv2 returns has no narrower type.
Pixels = NDArray[Any]
Run = tuple[int, int, int, int]
Region = tuple[slice, slice]

_BAND = 8
TILE = _BAND * CELL
_MERGE_GAP = 3
_MARGIN = CELL * PAD
# Pixels that a field may move before the painted cells are looked for again.
_SLACK = 3
# A piece is kept, while others are bent, below this part of the movement that can be seen.
_CALM = 0.5
_ALPHA_SHIFT, _OPAQUE, _EVERY_CHANNEL = np.uint32(24), np.uint32(255), np.uint32(0x01010101)


def over(frame: Pixels, layer: Pixels) -> None:
    """Lay a premultiplied BGRA picture over another of the same shape, in place."""
    _blend(frame, layer, _clearness(layer))


def _clearness(layer: Pixels, out: NDArray[np.uint32] | None = None) -> Pixels:
    """What shows through a contiguous BGRA picture: 255 - alpha, in all four channels."""
    whole = layer.view(np.uint32)[..., 0]
    clear = np.right_shift(whole, _ALPHA_SHIFT, out=out)
    np.bitwise_xor(clear, _OPAQUE, out=clear)
    np.multiply(clear, _EVERY_CHANNEL, out=clear)
    channels: Pixels = clear.view(np.uint8).reshape(layer.shape)
    return channels


def _blend(frame: Pixels, layer: Pixels, clear: Pixels) -> None:
    cv2.multiply(frame, clear, dst=frame, scale=1 / 255)
    cv2.add(frame, layer, dst=frame)


class Scratch:
    """A buffer that every layer borrows in turn: fresh memory would cost more than the drawing."""

    def __init__(self, edge: int) -> None:
        """A buffer for frames of this edge, in pixels."""
        self._map: Grid = np.empty((TILE + 2 * _MARGIN) * (edge + 2 * _MARGIN) * 2, np.float32)

    def map(self, wide: int, tall: int) -> Grid:
        """A place for a map of at most one band: (tall, wide, 2) float32."""
        return self._map[: tall * wide * 2].reshape(tall, wide, 2)


@dataclass(slots=True)
class _Piece:
    """A rectangle of the frame that shows a part of a layer.

    Attributes:
        nodes: Its nodes of the field, with PAD more on each side.
        region: Its pixels in the frame.
        pixels: What was bent, premultiplied BGRA.
        clear: What shows through: see `_clearness`.
        bent_by: Its nodes when it was bent.
    """

    nodes: Region
    region: Region
    pixels: Pixels
    clear: NDArray[np.uint32]
    bent_by: Grid | None = None


class WarpedLayer:
    """A layer that bends with the pose. What hardly moves is kept from the frame before."""

    def __init__(self, pixels: Pixels, stack: Grid, still: float) -> None:
        """Find the cells that are painted.

        Args:
            pixels: The layer, premultiplied BGRA, as large as the frame: a multiple of TILE.
            stack: Its basis on the lattice: see `warp.Lattice.stack`.
            still: Movement, in pixels, that is too small to be seen in this layer.
        """
        edge = pixels.shape[0]
        near = cv2.dilate(pixels[..., 3], np.ones((2 * _SLACK + 1, 2 * _SLACK + 1), np.uint8))
        alpha = near.reshape(edge // CELL, CELL, edge // CELL, CELL).max((1, 3))
        self.pixels = pixels
        self.stack = stack
        self._still = still
        self._occupied = np.where(alpha > 0, 255, 0).astype(np.uint8)
        nodes = cv2.copyMakeBorder(self._occupied, PAD, PAD, PAD, PAD, cv2.BORDER_CONSTANT)
        self._painted = cv2.dilate(nodes, np.ones((3, 3), np.uint8))
        self._pieces: list[_Piece] = []
        self._cut_by: Grid | None = None
        self._bent_by: Grid | None = None

    def repaint(self, pixels: Pixels) -> None:
        """Change the picture; it must be painted where it was before."""
        self.pixels = pixels
        self._bent_by = None
        for piece in self._pieces:
            piece.bent_by = None

    def bend(self, field: Grid, scratch: Scratch) -> bool:
        """Bend the layer by a field of its stack; whether that changed anything."""
        if _distance(field, self._bent_by, self._painted) <= self._still:
            return False
        self._bent_by = field
        if _distance(field, self._cut_by, self._painted) > _SLACK:
            self._cut_by = field
            self._pieces = [_piece(run) for run in self._runs(field)]
        for piece in self._pieces:
            nodes = field[piece.nodes]
            moved = _distance(nodes, piece.bent_by, self._painted[piece.nodes])
            if moved <= self._still * _CALM:
                continue
            piece.bent_by = nodes
            tall, wide = piece.clear.shape
            where = scratch.map(wide + 2 * _MARGIN, tall + 2 * _MARGIN)
            cv2.resize(nodes, (wide + 2 * _MARGIN, tall + 2 * _MARGIN), dst=where)
            where = where[_MARGIN:-_MARGIN, _MARGIN:-_MARGIN]
            sample(self.pixels, where, dst=piece.pixels)
            _clearness(piece.pixels, piece.clear)
        return True

    def lay(self, frame: Pixels) -> None:
        """Lay the bent layer over the frame, in place."""
        for piece in self._pieces:
            clear = piece.clear.view(np.uint8).reshape(piece.pixels.shape)
            _blend(frame[piece.region], piece.pixels, clear)

    def _runs(self, field: Grid) -> list[Run]:
        """Rectangles of cells (x0, y0, x1, y1) in the frame that may show this layer."""
        cells = self._occupied.shape[0]
        half = np.float32(0.5 / CELL - 0.5)
        where = field[PAD:-PAD, PAD:-PAD] * np.float32(1 / CELL) + half
        shown = sample(self._occupied, where)
        runs: list[Run] = []
        for start in range(0, cells, _BAND):
            band = shown[start : start + _BAND]
            for x0, x1 in _stretches(band.max(0).nonzero()[0].tolist()):
                rows = band[:, x0:x1].max(1).nonzero()[0].tolist()
                runs.append((x0, start + rows[0], x1, start + rows[-1] + 1))
        return runs


def _piece(run: Run) -> _Piece:
    x0, y0, x1, y1 = run
    wide, tall = (x1 - x0) * CELL, (y1 - y0) * CELL
    x, y = x0 * CELL, y0 * CELL
    return _Piece(
        (slice(y0, y1 + 2 * PAD), slice(x0, x1 + 2 * PAD)),
        (slice(y, y + tall), slice(x, x + wide)),
        np.empty((tall, wide, 4), np.uint8),
        np.empty((tall, wide), np.uint32),
    )


def _distance(field: Grid, last: Grid | None, where: Pixels) -> float:
    """How far a field moved since another, pixels along an axis, where a mask is set."""
    return math.inf if last is None else float(cv2.norm(field, last, cv2.NORM_INF, where))


def _stretches(columns: list[int]) -> list[tuple[int, int]]:
    """Ascending numbers as (first, last + 1) stretches; small gaps are bridged."""
    stretches: list[tuple[int, int]] = []
    for column in columns:
        if stretches and column - stretches[-1][1] < _MERGE_GAP:
            stretches[-1] = (stretches[-1][0], column + 1)
        else:
            stretches.append((column, column + 1))
    return stretches
