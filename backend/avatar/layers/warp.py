"""How the layers move: smooth fields, linear in a few head coefficients, on a coarse lattice.

A field says where a pixel of the frame comes from in its layer. Every layer has
its own: what is nearer turns farther (parallax), so a flat drawing looks round. The lattice has
one node every CELL pixels; cv2 interpolates between nodes.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from backend.avatar.layers.geometry import Points
from backend.avatar.layers.rig import FaceRig
from backend.avatar.pose import Pose

CELL = 8
PAD = 1

# float32; what cv2 returns has no narrower type.
Grid = NDArray[Any]
Basis = Callable[[Grid, Grid, FaceRig], list[tuple[Grid, Grid]]]

_ROLL = math.radians(8)
_SHIFT = 196.0
_INVERSIONS = 3


def coefficients(pose: Pose) -> Grid:
    """What the fields are linear in: (10,) float32, in the order that every basis follows."""
    yaw = min(max(float(pose.yaw), -1.0), 1.0)
    pitch = min(max(float(pose.pitch), -1.0), 1.0)
    angle = min(max(float(pose.roll), -1.5), 1.5) * _ROLL
    mouth = pose.mouth
    jaw = min(max(float(mouth.open), 0.0), 1.0) * (1 - min(max(float(mouth.press), 0.0), 1.0))
    shift_x = min(max(float(pose.shift_x), -0.5), 0.5) * _SHIFT
    shift_y = min(max(float(pose.shift_y), -0.5), 0.5) * _SHIFT
    breath = min(max(float(pose.breath), 0.0), 1.0)
    values = (
        yaw, abs(yaw), pitch, math.sin(angle), math.cos(angle) - 1,
        shift_x, shift_y, breath, jaw, 1.0,
    )  # fmt: skip
    return np.array(values, np.float32)


def _head(x: Grid, y: Grid, rig: FaceRig, turn: tuple[Grid, Grid], nod: tuple[Grid, Grid],
          hang: Grid, jaw: Grid) -> list[tuple[Grid, Grid]]:  # fmt: skip
    """The basis of a layer that is part of the head; offsets are minus the movement."""
    px, py = rig.pivot
    dx, dy = x - px, y - py
    zero = np.zeros_like(x)
    one = np.ones_like(x)
    narrow = (x - rig.head[0]) * 0.05
    return [
        (-turn[0], -turn[1]),
        (narrow, zero),
        (-nod[0], -nod[1]),
        (dy + hang, -dx),
        (dx, dy),
        (-one, zero),
        (zero, -one),
        (zero, one * 3.0),
        (zero, -jaw),
    ]


def face_basis(x: Grid, y: Grid, rig: FaceRig) -> list[tuple[Grid, Grid]]:
    """The face bulges: its middle turns farther than its edge."""
    cx, cy = rig.head[0], rig.nose[1] - 20
    across = np.clip(1 - ((x - cx) / 235) ** 2, -0.4, 1)
    along = np.clip(1 - ((y - cy) / 330) ** 2, -0.2, 1)
    turn = 13 + 45 * across * (0.6 + 0.4 * along)
    drop = 1 / (1 + np.exp(-(y - rig.mouth[1] - 10) / 16))
    jaw = 20 * drop * np.clip(1.25 - np.abs(x - cx) / 190, 0, 1)
    nod = 9 + 29 * along * (0.7 + 0.3 * across)
    return _head(x, y, rig, (turn, 0 * x), (0 * x, nod), 0 * x, jaw)


def front_basis(x: Grid, y: Grid, rig: FaceRig) -> list[tuple[Grid, Grid]]:
    """Fringe and headset: nearer than the face in the middle, with it at the sides."""
    cx, cy = rig.head
    across = np.clip(1 - ((x - cx) / 285) ** 2, -0.3, 1)
    along = np.clip(1 - ((y - cy) / 360) ** 2, -0.3, 1)
    turn = 8 + 50 * across * (0.35 + 0.65 * along)
    nod = 6 + 36 * along * (0.45 + 0.55 * across)
    below = np.clip(y - 560, 0, None)
    return _head(x, y, rig, (turn - below * 0.03, 0 * x), (0 * x, nod), -below * 0.75, 0 * x)


def back_basis(x: Grid, y: Grid, rig: FaceRig) -> list[tuple[Grid, Grid]]:
    """Back hair: behind the turning point, so it moves the other way."""
    below = np.clip(y - 560, 0, None)
    turn = -12 - below * 0.03
    nod = -8 + 0 * y
    return _head(x, y, rig, (turn, 0 * x), (0 * x, nod), -below * 0.75, 0 * x)


def body_basis(x: Grid, y: Grid, rig: FaceRig) -> list[tuple[Grid, Grid]]:
    """Shoulders: they rise with the breath and follow the head a little."""
    zero = np.zeros_like(x)
    hold = np.clip((1024 - y) / 240, 0, 1)
    lift = 9 * np.clip((1024 - y) / 170, 0, 1)
    spread = (x - rig.pivot[0]) * 0.012
    return [
        (-9 * hold, zero),
        (zero, zero),
        (zero, -4 * hold),
        ((y - 1100) * 0.2 * hold, -(x - rig.pivot[0]) * 0.16 * hold),
        (zero, zero),
        (-0.35 * hold, zero),
        (zero, -0.3 * hold),
        (spread, lift),
        (zero, zero),
    ]


@dataclass(frozen=True)
class Lattice:
    """The nodes that cover a frame of `cells` by `cells` cells, with PAD more on each side."""

    cells: int
    unit: float

    def nodes(self) -> tuple[Grid, Grid]:
        """The art coordinates of the nodes, (n, n) each."""
        index = np.arange(-PAD, self.cells + PAD, dtype=np.float32)
        along = ((index + 0.5) * CELL) / self.unit
        x, y = np.meshgrid(along, along)
        return x, y

    def stack(self, basis: Basis, rig: FaceRig) -> Grid:
        """A basis in pixels on the nodes, and the nodes' own places last: (10, n * n * 2)."""
        x, y = self.nodes()
        planes = [np.stack(np.broadcast_arrays(*pair), axis=-1) for pair in basis(x, y, rig)]
        planes.append(np.stack([x, y], axis=-1))
        stack = np.stack(planes).reshape(len(planes), -1) * self.unit
        stack[-1] -= 0.5
        return stack.astype(np.float32)

    def field(self, stack: Grid, values: Grid) -> Grid:
        """Where every node of the frame comes from: (n, n, 2), pixels."""
        n = self.cells + 2 * PAD
        return (values @ stack).reshape(n, n, 2)


def sample(
    source: NDArray[Any],
    where: Grid,
    dst: NDArray[Any] | None = None,
    border: int = cv2.BORDER_CONSTANT,
) -> NDArray[Any]:
    """A picture read at the places (h, w, 2) of a map, bilinearly; into `dst` if it is given."""
    return cv2.remap(  # type: ignore[call-overload, no-any-return]  # its stubs want two maps
        source, where, None, cv2.INTER_LINEAR, dst=dst, borderMode=border
    )


def forward(field: Grid, points: Points) -> Grid:
    """Where points of a layer appear in the frame.

    The field maps frame to layer; fixed-point iteration inverts it to well under a pixel,
    because it is smooth.

    Args:
        field: What `Lattice.field` returns.
        points: (k, 2) in layer pixels.
    """
    at = points.astype(np.float32)[None]
    place = at
    to_node, first = np.float32(1 / CELL), np.float32(PAD - 0.5 + 0.5 / CELL)
    for _ in range(_INVERSIONS):
        source = sample(field, place * to_node + first, border=cv2.BORDER_REPLICATE)
        place = place + (at - source)
    return np.asarray(place[0])
