"""What a character's drawings consist of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from backend.avatar.art.eyes import IrisInk
from backend.avatar.art.face import FaceShape
from backend.avatar.art.sheet import Sheet
from backend.avatar.layers.style import FaceStyle
from backend.avatar.pose import Pose

Draw = Callable[[float], Sheet]
"""Draws one layer at a scale in pixels per art unit."""


@dataclass(frozen=True)
class Character:
    """One character: measurements, features, and how the layers are drawn.

    Attributes:
        shape: The bare face.
        style: The live features.
        iris: The colours of the eyes.
        portrait: The pose of the character's picture.
    """

    shape: FaceShape
    style: FaceStyle
    iris: IrisInk
    backdrop: Draw
    hair_back: Draw
    body: Draw
    hair_front: Draw
    portrait: Pose
