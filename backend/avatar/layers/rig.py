"""Where the parts of the face are: the coordinates that the art and the renderer share."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

Point = tuple[float, float]
Box = tuple[float, float, float, float]

UNITS = 1024


@dataclass(frozen=True, slots=True)
class FaceRig:
    """A face in art units (a square of 1024, y down), as drawn in the neutral pose.

    Attributes:
        eye_l: Centre of the eye on the left side of the picture.
        eye_r: Centre of the other eye.
        eye_half_width: From an eye's centre to its corners.
        brow_l: Middle of the brow on the left side of the picture.
        brow_r: Middle of the other brow.
        mouth: Middle of the closed lips.
        mouth_half_width: From there to a corner.
        nose: Tip of the nose.
        chin: Lowest point of the face.
        head: Middle of the head.
        head_radius: Half width of the head with its hair.
        pivot: Where the head turns on the neck.
        cheek_l: Middle of the cheek on the left side of the picture.
        cheek_r: Middle of the other cheek.
    """

    eye_l: Point
    eye_r: Point
    eye_half_width: float
    brow_l: Point
    brow_r: Point
    mouth: Point
    mouth_half_width: float
    nose: Point
    chin: Point
    head: Point
    head_radius: float
    pivot: Point
    cheek_l: Point
    cheek_r: Point


@dataclass(frozen=True, slots=True)
class LayerRig:
    """What is stored beside the layers.

    Attributes:
        face: Where the parts of the face are.
        corners: By layer, the art coordinates of the upper left pixel of its cropped picture.
    """

    face: FaceRig
    corners: dict[str, tuple[int, int]]

    def save(self, path: Path) -> None:
        """Write the rig as JSON."""
        path.write_text(json.dumps(asdict(self), indent=1) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, path: Path) -> LayerRig:
        """Read what `save` wrote.

        Raises:
            OSError: The file cannot be read.
            ValueError: It is not a rig.
        """
        stored = json.loads(path.read_text(encoding="utf-8"))
        try:
            face = dict[str, Any](stored["face"])
            for name, value in face.items():
                face[name] = tuple(value) if isinstance(value, list) else float(value)
            corners = {name: (int(x), int(y)) for name, (x, y) in stored["corners"].items()}
            return cls(FaceRig(**face), corners)
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError("not a rig") from error


@dataclass(frozen=True, slots=True)
class FrameRig:
    """Where to look for the face in a rendered frame, in the neutral pose.

    Attributes:
        mouth: Centre x, centre y and half width of the closed lips, in pixels.
        eye_l: Left, top, right, bottom of the eye on the left side of the picture, in pixels.
        eye_r: The same of the other eye.
    """

    mouth: tuple[float, float, float]
    eye_l: Box
    eye_r: Box
