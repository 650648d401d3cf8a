"""Dynamic time warping: which frame of one sound belongs to which frame of another."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_DIAGONAL, _DOWN, _RIGHT = 0, 1, 2
_STEP_WEIGHT = 0.9
"""A step along one sound only costs a little less than two steps would: pauses differ."""

_FAR = 1e18


@dataclass(frozen=True, slots=True)
class Warp:
    """The cheapest way through two sounds.

    Attributes:
        a: (steps,) frames of the first, never falling.
        b: (steps,) frames of the second, likewise.
        cost: Mean distance of the frames that were matched.
    """

    a: NDArray[np.int64]
    b: NDArray[np.int64]
    cost: float

    def map(self, frames: NDArray[np.float64]) -> NDArray[np.float64]:
        """Where frames of the first sound (with parts) are in the second: never falling."""
        places, first = np.unique(self.a, return_index=True)
        last = np.append(first[1:], len(self.a)) - 1
        middle = (self.b[first] + self.b[last]) / 2.0
        return np.asarray(np.interp(frames, places.astype(np.float64), middle), np.float64)


def align(a: NDArray[np.float32], b: NDArray[np.float32], band: int) -> Warp:
    """Find the cheapest monotonic path.

    The table is filled by anti-diagonals, each at once, and only within `band` frames of the
    straight line, so that time and memory grow with the length, not with its square.

    Args:
        a: (n, features), n > 0.
        b: (m, features), m > 0.
        band: How far from the straight line the path may go, in frames of `b`.
    """
    n, m = len(a), len(b)
    slope = (m - 1) / max(n - 1, 1)
    count = n + m - 1
    lows, highs = _diagonals(n, m, slope, max(band, int(slope) + 2))
    moves = np.zeros((count, int((highs - lows).max())), np.int8)
    one, two = np.full(n + 1, _FAR), np.full(n + 1, _FAR)
    for d in range(count):
        i = np.arange(lows[d], highs[d])
        distance = np.sqrt(np.square(a[i] - b[d - i]).sum(axis=1))
        # Index i + 1 of a diagonal holds its cell in row i; row -1 is outside the table.
        ways = np.stack([two[i], one[i], one[i + 1]])
        weights = np.stack([distance, distance * _STEP_WEIGHT, distance * _STEP_WEIGHT])
        if d == 0:
            ways[0] = 0.0
        total = ways + weights
        best = total.argmin(axis=0)
        current = np.full(n + 1, _FAR)
        current[i + 1] = total[best, np.arange(len(i))]
        moves[d, : len(i)] = best
        two, one = one, current
    path_a, path_b = _walk_back(moves, lows, n, m)
    matched = np.sqrt(np.square(a[path_a] - b[path_b]).sum(axis=1))
    return Warp(path_a, path_b, float(matched.mean()))


def _diagonals(
    n: int, m: int, slope: float, band: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The rows [low, high) of every anti-diagonal that lie in the table and in the band."""
    d = np.arange(n + m - 1)
    # On diagonal d the column is d - i; it must be within `band` of slope * i.
    low = np.ceil((d - band) / (1.0 + slope)).astype(np.int64)
    high = np.floor((d + band) / (1.0 + slope)).astype(np.int64) + 1
    lows = np.maximum.reduce([low, d - m + 1, np.zeros_like(d)])
    highs = np.minimum.reduce([high, d + 1, np.full_like(d, n)])
    return lows, np.maximum(highs, lows + 1)


def _walk_back(
    moves: NDArray[np.int8], lows: NDArray[np.int64], n: int, m: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    i, j = n - 1, m - 1
    path = [(i, j)]
    while i or j:
        move = moves[i + j, i - lows[i + j]]
        if not i or (move == _RIGHT and j):
            j -= 1
        elif not j or move == _DOWN:
            i -= 1
        else:
            i, j = i - 1, j - 1
        path.append((i, j))
    steps = np.array(path[::-1], np.int64)
    return steps[:, 0], steps[:, 1]
