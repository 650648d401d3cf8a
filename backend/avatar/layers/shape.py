"""What the live parts of the face are made of: filled outlines and a clipped iris.

Coordinates are art units from the middle of the part, x growing towards the middle of the face.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from backend.avatar.layers.geometry import Points

IRIS_CORNERS = 3


@dataclass(frozen=True, slots=True)
class Shape:
    """A closed outline and its premultiplied BGRA colour (0 to 255)."""

    points: Points
    colour: Sequence[float]


@dataclass(frozen=True, slots=True)
class Iris:
    """The iris sprite behind the lids.

    `points` holds its centre, the ends of its right and its lower radius, and then the outline
    of the gap between the lids, which clips it.
    """

    points: Points


Drawing = list[Shape | Iris]
