"""What the live parts of the face are made of: filled outlines in art units."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from backend.avatar.layers.geometry import Points


@dataclass(slots=True)
class Shape:
    """A closed outline and its premultiplied BGRA colour (0 to 255)."""

    points: Points
    colour: Sequence[float]


@dataclass(slots=True)
class EyeDrawing:
    """One eye in drawing order: what lies below the iris, the iris, what lies over it.

    Attributes:
        under: White and its shadow.
        opening: The gap between the lids, which clips the iris.
        iris: Its centre, the ends of its right and its lower radius: (3, 2).
        over: Lids, lashes and fold.
    """

    under: list[Shape]
    opening: Points
    iris: Points
    over: list[Shape]
